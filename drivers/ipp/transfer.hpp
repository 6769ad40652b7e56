// SPDX-License-Identifier: Apache-2.0
// Send-Document on a thread of its own: printers answer it when the card is printed, and take the picture
// only as fast as they print it, so the device's thread must be free to look at the job meanwhile.
#pragma once
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "ipp/evidence.hpp"
#include "ipp/line.hpp"

namespace ipp {

class Transfer {
 public:
  /// Starts at once; ends by itself `timeout_ms` later.
  Transfer(station::Host& host, const Line& line, int job_id, std::vector<std::uint8_t> document,
           std::uint32_t timeout_ms);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  /// Breaks off what is not yet through.
  ~Transfer();

  [[nodiscard]] bool ended() const { return ended_; }
  /// Of an ended one: the trouble that it met, or the printer's refusal; empty: the printer took it all and
  /// said so.
  [[nodiscard]] std::optional<Trouble> trouble() const;
  [[nodiscard]] Sent sent() const;
  void stop() noexcept { line_.interrupt(); }

 private:
  void run(std::uint32_t timeout_ms);

  Line line_;
  const int job_id_;
  const std::vector<std::uint8_t> document_;
  Progress progress_;
  std::atomic<bool> ended_{false};
  mutable std::mutex mutex_;
  std::optional<Trouble> trouble_;
  std::thread thread_;
};

}  // namespace ipp
