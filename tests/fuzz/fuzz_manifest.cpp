// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "plugins/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto manifest = ktp::plugins::parse_manifest({reinterpret_cast<const char*>(data), size}, "m");
  if (manifest &&
      (manifest->id.empty() || manifest->id.size() > 63 || manifest->library.find('/') != std::string::npos))
    __builtin_trap();
  if (!manifest && manifest.error().message.empty()) __builtin_trap();
  return 0;
}
