// SPDX-License-Identifier: Apache-2.0
// `drift`: what the good cards of this station say of its lamp, glass and printer.
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "pipeline/drift_watch.hpp"

namespace ktp::app {

int drift_command(const CommonOptions& common) {
  const auto file = common.data / "drift.json";
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
  if (common.json) {
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

}  // namespace ktp::app
