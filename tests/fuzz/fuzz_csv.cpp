// SPDX-License-Identifier: Apache-2.0
// Any bytes as a batch file: the reader must end, keep to its limits, and never give a field longer than
// allowed.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pipeline/csv.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ktp::pipeline::CsvReader reader(text, {.max_field = 64, .max_record = 256});
  std::size_t records = 0;
  while (const auto record = reader.next()) {
    if (++records > size + 1) std::abort();
    if (!record->error.empty()) continue;
    for (const auto& field : record->fields)
      if (field.size() > 64) std::abort();
  }
  (void)ktp::pipeline::is_valid_utf8(text);
  return 0;
}
