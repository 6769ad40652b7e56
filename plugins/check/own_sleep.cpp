// SPDX-License-Identifier: Apache-2.0
// The C library's sleeps, defined here and exported by the program: the dynamic linker finds these first when
// a plugin asks, so they can be counted. They sleep all the same.
#include "check/own_sleep.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <ctime>

namespace ktp::check {
namespace {

std::atomic<std::uint64_t> times{0}, total_ns{0};

/// As clock_nanosleep(2) returns: 0 or an error number.
int kernel_sleep(clockid_t clock, int flags, const timespec* wish, timespec* left) {
  return ::syscall(SYS_clock_nanosleep, clock, flags, wish, left) == 0 ? 0 : errno;
}

int counted_sleep(clockid_t clock, int flags, const timespec* wish, timespec* left) {
  ++times;
  timespec before{}, after{};
  ::clock_gettime(CLOCK_MONOTONIC, &before);
  const int result = kernel_sleep(clock, flags, wish, left);
  ::clock_gettime(CLOCK_MONOTONIC, &after);
  total_ns += static_cast<std::uint64_t>((after.tv_sec - before.tv_sec) * 1'000'000'000 +
                                         (after.tv_nsec - before.tv_nsec));
  return result;
}

}  // namespace

OwnSleeps own_sleeps() {
  return {times, total_ns};
}

void uncounted_sleep(std::uint64_t ns) {
  timespec left{static_cast<time_t>(ns / 1'000'000'000u), static_cast<long>(ns % 1'000'000'000u)};
  while (kernel_sleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

}  // namespace ktp::check

extern "C" {
int clock_nanosleep(clockid_t clock, int flags, const timespec* wish, timespec* left) {
  return ktp::check::counted_sleep(clock, flags, wish, left);
}
int nanosleep(const timespec* wish, timespec* left) {
  const int error = ktp::check::counted_sleep(CLOCK_MONOTONIC, 0, wish, left);
  if (error == 0) return 0;
  errno = error;
  return -1;
}
int usleep(useconds_t us) {
  const timespec wish{us / 1'000'000, static_cast<long>(us % 1'000'000) * 1'000};
  return nanosleep(&wish, nullptr);
}
unsigned int sleep(unsigned int seconds) {
  const timespec wish{static_cast<time_t>(seconds), 0};
  timespec left{};
  return nanosleep(&wish, &left) == 0 ? 0 : static_cast<unsigned int>(left.tv_sec);
}
}
