// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/plugin.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "card-printer/trouble.hpp"

namespace card {

/// One bulk endpoint each way, through station.usb/1. Every wait has an end. What was not taken of a write is
/// kept, so that a command that broke off can be finished and its rest is never taken for something else.
/// Device thread only, but for `interrupt`.
class UsbPipe {
 public:
  using Bytes = std::vector<std::uint8_t>;

  /// Throws Failure(UNSUPPORTED): the host gives no USB, or the device has no bulk endpoint each way.
  explicit UsbPipe(station::Host& host);

  /// All of `bytes`, in chunks, each within `timeout_ms`. Throws Trouble; `broken` is then the rest, empty
  /// where nothing was taken at all.
  void send(std::span<const std::uint8_t> bytes, std::uint32_t timeout_ms);

  /// As `send`, to a device that stops taking data while it works: gives up only when nothing at all was
  /// taken for `pause_ms`. `paused` is told after each further second without progress, how long in ms.
  void send_patiently(std::span<const std::uint8_t> bytes, std::uint64_t pause_ms,
                      const std::function<void(std::uint64_t)>& paused);

  /// What comes within `timeout_ms`, at most `to.size()` bytes; `came` says how many, 0 = nothing, or an
  /// empty packet. Not STN_OK: the transport failed (a stall is cleared), bytes may have come all the same.
  [[nodiscard]] std::int32_t read(std::span<std::uint8_t> to, std::uint32_t timeout_ms, std::size_t& came);

  /// Throws the Trouble that a transport's code is. `doing`: "writing", "reading".
  [[noreturn]] static void throw_transport(std::int32_t code, const char* doing);

  [[nodiscard]] const Bytes& broken() const { return broken_; }
  /// Sends what is still to be sent of a write that broke off.
  void finish_broken(std::uint32_t timeout_ms);

  /// Any thread: waits end now.
  void interrupt() noexcept { interrupted_ = true; }
  /// A new operation begins.
  void begin() noexcept { interrupted_ = false; }
  [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }

 private:
  void find_endpoints();
  void keep_rest(std::span<const std::uint8_t> bytes, std::size_t from);

  station::Host& host_;
  const stn_usb_v1* usb_;
  std::uint32_t in_ = 0, out_ = 0;
  Bytes broken_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace card
