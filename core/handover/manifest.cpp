// SPDX-License-Identifier: Apache-2.0
#include "handover/manifest.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "handover/csv_cell.hpp"

namespace ktp::handover {

namespace {

constexpr std::array kColumns{"no",  "item",   "card",     "order_id",  "nama",
                              "nik", "alamat", "kel_desa", "kecamatan", "kode_pos"};

std::array<std::string, kColumns.size()> cells(const ManifestLine& line, std::size_t number) {
  return {std::to_string(number), line.item,    line.card, line.order_id,  line.name,
          masked_nik(line.nik),   line.address, line.desa, line.kecamatan, line.postcode};
}

}  // namespace

std::string masked_nik(std::string_view nik) {
  return "************" + std::string(nik.size() >= 4 ? nik.substr(nik.size() - 4) : "");
}

std::string to_csv(const Manifest& manifest) {
  std::string text;
  for (std::size_t i = 0; i < kColumns.size(); ++i) text += (i == 0 ? "" : ",") + std::string(kColumns[i]);
  text += "\r\n";
  for (std::size_t n = 0; n < manifest.lines.size(); ++n) {
    bool first = true;
    for (std::string& value : cells(manifest.lines[n], n + 1)) {
      if (!std::exchange(first, false)) text += ',';
      text += csv_cell(std::move(value));
    }
    text += "\r\n";
  }
  return text;
}

std::string to_json(const Manifest& manifest) {
  nlohmann::ordered_json json{{"seal", manifest.seal},
                              {"region", manifest.region},
                              {"office", manifest.office},
                              {"date", manifest.date},
                              {"count", manifest.lines.size()},
                              {"checkpoint", manifest.checkpoint},
                              {"lines", nlohmann::ordered_json::array()}};
  for (std::size_t n = 0; n < manifest.lines.size(); ++n) {
    nlohmann::ordered_json line;
    const auto values = cells(manifest.lines[n], n + 1);
    for (std::size_t i = 0; i < kColumns.size(); ++i) line[kColumns[i]] = values[i];
    line["no"] = n + 1;
    json["lines"].push_back(std::move(line));
  }
  return json.dump(1) + "\n";
}

std::string to_be_signed(const Manifest& manifest, std::string_view csv_sha256) {
  return "ktp-manifest/1\n" + manifest.seal + "\n" + manifest.region + "\n" +
         std::to_string(manifest.lines.size()) + "\n" + std::string(csv_sha256) + "\n";
}

std::string in_words(std::uint32_t number) {
  constexpr std::array kSmall{"nol",  "satu",  "dua",     "tiga",     "empat",   "lima",
                              "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas"};
  const auto joined = [](std::string head, std::uint32_t rest) {
    return rest == 0 ? head : head + " " + in_words(rest);
  };
  if (number < 12) return kSmall[number];
  if (number < 20) return in_words(number - 10) + " belas";
  if (number < 100) return joined(in_words(number / 10) + " puluh", number % 10);
  if (number < 200) return joined("seratus", number - 100);
  if (number < 1000) return joined(in_words(number / 100) + " ratus", number % 100);
  if (number < 2000) return joined("seribu", number - 1000);
  if (number < 1'000'000) return joined(in_words(number / 1000) + " ribu", number % 1000);
  return joined(in_words(number / 1'000'000) + " juta", number % 1'000'000);
}

}  // namespace ktp::handover
