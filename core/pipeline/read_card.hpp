// SPDX-License-Identifier: Apache-2.0
// Who does this card say it is? NIK and portrait off a photograph of which nothing is known.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "artwork/artwork.hpp"
#include "domain/error.hpp"
#include "domain/face.hpp"
#include "domain/image.hpp"
#include "identity/nik_reader.hpp"
#include "identity/portrait_hash.hpp"

namespace ktp::pipeline {

struct CardReading {
  bool found = false;             ///< a card lies in the picture
  std::string problem;            ///< why there is no card, or no line of digits; English, "" = nothing
  identity::NikReading nik;       ///< text "" = no line of digits: a back, or nothing that can be read
  Image portrait;                 ///< grey tile of its portrait's place; empty where no line of digits is
  identity::PortraitHash hash{};  ///< of `portrait`

  /// Digits that are said, 0 to 16.
  [[nodiscard]] int said() const;
};

/// Immutable after make; any thread.
class CardReader {
 public:
  /// Resolution that is read at, dots per inch.
  static constexpr double kDpi = 300;

  /// Errors: configuration (the template has no NIK or no portrait).
  static Result<CardReader> make(const artwork::Template& art);

  /// `photograph`: RGB, the card upright or upside down. Takes some 50 ms. Never throws.
  [[nodiscard]] CardReading read(const ImageView& photograph) const;

 private:
  explicit CardReader(identity::NikReader reader) : reader_(std::move(reader)) {}

  identity::NikReader reader_;
  BoxMm portrait_;
  std::vector<BoxMm> cells_;  // of the digits
};

}  // namespace ktp::pipeline
