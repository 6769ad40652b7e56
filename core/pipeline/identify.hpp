// SPDX-License-Identifier: Apache-2.0
// Step identify: is this the card that was ordered, and has it been seen before? Event: identified.
#pragma once
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
  ledger::Event event;
};
Result<Identification> identify(Station& station, const Attempt& attempt, const inspection::Report& front);

}  // namespace ktp::pipeline
