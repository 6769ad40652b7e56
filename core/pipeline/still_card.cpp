// SPDX-License-Identifier: Apache-2.0
#include "pipeline/still_card.hpp"

#include <algorithm>
#include <cmath>

namespace ktp::pipeline {

// Mean brightness by place. A picture's own noise averages out in a cell of some thousand pixels.
std::vector<float> StillCard::cells_of(const ImageView& picture) {
  std::vector<float> cells;
  if (picture.empty() || picture.width < kColumns || picture.height < kRows) return cells;
  cells.reserve(static_cast<std::size_t>(kColumns) * kRows);
  for (int row = 0; row < kRows; ++row)
    for (int column = 0; column < kColumns; ++column) {
      const int x0 = picture.width * column / kColumns, x1 = picture.width * (column + 1) / kColumns;
      const int y0 = picture.height * row / kRows, y1 = picture.height * (row + 1) / kRows;
      // Every second line and pixel: enough for a mean.
      std::uint64_t sum = 0, n = 0;
      for (int y = y0; y < y1; y += 2) {
        const std::uint8_t* const line = picture.row(y);
        for (int x = x0; x < x1; x += 2) {
          const std::uint8_t* const pixel = line + static_cast<std::ptrdiff_t>(x) * picture.channels;
          sum += picture.channels == 3 ? (pixel[0] + 2u * pixel[1] + pixel[2]) / 4u : pixel[0];
          ++n;
        }
      }
      cells.push_back(static_cast<float>(sum) / static_cast<float>(n));
    }
  return cells;
}

bool StillCard::is_still(const std::vector<float>& cells, std::chrono::milliseconds at) {
  bool moved = last_.size() != cells.size();
  for (std::size_t i = 0; !moved && i < cells.size(); ++i)
    moved = std::abs(cells[i] - last_[i]) > limits_.moved;
  moved_ = moved && !last_.empty();
  last_ = cells;
  if (moved) still_since_ = at;
  return !cells.empty() && at - still_since_ >= limits_.still;
}

// Is something else there than at that time?
bool StillCard::changed(const std::vector<float>& cells, const std::vector<float>& before) const {
  if (cells.size() != before.size()) return true;
  // A lamp that is a little brighter changes all cells alike.
  std::vector<float> off(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) off[i] = cells[i] - before[i];
  std::vector<float> sorted = off;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::ranges::nth_element(sorted, middle);
  const float lamp = std::clamp(*middle, -8.0f, 8.0f);
  const auto other = std::ranges::count_if(off, [&](float d) { return std::abs(d - lamp) > limits_.other; });
  return static_cast<double>(other) >= limits_.cover * static_cast<double>(cells.size());
}

StillCard::Seen StillCard::judge(const std::vector<float>& cells, bool still) {
  if (!still) return Seen::moving;
  if (!changed(cells, empty_)) {
    taken_ = false;
    // Slowly, as a lamp ages over a day; a card that comes within a picture is no such change.
    for (std::size_t i = 0; i < cells.size(); ++i) empty_[i] += 0.02f * (cells[i] - empty_[i]);
    return Seen::empty;
  }
  // Another card on top, or the same one pushed: which of the two cannot be told, so it is not guessed.
  if (taken_) return changed(cells, taken_cells_) ? Seen::occupied : Seen::taken;
  taken_ = true;
  taken_cells_ = cells;
  return Seen::take;
}

StillCard::Seen StillCard::nothing(std::chrono::milliseconds at) {
  // There is no picture to learn from: what comes next is compared with blackness, that is, it lies there.
  empty_.assign(static_cast<std::size_t>(kColumns) * kRows, 0.0f);
  last_.clear();
  still_since_ = at;
  taken_ = false;
  return Seen::empty;
}

void StillCard::place_looks_like_this() {
  empty_ = last_;
  taken_ = false;
}

}  // namespace ktp::pipeline
