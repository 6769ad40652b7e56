// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "devices/wire.hpp"

/// Whatever decodes must encode to bytes that decode to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = ktp::wire::decode({data, size});
  if (!message) return 0;
  const auto bytes = ktp::wire::encode(*message);
  const auto again = ktp::wire::decode(bytes);
  if (!again || ktp::wire::encode(*again) != bytes) std::abort();
  return 0;
}
