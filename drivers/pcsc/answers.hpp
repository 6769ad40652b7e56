// SPDX-License-Identifier: Apache-2.0
// What a reader's answers mean. Pure: any bytes are allowed.
#pragma once
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pcsc {

/// The command "Get Data: UID" (PC/SC part 3, 3.2.2.1.3), for which the reader answers, not the chip.
/// `length`: 0 = whatever there is.
[[nodiscard]] std::vector<std::uint8_t> get_uid(std::uint8_t length = 0);

/// What came back for it.
struct UidAnswer {
  std::string uid;           ///< upper-case hex of 4, 7 or 10 bytes; "" = none, `why` says so
  std::uint8_t ask_for = 0;  ///< not 0: the reader wants the command again with this length (status 6C xx)
  std::string why;           ///< English
};
[[nodiscard]] UidAnswer uid_answer(std::span<const std::uint8_t> bytes);

/// The names in a list as SCardListReaders gives it: each ends with a NUL, the list with another. At most 64,
/// each at most 128 bytes, which is the service's own limit; more is cut.
[[nodiscard]] std::vector<std::string> reader_names(std::span<const char> list);

/// The reader that `wanted` means: its name, or the beginning of the name of exactly one; "" = the only one
/// there is.
struct WhichReader {
  enum class No { absent, ambiguous } no;
  std::string why;
};
[[nodiscard]] std::expected<std::string, WhichReader> choose_reader(std::span<const std::string> names,
                                                                    std::string_view wanted);

}  // namespace pcsc
