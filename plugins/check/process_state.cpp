// SPDX-License-Identifier: Apache-2.0
#include "check/process_state.hpp"

#include <dirent.h>
#include <malloc.h>

namespace ktp::check {
namespace {

int entries(const char* folder) {
  DIR* const dir = ::opendir(folder);
  if (dir == nullptr) return 0;
  int count = 0;
  while (const dirent* entry = ::readdir(dir)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(dir);
  return count;
}

}  // namespace

ProcessState process_state() {
  ProcessState state;
  state.threads = entries("/proc/self/task");
  state.descriptors = entries("/proc/self/fd");
  const auto heap = ::mallinfo2();
  state.heap = heap.uordblks + heap.hblkhd;
  return state;
}

}  // namespace ktp::check
