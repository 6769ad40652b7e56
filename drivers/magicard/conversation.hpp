// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/plugin.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "card-printer/usb_pipe.hpp"
#include "magicard/codec.hpp"
#include "magicard/replies.hpp"

namespace magicard {

using card::Trouble;

/// What the operator does with a printer that has the beginning of a job and not its end.
inline constexpr std::string_view kHalfSent =
    "The printer stopped in the middle of a card. Switch it off, take out the card inside, mend what its "
    "display "
    "says, switch it on.";

/// Questions and answers over two bulk endpoints, and the job stream. An answer names what it answers; one to
/// another question is dropped. Every wait has an end. Device thread only, but for `interrupt`.
class Conversation {
 public:
  /// Throws Failure(UNSUPPORTED): the host gives no USB, or the device has no bulk endpoints.
  explicit Conversation(station::Host& host);

  /// The value of a key ("TCQ"), as text. Throws Trouble: TIMEOUT where nothing is taken or answered.
  std::string value(std::string_view key, std::uint32_t timeout_ms);
  /// Every line of a list ("SNR", "QPR") up to its end. Throws Trouble where a line is lacking or garbled.
  std::vector<std::string> lines(std::string_view list, std::uint32_t each_ms);

  /// Whatever came late is behind: asks for the serial number until that is answered. Throws Trouble when it
  /// is not in time.
  void sync(std::uint32_t timeout_ms);
  /// As `sync` asks for it; known after the first sync.
  [[nodiscard]] const std::string& serial() const { return serial_; }

  /// Whether the device is still there, in one short transfer. Throws Trouble(REMOVED).
  void look();

  /// A page of a job. Throws Trouble; `half_sent` is then true where the printer has the beginning of it and
  /// takes all that comes for the rest.
  void job(const Bytes& page, const card::UsbPipe::Patience& patience,
           const std::function<void(std::uint64_t)>& paused);
  [[nodiscard]] bool half_sent() const { return half_sent_; }
  /// What the printer has of a job is never finished: it counts as half sent.
  void give_up() { half_sent_ = true; }

  void interrupt() noexcept { pipe_.interrupt(); }  ///< any thread: waits end now
  void begin() noexcept { pipe_.begin(); }          ///< a new operation begins
  [[nodiscard]] bool interrupted() const noexcept { return pipe_.interrupted(); }

 private:
  void ask(const Bytes& question, std::uint32_t timeout_ms);
  Reply answer(std::uint64_t until_ms);
  void drain();
  bool read_once(std::uint32_t timeout_ms);
  std::uint64_t now_ms() const { return host_.now() / 1'000'000u; }

  station::Host& host_;
  card::UsbPipe pipe_;
  ReplyReader reader_;
  std::string serial_;
  bool half_sent_ = false;
};

}  // namespace magicard
