// SPDX-License-Identifier: Apache-2.0
#include "evolis/conversation.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace evolis {
namespace {

constexpr std::size_t kChunk = 64 << 10;
constexpr std::uint32_t kSlice = 500;           // ms; how often a waiting read looks at the interrupt
constexpr std::uint32_t kSilence = 50;          // ms after which bytes without an end are a reply
constexpr std::uint32_t kGlance = 1;            // ms
constexpr int kMostStale = 16;                  // replies dropped in one go
constexpr std::uint32_t kMostPanel = 1u << 20;  // larger than any panel's data
constexpr const char* kKnownQuestion = "Rsn";

}  // namespace

Conversation::Conversation(station::Host& host) : host_(host), pipe_(host) {}

void Conversation::throw_fault(const Reply& reply, std::string_view to) {
  if (!reply.garbled)
    if (const auto fault = fault_of(reply.text))
      throw Trouble(fault->code, std::string(fault->words) + " (" + reply.text + ")", fault->keyword);
  throw Trouble(STN_E_PROTOCOL, "The printer answers nonsense to " + std::string(to.substr(0, 16)) + ".");
}

/// True: something came. Nothing within the time is no error here.
bool Conversation::read_once(std::uint32_t timeout_ms) {
  std::array<std::uint8_t, kMaxReply> buffer{};
  std::size_t came = 0;
  const std::int32_t code = pipe_.read(buffer, timeout_ms, came);
  if (came != 0) reader_.take({buffer.data(), came});
  if (code != STN_OK) card::UsbPipe::throw_transport(code, "reading");
  return came != 0;
}

Reply Conversation::answer(std::uint32_t timeout_ms) {
  const std::uint64_t until = now_ms() + timeout_ms;
  while (true) {
    if (reader_.take({})) return reader_.reply();
    const bool partial = !reader_.empty();
    const std::uint64_t now = now_ms();
    if (pipe_.interrupted()) card::UsbPipe::throw_transport(STN_E_CANCELLED, "waiting for an answer");
    if (now >= until && !partial) card::UsbPipe::throw_transport(STN_E_TIMEOUT, "waiting for an answer");
    const auto wait =
        partial ? kSilence : static_cast<std::uint32_t>(std::clamp<std::uint64_t>(until - now, 1, kSlice));
    const std::uint64_t asked = host_.now();
    const bool came = read_once(wait);
    if (!came && partial) {
      reader_.silence();
      return reader_.reply();
    }
    // An empty packet comes at once: without a pause this would ask for ever as fast as it can.
    if (!came && host_.now() == asked) host_.sleep_ms(0, 1);
    if (came && host_.now() == asked && now_ms() >= until + kSilence)
      card::UsbPipe::throw_transport(STN_E_TIMEOUT, "waiting for an answer");
  }
}

// What came unasked belongs to no command of ours any more. A fault among it does.
void Conversation::drain() {
  for (int i = 0; i < kMostStale; ++i) {
    if (!reader_.take({}) && !read_once(kGlance) && !reader_.silence()) return;
    if (!reader_.take({})) continue;
    const Reply stale = reader_.reply();
    host_.warning("evolis: a late reply is dropped: " + (stale.garbled ? "garbled" : stale.text));
    if (!stale.garbled && fault_of(stale.text)) throw_fault(stale, "an earlier command");
  }
  throw Trouble(STN_E_PROTOCOL, "The printer does not stop talking; switch it off and on.");
}

Reply Conversation::ask(std::string_view words, std::uint32_t timeout_ms) {
  drain();
  pipe_.send(evolis::command(words), timeout_ms);
  const Reply reply = answer(timeout_ms);
  if (reply.garbled) throw_fault(reply, words);
  return reply;
}

void Conversation::command(std::string_view words, std::uint32_t timeout_ms) {
  const Reply reply = ask(words, timeout_ms);
  if (!reply.ok()) throw_fault(reply, words);
}

void Conversation::download(const Bytes& panel, std::uint32_t timeout_ms) {
  drain();
  pipe_.send(panel, timeout_ms);
  const Reply reply = answer(timeout_ms);
  if (!reply.ok()) throw_fault(reply, "a panel");
}

void Conversation::sync(std::uint32_t timeout_ms) {
  const std::uint64_t until = now_ms() + timeout_ms;
  const auto left = [&] {
    const std::uint64_t now = now_ms();
    return static_cast<std::uint32_t>(now < until ? until - now : 0);
  };
  if (!pipe_.broken().empty()) {
    pipe_.finish_broken(timeout_ms);
    // The answer to it is nobody's; it may take as long as the panel before it takes to print.
    try {
      static_cast<void>(answer(timeout_ms));
    } catch (const Trouble& trouble) {
      if (trouble.code == STN_E_REMOVED) throw;
    }
  }
  std::uint32_t fed = 0;
  for (bool first = true; first || left() != 0; first = false) {
    reader_.clear();
    pipe_.send(evolis::command(kKnownQuestion), std::max(left(), kSlice));
    try {
      for (int i = 0; i < kMostStale; ++i) {
        const Reply reply = answer(kSlice);
        if (reply.garbled || reply.ok() || fault_of(reply.text)) continue;
        if (serial_.empty()) {
          // Learned only when it is said twice: the first answer may be a late one to something else.
          pipe_.send(evolis::command(kKnownQuestion), kSlice);
          const Reply again = answer(kSlice);
          if (again.text != reply.text) continue;
          serial_ = reply.text;
          return;
        }
        if (reply.text == serial_) return;
      }
    } catch (const Trouble& trouble) {
      if (trouble.code == STN_E_REMOVED || pipe_.interrupted()) throw;
      // Silence: it may take our question for the data of a panel that a former process began. NULs are
      // nothing between commands, and end a panel sooner or later.
      if (fed < kMostPanel) {
        pipe_.send(Bytes(kChunk, 0), std::max(left(), kSlice));
        fed += kChunk;
      }
    }
  }
  throw Trouble(STN_E_PROTOCOL, "The printer does not come to itself: switch it off and on.");
}

}  // namespace evolis
