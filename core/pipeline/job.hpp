// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/card.hpp"
#include "domain/face.hpp"
#include "domain/finding.hpp"
#include "domain/verdict.hpp"
#include "inspection/inspection.hpp"

namespace ktp::pipeline {

/// An order made ready before its blank moves: the faces to print, and everything the inspection can know
/// beforehand. Immutable once made; shared between the machine and the examiner.
struct Job {
  std::string order_id;
  Face front, back;
  std::shared_ptr<const inspection::Reference> front_reference, back_reference;
};

/// One blank promised to one order.
struct Attempt {
  std::shared_ptr<const Job> job;
  std::string card, token, uid;
  std::uint64_t number = 0;  ///< the printer's counter when the card was fed; 0 = not known
};

/// What a look at the printed card found.
struct Examination {
  Verdict verdict = Verdict::review;
  std::vector<Finding> findings;
  double score = 0;
  std::array<Image, 2> photographs;  ///< front, back; kept only where the verdict is not good
  std::array<Image, 2> rectified;
  std::string summary;   ///< "half-print on the front, 31 mm", for people
  std::string not_seen;  ///< not empty: why nobody could look at it now; there is no verdict then
};

}  // namespace ktp::pipeline
