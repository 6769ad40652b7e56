// SPDX-License-Identifier: Apache-2.0
// What the check of single letters needs of an expected face. Inside the room only.
#pragma once
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

#include "domain/face.hpp"

namespace ktp::inspection {

/// One printed character (or two that touch) of a field.
struct LetterCell {
  cv::Rect ink;  ///< the strokes, working pixels
  cv::Rect
      window;  ///< what is compared: the strokes and a rim, up to the middle of the gap to the neighbours
  double contrast = 0;  ///< paper minus ink of the sharp face, levels
};

/// The characters of one field.
struct LetterField {
  std::string name;
  cv::Rect box;        ///< working pixels
  int cap_height = 0;  ///< of the capitals of the field, working pixels; 0 where there are none
  std::vector<LetterCell> cells;
};

struct LetterPlan {
  std::vector<LetterField> fields;
  /// Other characters a cell could show, at the atlas's size; empty without an atlas.
  std::shared_ptr<const LetterAtlas> atlas;
};

/// `grey`: the sharp face, 8 bit, working frame. `nik_cells`: the cells of the NIK where they are known.
LetterPlan plan_letters(const std::vector<std::pair<std::string, cv::Rect>>& zones, const cv::Mat& grey,
                        const std::vector<cv::Rect>& nik_cells, std::shared_ptr<const LetterAtlas> atlas);

}  // namespace ktp::inspection
