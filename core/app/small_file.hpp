// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <fstream>
#include <string>

#include "domain/error.hpp"

namespace ktp::app {

/// A key or a checkpoint: a few lines, at most 4 KiB. Error input_missing naming the file.
inline Result<std::string> read_small_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(4097, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.eof() || in.bad())
    return fail(ErrorCode::input_missing,
                "cannot read " + file.string() + (in ? ": it is longer than a key or a head" : ""));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace ktp::app
