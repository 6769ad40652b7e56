// SPDX-License-Identifier: Apache-2.0
#include "pipeline/row_rules.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "domain/date.hpp"
#include "domain/nik.hpp"
#include "pipeline/csv.hpp"

namespace ktp::pipeline {

namespace {

using Words = std::set<std::string_view>;

const Words kSexes{"LAKI-LAKI", "PEREMPUAN"};
const Words kBlood{"A", "B", "AB", "O", "A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-", "-", "TIDAK TAHU"};
const Words kReligions{"ISLAM", "KRISTEN", "KATHOLIK",  "KATOLIK",  "HINDU",
                       "BUDHA", "BUDDHA",  "KHONGHUCU", "KONGHUCU", "KEPERCAYAAN TERHADAP TUHAN YME"};
// The family card tells registered from unregistered marriages; the identity card prints KAWIN for both.
const Words kMarital{"BELUM KAWIN", "KAWIN",          "CERAI HIDUP",
                     "CERAI MATI",  "KAWIN TERCATAT", "KAWIN BELUM TERCATAT"};
constexpr std::array kMustNotBeEmpty{"nama",      "tempat_lahir",    "alamat",        "kel_desa", "kecamatan",
                                     "pekerjaan", "kewarganegaraan", "tempat_terbit", "foto"};
constexpr std::size_t kOrderIdBytes = 100;

std::string listed(const Words& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

std::string shown(std::string_view column, std::string_view value) {
  return is_personal(column) ? masked_value(value) : "'" + std::string(value) + "'";
}

bool only_digits(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool has_sixteen_digits(std::string_view text) {
  int run = 0;
  return std::ranges::any_of(text, [&](char c) {
    run = c >= '0' && c <= '9' ? run + 1 : 0;
    return run >= 16;
  });
}

std::optional<std::string> order_id_problem(std::string_view id) {
  if (id.empty()) return "must not be empty";
  if (id.size() > kOrderIdBytes) return "must be at most 100 bytes, has " + std::to_string(id.size());
  if (has_sixteen_digits(id)) return "holds sixteen digits like a NIK; an order number must not be personal";
  if (id.find_first_of("/\\") != std::string_view::npos || id.front() == '.' || id.front() == '-')
    return "must not contain / or \\ nor begin with . or -";
  if (id.front() == ' ' || id.back() == ' ') return "must not begin or end with a space";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> path_problem(std::string_view path) {
  if (path.empty()) return "must name a file below the batch's folder";
  if (path.front() == '/') return "must be relative to the batch's folder, not absolute";
  std::size_t from = 0;
  while (from <= path.size()) {
    const std::size_t to = std::min(path.find('/', from), path.size());
    if (path.substr(from, to - from) == "..") return "must not contain '..'";
    from = to + 1;
  }
  return std::nullopt;
}

std::optional<RowRefusal> check_row(const Order& order, const artwork::Template& art,
                                    const artwork::Regions& regions, bool test_mode) {
  const auto refuse = [](std::string_view field, const std::string& why) {
    return RowRefusal{std::string(field), std::string(field) + ": " + why};
  };
  for (std::size_t i = 0; i < kOrderColumns.size(); ++i) {
    const std::string& value = order.fields[i];
    if (!is_valid_utf8(value)) return refuse(kOrderColumns[i], "is not valid UTF-8");
    if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
      return refuse(kOrderColumns[i], "contains a control character or line break");
  }
  if (const auto problem = order_id_problem(order.id())) return refuse("order_id", *problem);
  if (order.printed("status") != "PRR")
    return refuse("status", "only PRR may be printed, is " + shown("status", order.printed("status")));
  const auto nik = Nik::parse(order.nik(), test_mode);
  if (!nik) return refuse("nik", nik.error().message);
  for (const char* column : kMustNotBeEmpty)
    if (order.printed(column).empty()) return refuse(column, "must not be empty");
  const auto one_of = [&](std::string_view column, const Words& words) -> std::optional<RowRefusal> {
    if (words.contains(order.printed(column))) return std::nullopt;
    return refuse(column, shown(column, order.printed(column)) + " is not one of " + listed(words));
  };
  for (const auto& [column, words] : {std::pair<std::string_view, const Words&>{"jenis_kelamin", kSexes},
                                      {"gol_darah", kBlood},
                                      {"agama", kReligions},
                                      {"status_perkawinan", kMarital}})
    if (auto refusal = one_of(column, words)) return refusal;
  const auto born = Date::parse(order.printed("tanggal_lahir"));
  if (!born)
    return refuse("tanggal_lahir", shown("tanggal_lahir", order.printed("tanggal_lahir")) +
                                       " must be an existing day as DD-MM-YYYY");
  const auto issued = Date::parse(order.printed("tanggal_terbit"));
  if (!issued)
    return refuse("tanggal_terbit", shown("tanggal_terbit", order.printed("tanggal_terbit")) +
                                        " must be an existing day as DD-MM-YYYY");
  if (*born > *issued) return refuse("tanggal_lahir", "lies after tanggal_terbit");
  if (order.printed("berlaku_hingga") != "SEUMUR HIDUP" && !Date::parse(order.printed("berlaku_hingga")))
    return refuse("berlaku_hingga", shown("berlaku_hingga", order.printed("berlaku_hingga")) +
                                        " must be SEUMUR HIDUP or DD-MM-YYYY");
  for (const char* column : {"rt", "rw"})
    if (!only_digits(order.printed(column), 1, 3))
      return refuse(column, shown(column, order.printed(column)) + " must be one to three digits");
  if (!only_digits(order.printed("kode_pos"), 5, 5))
    return refuse("kode_pos", shown("kode_pos", order.printed("kode_pos")) + " must be five digits");
  const artwork::Region* const region = regions.find(order.printed("kode_wilayah"));
  if (region == nullptr)
    return refuse("kode_wilayah",
                  shown("kode_wilayah", order.printed("kode_wilayah")) + " is not in the region list");
  if (region->level != "desa" && region->level != "kelurahan")
    return refuse("kode_wilayah", shown("kode_wilayah", order.printed("kode_wilayah")) + " is a " +
                                      region->level +
                                      "; the code must go down to desa or kelurahan (32.16.01.2001)");
  if (const auto problem = path_problem(order.field("foto"))) return refuse("foto", *problem);
  if (!order.field("tanda_tangan").empty())
    if (const auto problem = path_problem(order.field("tanda_tangan")))
      return refuse("tanda_tangan", *problem);
  for (const Error& error : art.check_fit(order)) {
    const std::string field = error.message.substr(0, error.message.find(':'));
    return RowRefusal{field, error.message};
  }
  return std::nullopt;
}

std::vector<std::string> warnings_of(const Order& order, const artwork::Regions& regions) {
  std::vector<std::string> warnings;
  if (const auto nik = Nik::parse(order.nik(), true))
    if (const auto born = Date::parse(order.printed("tanggal_lahir")))
      warnings = nik->soft_findings(*born, order.printed("jenis_kelamin") == "PEREMPUAN");
  const auto same = [](std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) {
      return std::toupper(static_cast<unsigned char>(x)) == std::toupper(static_cast<unsigned char>(y));
    });
  };
  if (const artwork::Region* const village = regions.find(order.printed("kode_wilayah"))) {
    if (!same(village->name, order.printed("kel_desa")))
      warnings.emplace_back("kel_desa: is not the region list's name for kode_wilayah");
    if (const artwork::Region* const district = regions.find(village->parent);
        district != nullptr && !same(district->name, order.printed("kecamatan")))
      warnings.emplace_back("kecamatan: is not the region list's name for kode_wilayah");
    if (!village->postal_code.empty() && village->postal_code != order.printed("kode_pos"))
      warnings.emplace_back("kode_pos: differs from the region list");
  }
  if (order.printed("nama").find(' ') == std::string_view::npos)
    warnings.emplace_back("nama: is a single word");
  if (order.field("tanda_tangan").empty())
    warnings.emplace_back("tanda_tangan: no signature, the card is printed without one");
  return warnings;
}

}  // namespace ktp::pipeline
