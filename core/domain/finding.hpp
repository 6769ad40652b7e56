// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "domain/face.hpp"

namespace ktp {

/// What the inspection says of one place on a card. `kind` is a word of docs/contracts.md: "half-print",
/// "ghosting", "scratch", "stain", "missing-line", "wrong-digit", "wrong-portrait", "wrong-text", "no-card",
/// "unreadable-picture", ...
struct Finding {
  std::string kind;
  Side side = Side::front;
  BoxPx box;         ///< pixels of the expected picture
  double score = 0;  ///< how bad, same scale for all findings; above `limit` it counts
  double limit = 0;
  double size_mm = 0;     ///< longest extent
  double confidence = 0;  ///< ranks findings over pictures, 0..1
  std::string field;      ///< the printed field it lies in ("nik", "portrait"), "" if none
};

}  // namespace ktp
