// SPDX-License-Identifier: Apache-2.0
// The few changes that the world folder ever sees on disk: write a new file, replace hopper.json, rename,
// append. Each is whole or absent after a crash of the process at any line.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

namespace fs = std::filesystem;

/// The whole file; Trouble(io) when it cannot be read or is larger than `limit`, Trouble(not_found) when it
/// is not there.
[[nodiscard]] std::vector<std::uint8_t> read_file(const fs::path& file, std::uint64_t limit);
[[nodiscard]] inline std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Names of regular files in a folder that do not begin with a dot. One pass over the directory, no stat.
[[nodiscard]] std::vector<std::string> file_names(const fs::path& folder);

class Files {
 public:
  /// `before_change` is called before every system call that changes the disk: tests stop the process there.
  explicit Files(std::function<void()> before_change = {}) : before_change_(std::move(before_change)) {}

  /// Writes a dot-file beside it, then renames; refuses (Trouble io) if the file exists already.
  void write_new(const fs::path& file, std::span<const std::uint8_t> data) const;
  /// The same, but takes the place of an older file.
  void replace(const fs::path& file, std::span<const std::uint8_t> data) const;
  /// Renames to a name that must be free.
  void move(const fs::path& from, const fs::path& to) const;
  /// Adds one piece at the end, in one write.
  void append(const fs::path& file, std::string_view text) const;
  void make_folder(const fs::path& folder) const;
  /// Removes what an interrupted write left behind in this folder: our own dot-files only.
  void clean(const fs::path& folder) const;

 private:
  void write_dot_file(const fs::path& dot, std::span<const std::uint8_t> data) const;
  void step() const {
    if (before_change_) before_change_();
  }
  std::function<void()> before_change_;
};

}  // namespace sim
