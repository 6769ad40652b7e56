// SPDX-License-Identifier: Apache-2.0
#include "devices/shared_region.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#ifndef F_SEAL_FUTURE_WRITE  // Linux 5.1; older C library headers do not name it
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace ktp::devices {

Result<SharedRegion> SharedRegion::create(std::uint64_t bytes, Writers writers) {
  const auto no = [&](const char* what) {
    return fail(ErrorCode::internal, std::string("shared memory of ") + std::to_string(bytes) +
                                         " bytes: " + what + ": " + std::strerror(errno));
  };
  SharedRegion region;
  region.fd_ = Fd(::memfd_create("ktp-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!region.fd_.valid()) return no("memfd_create");
  if (::ftruncate(region.fd_.get(), static_cast<off_t>(bytes)) != 0) return no("ftruncate");
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, region.fd_.get(), 0);
  if (at == MAP_FAILED) return no("mmap");
  region.bytes_ = {static_cast<std::uint8_t*>(at), static_cast<std::size_t>(bytes)};
  ::madvise(at, bytes, MADV_DONTDUMP);  // pictures of persons
  int seals = F_SEAL_SHRINK | F_SEAL_GROW;
  if (writers == Writers::core) seals |= F_SEAL_FUTURE_WRITE;
  if (::fcntl(region.fd_.get(), F_ADD_SEALS, seals) != 0 ||
      ::fcntl(region.fd_.get(), F_ADD_SEALS, F_SEAL_SEAL) != 0) {
    return no("sealing");
  }
  return region;
}

SharedRegion::SharedRegion(SharedRegion&& other) noexcept
    : fd_(std::move(other.fd_)), bytes_(std::exchange(other.bytes_, {})) {}

SharedRegion& SharedRegion::operator=(SharedRegion&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

SharedRegion::~SharedRegion() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace ktp::devices
