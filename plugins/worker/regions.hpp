// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "devices/wire/fd.hpp"

namespace ktp::worker {

/// Shared memory of the core, mapped with a forbidden page on either side: a driver that writes past the end
/// of a slot dies there and does not damage the next one. Checked: the region really has `bytes` bytes and
/// can no longer shrink.
class Region {
 public:
  enum class Access { read, write };
  Region() = default;
  /// Maps it; an object with no bytes when the descriptor is not what it should be.
  Region(const Fd& fd, std::uint64_t bytes, Access access);
  Region(Region&& other) noexcept;
  Region& operator=(Region&& other) noexcept;
  ~Region();

  [[nodiscard]] std::span<std::uint8_t> bytes() const { return bytes_; }

 private:
  void* outer_ = nullptr;
  std::size_t outer_bytes_ = 0;
  std::span<std::uint8_t> bytes_;
};

}  // namespace ktp::worker
