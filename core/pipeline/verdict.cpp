// SPDX-License-Identifier: Apache-2.0
#include "pipeline/verdict.hpp"

#include <cstdio>

namespace ktp::pipeline {

Verdict judge(const inspection::Report& front, const inspection::Report& back,
              const Identification& identity) {
  for (const Verdict worst : {Verdict::mismatch, Verdict::damaged, Verdict::review})
    if (front.verdict == worst || back.verdict == worst) return worst;
  if (identity.face_similarity && *identity.face_similarity < inspection::FaceFeatures::kSame)
    return Verdict::review;
  return identity.same_uid.empty() && identity.chip_doubt.empty() ? Verdict::good : Verdict::review;
}

std::string summary_of(const inspection::Report& front, const inspection::Report& back,
                       const Identification& identity) {
  constexpr std::size_t kMost = 3;
  std::string text;
  std::size_t shown = 0, all = 0;
  for (const inspection::Report* report : {&front, &back})
    for (const Finding& finding : report->findings) {
      if (++all > kMost) continue;
      char size[32] = "";
      if (finding.size_mm > 0) std::snprintf(size, sizeof size, " (%.1f mm)", finding.size_mm);
      text += (shown++ == 0 ? "" : ", ") + finding.kind +
              (finding.field.empty() ? "" : " in " + finding.field) + " on " + to_string(finding.side) + size;
    }
  if (all > kMost) text += " and " + std::to_string(all - kMost) + " more";
  if (!identity.same_uid.empty())
    text += (text.empty() ? "" : ", ") + ("chip UID already on card " + identity.same_uid.front());
  if (!identity.chip_doubt.empty()) text += (text.empty() ? "" : ", ") + identity.chip_doubt;
  if (identity.face_similarity && *identity.face_similarity < inspection::FaceFeatures::kSame)
    text += std::string(text.empty() ? "" : ", ") + "the face is not clearly the ordered person's";
  return text;
}

ledger::Event judged_event(const Attempt& attempt, Verdict verdict, const std::string& summary) {
  ledger::Event event{
      .type = "judged", .order_id = attempt.job->order_id, .card = attempt.card, .token = attempt.token};
  event.data["verdict"] = std::string(to_string(verdict));
  if (!summary.empty()) event.data["why"] = summary;
  return event;
}

}  // namespace ktp::pipeline
