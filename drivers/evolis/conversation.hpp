// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/plugin.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "card-printer/usb_pipe.hpp"
#include "evolis/codec.hpp"
#include "evolis/replies.hpp"

namespace evolis {

using card::Trouble;

/// One command, one reply, over two bulk endpoints. Every wait has an end. A command that broke off half-way
/// is finished before the next one, so that its bytes are never taken for a panel's data. Device thread only,
/// but for `interrupt`.
class Conversation {
 public:
  /// Throws Failure(UNSUPPORTED): the host gives no USB, or the device has no bulk endpoints.
  explicit Conversation(station::Host& host);

  /// Sends `words`, returns what was answered. Throws Trouble for the transport (REMOVED, TIMEOUT, ...) and
  /// for garbage.
  Reply ask(std::string_view words, std::uint32_t timeout_ms);
  /// The same, and anything but OK is thrown as the fault it names.
  void command(std::string_view words, std::uint32_t timeout_ms);
  /// Sends a panel and waits for OK.
  void download(const Bytes& panel, std::uint32_t timeout_ms);

  /// Brings commands and replies into step again, after a fault or a former process: finishes a broken
  /// command, feeds a printer that waits for panel data with NULs, and drops every reply until the one to a
  /// question whose answer is known. Throws Trouble when the printer does not come to itself.
  void sync(std::uint32_t timeout_ms);
  /// The serial number, as `sync` asks for it; known after the first sync.
  [[nodiscard]] const std::string& serial() const { return serial_; }

  /// Any thread: waits end now.
  void interrupt() noexcept { pipe_.interrupt(); }
  /// A new operation begins.
  void begin() noexcept { pipe_.begin(); }

 private:
  Reply answer(std::uint32_t timeout_ms);
  void drain();
  [[nodiscard]] bool read_once(std::uint32_t timeout_ms);
  [[noreturn]] static void throw_fault(const Reply& reply, std::string_view to);
  std::uint64_t now_ms() const { return host_.now() / 1'000'000u; }

  station::Host& host_;
  card::UsbPipe pipe_;
  ReplyReader reader_;
  std::string serial_;
};

}  // namespace evolis
