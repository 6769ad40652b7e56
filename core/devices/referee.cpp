// SPDX-License-Identifier: Apache-2.0
#include "devices/referee.hpp"

#include <station/abi.h>

#include <algorithm>
#include <array>

#include "devices/text.hpp"

namespace ktp::devices {
namespace {

constexpr std::array kCodes{STN_OK,          STN_E_BUSY,        STN_E_TIMEOUT,  STN_E_WARMING,
                            STN_E_MEDIA,     STN_E_SUPPLY,      STN_E_COVER,    STN_E_JAM,
                            STN_E_BAD_INPUT, STN_E_UNSUPPORTED, STN_E_PROTOCOL, STN_E_HARDWARE,
                            STN_E_INTERNAL,  STN_E_NOT_FOUND,   STN_E_REMOVED,  STN_E_CANCELLED};

constexpr std::array kOutcomes{CardOutcome::not_started, CardOutcome::printed, CardOutcome::spoiled,
                               CardOutcome::unknown};
constexpr std::array kPlaces{CardAt::unknown, CardAt::hopper, CardAt::inside,
                             CardAt::camera,  CardAt::output, CardAt::reject};
constexpr std::array kActions{Action::none,      Action::retry_now,  Action::retry_later,
                              Action::op_needed, Action::reject_job, Action::stop_device,
                              Action::gone,      Action::cancelled};

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

/// The text of a fixed field, and whether it was terminated at all.
std::pair<std::string, bool> field(const std::string& whole) {
  const auto end = whole.find('\0');
  return {clean_text(std::string_view(whole).substr(0, end)), end != std::string::npos};
}

/// What holds for every call. "" = nothing to object to.
std::string shape_violation(const wire::RawResult& raw) {
  if (raw.size != sizeof(stn_result))
    return "malformed-result: changed the size of its result to " + number(raw.size);
  if (raw.returned != raw.code) {
    return "contradiction: returned " + std::to_string(raw.returned) + " but its result says " +
           std::to_string(raw.code);
  }
  if (std::ranges::find(kCodes, raw.code) == kCodes.end())
    return "malformed-result: unknown code " + std::to_string(raw.code);
  if (raw.action >= kActions.size()) return "malformed-result: unknown action " + number(raw.action);
  if (raw.outcome >= kOutcomes.size()) return "malformed-result: unknown outcome " + number(raw.outcome);
  if (raw.card_at >= kPlaces.size()) return "malformed-result: unknown card position " + number(raw.card_at);
  if (!field(raw.message).second) return "malformed-result: message is not terminated";
  return {};
}

std::string counter_violation(const wire::RawResult& raw, const Evidence& evidence) {
  if (raw.counter_after < raw.counter_before) {
    return "counter-went-back: counter went back from " + number(raw.counter_before) + " to " +
           number(raw.counter_after) + " in one call";
  }
  const bool counted = raw.counter_before != 0 || raw.counter_after != 0;
  if (counted && raw.counter_before < evidence.last_counter) {
    return "counter-went-back: counter went back from " + number(evidence.last_counter) + " to " +
           number(raw.counter_before);
  }
  return {};
}

std::string print_violation(const wire::RawResult& raw, const Evidence& evidence) {
  const std::uint64_t fed = raw.counter_after - raw.counter_before;
  const std::string counters =
      " (counter " + number(raw.counter_before) + " -> " + number(raw.counter_after) + ")";
  if (raw.code == STN_OK && raw.outcome != STN_CARD_PRINTED) {
    return "success-without-evidence: reports success, but the card as " +
           std::string(to_string(kOutcomes[raw.outcome]));
  }
  switch (raw.outcome) {
    case STN_CARD_PRINTED:
      if ((evidence.caps & STN_CAP_COUNTER) != 0) {
        if (fed != 1)
          return "success-without-evidence: says printed, but its counter does not show one card" + counters;
        if (raw.card_at == STN_AT_HOPPER)
          return "contradiction: says printed, but the card is still in the hopper";
        if ((evidence.caps & STN_CAP_EJECT_SENSOR) != 0 && raw.card_at == STN_AT_UNKNOWN)
          return "success-without-evidence: says printed, but its eject sensor has not seen the card";
      } else if (raw.card_at != STN_AT_INSIDE && raw.card_at != STN_AT_CAMERA &&
                 raw.card_at != STN_AT_OUTPUT) {
        return "success-without-evidence: says printed, but neither a counter nor the card's position shows "
               "it";
      }
      return {};
    case STN_CARD_NOT_STARTED:
      return fed != 0 ? "contradiction: says not started, but its counter went on" + counters : std::string();
    case STN_CARD_SPOILED:
      // Zero and zero: it gave no counter, which is a gap and no contradiction.
      if (raw.counter_after != 0 && fed != 1)
        return "contradiction: says spoiled, but its counter does not show one card" + counters;
      return {};
    default:
      return {};
  }
}

/// Calls that feed no blank.
std::string other_violation(Asked asked, const wire::RawResult& raw) {
  if (raw.counter_after != raw.counter_before) {
    return "contradiction: its counter went on in a call that feeds no blank (" + number(raw.counter_before) +
           " -> " + number(raw.counter_after) + ")";
  }
  if (raw.code != STN_OK) return {};
  if (asked == Asked::to_camera && raw.card_at != STN_AT_CAMERA) {
    return "success-without-evidence: says the card was moved to the camera, but has it at " +
           std::string(to_string(kPlaces[raw.card_at]));
  }
  if (asked == Asked::route && raw.card_at != STN_AT_OUTPUT && raw.card_at != STN_AT_REJECT) {
    return "success-without-evidence: says the card was moved to a bin, but has it at " +
           std::string(to_string(kPlaces[raw.card_at]));
  }
  return {};
}

}  // namespace

void add_violation(CallResult& result, Asked asked, const std::string& what) {
  result.violation += (result.violation.empty() ? "" : "; ") + what;
  if (result.code == STN_OK) result.code = STN_E_INTERNAL;
  result.action = Action::stop_device;
  if (asked == Asked::print) result.outcome = CardOutcome::unknown;
  if (asked == Asked::print || asked == Asked::to_camera || asked == Asked::route)
    result.at = CardAt::unknown;
}

CallResult judge(Asked asked, const wire::RawResult& raw, const Evidence& evidence) {
  CallResult result;
  result.code = raw.code;
  result.action = raw.action < kActions.size() ? kActions[raw.action] : Action::stop_device;
  result.outcome = raw.outcome < kOutcomes.size() ? kOutcomes[raw.outcome] : CardOutcome::unknown;
  result.at = raw.card_at < kPlaces.size() ? kPlaces[raw.card_at] : CardAt::unknown;
  result.vendor_code = raw.vendor_code;
  result.counter_before = raw.counter_before;
  result.counter_after = raw.counter_after;
  result.message = field(raw.message).first;

  std::string violation = shape_violation(raw);
  if (violation.empty()) violation = counter_violation(raw, evidence);
  if (violation.empty())
    violation = asked == Asked::print ? print_violation(raw, evidence) : other_violation(asked, raw);
  if (!violation.empty()) {
    add_violation(result, asked, violation);
    return result;
  }
  // A card that may have been fed overrides any wish to try again: that would be a second card for one
  // person.
  const bool again = result.action == Action::retry_now || result.action == Action::retry_later;
  if (asked == Asked::print && again && result.outcome != CardOutcome::not_started)
    result.action = Action::none;
  return result;
}

bool is_uid(const std::string& uid) {
  return uid.size() >= 4 && uid.size() <= 31 &&
         std::ranges::all_of(uid, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); });
}

std::expected<CardRecord, std::string> judge_card(const wire::RawCard& raw) {
  if (raw.size != sizeof(stn_card))
    return std::unexpected("malformed-card: changed the size of its card to " + number(raw.size));
  if (raw.outcome >= kOutcomes.size())
    return std::unexpected("malformed-card: unknown outcome " + number(raw.outcome));
  if (raw.card_at >= kPlaces.size())
    return std::unexpected("malformed-card: unknown card position " + number(raw.card_at));
  if (raw.outcome == STN_CARD_NOT_STARTED)
    return std::unexpected("malformed-card: found a card that was never started");
  const auto [uid, uid_ends] = field(raw.uid);
  const auto [bin, bin_ends] = field(raw.bin);
  if (!uid_ends || !bin_ends) return std::unexpected("malformed-card: text of its card is not terminated");
  if (!uid.empty() && !is_uid(uid)) return std::unexpected("malformed-card: chip UID is not upper-case hex");
  return CardRecord{kOutcomes[raw.outcome], kPlaces[raw.card_at], raw.number, uid, bin};
}

std::string judge_frame(const wire::RawFrame& frame, const FrameRules& rules) {
  if (frame.size != sizeof(stn_frame))
    return "malformed-frame: changed the size of its frame to " + number(frame.size);
  if (frame.status > STN_FRAME_CANCELLED)
    return "malformed-frame: unknown frame status " + number(frame.status);
  if (frame.status != STN_FRAME_OK) return {};
  constexpr std::uint32_t kMostPixels = 65'535;  // a side; the products below then fit easily
  if (frame.width == 0 || frame.height == 0 || frame.width > kMostPixels || frame.height > kMostPixels) {
    return "malformed-frame: frame of " + number(frame.width) + " x " + number(frame.height);
  }
  const std::uint64_t row = std::uint64_t{frame.width} * 3;
  if (frame.stride < row)
    return "malformed-frame: frame stride of " + number(frame.stride) + " bytes for rows of " + number(row);
  const std::uint64_t needed = std::uint64_t{frame.stride} * (frame.height - 1) + row;
  if (needed > rules.slot_bytes || frame.bytes_used > rules.slot_bytes) {
    return "malformed-frame: frame of " + number(std::max(needed, frame.bytes_used)) +
           " bytes in a slot of " + number(rules.slot_bytes);
  }
  if (frame.bytes_used < needed) {
    return "malformed-frame: frame of " + number(needed) + " bytes of which only " +
           number(frame.bytes_used) + " are used";
  }
  if (frame.exposure_start_ns < rules.not_before_ns) {
    return "stale-frame: exposed " + number((rules.not_before_ns - frame.exposure_start_ns) / 1'000) +
           " us too early";
  }
  if (frame.exposure_start_ns > rules.now_ns) return "contradiction: frame exposed in the future";
  if (rules.last_seq && frame.seq <= *rules.last_seq) {
    return "frames-out-of-order: frame number " + number(frame.seq) + " after " + number(*rules.last_seq);
  }
  return {};
}

std::expected<std::string, std::string> judge_chip(const wire::RawChip& raw, const ChipRules& rules) {
  if (raw.size != sizeof(stn_chip))
    return std::unexpected("malformed-chip: changed the size of its answer to " + number(raw.size));
  const auto [uid, ends] = field(raw.uid);
  if (!ends) return std::unexpected("malformed-chip: chip UID is not terminated");
  // ISO/IEC 14443-3: single, double and triple size; type B identifiers have the single size.
  if (!is_uid(uid) || (uid.size() != 8 && uid.size() != 14 && uid.size() != 20))
    return std::unexpected("malformed-chip: chip UID is not upper-case hex of 4, 7 or 10 bytes");
  if (raw.selected_ns < rules.not_before_ns) {
    return std::unexpected("stale-chip: selected " + number((rules.not_before_ns - raw.selected_ns) / 1'000) +
                           " us too early");
  }
  if (raw.selected_ns > rules.now_ns) return std::unexpected("contradiction: chip selected in the future");
  return uid;
}

}  // namespace ktp::devices
