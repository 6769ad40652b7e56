// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "domain/error.hpp"

namespace ktp::web {

/// The page's own files, read once into memory: a request can name one of these or nothing, whatever it says.
class PageFiles {
 public:
  struct File {
    std::string type, bytes;
    bool named_by_content = false;  ///< below assets/: a new content has a new name
  };

  /// Reads a folder that Vite made. Error input_missing when it has no index.html, bad_data beyond 64 files
  /// or 16 MiB.
  static Result<PageFiles> load(const std::filesystem::path& folder);

  /// The file for a path as the browser asks for it ("/" is the page), or null.
  [[nodiscard]] const File* find(const std::string& path) const;

 private:
  std::map<std::string, File> files_;
};

}  // namespace ktp::web
