// SPDX-License-Identifier: Apache-2.0
// A contactless card with a chip, as vpcd sees one: connected is in the field, disconnected is taken away.
// The card answers the reader's command for the UID, which with a real reader the reader does.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace ktp::model {

using Bytes = std::vector<std::uint8_t>;

/// How a chip answers. The default is one that is as it should be.
struct Chip {
  Bytes uid{0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0x80};
  std::uint64_t copy_of = 0;        ///< ChipDesk: the UID of this card of the world instead of `uid`
  bool new_uid_each_time = false;   ///< its last byte counts activations
  bool mute = false;                ///< no answer to reset
  Bytes answer{};                   ///< instead of uid and 90 00, whatever these bytes are; empty: not
  bool exact_length_first = false;  ///< 6C xx until it is asked for exactly so many bytes
  int taken_away_after = -1;        ///< it leaves the field before it answers command number n (from 0)
  std::function<bool()> there{};    ///< asked before each answer: does it still lie there? Empty: it does
  int pause_ms = 0;                 ///< before each answer
};

/// One card in the field of a slot for as long as the object lives. A thread of its own; reconnects when the
/// service is started again.
class CardInField {
 public:
  CardInField(Chip chip, int port);
  ~CardInField();
  CardInField(const CardInField&) = delete;
  CardInField& operator=(const CardInField&) = delete;

  [[nodiscard]] int activations() const { return activations_; }  ///< times that its field went on
  [[nodiscard]] int commands() const { return commands_; }

 private:
  void lie_there();
  bool serve(int fd);
  [[nodiscard]] Bytes reply(const Bytes& command) const;
  const Chip chip_;
  const int port_;
  std::atomic<int> activations_{0}, commands_{0};
  std::atomic<bool> end_{false};
  std::thread thread_;
};

/// "04A1B2" to bytes.
[[nodiscard]] Bytes bytes_of(const std::string& hex);

}  // namespace ktp::model
