// SPDX-License-Identifier: Apache-2.0
#include "app/output.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <mutex>

namespace ktp::app {

int report(const Error& error) {
  std::cerr << "ktp-station: error: " << error.message << '\n';
  return static_cast<int>(error.code);
}

int exit_code_of(const Result<int>& result) {
  std::cout.flush();
  return result ? *result : report(result.error());
}

struct RunOutput::Impl {
  std::mutex mutex;
  bool terminal = ::isatty(STDERR_FILENO) == 1;
  bool open_line = false;
  std::string last, shown;
  std::chrono::steady_clock::time_point shown_at{};

  void clear() {
    if (open_line) std::cerr << "\r\033[K";
    open_line = false;
  }
};

RunOutput::RunOutput() : impl_(std::make_unique<Impl>()) {}
RunOutput::~RunOutput() = default;

void RunOutput::line(const std::string& text) {
  const std::lock_guard lock(impl_->mutex);
  impl_->clear();
  std::cerr << text << std::endl;
}

void RunOutput::notice(const pipeline::Notice& notice) {
  using Kind = pipeline::Notice::Kind;
  line((notice.kind == Kind::attention ? "ATTENTION: "
        : notice.kind == Kind::warning ? "warning: "
                                       : "") +
       notice.text);
}

void RunOutput::progress(const pipeline::Progress& p) {
  const long seconds = p.eta.count();
  char text[256];
  std::snprintf(text, sizeof text,
                "%zu/%zu orders  good %zu  damaged %zu  mismatch %zu  review %zu  spoiled %zu  %.1f cards/s  "
                "ETA %ld:%02ld",
                p.orders_done, p.orders_total, p.good, p.damaged, p.mismatch + p.duplicate, p.review,
                p.spoiled, p.cards_per_second, seconds / 60, seconds % 60);
  std::string line = text;
  if (p.ribbon_left >= 0) line += "  ribbon " + std::to_string(p.ribbon_left);
  if (p.hopper_left >= 0) line += "  hopper " + std::to_string(p.hopper_left);
  if (p.lanes.size() > 1)
    for (const pipeline::LaneProgress& lane : p.lanes)
      if (!lane.waits.empty()) line += "  " + lane.printer + (lane.out ? " is out" : " waits");
  status(line);
}

void RunOutput::status(const std::string& line) {
  const std::lock_guard lock(impl_->mutex);
  impl_->last = line;
  const auto now = std::chrono::steady_clock::now();
  if (now - impl_->shown_at <
      (impl_->terminal ? std::chrono::milliseconds(100) : std::chrono::milliseconds(2000)))
    return;
  impl_->shown_at = now;
  impl_->shown = line;
  if (impl_->terminal) {
    impl_->clear();
    std::cerr << line << std::flush;
    impl_->open_line = true;
  } else {
    std::cerr << line << std::endl;
  }
}

void RunOutput::finish() {
  const std::lock_guard lock(impl_->mutex);
  impl_->clear();
  if (!impl_->last.empty() && impl_->last != impl_->shown) std::cerr << impl_->last << std::endl;
}

}  // namespace ktp::app
