// SPDX-License-Identifier: Apache-2.0
// Any bytes as an inspection profile: refused with a message, or a profile that has a version. A second start
// takes the same bytes as a mapped portrait set.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "identity/portrait_search.hpp"
#include "inspection/inspection.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int fd = ::memfd_create("profile", MFD_CLOEXEC);
  if (fd < 0 || ::write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
  const std::filesystem::path file = "/proc/self/fd/" + std::to_string(fd);
  const auto profile = ktp::inspection::load_profile(file);
  if (profile ? ktp::inspection::version(**profile).empty() : profile.error().message.empty()) std::abort();
  const auto set = ktp::identity::PortraitSearch::open(file);
  if (!set && set.error().message.empty()) std::abort();
  if (set) (void)set->find({{1, 2, 3, 4}}, 31);
  ::close(fd);
  return 0;
}
