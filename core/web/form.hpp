// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>

#include "domain/error.hpp"

namespace ktp::web {

/// The members of a JSON body: at most 16, text only. An empty body has none.
class Form {
 public:
  /// Error bad_data for anything else.
  static Result<Form> read(const std::string& body);
  [[nodiscard]] std::string text(const std::string& name) const;  ///< "" if it is not there
  [[nodiscard]] const std::map<std::string, std::string>& all() const { return members_; }

 private:
  std::map<std::string, std::string> members_;
};

}  // namespace ktp::web
