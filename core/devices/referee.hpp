// SPDX-License-Identifier: Apache-2.0
// Judges what a driver reports. Drivers are written by others and devices lie; a report that contradicts
// itself or the device's own counter becomes a named violation, and a card is called printed only on
// evidence. Pure functions.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "devices/devices.hpp"
#include "devices/wire.hpp"

namespace ktp::devices {

/// Which call is judged: each has its own duties.
enum class Asked { open, print, to_camera, route, counter, lookup, status, grab, read_chip };

/// What the host knows besides the report.
struct Evidence {
  std::uint32_t caps = 0;          ///< STN_CAP_* of a printer
  std::uint64_t last_counter = 0;  ///< highest counter ever seen from this device; 0 = none yet
};

/// The result as the station may believe it. With a violation the code is never 0, the action is stop_device,
/// and after a print the card is unknown.
[[nodiscard]] CallResult judge(Asked asked, const wire::RawResult& raw, const Evidence& evidence);

/// Adds a violation found elsewhere (events during the call, a frame, a card) with the same consequences.
void add_violation(CallResult& result, Asked asked, const std::string& what);

/// The card of a lookup that returned OK, or why it cannot be believed.
[[nodiscard]] std::expected<CardRecord, std::string> judge_card(const wire::RawCard& raw);

/// What a frame is checked against.
struct FrameRules {
  std::uint64_t slot_bytes = 0;
  std::uint64_t not_before_ns = 0;
  std::uint64_t now_ns = 0;                 ///< when the answer came
  std::optional<std::uint64_t> last_seq{};  ///< of the frame before, if there was one
};
/// "" when the picture lies inside its slot and is as fresh as it should be; else what is wrong.
[[nodiscard]] std::string judge_frame(const wire::RawFrame& frame, const FrameRules& rules);

/// What a chip's answer is checked against.
struct ChipRules {
  std::uint64_t not_before_ns = 0;
  std::uint64_t now_ns = 0;  ///< when the answer came
};
/// The UID of a read_uid that returned OK, or why it cannot be believed.
[[nodiscard]] std::expected<std::string, std::string> judge_chip(const wire::RawChip& raw,
                                                                 const ChipRules& rules);

/// Upper-case hex, 4 to 31 characters.
[[nodiscard]] bool is_uid(const std::string& uid);

}  // namespace ktp::devices
