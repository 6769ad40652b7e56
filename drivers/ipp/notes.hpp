// SPDX-License-Identifier: Apache-2.0
// What this driver has sent, on disk: a printer's own list of jobs forgets, and a process that was killed
// knows nothing. A note is on disk before the first byte of a picture leaves, so that no note proves that
// nothing was sent.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ipp {

struct Note {
  int job_id = 0;
  bool whole = false;  ///< the picture was sent to its end and the printer said so
};

class Notes {
 public:
  /// `folder` "" = none: nothing is kept. Trouble(BAD_INPUT) for a folder that cannot be written.
  explicit Notes(std::string folder);
  [[nodiscard]] bool kept() const { return !folder_.empty(); }
  /// On disk when it returns; Trouble(INTERNAL) when it cannot be.
  void write(const std::string& token, const Note& note) const;
  [[nodiscard]] std::optional<Note> read(const std::string& token) const;

 private:
  std::string folder_;
};

}  // namespace ipp
