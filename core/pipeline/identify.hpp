// SPDX-License-Identifier: Apache-2.0
// Step identify: is this the card that was ordered, and has it been seen before? Event: identified.
#pragma once
#include <optional>

#include "domain/error.hpp"
#include "inspection/inspection.hpp"
#include "ledger/event.hpp"
#include "pipeline/chip.hpp"
#include "pipeline/job.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

struct Identification {
  bool content_as_ordered =
      false;  ///< the inspection's wrong-content path found the NIK and the portrait of this order
  std::vector<std::string> same_uid{};  ///< other cards that carry this chip UID
  std::string chip_doubt{};             ///< "" or why the chip says nothing, or something else than it should
  /// Cosine of the faces in the photographed and the ordered portrait; nothing where face features are off or
  /// no face was found.
  std::optional<double> face_similarity{};
  ledger::Event event{};
};
/// `chip`: what the reader found; its event has been appended, so that another lane that meets the same UID
/// at this moment sees it.
Result<Identification> identify(Station& station, const Attempt& attempt, const ChipReading& chip,
                                const inspection::Report& front);

}  // namespace ktp::pipeline
