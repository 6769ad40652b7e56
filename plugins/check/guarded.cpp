// SPDX-License-Identifier: Apache-2.0
#include "check/guarded.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace ktp::check {
namespace {

constexpr std::size_t kPage = 4'096;
constexpr std::uint8_t kKnown = 0xA7;

}  // namespace

Guarded::Guarded(std::size_t bytes, std::size_t strip) : strip_(strip) {
  const std::size_t inner = (bytes + 2 * strip + kPage - 1) / kPage * kPage;
  outer_bytes_ = inner + 2 * kPage;
  void* at = ::mmap(nullptr, outer_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  outer_ = static_cast<std::uint8_t*>(at);
  std::uint8_t* const first = outer_ + kPage;
  if (::mprotect(first, inner, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
  std::memset(first, kKnown, inner);
  bytes_ = {first + inner - strip - bytes, bytes};
  std::ranges::fill(bytes_, std::uint8_t{0});
}

Guarded::~Guarded() {
  ::munmap(outer_, outer_bytes_);
}

void Guarded::read_only() const {
  ::mprotect(outer_ + kPage, outer_bytes_ - 2 * kPage, PROT_READ);
}

std::string Guarded::scribbled() const {
  const auto changed = [](const std::uint8_t* from, const std::uint8_t* to) {
    return std::count_if(from, to, [](std::uint8_t byte) { return byte != kKnown; });
  };
  const auto before = changed(outer_ + kPage, bytes_.data());
  const auto behind = changed(bytes_.data() + bytes_.size(), outer_ + outer_bytes_ - kPage);
  if (before == 0 && behind == 0) return {};
  return "wrote " + std::to_string(before) + " bytes before and " + std::to_string(behind) +
         " bytes behind the slot";
}

}  // namespace ktp::check
