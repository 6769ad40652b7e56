// SPDX-License-Identifier: Apache-2.0
// One camera for both sides: the operator turns the card over, and is told when.
#pragma once
#include <string>

#include "pipeline/capture.hpp"
#include "pipeline/job.hpp"
#include "pipeline/machine.hpp"

namespace ktp::pipeline {

struct ShownSide {
  Shot shot;  ///< a photograph of the side, unless `not_shown` or shot.camera_failed
  std::string
      not_shown;  ///< why there is none: nobody turned the card in time, or the operator stopped the run
};

/// Waits until the card lies still under the camera with `side` up, and photographs it with the camera's one
/// view. `before`: the picture of the other side, after which the card must have been moved; empty: it may
/// lie there already. Says in both languages what to do, and once each time that the wrong side is still up;
/// tells the machine that it waits for a person. At most settings.operator_wait long, less when the operator
/// stops the run at once. A side that cannot be recognised is taken as it lies: that is for the inspection to
/// judge. Runs on the examiner's thread.
[[nodiscard]] ShownSide wait_for_side(Machine& machine, const Attempt& attempt, Side side,
                                      const Image& before);

}  // namespace ktp::pipeline
