// SPDX-License-Identifier: Apache-2.0
// hopper.json: how many blanks are left, and which blank left last. Its rename is the moment a blank leaves
// the hopper.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "sim-world/files.hpp"

namespace sim {

/// A blank that has left the hopper.
struct Blank {
  std::uint64_t number = 0;  ///< 1, 2, ... for ever
  std::string uid;           ///< of its chip: 14 upper-case hex digits
  std::string token;         ///< the job it was fed for
};

class Hopper {
 public:
  /// Takes an existing hopper.json as it is (keys it does not know are kept), or makes one with `blanks`.
  Hopper(const Files& files, const std::filesystem::path& world, std::uint64_t blanks);

  /// Blanks left, read anew: somebody may have filled the hopper meanwhile.
  [[nodiscard]] std::uint64_t left();
  /// The blank that left last, as far as hopper.json knows.
  [[nodiscard]] const std::optional<Blank>& last() const { return last_; }
  /// One blank leaves for this job. After that it is physical: `left` is lower and the number is taken.
  /// Trouble(empty) if none.
  Blank take(std::uint64_t number, const std::string& token);
  /// The UID of blank `number` of this lot: no two are equal.
  [[nodiscard]] std::string uid_of(std::uint64_t number) const;

 private:
  void read();
  void write(std::uint64_t left, const std::optional<Blank>& last);

  const Files& files_;
  std::filesystem::path file_;
  std::string text_;  // as last read or written, so that unknown keys come back
  std::uint64_t left_ = 0;
  std::uint64_t lot_ = 0;
  std::optional<Blank> last_;
};

}  // namespace sim
