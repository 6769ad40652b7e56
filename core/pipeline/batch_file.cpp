// SPDX-License-Identifier: Apache-2.0
#include "pipeline/batch_file.hpp"

#include <fstream>
#include <span>

#include "domain/order.hpp"
#include "ledger/personal.hpp"

namespace ktp::pipeline {

Result<BatchFile> BatchFile::read(const std::filesystem::path& csv) {
  const std::string name = csv.string();
  std::error_code why;
  const auto status = std::filesystem::status(csv, why);
  if (!std::filesystem::exists(status))
    return fail(ErrorCode::input_missing, name + ": there is no such file");
  if (!std::filesystem::is_regular_file(status))
    return fail(ErrorCode::bad_data, name + ": is not a regular file");
  const auto size = std::filesystem::file_size(csv, why);
  if (why || size > kMaxBatchBytes)
    return fail(ErrorCode::bad_data, name + ": is larger than 1 GiB; split the batch");
  BatchFile file;
  file.text_.resize(size);
  std::ifstream in(csv, std::ios::binary);
  if (!in.read(file.text_.data(), static_cast<std::streamsize>(size)) && size > 0)
    return fail(ErrorCode::bad_data, name + ": cannot be read; check its permissions and the disk");
  CsvReader reader(file.text_);
  const auto header = reader.next();
  if (!header || !header->error.empty())
    return fail(ErrorCode::bad_data, name + ": has no header line; the first line must name the 24 columns");
  for (std::size_t i = 0; i < kOrderColumns.size() || i < header->fields.size(); ++i) {
    const std::string found = i < header->fields.size() ? header->fields[i].substr(0, 40) : "nothing";
    const std::string wanted = i < kOrderColumns.size() ? std::string(kOrderColumns[i]) : "nothing";
    if (found != wanted)
      return fail(ErrorCode::bad_data, name + ": header column " + std::to_string(i + 1) + " is '" + found +
                                           "', must be '" + wanted + "'");
  }
  while (reader.next()) ++file.rows_;
  if (file.rows_ > kMaxBatchRows)
    return fail(ErrorCode::bad_data, name + ": has " + std::to_string(file.rows_) +
                                         " rows; at most 200000 are taken at once, split the batch");
  file.hash_ =
      ledger::sha256_text({reinterpret_cast<const std::uint8_t*>(file.text_.data()), file.text_.size()});
  return file;
}

Result<void> BatchFile::each(const std::function<Result<void>(std::size_t, CsvRecord)>& visit) const {
  CsvReader reader(text_);
  (void)reader.next();
  std::size_t row = 0;
  while (auto record = reader.next())
    if (auto visited = visit(++row, std::move(*record)); !visited) return visited;
  return {};
}

}  // namespace ktp::pipeline
