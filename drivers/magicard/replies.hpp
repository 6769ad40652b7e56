// SPDX-License-Identifier: Apache-2.0
// What a Magicard printer answers (docs/printer-protocols.md section 3.2). Pure; any bytes are allowed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace magicard {

inline constexpr std::size_t kMaxReply = 512;  ///< bytes; what is longer is no reply

/// One reply: what stood between 0x01 and 0x03, or, as the frame of QPR and SNR lines is not public, a text
/// without them that a NUL, CR, LF or silence ended.
struct Reply {
  std::string text;
  bool garbled = false;  ///< a frame without end, or bytes that are not printable ASCII
};

/// Takes the bytes that came in until one reply is whole.
class ReplyReader {
 public:
  /// True as soon as a reply is whole; bytes after its end are the next one's, and stay.
  bool take(std::span<const std::uint8_t> bytes);
  /// Nothing more came for a while: what there is, is the reply. False: there is nothing.
  bool silence();
  /// The whole reply; call once after take or silence said true.
  [[nodiscard]] Reply reply();
  [[nodiscard]] bool empty() const { return pending_.empty(); }
  void clear() { pending_.clear(), whole_.reset(); }

 private:
  std::string pending_;
  std::optional<Reply> whole_;
};

/// "STA,KEYvalue,": which of them.
struct Value {
  std::string key;   ///< three capitals or digits
  std::string text;  ///< may be empty
};
[[nodiscard]] std::optional<Value> value_of(const Reply& reply);

/// A line of a QPR or SNR list, without a comma at its end; none: garbled, or a value.
[[nodiscard]] std::optional<std::string> line_of(const Reply& reply);
[[nodiscard]] bool ends_list(std::string_view line);

/// A decimal number and nothing else, at most 19 digits.
[[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view text);

}  // namespace magicard
