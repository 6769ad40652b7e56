// SPDX-License-Identifier: Apache-2.0
#include "evolis/codec.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace evolis {
namespace {

constexpr std::uint8_t kEscape = 0x1B, kReturn = 0x0D;
constexpr std::uint8_t kWhiteLine = 0x00, kBlackLine = 0xFF;
constexpr std::uint8_t kRun = 0x80;
constexpr std::size_t kMostRun = 255;
constexpr std::array<std::uint8_t, 2> kBlankDyeLine{kRun, 0};

void append(Bytes& to, std::string_view text) {
  to.insert(to.end(), text.begin(), text.end());
}

/// `Dbc;panel;levels;nbytes;DATA`.
Bytes download(char panel, int levels, const Bytes& data) {
  Bytes bytes{kEscape};
  append(bytes, "Dbc;");
  append(bytes, {&panel, 1});
  append(bytes, ";" + std::to_string(levels) + ";" + std::to_string(data.size()) + ";");
  bytes.insert(bytes.end(), data.begin(), data.end());
  bytes.push_back(kReturn);
  return bytes;
}

void dye_line(Bytes& data, std::span<const std::uint8_t> line) {
  if (std::ranges::all_of(line, [](std::uint8_t level) { return level == 0; })) {
    data.insert(data.end(), kBlankDyeLine.begin(), kBlankDyeLine.end());
    return;
  }
  for (std::size_t at = 0; at < line.size();) {
    std::size_t run = 1;
    while (at + run < line.size() && run < kMostRun && line[at + run] == line[at]) ++run;
    if (run == 1) {
      data.push_back(line[at]);
    } else {
      data.push_back(static_cast<std::uint8_t>(kRun | line[at]));
      data.push_back(static_cast<std::uint8_t>(run));
    }
    at += run;
  }
}

void resin_line(Bytes& data, std::span<const std::uint8_t> line) {
  std::array<std::uint8_t, kLineBytes> packed{};
  for (std::size_t dot = 0; dot < line.size(); ++dot)
    if (line[dot] != 0) packed[dot / 8] = static_cast<std::uint8_t>(packed[dot / 8] | 0x80u >> (dot % 8));
  if (std::ranges::all_of(packed, [](std::uint8_t byte) { return byte == 0xFF; })) {
    data.push_back(kBlackLine);
    return;
  }
  std::size_t used = packed.size();
  while (used > 0 && packed[used - 1] == 0) --used;
  if (used == 0) {
    data.push_back(kWhiteLine);
    return;
  }
  data.push_back(static_cast<std::uint8_t>(used));
  data.insert(data.end(), packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(used));
}

}  // namespace

Bytes command(std::string_view words) {
  Bytes bytes{kEscape};
  append(bytes, words);
  bytes.push_back(kReturn);
  return bytes;
}

Bytes dye_panel(char panel, std::span<const std::uint8_t> dots) {
  Bytes data;
  for (std::size_t line = 0; line < kLines; ++line) dye_line(data, dots.subspan(line * kDots, kDots));
  return download(panel, 128, data);
}

Bytes resin_panel(char panel, std::span<const std::uint8_t> dots) {
  Bytes data;
  for (std::size_t line = 0; line < kLines; ++line) resin_line(data, dots.subspan(line * kDots, kDots));
  return download(panel, 2, data);
}

Bytes full_overlay() {
  return download('o', 2, Bytes(kLines, kBlackLine));
}

}  // namespace evolis
