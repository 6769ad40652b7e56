// SPDX-License-Identifier: Apache-2.0
#include "module_info.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto info = ktp::worker::parse_module_info({data, size}))
    static_cast<void>(ktp::worker::refuse_module_info(*info));
  return 0;
}
