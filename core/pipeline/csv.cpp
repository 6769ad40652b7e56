// SPDX-License-Identifier: Apache-2.0
#include "pipeline/csv.hpp"

#include <cstdint>

namespace ktp::pipeline {

CsvReader::CsvReader(std::string_view text, CsvLimits limits) : text_(text), limits_(limits) {
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

std::optional<CsvRecord> CsvReader::next() {
  while (at_ < text_.size() &&
         (text_[at_] == '\n' || (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n')))
    at_ += text_[at_] == '\n' ? 1 : 2;
  if (at_ >= text_.size()) return std::nullopt;
  const std::size_t begin = at_;
  CsvRecord record = read_record();
  if (!record.error.empty()) {
    // A stray quote must not swallow the rows after it: give up this one line only and go on behind it.
    const std::size_t line_end = text_.find('\n', begin);
    at_ = line_end == std::string_view::npos ? text_.size() : line_end + 1;
    record.fields.clear();
  }
  return record;
}

CsvRecord CsvReader::read_record() {
  CsvRecord record;
  const std::size_t begin = at_;
  const auto bad = [&](std::string why) {
    record.error = std::move(why);
    return record;
  };
  for (;;) {
    std::string field;
    if (at_ < text_.size() && text_[at_] == '"') {
      ++at_;
      for (;;) {
        if (at_ >= text_.size()) return bad("a quoted field is not closed");
        if (at_ - begin > limits_.max_record)
          return bad("longer than " + std::to_string(limits_.max_record) +
                     " bytes, or a quote is not closed");
        const char c = text_[at_++];
        if (c != '"') {
          field += c;
        } else if (at_ < text_.size() && text_[at_] == '"') {
          field += '"';
          ++at_;
        } else {
          break;
        }
      }
      if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' &&
          !text_.substr(at_).starts_with("\r\n"))
        return bad("text follows the closing quote of a field");
    } else {
      const std::size_t end = text_.find_first_of(",\n\"", at_);
      const std::size_t stop = end == std::string_view::npos ? text_.size() : end;
      if (stop - begin > limits_.max_record)
        return bad("longer than " + std::to_string(limits_.max_record) + " bytes");
      if (stop < text_.size() && text_[stop] == '"')
        return bad("a quote stands inside a field that is not quoted");
      field = text_.substr(at_, stop - at_);
      at_ = stop;
      if ((at_ >= text_.size() || text_[at_] == '\n') && field.ends_with('\r')) field.pop_back();
    }
    if (field.size() > limits_.max_field)
      record.error = "field " + std::to_string(record.fields.size() + 1) + " is longer than " +
                     std::to_string(limits_.max_field) + " bytes";
    record.fields.push_back(std::move(field));
    if (record.fields.size() > 1'000) return bad("more than 1000 fields");
    if (at_ >= text_.size()) return record;
    if (text_[at_] == ',') {
      ++at_;
      continue;
    }
    at_ += text_[at_] == '\r' ? 2 : 1;
    return record;
  }
}

bool is_valid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    std::size_t more = 0;
    std::uint32_t code = byte;
    if (byte < 0x80) {
      more = 0;
    } else if ((byte & 0xE0) == 0xC0) {
      more = 1;
      code = byte & 0x1Fu;
    } else if ((byte & 0xF0) == 0xE0) {
      more = 2;
      code = byte & 0x0Fu;
    } else if ((byte & 0xF8) == 0xF0) {
      more = 3;
      code = byte & 0x07u;
    } else {
      return false;
    }
    if (i + more >= text.size()) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3Fu);
    }
    constexpr std::uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace ktp::pipeline
