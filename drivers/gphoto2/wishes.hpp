// SPDX-License-Identifier: Apache-2.0
// How a still camera shall be set, as the configuration says it. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace gphoto2 {

struct Wish {
  std::string name, value;  ///< libgphoto2's name of a setting, "iso"; the value in the camera's own words
};

inline constexpr std::size_t kMostWishes = 32, kLongestWish = 80;  ///< bytes, name and value each

/// "iso=200; f-number=8". "" = `wishes` holds them in their order, else what is wrong with the text and what
/// is allowed. Names are of a-z, 0-9 and "-", each once; any text is allowed.
[[nodiscard]] std::string read_wishes(std::string_view text, std::vector<Wish>& wishes);

}  // namespace gphoto2
