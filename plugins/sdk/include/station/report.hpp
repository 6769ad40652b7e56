// SPDX-License-Identifier: Apache-2.0
// How a driver says how a call ended, and the settings it was opened with. Part of plugin.hpp.
#ifndef STATION_REPORT_HPP
#define STATION_REPORT_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "station/abi.h"

namespace station {

namespace detail {

/// Copies text into a fixed field, cut at a whole UTF-8 character, always terminated, the rest zero.
template <std::size_t N>
void put_text(char (&field)[N], std::string_view text) {
  std::size_t n = text.size() < N - 1 ? text.size() : N - 1;
  if (n < text.size()) {
    while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0u) == 0x80u) --n;
  }
  std::memset(field, 0, N);
  if (n != 0) std::memcpy(field, text.data(), n);
}

/// What the station should do after `code` where the driver does not say otherwise.
constexpr std::uint32_t usual_action(stn_code code) {
  switch (code) {
    case STN_OK:
    case STN_E_NOT_FOUND:
      return STN_ACT_NONE;
    case STN_E_BUSY:
    case STN_E_TIMEOUT:
      return STN_ACT_RETRY_NOW;
    case STN_E_WARMING:
      return STN_ACT_RETRY_LATER;
    case STN_E_MEDIA:
    case STN_E_SUPPLY:
    case STN_E_COVER:
    case STN_E_JAM:
      return STN_ACT_OPERATOR;
    case STN_E_BAD_INPUT:
    case STN_E_UNSUPPORTED:
      return STN_ACT_REJECT_JOB;
    case STN_E_REMOVED:
      return STN_ACT_GONE;
    case STN_E_CANCELLED:
      return STN_ACT_CANCELLED;
    default:
      return STN_ACT_STOP_DEVICE;
  }
}

}  // namespace detail

/// The end of a call. Made by one of the named functions, which leave no field to chance; there is no success
/// by default.
class Report {
 public:
  /// A call that feeds no blank (status, counter, lookup, grab, to_camera, route) has done what it should.
  static Report done(std::uint32_t card_at = STN_AT_UNKNOWN) {
    return {STN_OK, STN_CARD_NOT_STARTED, card_at, {}};
  }
  /// Fed and printed to the end; `card_at` says where the device sees the card now.
  static Report printed(std::uint32_t card_at) { return {STN_OK, STN_CARD_PRINTED, card_at, {}}; }
  /// Nothing happened: no blank left the hopper.
  static Report refused(stn_code code, std::string message) {
    return {code, STN_CARD_NOT_STARTED, STN_AT_UNKNOWN, std::move(message)};
  }
  /// A blank was fed and is lost for this job.
  static Report spoiled(stn_code code, std::uint32_t card_at, std::string message) {
    return {code, STN_CARD_SPOILED, card_at, std::move(message)};
  }
  /// Nobody knows what became of the card.
  static Report unknown(stn_code code, std::string message) {
    return {code, STN_CARD_UNKNOWN, STN_AT_UNKNOWN, std::move(message)};
  }

  /// The device's lifetime counter of fed blanks before and after the call.
  Report& counted(std::uint64_t before, std::uint64_t after) {
    result_.counter_before = before;
    result_.counter_after = after;
    return *this;
  }
  Report& at(std::uint32_t card_at) { return result_.card_at = card_at, *this; }
  /// Where the station should do something else than usual for this code (STN_ACT_*).
  Report& action(std::uint32_t action) { return result_.action = action, *this; }
  Report& vendor_code(std::int32_t number) { return result_.vendor_code = number, *this; }

  [[nodiscard]] stn_code code() const { return result_.code; }

  /// Writes into the caller's struct, no further than its `size`.
  stn_code fill(stn_result* out) const {
    if (out != nullptr && out->size >= sizeof(std::uint32_t)) {
      const std::uint32_t room = out->size;
      std::memcpy(out, &result_, room < sizeof result_ ? room : sizeof result_);
      out->size = room;
    }
    return result_.code;
  }

 private:
  Report(stn_code code, std::uint32_t outcome, std::uint32_t card_at, const std::string& message) {
    result_.size = sizeof result_;
    result_.code = code;
    result_.action = detail::usual_action(code);
    result_.outcome = outcome;
    result_.card_at = card_at;
    detail::put_text(result_.message, message);
  }

  stn_result result_{};
};

/// Thrown where returning is awkward, above all from a constructor: the Report reaches the station unchanged.
class Failure : public std::exception {
 public:
  explicit Failure(Report report, std::string what = "driver failure")
      : report_(report), what_(std::move(what)) {}
  /// No card was touched.
  Failure(stn_code code, const std::string& message)
      : report_(Report::refused(code, message)), what_(message) {}
  [[nodiscard]] const Report& report() const { return report_; }
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

 private:
  Report report_;
  std::string what_;
};

}  // namespace station

#endif
