// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "check/cases.hpp"
#include "check/subject.hpp"
#include "plugins/check_report.hpp"

namespace ktp::check {

/// How every test is run.
struct Manner {
  std::chrono::milliseconds deadline{10'000};  ///< of one test
  bool in_process = false;                     ///< no process, no deadline, no watch: for a debugger
  std::vector<std::string> model;              ///< device model to start first; empty: none
};

/// How one test ended, and what a test alone does not decide.
struct Ended {
  plugins::CheckResult result;
  std::vector<std::string> trespasses;  ///< "started a process (fork)": what was refused
  std::string drivers;                  ///< "kind id" lines, of library.tables
  bool watched = true;                  ///< false: this kernel cannot watch system calls
};

/// Runs one test in a process of its own and waits for its end or its deadline. One thread.
[[nodiscard]] Ended run_case(const Case& test, const Subject& subject, const Manner& manner);

}  // namespace ktp::check
