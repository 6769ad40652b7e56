// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "devices/wire/fd.hpp"
#include "domain/error.hpp"

namespace ktp::devices {

/// Memory shared with a worker: a memfd that can neither shrink nor grow, mapped here for reading and
/// writing. Pages that were never written cost nothing. Left out of core dumps.
class SharedRegion {
 public:
  /// Who else may write: with Writers::core no later mapping can, whatever the worker tries.
  enum class Writers { core, both };

  SharedRegion() = default;
  static Result<SharedRegion> create(std::uint64_t bytes, Writers writers);
  SharedRegion(SharedRegion&& other) noexcept;
  SharedRegion& operator=(SharedRegion&& other) noexcept;
  ~SharedRegion();

  [[nodiscard]] const Fd& fd() const { return fd_; }
  [[nodiscard]] std::span<std::uint8_t> bytes() const { return bytes_; }

 private:
  Fd fd_;
  std::span<std::uint8_t> bytes_;
};

}  // namespace ktp::devices
