// SPDX-License-Identifier: Apache-2.0
// What people do with single cards that need a paper, a signature or a second person: the app's side of it.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "domain/error.hpp"

namespace ktp::web {

/// A destruction as somebody asks for it. The first two names are those of people who gave their password.
struct Destroying {
  std::vector<std::string> cards, names;
  std::size_t counted = 0;  ///< how many lay on the table
  std::string place, manner;
};

/// Each as the command of its name does it; `user` is who is logged in. Errors: as core/handover has them.
struct CardActCommands {
  /// JSON: cards to destroy, records of destructions, returned and withdrawn cards, open and possible
  /// reprints.
  std::function<Result<std::string>()> overview;
  /// JSON: record, cards. All or nothing.
  std::function<Result<std::string>(const Destroying& destroying, const std::string& user)> destroy;
  std::function<Result<std::string>(const std::string& number)> record;  ///< a berita acara: bytes of a PDF
  std::function<Result<void>(const std::string& card, const std::string& user)> receive_back;
  std::function<Result<void>(const std::string& card, const std::string& to, const std::string& signed_by,
                             const std::string& user)>
      redistribute;
  std::function<Result<void>(const std::string& card, const std::string& at, const std::string& signed_by,
                             const std::string& user)>
      locate;
  std::function<Result<void>(const std::string& card, const std::string& reason, const std::string& user)>
      withdraw;
  std::function<Result<void>(const std::string& card, const std::string& reason, const std::string& user)>
      ask_reprint, drop_reprint;
  std::function<Result<void>(const std::string& card, const std::string& by)> confirm_reprint;
};

}  // namespace ktp::web
