// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/label_files.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"

namespace ktp::app {

namespace {

Result<int> print_labels(const CommonOptions& common, const LabelOptions& options,
                         const ledger::Ledger& ledger) {
  const auto config = config_of(common.config, find_paths());
  if (!config) return std::unexpected(config.error());
  const auto regions = artwork::Regions::load(config->regions);
  if (!regions) return std::unexpected(regions.error());
  const auto labels =
      write_labels(ledger, **regions, config->station, options.batches, options.boxes, options.out);
  if (!labels) return std::unexpected(labels.error());
  if (common.json)
    std::cout << nlohmann::ordered_json{{"file", options.out.string()}, {"labels", *labels}}.dump() << '\n';
  else
    std::cout << options.out.string() << ": " << *labels << " labels / label kotak\n";
  return 0;
}

}  // namespace

int label_command(const CommonOptions& common, const LabelOptions& options) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  return exit_code_of(print_labels(common, options, **ledger));
}

}  // namespace ktp::app
