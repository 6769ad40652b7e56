// SPDX-License-Identifier: Apache-2.0
#include "bench/campaign/truth.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace ktp::campaign {

Truth* map_truth(const std::filesystem::path& file, std::uint64_t capacity) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC | (capacity != 0 ? O_CREAT : 0), 0600);
  if (fd < 0) throw std::runtime_error("cannot open " + file.string());
  std::size_t size = sizeof(Truth) + capacity * sizeof(Body);
  struct stat info{};
  if (capacity != 0 ? ::ftruncate(fd, static_cast<off_t>(size)) != 0 : ::fstat(fd, &info) != 0)
    throw std::runtime_error("cannot size " + file.string());
  if (capacity == 0) size = static_cast<std::size_t>(info.st_size);
  void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (at == MAP_FAILED) throw std::runtime_error("cannot map " + file.string());
  auto* const truth = static_cast<Truth*>(at);  // a fresh file is all zero, which every member means
  if (capacity != 0) truth->capacity = capacity;
  return truth;
}

void lock_truth(const std::filesystem::path& file) {
  using namespace std::chrono;
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("cannot open " + file.string());
  const auto until = steady_clock::now() + seconds(15);
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (steady_clock::now() >= until) {
      ::close(fd);
      throw std::runtime_error("another process still works in " + file.string());
    }
    std::this_thread::sleep_for(milliseconds(2));
  }
}

}  // namespace ktp::campaign
