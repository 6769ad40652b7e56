// SPDX-License-Identifier: Apache-2.0
// How a still camera shall be set, as somebody wrote it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "gphoto2/wishes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<gphoto2::Wish> wishes;
  const std::string wrong = gphoto2::read_wishes({reinterpret_cast<const char*>(data), size}, wishes);
  if (wishes.size() > gphoto2::kMostWishes) std::abort();
  for (const auto& wish : wishes)
    if (wish.name.empty() || wish.value.empty() || wish.name.size() > gphoto2::kLongestWish ||
        wish.value.size() > gphoto2::kLongestWish || wish.name.find('=') != std::string::npos)
      std::abort();
  if (!wrong.empty()) return 0;
  // What was read says the same when it is read again.
  std::string again;
  for (const auto& wish : wishes) again += wish.name + "=" + wish.value + ";";
  std::vector<gphoto2::Wish> second;
  if (!gphoto2::read_wishes(again, second).empty() || second.size() != wishes.size()) std::abort();
  return 0;
}
