// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <span>
#include <vector>

#include "domain/error.hpp"
#include "domain/order.hpp"

namespace ktp::sample {

/// One way to spoil a good row so that intake must refuse it.
struct Spoiler {
  const char* field;  ///< the column that the refusal names
  void (*spoil)(Order&);
};
[[nodiscard]] std::span<const Spoiler> spoilers();

/// The pictures that spoiled rows name: a cut JPEG, a PNG that claims to be enormous, a text that calls
/// itself a picture.
Result<void> write_bad_pictures(const std::filesystem::path& folder, std::span<const std::uint8_t> good_jpeg);

}  // namespace ktp::sample
