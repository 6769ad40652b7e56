// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "domain/error.hpp"
#include "pipeline/csv.hpp"

namespace ktp::pipeline {

inline constexpr std::size_t kMaxBatchRows = 200'000;
inline constexpr std::uintmax_t kMaxBatchBytes = 1u << 30;

/// A batch file read into memory, its header and size checked; nothing is imported before that.
class BatchFile {
 public:
  /// Errors: input_missing (no such file), bad_data (not a regular file, too large, wrong header, too many
  /// rows).
  static Result<BatchFile> read(const std::filesystem::path& csv);

  [[nodiscard]] const std::string& hash() const { return hash_; }  ///< sha256_text of the bytes
  [[nodiscard]] std::size_t rows() const { return rows_; }
  /// Calls `visit(row, record)` for each data row, from 1, until it returns an error.
  Result<void> each(const std::function<Result<void>(std::size_t row, CsvRecord record)>& visit) const;

 private:
  std::string text_, hash_;
  std::size_t rows_ = 0;
};

}  // namespace ktp::pipeline
