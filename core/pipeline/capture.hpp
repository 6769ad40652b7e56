// SPDX-License-Identifier: Apache-2.0
// Step capture: card at camera -> frames of both sides, taken after print-ended. Event: captured(sha256).
#pragma once
#include <string>

#include "domain/error.hpp"
#include "ledger/event.hpp"
#include "pipeline/job.hpp"
#include "pipeline/machine.hpp"

namespace ktp::pipeline {

struct Shot {
  Image image;  ///< empty: no picture could be had
  std::string sha256;
  std::string problem;         ///< why there is none
  bool camera_failed = false;  ///< the camera itself is lost or stopped: no card could be photographed now
};

/// Photographs one side, again if a frame is stale or incomplete, at most settings.grab_attempts times; a
/// lost worker does not count as one, and an unplugged camera is waited for (settings.operator_wait).
/// `not_before_ns`: when the card came to the camera.
Shot capture_side(Machine& machine, Side side, std::uint64_t card_number, std::uint64_t not_before_ns);
/// The same where there is no printer.
Shot capture_side(const Station& station, devices::Camera& camera, Side side, std::uint64_t card_number,
                  std::uint64_t not_before_ns);

[[nodiscard]] ledger::Event captured_event(const Attempt& attempt, const Shot& front, const Shot& back,
                                           const std::string& camera);

}  // namespace ktp::pipeline
