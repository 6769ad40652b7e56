// SPDX-License-Identifier: Apache-2.0
#include "pipeline/identify.hpp"

namespace ktp::pipeline {

Result<Identification> identify(Station& station, const Attempt& attempt, const inspection::Report& front) {
  auto same = station.ledger.cards_with_uid(attempt.uid, attempt.card);
  if (!same) return std::unexpected(same.error());
  Identification identification;
  identification.content_as_ordered = front.verdict != Verdict::mismatch && front.verdict != Verdict::review;
  identification.same_uid = std::move(*same);
  identification.event = {
      .type = "identified", .order_id = attempt.job->order_id, .card = attempt.card, .token = attempt.token};
  identification.event.uid = attempt.uid;
  identification.event.data["content_as_ordered"] = identification.content_as_ordered;
  if (!identification.same_uid.empty()) identification.event.data["same_uid"] = identification.same_uid;
  return identification;
}

}  // namespace ktp::pipeline
