// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "domain/error.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

/// One printer with the camera that looks at its cards, and the station they work for: what the steps from
/// blank to sort need. One thread at a time, but for camera and reader, which the examiner uses beside it.
struct Machine {
  Station& station;
  devices::Printer& printer;
  devices::Camera& camera;
  devices::ChipReader* reader = nullptr;  ///< null: chips are not read here
  bool turn_over = false;                 ///< see LaneDevices

  /// Told when the machine begins to wait for a person or a plug, with the reason, and with "" when it is
  /// over. From the machine's thread or the examiner's.
  std::function<void(const std::string&)> waiting = [](const std::string&) {};
  /// Told what the operator is asked to do with the card under the camera, whenever that or what is seen of
  /// it changes, and nothing when it is over. From the examiner's thread.
  std::function<void(const std::optional<Turn>&)> turning = [](const std::optional<Turn>&) {};
  /// Is there anything left that it should become ready for?
  std::function<bool()> needed = [] { return true; };

  /// Why it can do nothing more in this run. Set by `leave`; every other error is one of the whole station
  /// (its ledger cannot be written, its books are wrong) and ends the run.
  std::optional<std::string> out{};

  /// The machine leaves the run; other machines go on. The error to return.
  [[nodiscard]] std::unexpected<Error> leave(std::string why) {
    out = why;
    return fail(ErrorCode::internal, std::move(why));
  }
};

/// What a person should read about a call that failed: the rule its driver broke, or what the device says.
[[nodiscard]] inline const std::string& why_of(const devices::CallResult& result) {
  return result.violation.empty() ? result.message : result.violation;
}

}  // namespace ktp::pipeline
