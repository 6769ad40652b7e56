// SPDX-License-Identifier: Apache-2.0
#include "pipeline/inspect.hpp"

#include <cmath>

#include "inspection/moved_limits.hpp"

namespace ktp::pipeline {

namespace {

constexpr double kMeasureLogged = 0.5;       // of the limit; what lies far below says nothing
constexpr std::size_t kFindingsLogged = 20;  // the worst; a ruined card can have hundreds

double rounded(double value) {
  return std::round(value * 1000.0) / 1000.0;
}

}  // namespace

inspection::Report inspect_side(const inspection::Reference& reference, const Shot& shot, Side side,
                                std::span<const Image> other_portraits) {
  if (!shot.image.empty()) {
    inspection::Report report = inspection::inspect(reference, shot.image.view(), other_portraits);
    for (Finding& finding : report.findings) finding.side = side;
    return report;
  }
  inspection::Report report;
  report.verdict = Verdict::review;
  Finding finding;
  finding.kind = "no-picture";
  finding.side = side;
  report.findings.push_back(std::move(finding));
  return report;
}

ledger::Event inspected_event(const Attempt& attempt, const inspection::Report& front,
                              const inspection::Report& back, const std::string& profile_version) {
  ledger::Event event{
      .type = "inspected", .order_id = attempt.job->order_id, .card = attempt.card, .token = attempt.token};
  event.data["profile"] = profile_version;
  event.data["score"] = {{"front", rounded(front.score)}, {"back", rounded(back.score)}};
  auto findings = nlohmann::ordered_json::array();
  for (const inspection::Report* report : {&front, &back})
    for (const Finding& finding : report->findings) {
      if (findings.size() >= kFindingsLogged) break;
      findings.push_back({{"kind", finding.kind},
                          {"side", to_string(finding.side)},
                          {"field", finding.field},
                          {"box", {finding.box.x, finding.box.y, finding.box.w, finding.box.h}},
                          {"score", rounded(finding.score)},
                          {"limit", rounded(finding.limit)},
                          {"size_mm", rounded(finding.size_mm)}});
    }
  event.data["findings"] = std::move(findings);
  // What each limit measured, so that people can see later what another limit would have done to this card.
  auto measures = nlohmann::ordered_json::object();
  for (const auto& [limit, score] : inspection::measures_of(front.measures, back.measures))
    if (score >= kMeasureLogged) measures[limit] = rounded(score);
  event.data["measures"] = std::move(measures);
  return event;
}

}  // namespace ktp::pipeline
