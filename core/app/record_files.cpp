// SPDX-License-Identifier: Apache-2.0
#include "app/record_files.hpp"

#include <utility>
#include <vector>

#include "app/paper_files.hpp"
#include "handover/acts.hpp"
#include "pipeline/intake.hpp"

namespace ktp::app {

namespace fs = std::filesystem;

Result<RecordFile> write_record(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                const Config& config, const fs::path& data, const std::string& number) {
  const auto recorded = handover::recorded_destruction(ledger, number);
  if (!recorded) return std::unexpected(recorded.error());
  std::vector<handover::DestroyedLine> lines;
  for (const auto& card : recorded->cards) {
    const auto order = ledger.order(card.order_id);
    if (!order) return std::unexpected(order.error());
    // A record that was deleted since is missed by its name on the paper alone.
    const bool deleted = *order && !(*order)->erased.empty();
    std::string nik;
    if (!deleted) {
      const auto personal = pipeline::load_record(ledger, key, card.order_id);
      if (!personal) return std::unexpected(personal.error());
      nik = personal->order.nik();
    }
    lines.push_back({.card = card.card, .nik = std::move(nik), .why = handover::why_destroyed(card)});
  }
  for (const ledger::FoundRow& body : recorded->found) {
    // Whose it was as far as sort mode could tell; a deleted record leaves its name alone.
    const std::string& record = body.seen.record.empty() ? body.seen.order_id : body.seen.record;
    std::string nik;
    if (!record.empty()) {
      const auto personal = pipeline::load_record(ledger, key, record);
      if (!personal && personal.error().code != ErrorCode::bad_data) return std::unexpected(personal.error());
      if (personal) nik = personal->order.nik();
    }
    lines.push_back({.card = ledger::sighting_name(body.seen.id),
                     .nik = std::move(nik),
                     .why = "temuan / found: box " + body.seen.box + ", card " +
                            std::to_string(body.seen.number) + ", " + body.seen.verdict});
  }
  const fs::path folder = data / "records", file = folder / (number + ".pdf");
  if (auto made = make_private_folder(folder); !made) return std::unexpected(made.error());
  if (auto drawn = write_private(file,
                                 [&](const fs::path& beside) {
                                   return handover::write_record_pdf(number, config.station, recorded->day,
                                                                     recorded->destruction, lines, beside);
                                 });
      !drawn)
    return std::unexpected(drawn.error());
  return RecordFile{.file = file, .cards = lines.size()};
}

}  // namespace ktp::app
