// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "domain/error.hpp"
#include "pipeline/station.hpp"

namespace ktp::app {

/// Prints `error: ...` to stderr and gives the exit code of docs/contracts.md section 5.
int report(const Error& error);

/// The exit code of a command that has one, or the error reported. Flushes stdout first.
int exit_code_of(const Result<int>& result);

/// Progress and notices of a run: a line that rewrites itself on a terminal, plain lines (at most one every
/// two seconds, and the last) where stderr is not one. Thread-safe.
class RunOutput {
 public:
  RunOutput();
  ~RunOutput();
  void notice(const pipeline::Notice& notice);
  void progress(const pipeline::Progress& progress);
  void status(const std::string& text);  ///< the progress line itself
  void line(const std::string& text);    ///< a plain line, in front of the progress line
  void finish();                         ///< ends the progress line

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ktp::app
