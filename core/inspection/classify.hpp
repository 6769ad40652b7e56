// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "inspection/defects.hpp"
#include "inspection/inspection.hpp"

namespace ktp::inspection {

/// Everything the detectors said of one picture.
struct Detections {
  Detected half_print, ghosting, lines, blobs, digits, portrait, texts, letters, whole, rim, spots, points,
      panels, colours, fade;
};

/// Makes findings of candidates: what one cause explains is said once, under the cause's name, and content
/// outranks damage in its own place. Sets verdict, score and findings of `report`.
void classify(const Reference& reference, const Detections& detections, Report& report);

/// A report for a picture that cannot be judged further.
void conclude(const Reference& reference, const char* kind, Verdict verdict, double score, Report& report);

}  // namespace ktp::inspection
