// SPDX-License-Identifier: Apache-2.0
#include "regions.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

namespace ktp::worker {

Region::Region(const Fd& fd, std::uint64_t bytes, Access access) {
  constexpr std::uint64_t kPage = 4096;
  constexpr std::uint64_t kMost = 1ull << 30;
  struct stat about{};
  if (bytes == 0 || bytes > kMost || ::fstat(fd.get(), &about) != 0 ||
      static_cast<std::uint64_t>(about.st_size) < bytes)
    return;
  const int seals = ::fcntl(fd.get(), F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) return;

  const std::size_t inner = (bytes + kPage - 1) / kPage * kPage;
  const std::size_t outer = inner + 2 * kPage;
  void* guard = ::mmap(nullptr, outer, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (guard == MAP_FAILED) return;
  const int protection = access == Access::read ? PROT_READ : PROT_READ | PROT_WRITE;
  void* at =
      ::mmap(static_cast<char*>(guard) + kPage, inner, protection, MAP_SHARED | MAP_FIXED, fd.get(), 0);
  if (at == MAP_FAILED) {
    ::munmap(guard, outer);
    return;
  }
  ::madvise(at, inner, MADV_DONTDUMP);
  outer_ = guard;
  outer_bytes_ = outer;
  bytes_ = {static_cast<std::uint8_t*>(at), static_cast<std::size_t>(bytes)};
}

Region::Region(Region&& other) noexcept
    : outer_(std::exchange(other.outer_, nullptr)),
      outer_bytes_(std::exchange(other.outer_bytes_, 0)),
      bytes_(std::exchange(other.bytes_, {})) {}

Region& Region::operator=(Region&& other) noexcept {
  std::swap(outer_, other.outer_);
  std::swap(outer_bytes_, other.outer_bytes_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Region::~Region() {
  if (outer_ != nullptr) ::munmap(outer_, outer_bytes_);
}

}  // namespace ktp::worker
