// SPDX-License-Identifier: Apache-2.0
// Step identify: is this the card that was ordered, and has it been seen before? Event: identified.
#pragma once
#include <optional>

#include "domain/error.hpp"
#include "inspection/inspection.hpp"
#include "ledger/event.hpp"
#include "pipeline/job.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

struct Identification {
  bool content_as_ordered =
      false;  ///< the inspection's wrong-content path found the NIK and the portrait of this order
  std::vector<std::string> same_uid;  ///< other cards that carry this chip UID
  /// Cosine of the faces in the photographed and the ordered portrait; nothing where face features are off or
  /// no face was found.
  std::optional<double> face_similarity{};
  ledger::Event event;
};
Result<Identification> identify(Station& station, const Attempt& attempt, const inspection::Report& front);

}  // namespace ktp::pipeline
