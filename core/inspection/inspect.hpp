// SPDX-License-Identifier: Apache-2.0
// The inspection with its inner figures, for measuring programs; everybody else uses the door.
#pragma once
#include <string>
#include <vector>

#include "inspection/inspection.hpp"

namespace ktp::inspection {

class VariationSamples;  // variation.hpp

struct Trace {
  struct Stage {
    const char* name;
    double ms;
  };
  struct Measure {
    const char* detector;
    double highest;
  };
  std::vector<Stage> stages;      ///< thread CPU time
  std::vector<Measure> measures;  ///< highest score of each detector, 1 = at the limit
  double match = 0;               ///< share of the expected features that was found
  double blur_px = 0;
  double photo_px_per_working_px = 1;
  VariationSamples* variation = nullptr;  ///< where given, this picture's deviations are added to it
};

/// As inspect(); `trace` may be null.
Report inspect_traced(const Reference& reference, const ImageView& photograph, Trace* trace,
                      std::span<const Image> other_portraits = {});

/// Profile mode `aligned`; see aligned.cpp.
void inspect_aligned(const Reference& reference, const ImageView& photograph, Report& report);

}  // namespace ktp::inspection
