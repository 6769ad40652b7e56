// SPDX-License-Identifier: Apache-2.0
// What passed between a driver and its USB device, as text: one JSON object a line, first the header, then
// calls and transfers in the order in which they happened (docs/contracts.md section 11). Written by the
// worker while it records, read by the worker and by `plugin replay`. Pure: text in, text out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ktp::transcript {

inline constexpr int kForm = 1;
inline constexpr std::size_t kMaxFile = std::size_t{64} << 20;     ///< of a transcript with whole pictures
inline constexpr std::size_t kMaxCommands = std::size_t{8} << 20;  ///< of one without
inline constexpr std::size_t kMaxLine = 2'500'000;
inline constexpr std::size_t kMaxTransfer = std::size_t{1} << 20;  ///< bytes of one transfer, as abi.h
inline constexpr std::size_t kMaxEntries = 200'000;
inline constexpr std::uint32_t kHiddenStep = 65'536;  ///< how coarsely the length of what is hidden is told

/// First line. `whole`: nothing is hidden, pictures are in it.
struct Header {
  bool whole = false;
  std::vector<std::uint8_t> descriptors;
};

/// The station calls the driver. `name`: open, print, counter, status, close, ...
struct Call {
  struct Picture {
    std::uint32_t width = 0, height = 0, dpi = 0;  ///< width 0: there is none
  };
  std::string name;
  std::uint64_t at_us = 0;   ///< of the clock that the driver sees
  std::string driver;        ///< of open: the driver's id
  Picture front, back;       ///< of print
  std::uint64_t quirks = 0;  ///< of open: the driver's own bits for this model
};

/// How that call ended, as the driver said it. Outcome and place are numbers of the plugin ABI.
struct Ended {
  std::string name;
  std::uint64_t at_us = 0;
  int code = 0;
  std::uint32_t outcome = 0, card_at = 0;
  std::uint64_t counter_before = 0, counter_after = 0;
  std::string message;
};

enum class Kind { bulk_out, bulk_in, interrupt_in, control_out, control_in, clear_halt };

/// One transfer.
struct Transfer {
  std::uint64_t number = 0;  ///< from 1, without gaps
  Kind kind = Kind::bulk_out;
  std::uint64_t at_us = 0, took_us = 0;
  std::uint32_t endpoint = 0;
  struct Setup {
    std::uint32_t request_type = 0, request = 0, value = 0, index = 0;
  } setup;                          ///< of control
  std::uint32_t length = 0;         ///< bytes given, or asked for; of hidden ones rounded up to kHiddenStep
  std::vector<std::uint8_t> bytes;  ///< given, or come; empty where they are hidden
  /// Stands for bytes that are hidden: the same mark for the same bytes, in this file alone.
  std::optional<std::string> hidden;
  int code = 0;                       ///< STN_OK, STN_E_*
  std::optional<std::uint32_t> done;  ///< bytes that passed; none: all of a hidden one
};

/// Nothing more was recorded. `why`: closed, full, failed.
struct End {
  std::string why;
  std::uint64_t at_us = 0;
};

using Entry = std::variant<Call, Ended, Transfer, End>;

struct Transcript {
  Header header;
  std::vector<Entry> entries;
};

[[nodiscard]] bool is_in(Kind kind);
[[nodiscard]] std::string_view to_string(Kind kind);
/// "ok", "timeout", "removed"; for a number that has no name "code-N".
[[nodiscard]] std::string name_of_code(int code);

/// One line, with its end.
[[nodiscard]] std::string line_of(const Header& header);
[[nodiscard]] std::string line_of(const Entry& entry);

/// Any text is allowed. A last line without an end was cut off by a crash and is left out. The error names
/// the line and what is wrong with it.
[[nodiscard]] std::expected<Transcript, std::string> parse(std::string_view text);

/// For a message: what was or shall be transferred, in one short line.
[[nodiscard]] std::string describe(const Transfer& transfer);
/// The bytes as a person reads them, at most 40 of them: "\x1bRsn\r".
[[nodiscard]] std::string readable(std::span<const std::uint8_t> bytes);

/// What of a session may be shown to strangers: short commands in plain characters and answers. Pictures, and
/// whatever may be the rest of one, are not (docs/contracts.md section 11). One for each session.
class Discretion {
 public:
  explicit Discretion(bool whole) : whole_(whole) {}
  /// Must these bytes be hidden? Every transfer in its turn, once: `bytes` given or come, `done` of them
  /// passed.
  [[nodiscard]] bool hides(Kind kind, std::span<const std::uint8_t> bytes, std::size_t done);

 private:
  bool whole_;
  bool picture_ = false;     ///< the last bytes sent were hidden and nothing was answered since
  bool unfinished_ = false;  ///< the last hidden bytes were not all taken: their rest is still to come
};

}  // namespace ktp::transcript
