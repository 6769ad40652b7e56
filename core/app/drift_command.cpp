// SPDX-License-Identifier: Apache-2.0
// `drift`: what the good cards of this station say of its lamp, glass and printer.
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "pipeline/drift_watch.hpp"

namespace ktp::app {

namespace {

int show(const std::filesystem::path& file, bool as_json) {
  std::string station;
  const auto state = pipeline::load_drift(file, &station);
  if (!state) {
    if (state.error().code == ErrorCode::input_missing)
      return report(
          {ErrorCode::input_missing,
           file.string() + ": nothing was watched yet; `produce` begins with its first good cards"});
    return report(state.error());
  }
  const inspection::Drift drift(*state);
  const auto notices = drift.notices();
  if (as_json) {
    nlohmann::ordered_json out{{"station", station}, {"good_sides", state->cards}};
    out["drifts"] = nlohmann::ordered_json::array();
    for (const auto& notice : notices)
      out["drifts"].push_back({{"what", notice.name},
                               {"usual", notice.usual},
                               {"now", notice.now},
                               {"unit", notice.unit},
                               {"words", notice.words}});
    for (const auto& q : state->quantities)
      out["quantities"].push_back({{"what", q.name}, {"usual", q.usual}, {"now", q.now}, {"unit", q.unit}});
    std::cout << out.dump() << '\n';
    return 0;
  }
  std::cout << station << ", " << state->cards << " good sides\n\n"
            << inspection::drift_chart(*state) << '\n';
  if (state->cards < 2 * inspection::Drift::kUsual)
    std::cout << "What is usual is known after " << 2 * inspection::Drift::kUsual << " good sides.\n";
  else if (notices.empty())
    std::cout << "Nothing drifts.\n";
  for (const auto& notice : notices) std::cout << "DRIFT " << notice.words << '\n';
  return 0;
}

}  // namespace

int drift_command(const CommonOptions& common) {
  const auto config = config_of(common.config, find_paths());
  if (!config) return report(config.error());
  int code = 0;
  for (const LaneEntry& lane : config->lanes)
    if (const int shown = show(drift_file(common.data, lane), common.json); shown != 0) code = shown;
  return code;
}

}  // namespace ktp::app
