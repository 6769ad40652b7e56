// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/abi.h>

#include <stdexcept>
#include <string>

namespace ipp {

/// A question that came to nothing: the code for the station and what the operator should do. Names no
/// person.
class Trouble : public std::runtime_error {
 public:
  Trouble(stn_code code, const std::string& words) : std::runtime_error(words), code_(code) {}
  [[nodiscard]] stn_code code() const { return code_; }

 private:
  stn_code code_;
};

}  // namespace ipp
