// SPDX-License-Identifier: Apache-2.0
// What the page may do at the sort desk and with a camera's live picture; the app fills it in.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "domain/error.hpp"

namespace ktp::web {

/// A box of cards printed earlier that is to pass under a camera.
struct SortBox {
  std::string box;          ///< "" = the one that is open, or a new one
  std::string again;        ///< the box whose cards pass once more; "" = none
  std::string lane;         ///< "" = the first printer's camera
  std::uint64_t cards = 0;  ///< as people counted them; 0 = not counted
  bool back = true;         ///< both sides are looked at
};

/// Cards printed earlier, as `sort` does it (docs/contracts.md section 10).
struct SortCommands {
  /// JSON: printers, boxes, what runs, and the cards that passed last. No name; of a NIK its last four
  /// digits.
  std::function<Result<std::string>()> overview;
  std::function<Result<void>(const SortBox& box, const std::string& user)> begin;
  std::function<Result<void>(const std::string& user)> end;  ///< after the card under the camera
  /// A box that was counted by hand. JSON: closed, counted, seen.
  std::function<Result<std::string>(const std::string& box, std::uint64_t counted, const std::string& user)>
      close;
  /// The photograph of the card that passed last: JPEG. In the log as a look at its person first. Error
  /// input_missing for any other card.
  std::function<Result<std::string>(const std::string& sighting, const std::string& side,
                                    const std::string& user)>
      picture;
};

struct LivePicture {
  std::uint64_t number = 0;                 ///< grows with each picture of this camera
  std::shared_ptr<const std::string> jpeg;  ///< null: nothing lies under the camera
};
struct CameraCommands {
  /// The camera's newest picture, made small; nothing while there is none newer than `after`. Whose cards are
  /// on it is in the log as a look first. Error input_missing: no such camera.
  std::function<Result<std::optional<LivePicture>>(const std::string& camera, std::uint64_t after,
                                                   const std::string& user)>
      picture;
};

/// What the board says of the sort desk; nothing personal.
struct SortView {
  std::string box;            ///< "" = no box passes
  std::uint64_t seen = 0;     ///< cards of it so far
  std::uint64_t version = 0;  ///< changes with whatever the desk shows
};

}  // namespace ktp::web
