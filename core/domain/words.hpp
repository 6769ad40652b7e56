// SPDX-License-Identifier: Apache-2.0
// What a person writes for the log: a reason, a place, a name.
#pragma once
#include <string_view>

#include "domain/error.hpp"

namespace ktp {

/// One line of 1 to `most` bytes without control characters and without a number of eight digits or more
/// (spaces, dashes and dots between them do not help): it stays in the log for ever, so it must not be one of
/// a person. Error bad_data beginning with `field`.
Result<void> check_words(std::string_view field, std::string_view text, std::size_t most = 200);

/// Are these two spellings of one person's name: the same but for case (ASCII) and spaces around and between?
/// Where two people are asked for, one name in two spellings is one person.
[[nodiscard]] bool same_name(std::string_view one, std::string_view other);

}  // namespace ktp
