// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "handover/post.hpp"

namespace ktp::app {

/// How a post office's result files name columns and say things; config/post/*.yaml.
struct PostMapping {
  std::string item, status, date, detail;       ///< column names of the file
  std::map<std::string, std::string> statuses;  ///< word in lower case -> entered, delivered, returned
  std::map<std::string, std::string> relations, reasons;  ///< word in lower case -> ours
};

/// Error configuration, naming file and line, and what is allowed.
Result<PostMapping> load_post_mapping(const std::filesystem::path& file);

/// Reads a result file (CSV, UTF-8, comma or semicolon; `name` is what errors call it) and puts it in our
/// words. Dates may be DD-MM-YYYY,
/// DD/MM/YYYY or YYYY-MM-DD. Words that the mapping does not know stay as they are, for the import to refuse
/// by row. A row that cannot be read comes back in `unreadable`. Errors: input_missing, bad_data (no such
/// column, too large).
struct PostFile {
  std::vector<handover::PostRow> rows;
  std::vector<handover::RefusedPostRow> unreadable;
};
Result<PostFile> read_post_text(std::string text, const std::string& name, const PostMapping& mapping);
Result<PostFile> read_post_file(const std::filesystem::path& file, const PostMapping& mapping);

}  // namespace ktp::app
