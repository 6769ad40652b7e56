// SPDX-License-Identifier: Apache-2.0
#include "gphoto2/wishes.hpp"

#include <algorithm>

namespace gphoto2 {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string read_wishes(std::string_view text, std::vector<Wish>& wishes) {
  wishes.clear();
  while (!text.empty()) {
    const auto end = std::min(text.find(';'), text.size());
    const std::string_view entry = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (entry.empty()) continue;
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) return "each must be NAME=VALUE, as in iso=200; f-number=8";
    const std::string_view name = trimmed(entry.substr(0, equals)), value = trimmed(entry.substr(equals + 1));
    if (name.empty() || value.empty() || name.size() > kLongestWish || value.size() > kLongestWish)
      return "a name or a value is empty or longer than " + std::to_string(kLongestWish) + " bytes";
    if (!std::ranges::all_of(
            name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }))
      return "a name has other characters than a-z, 0-9 and -";
    if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
      return "a value has control characters";
    if (std::ranges::any_of(wishes, [&](const Wish& wish) { return wish.name == name; }))
      return "\"" + std::string(name) + "\" is there twice";
    if (wishes.size() == kMostWishes) return "there are more than " + std::to_string(kMostWishes);
    wishes.push_back({std::string(name), std::string(value)});
  }
  return {};
}

}  // namespace gphoto2
