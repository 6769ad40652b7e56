// SPDX-License-Identifier: Apache-2.0
#include "magicard/codec.hpp"

#include <cstdio>
#include <string>

namespace magicard {
namespace {

constexpr std::uint8_t kWake = 0x05, kStart = 0x01, kEndOfText = 0x1C, kEnd = 0x03;
constexpr std::size_t kWakeOfCommand = 9, kWakeOfJob = 64;

void append(Bytes& to, std::string_view text) {
  to.insert(to.end(), text.begin(), text.end());
}

/// `bits` stripes a row, the lowest bit of each dot first.
Bytes slice(const std::vector<std::uint8_t>& dots, int bits) {
  constexpr std::size_t kUsable = kDots - 2 * kMargin;
  const std::size_t row_bytes = static_cast<std::size_t>(bits) * kStripe;
  Bytes plane(row_bytes * kRows, 0);
  for (std::size_t row = 0; row < kRows; ++row)
    for (std::size_t dot = 0; dot < kUsable; ++dot) {
      const std::uint8_t value = dots[row * kUsable + dot];
      const std::size_t place = dot + kMargin;
      std::uint8_t* const first = plane.data() + row * row_bytes + place / 8;
      const auto mask = static_cast<std::uint8_t>(0x80u >> (place % 8));
      for (int bit = 0; bit < bits; ++bit)
        if ((value >> bit & 1) != 0) {
          std::uint8_t& byte = first[static_cast<std::size_t>(bit) * kStripe];
          byte = static_cast<std::uint8_t>(byte | mask);
        }
    }
  return plane;
}

void append_plane(Bytes& to, const Bytes& plane, char letter) {
  to.insert(to.end(), plane.begin(), plane.end());
  to.push_back(kEndOfText);
  to.push_back(static_cast<std::uint8_t>(letter));
  to.push_back(':');
}

}  // namespace

Bytes command(std::string_view words) {
  Bytes bytes(kWakeOfCommand, kWake);
  bytes.push_back(kStart);
  append(bytes, words);
  bytes.push_back(kEndOfText);
  bytes.push_back(kEnd);
  return bytes;
}

Bytes request(std::string_view key) {
  return command("REQ,STA," + std::string(key) + ",");
}

Bytes dye_plane(const std::vector<std::uint8_t>& dots) {
  return slice(dots, 6);
}

Bytes resin_plane(const std::vector<std::uint8_t>& dots) {
  return slice(dots, 1);
}

// Tokens in the order of a generator that is in use; sizes last.
Bytes page(const Page& about, const card::Panels& panels) {
  char time[9];
  std::snprintf(time, sizeof time, "%08X", static_cast<unsigned>(about.time));
  std::string words = ",NOC1,VER0.1.0,LANENG,TDT" + std::string(time) + ",REJOFF,ESS1,KEE,RT2";
  words += about.duplex ? ",DPXON" : ",DPXOFF";
  words += ",PAG" + std::to_string(about.number);
  if (about.duplex && about.number == 1) words += about.back_black ? ",BACCKO" : ",BACCO";
  words += ",SLWOFF";
  words += panels.has_black ? ",IMFBGRK" : ",IMFBGR";
  words += ",XCO0,YCO0,WID642,HGT1016,OVRON,NNNOFF,USFOFF,PCT0,0,1025,641,DDD50";
  for (const char* const plane : {"SZB", "SZG", "SZR"})
    words += std::string(",") + plane + std::to_string(kDyeBytes);
  if (panels.has_black) words += ",SZK" + std::to_string(kResinBytes);

  Bytes bytes(kWakeOfJob, kWake);
  bytes.reserve(kWakeOfJob + words.size() + 3 * kDyeBytes + kResinBytes + 32);
  bytes.push_back(kStart);
  append(bytes, words);
  bytes.push_back(kEndOfText);
  append_plane(bytes, dye_plane(panels.yellow), 'B');
  append_plane(bytes, dye_plane(panels.magenta), 'G');
  append_plane(bytes, dye_plane(panels.cyan), 'R');
  if (panels.has_black) append_plane(bytes, resin_plane(panels.black), 'K');
  bytes.push_back(kEnd);
  return bytes;
}

}  // namespace magicard
