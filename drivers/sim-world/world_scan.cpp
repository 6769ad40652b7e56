// SPDX-License-Identifier: Apache-2.0
// What lies where, told from file names alone.
#include <algorithm>
#include <charconv>

#include "sim-world/trouble.hpp"
#include "sim-world/world.hpp"

namespace sim {
namespace {

enum class Part { none, json, front, back };

// "12.json", "12-front.png", "12-back.png"; numbers without leading zeros, so that each has one spelling.
Part parse_name(std::string_view name, std::uint64_t& number) {
  if (name.empty() || name[0] == '0') return Part::none;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || number == 0) return Part::none;
  const std::string_view rest = name.substr(static_cast<std::size_t>(end - name.data()));
  if (rest == ".json") return Part::json;
  if (rest == "-front.png") return Part::front;
  if (rest == "-back.png") return Part::back;
  return Part::none;
}

void scan_folder(const fs::path& world, const std::string& place, std::map<std::uint64_t, Parts>& cards) {
  for (const std::string& name : file_names(world / place)) {
    std::uint64_t number = 0;
    const Part part = parse_name(name, number);
    if (part == Part::none) continue;
    Parts& parts = cards[number];
    std::string& where = part == Part::json ? parts.json : part == Part::front ? parts.front : parts.back;
    if (!where.empty())
      throw Trouble(Kind::io, "card " + std::to_string(number) + " lies in two places: " + name + " is in " +
                                  where + " and in " + place);
    where = place;
  }
}

}  // namespace

bool is_bin(std::string_view name) {
  for (const char* bin : kBins)
    if (name == bin) return true;
  return false;
}

std::map<std::uint64_t, Parts> scan(const fs::path& world) {
  std::map<std::uint64_t, Parts> cards;
  scan_folder(world, kInside, cards);
  scan_folder(world, kAtCamera, cards);
  for (const char* bin : kBins) scan_folder(world, bin_folder(bin), cards);
  return cards;
}

std::vector<std::uint64_t> cards_in(const fs::path& folder) {
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : file_names(folder)) {
    std::uint64_t number = 0;
    if (parse_name(name, number) == Part::none) continue;
    if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace sim
