// SPDX-License-Identifier: Apache-2.0
// One person's data on the page: shown, given out, and who looked; the app fills it in.
#pragma once
#include <functional>
#include <string>

#include "domain/error.hpp"

namespace ktp::web {

/// Whom somebody asks for: by an order, or by all sixteen digits of a NIK, which stand in no address.
struct PersonAsked {
  std::string order, nik;
  std::string reason;  ///< mandatory, in the log with the name of who asked
};

struct PersonCommands {
  /// JSON: order, fields (of the NIK the last four digits), cards, looks. In the log as a look first.
  std::function<Result<std::string>(const PersonAsked& asked, const std::string& user)> show;
  /// The bytes of a zip: record, trail, kept pictures, head and key of the log. In the log first; no copy is
  /// kept here.
  std::function<Result<std::string>(const PersonAsked& asked, const std::string& user)> hand_out;
  /// JSON: every look at the person of an order; nothing personal.
  std::function<Result<std::string>(const std::string& order)> looks;
};

}  // namespace ktp::web
