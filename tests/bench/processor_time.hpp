// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace ktp::bench {

/// Seconds of processor time that a process has used so far, its own and the kernel's for it; 0 where there
/// is no such process. Children do not count.
inline double processor_seconds(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace ktp::bench
