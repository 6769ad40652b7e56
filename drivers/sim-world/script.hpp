// SPDX-License-Identifier: Apache-2.0
// Fault scripts: what goes wrong, when. One grammar for the printer (numbers count print commands) and the
// camera (numbers are cards):
//
//   script = entry { (";" | newline) entry }           "#" begins a comment that ends with the line
//   entry  = KIND "@" N ["-" M] ["/" SIDE] [":" values]     this one, or each of N to M
//          | "rate" KIND ["/" SIDE] P [":" values]          each time with probability P, decided by seed and
//          number
//   values = number { ("," | "x") number }              what is left out has the kind's default
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim-world/picture.hpp"

namespace sim {

/// One value of a kind: its default and what is allowed.
struct ValueRule {
  double standard = 0;
  double min = 0;
  double max = 0;
};

/// A word of the script that a driver understands.
struct FaultRule {
  std::string_view kind;
  bool has_side = false;  ///< may be followed by /front or /back
  std::vector<ValueRule> values;
};

struct Fault {
  std::string kind;
  std::optional<Side> side;    ///< none: the front
  std::vector<double> values;  ///< as many as the rule has
};

class Script {
 public:
  Script() = default;
  /// Trouble(bad_input) naming the entry that is wrong.
  static Script parse(std::string_view text, std::span<const FaultRule> rules);
  /// The text setting and the file (if not ""), both.
  static Script load(std::string_view text, const std::filesystem::path& file,
                     std::span<const FaultRule> rules);

  /// What happens at this number: entries in the order written.
  [[nodiscard]] std::vector<Fault> at(std::uint64_t number, std::uint64_t seed) const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::uint64_t first = 0, last = 0;  // both 0: by rate
    double rate = 0;
    bool has_side = false;
    Fault fault;
  };
  static Entry parse_entry(std::string_view text, std::span<const FaultRule> rules);
  std::vector<Entry> entries_;
};

}  // namespace sim
