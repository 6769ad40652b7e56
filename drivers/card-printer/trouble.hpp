// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/abi.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace card {

/// Thrown: the conversation with a printer cannot go on as it should.
struct Trouble : std::exception {
  Trouble(stn_code code_, std::string words_, std::string_view keyword_ = "other")
      : code(code_), words(std::move(words_)), keyword(keyword_) {}
  [[nodiscard]] const char* what() const noexcept override { return words.c_str(); }
  stn_code code;
  std::string words;    ///< for the operator
  std::string keyword;  ///< IPP printer-state-reasons
};

}  // namespace card
