// SPDX-License-Identifier: Apache-2.0
// What an Evolis printer answers (docs/printer-protocols.md section 2.3). Pure; any bytes are allowed.
#pragma once
#include <station/abi.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace evolis {

/// What a fault text means for the station.
struct Fault {
  stn_code code = STN_E_PROTOCOL;
  std::string_view keyword;  ///< IPP printer-state-reasons
  std::string_view words;    ///< what the operator should do
};

/// One reply, ended by NUL, CR, or silence after it; trailing NUL, CR, LF and blanks are off. Bytes that are
/// not printable ASCII make it `garbled`.
struct Reply {
  std::string text;
  bool garbled = false;

  [[nodiscard]] bool ok() const { return !garbled && text == "OK"; }
};

inline constexpr std::size_t kMaxReply = 512;  ///< bytes; what is longer is no reply

/// Takes the bytes that came in until one reply is whole.
class ReplyReader {
 public:
  /// Returns true as soon as a reply is whole; bytes after its end are the next one's, and stay.
  bool take(std::span<const std::uint8_t> bytes);
  /// Nothing more came for a while: what there is, is the reply. False: there is nothing.
  bool silence();
  /// The whole reply; call once after take or silence said true.
  [[nodiscard]] Reply reply();
  [[nodiscard]] bool empty() const { return pending_.empty(); }
  void clear() { pending_.clear(), whole_.reset(); }

 private:
  bool cut();
  std::string pending_;
  std::optional<std::string> whole_;
};

/// The fault that a text names. "ERR X" is the same as "ERROR X"; case does not count. None: it is no text of
/// the list.
[[nodiscard]] std::optional<Fault> fault_of(std::string_view text);

/// A decimal number and nothing else, at most 19 digits.
[[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view text);

/// A sensor's "4,92 Volts" in hundredths of a volt.
[[nodiscard]] std::optional<int> centivolts_of(std::string_view text);

}  // namespace evolis
