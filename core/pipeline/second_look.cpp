// SPDX-License-Identifier: Apache-2.0
#include "pipeline/second_look.hpp"

#include <cmath>
#include <utility>

#include "inspection/second_look.hpp"

namespace ktp::pipeline {

void look_again(Look& look, const std::function<Shot()>& photograph,
                const std::function<inspection::Report(const Shot&)>& inspect) {
  if (!look.second_look.empty() || look.shot.image.empty() || !inspection::may_be_loose(look.report)) return;
  look.again = photograph();
  if (look.again.image.empty()) {
    look.second_look = "no-picture";
    return;
  }
  if (look.again.sha256 == look.shot.sha256) {  // a camera that repeats itself tells nothing new
    look.second_look = "same-picture";
    look.again = {};
    return;
  }
  look.other = inspect(look.again);
  const inspection::SecondLook answer = inspection::compare_looks(look.report, look.other);
  look.second_look = answer.cleared ? "cleared" : "confirmed";
  if (answer.second_counts) std::swap(look.report, look.other);
}

void note_second_looks(const Look& front, const Look& back, ledger::Event& captured,
                       ledger::Event& inspected) {
  for (const auto& [side, look] : {std::pair{Side::front, &front}, std::pair{Side::back, &back}}) {
    if (look->second_look.empty()) continue;
    const std::string name = to_string(side);
    if (!look->again.image.empty()) captured.data[name + "_again_sha256"] = look->again.sha256;
    auto& note = inspected.data["second_look"][name];
    note["outcome"] = look->second_look;
    for (const Finding& finding : look->other.findings)
      note["other_findings"].push_back({{"kind", finding.kind},
                                        {"box", {finding.box.x, finding.box.y, finding.box.w, finding.box.h}},
                                        {"score", std::round(finding.score * 1000) / 1000}});
  }
}

}  // namespace ktp::pipeline
