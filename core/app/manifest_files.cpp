// SPDX-License-Identifier: Apache-2.0
#include "app/manifest_files.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/paper_files.hpp"
#include "handover/manifest.hpp"
#include "ledger/custody.hpp"
#include "pipeline/intake.hpp"

namespace ktp::app {

namespace fs = std::filesystem;

namespace {

/// How many cards the list in this folder names; -1 where there is no whole list.
std::int64_t listed(const fs::path& folder) {
  std::error_code none;
  if (!fs::is_regular_file(folder / "manifest.pdf", none)) return -1;
  std::ifstream in(folder / "manifest.json", std::ios::binary);
  const auto list = nlohmann::json::parse(in, nullptr, false);
  return list.is_object() ? list.value("count", std::int64_t{-1}) : -1;
}

}  // namespace

Result<fs::path> write_manifest(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                const Config& config, const fs::path& data, const std::string& seal) {
  const ledger::CustodyView custody(ledger);
  const auto batch = custody.seal(seal);
  if (!batch) return std::unexpected(batch.error());
  if (!*batch)
    return fail(ErrorCode::input_missing,
                "there is no sealed batch " + seal + "; `ktp-station batches` lists them");
  const auto rows = custody.cards_in(seal);
  if (!rows) return std::unexpected(rows.error());
  const auto head = ledger.head();
  if (!head) return std::unexpected(head.error());
  handover::Manifest manifest{.seal = seal,
                              .region = (*batch)->region,
                              .office = config.station,
                              .date = today(),
                              .checkpoint = head->checkpoint,
                              .lines = {}};
  for (const ledger::CustodyRow& row : *rows) {
    if (row.state != CardState::sealed && row.state != CardState::handed_over) continue;  // withdrawn since
    const auto record = pipeline::load_record(ledger, key, row.order_id);
    if (!record) return std::unexpected(record.error());
    const auto shown = [&](const char* column) { return std::string(record->order.printed(column)); };
    manifest.lines.push_back({.item = row.item,
                              .card = row.card,
                              .order_id = row.order_id,
                              .name = shown("nama"),
                              .nik = shown("nik"),
                              .address = shown("alamat") + " RT " + shown("rt") + "/RW " + shown("rw"),
                              .desa = shown("kel_desa"),
                              .kecamatan = shown("kecamatan"),
                              .postcode = shown("kode_pos")});
  }
  const fs::path folder = data / "manifests" / seal;
  if (auto made = make_private_folder(folder); !made) return std::unexpected(made.error());
  const std::string csv = handover::to_csv(manifest);
  const auto note = ledger.sign(handover::to_be_signed(
      manifest, ledger::sha256_text({reinterpret_cast<const std::uint8_t*>(csv.data()), csv.size()})));
  if (!note) return std::unexpected(note.error());
  // The JSON last: its count says whether all of them are of one list (read_manifest).
  if (auto drawn = write_private(folder / "manifest.pdf",
                                 [&](const fs::path& pdf) { return handover::write_pdf(manifest, pdf); });
      !drawn)
    return std::unexpected(drawn.error());
  for (const auto& [name, text] : {std::pair<const char*, std::string>{"manifest.csv", csv},
                                   {"manifest.sig", *note},
                                   {"checkpoint", head->checkpoint},
                                   {"key", head->key + "\n"},
                                   {"manifest.json", handover::to_json(manifest)}})
    if (auto written = write_private(folder / name, text); !written) return std::unexpected(written.error());
  return folder;
}

Result<std::string> read_manifest(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                  const Config& config, const fs::path& data, const std::string& seal,
                                  std::string_view form) {
  constexpr std::array<std::string_view, 3> kForms{"pdf", "csv", "json"};
  if (std::ranges::find(kForms, form) == kForms.end())
    return fail(ErrorCode::bad_data, "form: pdf, csv or json");
  const auto batch = ledger::CustodyView(ledger).seal(seal);
  if (!batch) return std::unexpected(batch.error());
  if (!*batch) return fail(ErrorCode::input_missing, "seal: there is no such sealed batch");
  // The ledger's own name from here on. What was handed over stays as it was signed for.
  const std::string& name = (*batch)->seal;
  const std::int64_t there = listed(data / "manifests" / name);
  if (there < 0 || ((*batch)->taken_by.empty() && there != (*batch)->inside))
    if (auto written = write_manifest(ledger, key, config, data, name); !written)
      return std::unexpected(written.error());
  return read_whole(data / "manifests" / name / ("manifest." + std::string(form)));
}

}  // namespace ktp::app
