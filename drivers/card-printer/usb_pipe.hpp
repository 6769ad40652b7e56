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

  /// How a long write is borne.
  struct Patience {
    std::uint64_t pause_ms = 0;  ///< given up when nothing at all was taken for so long
    std::uint64_t until_ms = 0;  ///< given up at this time of the host's clock
    int tries = 1;               ///< stalls and bus errors after which the rest is sent all the same
  };
  /// As `send`, to a device that stops taking data while it works. `paused` is told about each further second
  /// without progress, how long in ms, and 0 when it goes on.
  void send_patiently(std::span<const std::uint8_t> bytes, const Patience& patience,
                      const std::function<void(std::uint64_t)>& paused);
  /// Bytes that the last write passed on.
  [[nodiscard]] std::size_t taken() const { return taken_; }

  /// What comes within `timeout_ms`, at most `to.size()` bytes; `came` says how many, 0 = nothing, or an
  /// empty packet. Not STN_OK: the transport failed (a stall is cleared), bytes may have come all the same.
  [[nodiscard]] std::int32_t read(std::span<std::uint8_t> to, std::uint32_t timeout_ms, std::size_t& came);

  /// Throws the Trouble that a transport's code is. `doing`: "writing", "reading".
  [[noreturn]] static void throw_transport(std::int32_t code, const char* doing);

  [[nodiscard]] const Bytes& broken() const { return broken_; }
  /// Sends what is still to be sent of a write that broke off.
  void finish_broken(std::uint32_t timeout_ms);
  /// It shall never be finished.
  void forget_broken() { broken_.clear(); }

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
  std::size_t taken_ = 0;
  std::atomic<bool> interrupted_{false};
};

}  // namespace card
