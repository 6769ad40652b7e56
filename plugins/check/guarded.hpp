// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace ktp::check {

/// Memory that notices who leaves it: forbidden pages on either side, and up to them a strip of known bytes,
/// so that a small overrun is counted and a large one dies on the spot.
class Guarded {
 public:
  /// `strip`: bytes of the strip on either side; 0 = the end lies flush at the forbidden page.
  Guarded(std::size_t bytes, std::size_t strip);
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded();

  [[nodiscard]] std::span<std::uint8_t> bytes() const { return bytes_; }
  void read_only() const;
  /// "" or how many bytes before and behind the memory were changed.
  [[nodiscard]] std::string scribbled() const;

 private:
  std::uint8_t* outer_ = nullptr;
  std::size_t outer_bytes_ = 0, strip_ = 0;
  std::span<std::uint8_t> bytes_;
};

}  // namespace ktp::check
