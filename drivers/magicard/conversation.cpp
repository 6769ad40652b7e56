// SPDX-License-Identifier: Apache-2.0
#include "magicard/conversation.hpp"

#include <algorithm>
#include <array>

namespace magicard {
namespace {

constexpr std::uint32_t kSlice = 500;   // ms; how often a waiting read looks at the interrupt
constexpr std::uint32_t kSilence = 50;  // ms after which bytes without an end are a reply
constexpr std::uint32_t kGlance = 1;    // ms
constexpr int kMostStale = 32;          // replies dropped in one go
constexpr int kMostLines = 32;          // of a list
constexpr const char* kKnownQuestion = "MSR";

}  // namespace

Conversation::Conversation(station::Host& host) : host_(host), pipe_(host) {}

/// True: something came. Nothing within the time is no error here.
bool Conversation::read_once(std::uint32_t timeout_ms) {
  std::array<std::uint8_t, kMaxReply> buffer{};
  std::size_t came = 0;
  const std::int32_t code = pipe_.read(buffer, timeout_ms, came);
  if (came != 0) reader_.take({buffer.data(), came});
  if (code != STN_OK) card::UsbPipe::throw_transport(code, "reading");
  return came != 0;
}

Reply Conversation::answer(std::uint64_t until_ms) {
  while (true) {
    if (reader_.take({})) return reader_.reply();
    const bool partial = !reader_.empty();
    const std::uint64_t now = now_ms();
    if (pipe_.interrupted()) card::UsbPipe::throw_transport(STN_E_CANCELLED, "waiting for an answer");
    if (now >= until_ms && !partial) card::UsbPipe::throw_transport(STN_E_TIMEOUT, "waiting for an answer");
    const std::uint32_t wait =
        partial ? kSilence : static_cast<std::uint32_t>(std::clamp<std::uint64_t>(until_ms - now, 1, kSlice));
    const std::uint64_t asked = host_.now();
    const bool came = read_once(wait);
    if (!came && partial && reader_.silence()) return reader_.reply();
    // An empty packet comes at once: without a pause this would ask for ever as fast as it can.
    if (!came && host_.now() == asked) host_.sleep_ms(0, 1);
  }
}

// What came unasked belongs to no question of ours any more.
void Conversation::drain() {
  for (int i = 0; i < kMostStale; ++i) {
    if (!reader_.take({}) && !read_once(kGlance) && !reader_.silence()) return;
    if (reader_.take({})) static_cast<void>(reader_.reply());
  }
  throw Trouble(STN_E_PROTOCOL, "The printer does not stop talking; switch it off and on.");
}

void Conversation::ask(const Bytes& question, std::uint32_t timeout_ms) {
  if (half_sent_)
    throw Trouble(STN_E_JAM, std::string(kHalfSent), "media-jam");  // it would be taken for picture data
  // The last question, where it broke off: finished first, or this one would be taken for its end.
  pipe_.finish_broken(timeout_ms);
  drain();
  pipe_.send(question, timeout_ms);
}

std::string Conversation::value(std::string_view key, std::uint32_t timeout_ms) {
  ask(request(key), timeout_ms);
  const std::uint64_t until = now_ms() + timeout_ms;
  for (int i = 0; i < kMostStale; ++i) {
    const auto value = value_of(answer(until));
    if (value && value->key == key) return value->text;
  }
  throw Trouble(STN_E_PROTOCOL, "The printer answers something else than " + std::string(key) + ".");
}

std::vector<std::string> Conversation::lines(std::string_view list, std::uint32_t each_ms) {
  std::vector<std::string> all;
  for (int number = 1; number <= kMostLines; ++number) {
    ask(command(std::string(list) + std::to_string(number)), each_ms);
    const std::uint64_t until = now_ms() + each_ms;
    auto line = line_of(answer(until));
    if (!line) throw Trouble(STN_E_PROTOCOL, "The printer's list " + std::string(list) + " cannot be read.");
    if (ends_list(*line)) return all;
    all.push_back(*std::move(line));
  }
  throw Trouble(STN_E_PROTOCOL, "The printer's list " + std::string(list) + " has no end.");
}

void Conversation::sync(std::uint32_t timeout_ms) {
  const std::uint64_t until = now_ms() + timeout_ms;
  std::string learned;
  do {
    const std::uint64_t now = now_ms();
    const auto slice =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(kSlice, now < until ? until - now : 1));
    try {
      const std::string text = value(kKnownQuestion, std::max(slice, 1u));
      if (!serial_.empty()) {
        if (text == serial_) return;
      } else if (!text.empty() && text == learned) {
        serial_ = text;  // said twice: the first may have been a late answer
        return;
      }
      learned = text;
    } catch (const Trouble& trouble) {
      if (trouble.code == STN_E_REMOVED || half_sent_ || pipe_.interrupted()) throw;
      if (now_ms() >= until) throw;
    }
  } while (now_ms() < until);
  throw Trouble(STN_E_PROTOCOL, "Another printer answers than before, or none that tells its serial number.");
}

void Conversation::look() {
  try {
    static_cast<void>(read_once(kGlance));
  } catch (const Trouble& trouble) {
    if (trouble.code == STN_E_REMOVED) throw;
  }
}

void Conversation::job(const Bytes& page, const card::UsbPipe::Patience& patience,
                       const std::function<void(std::uint64_t)>& paused) {
  try {
    pipe_.send_patiently(page, patience, paused);
  } catch (const Trouble& trouble) {
    pipe_.forget_broken();
    half_sent_ = pipe_.taken() != 0 && pipe_.taken() != page.size();
    if (pipe_.taken() == page.size() && trouble.code != STN_E_REMOVED)
      return;  // the last byte passed all the same
    throw;
  }
}

}  // namespace magicard
