// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "app/paper_files.hpp"
#include "artwork/regions.hpp"
#include "handover/label.hpp"
#include "ledger/custody.hpp"

namespace ktp::app {

namespace {

Result<int> write_labels(const CommonOptions& common, const LabelOptions& options,
                         const ledger::Ledger& ledger) {
  const auto config = config_of(common.config, find_paths());
  if (!config) return std::unexpected(config.error());
  const auto regions = artwork::Regions::load(config->regions);
  if (!regions) return std::unexpected(regions.error());
  const auto name = [&](std::string_view code) {
    const auto* const region = (*regions)->find(code);
    return region != nullptr ? region->name : std::string();
  };
  const ledger::CustodyView custody(ledger);
  std::vector<handover::BoxLabel> labels;
  for (const std::string& seal : options.batches) {
    const auto batch = custody.seal(seal);
    if (!batch) return std::unexpected(batch.error());
    if (!*batch)
      return fail(ErrorCode::input_missing,
                  "there is no sealed batch " + seal + "; `ktp-station batches` lists them");
    if (!(*batch)->taken_by.empty())
      return fail(ErrorCode::bad_data, "batch " + seal + " was handed over to " + (*batch)->taken_by);
    for (int box = 1; box <= options.boxes; ++box)
      labels.push_back({.seal = seal,
                        .region = (*batch)->region,
                        .desa = name((*batch)->region),
                        .kecamatan = name(std::string_view((*batch)->region).substr(0, 8)),
                        .office = config->station,
                        .date = today(),
                        .cards = (*batch)->inside,
                        .box = box,
                        .boxes = options.boxes});
  }
  if (auto written = write_private(
          options.out,
          [&](const std::filesystem::path& beside) { return handover::write_labels_pdf(labels, beside); });
      !written)
    return std::unexpected(written.error());
  if (common.json)
    std::cout << nlohmann::ordered_json{{"file", options.out.string()}, {"labels", labels.size()}}.dump()
              << '\n';
  else
    std::cout << options.out.string() << ": " << labels.size() << " labels / label kotak\n";
  return 0;
}

}  // namespace

int label_command(const CommonOptions& common, const LabelOptions& options) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  return exit_code_of(write_labels(common, options, **ledger));
}

}  // namespace ktp::app
