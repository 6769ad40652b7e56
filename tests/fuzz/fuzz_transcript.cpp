// SPDX-License-Identifier: Apache-2.0
// A USB transcript from elsewhere: any bytes give a transcript or a reason, and what was read is written as
// it was understood.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "devices/wire/transcript.hpp"

namespace {

std::string written(const ktp::transcript::Transcript& transcript) {
  std::string text = ktp::transcript::line_of(transcript.header);
  for (const auto& entry : transcript.entries) text += ktp::transcript::line_of(entry);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = ktp::transcript::parse({reinterpret_cast<const char*>(data), size});
  if (!read) {
    if (read.error().empty()) std::abort();
    return 0;
  }
  ktp::transcript::Discretion discretion(read->header.whole);
  for (const auto& entry : read->entries)
    if (const auto* transfer = std::get_if<ktp::transcript::Transfer>(&entry)) {
      if (transfer->bytes.size() > ktp::transcript::kMaxTransfer) std::abort();
      if (ktp::transcript::describe(*transfer).size() > 300) std::abort();
      static_cast<void>(
          discretion.hides(transfer->kind, transfer->bytes, transfer->done.value_or(transfer->length)));
    }
  const std::string text = written(*read);
  const auto again = ktp::transcript::parse(text);
  if (!again || written(*again) != text) std::abort();
  return 0;
}
