// SPDX-License-Identifier: Apache-2.0
// What the page may do with the inspection's limits; the app fills it in.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "domain/error.hpp"

namespace ktp::web {

struct LimitCommands {
  /// JSON: the profile in force, how it came to be, and the cards that two people found good.
  std::function<Result<std::string>()> overview;
  /// A card that was judged damaged is whole, in the eyes of two people; it stays in its bin.
  std::function<Result<void>(const std::string& card, const std::string& reason, const std::string& user,
                             const std::string& second)>
      mark;
  /// JSON: which limits these cards ask for, and what they would have done to the last cards. Judges
  /// pictures: seconds. Writes nothing. Error in_use while another one runs.
  std::function<Result<std::string>(const std::vector<std::string>& cards)> preview;
  /// `version`: what was previewed; another by now is an error bad_data. In force from the next start of
  /// printing or sorting.
  std::function<Result<void>(const std::vector<std::string>& cards, const std::string& version,
                             const std::string& reason, const std::string& user, const std::string& second)>
      apply;
  /// The profile before the present one is in force again.
  std::function<Result<void>(const std::string& reason, const std::string& user)> undo;
};

}  // namespace ktp::web
