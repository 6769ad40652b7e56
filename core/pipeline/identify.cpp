// SPDX-License-Identifier: Apache-2.0
#include "pipeline/identify.hpp"

#include <algorithm>
#include <cmath>

namespace ktp::pipeline {

Result<Identification> identify(Station& station, const Attempt& attempt, const ChipReading& chip,
                                const inspection::Report& front) {
  Identification identification;
  std::vector<std::string> uids{attempt.uid};
  if (chip.uid != attempt.uid) uids.push_back(chip.uid);
  for (const std::string& uid : uids) {
    auto same = station.ledger.cards_with_uid(uid, attempt.card);
    if (!same) return std::unexpected(same.error());
    for (std::string& card : *same)
      if (std::ranges::find(identification.same_uid, card) == identification.same_uid.end())
        identification.same_uid.push_back(std::move(card));
  }
  identification.content_as_ordered = front.verdict != Verdict::mismatch && front.verdict != Verdict::review;
  identification.chip_doubt = chip_doubt(chip, attempt.uid);
  identification.event = {
      .type = "identified", .order_id = attempt.job->order_id, .card = attempt.card, .token = attempt.token};
  identification.event.uid = attempt.uid.empty() ? chip.uid : attempt.uid;
  identification.event.data["content_as_ordered"] = identification.content_as_ordered;
  if (!identification.same_uid.empty()) identification.event.data["same_uid"] = identification.same_uid;
  if (!identification.chip_doubt.empty()) identification.event.data["chip_doubt"] = identification.chip_doubt;
  if (const auto zone = attempt.job->front.layout.find("portrait");
      station.faces && zone != attempt.job->front.layout.end() && !front.rectified.empty()) {
    const Image seen = inspection::cut_out(front.rectified, zone->second),
                ordered = inspection::cut_out(attempt.job->front.image, zone->second);
    const auto a = station.faces->of(seen.view()), b = station.faces->of(ordered.view());
    if (a && b) {
      identification.face_similarity = inspection::FaceFeatures::similarity(*a, *b);
      identification.event.data["face_similarity"] =
          std::round(*identification.face_similarity * 1000) / 1000;
    } else {
      identification.event.data["face"] = (a ? b : a).error().message;
    }
  }
  return identification;
}

}  // namespace ktp::pipeline
