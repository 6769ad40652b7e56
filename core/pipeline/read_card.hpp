// SPDX-License-Identifier: Apache-2.0
// Who does this card say it is? NIK and portrait off a photograph of which nothing is known.
#pragma once
#include <memory>
#include <string>

#include "artwork/artwork.hpp"
#include "domain/error.hpp"
#include "domain/face.hpp"
#include "domain/image.hpp"
#include "identity/nik_reader.hpp"
#include "identity/portrait_hash.hpp"
#include "inspection/inspection.hpp"

namespace ktp::pipeline {

struct CardReading {
  bool found = false;              ///< a card lies in the picture
  std::string problem;             ///< why there is no card, or no line of digits
  identity::NikReading nik;        ///< text "" = no line of digits
  Image card;                      ///< upright, 300 dpi; empty where no card was found
  Image portrait;                  ///< its portrait's place; empty where no line of digits was found
  identity::PortraitHash hash{};   ///< of `portrait`

  /// Digits that are said, 0 to 16.
  [[nodiscard]] int said() const;
};

/// Immutable after make; any thread.
class CardReader {
 public:
  static constexpr double kDpi = 300;

  /// `profile` (may be null) gives a second way to find a card whose outline cannot be seen: by what is
  /// printed on every front. Errors: configuration (the template has no NIK).
  static Result<CardReader> make(const artwork::Template& art,
                                 const std::shared_ptr<const inspection::Profile>& profile);

  /// `photograph`: RGB, the card any way up. Never throws.
  [[nodiscard]] CardReading read(const ImageView& photograph) const;

 private:
  explicit CardReader(identity::NikReader reader) : reader_(std::move(reader)) {}
  [[nodiscard]] bool read_upright(Image card, CardReading& into) const;

  identity::NikReader reader_;
  BoxMm portrait_;
  std::shared_ptr<const inspection::Reference> any_front_;  // null: none
};

}  // namespace ktp::pipeline
