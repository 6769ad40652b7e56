// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string>

namespace ktp::check {

/// What a plugin could leave behind in its process.
struct ProcessState {
  int threads = 0;
  int descriptors = 0;
  std::size_t heap = 0;  ///< bytes in use (mallinfo2); 0 under a sanitizer, whose allocator does not tell
};
[[nodiscard]] ProcessState process_state();

}  // namespace ktp::check
