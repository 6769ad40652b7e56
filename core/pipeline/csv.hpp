// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ktp::pipeline {

/// Limits of docs/contracts.md section 6.
struct CsvLimits {
  std::size_t max_field = 1'000;       ///< bytes, after unquoting
  std::size_t max_record = 64 * 1024;  ///< bytes, quotes and line ends within quotes included
};

/// One record: its fields, or why it cannot be read as one. A bad record takes one line of the file with it,
/// never more.
struct CsvRecord {
  std::vector<std::string> fields;
  std::string error;  ///< "" = well formed
};

/// Reads RFC 4180 text, LF or CRLF, record by record. Pure; does not own the text. Empty lines are passed
/// over.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text, CsvLimits limits = {});
  std::optional<CsvRecord> next();

 private:
  CsvRecord read_record();
  std::string_view text_;
  CsvLimits limits_;
  std::size_t at_ = 0;
};

[[nodiscard]] bool is_valid_utf8(std::string_view text);

}  // namespace ktp::pipeline
