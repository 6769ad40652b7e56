// SPDX-License-Identifier: Apache-2.0
#include "evolis/conversation.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace evolis {
namespace {

constexpr std::size_t kChunk = 64 << 10;
constexpr std::uint32_t kSlice = 500;           // ms; how often a waiting read looks at the interrupt
constexpr std::uint32_t kSilence = 50;          // ms after which bytes without an end are a reply
constexpr std::uint32_t kGlance = 1;            // ms
constexpr int kMostStale = 16;                  // replies dropped in one go
constexpr std::uint32_t kMostPanel = 1u << 20;  // larger than any panel's data
constexpr const char* kKnownQuestion = "Rsn";

constexpr std::uint8_t kConfiguration = 2, kInterface = 4, kEndpoint = 5, kPrinterClass = 7;

}  // namespace

Conversation::Conversation(station::Host& host)
    : host_(host), usb_(static_cast<const stn_usb_v1*>(host.extension(STN_EXT_USB))) {
  if (usb_ == nullptr || usb_->size < sizeof *usb_)
    throw station::Failure(STN_E_UNSUPPORTED, "this station gives no USB transport");
  find_endpoints();
}

// The host has claimed the printer-class interface, or else the first with a bulk endpoint each way: so do we
// choose.
void Conversation::find_endpoints() {
  std::vector<std::uint8_t> all(1 << 14);
  std::uint32_t have = 0;
  if (const std::int32_t code =
          usb_->descriptors(host_.raw(), all.data(), static_cast<std::uint32_t>(all.size()), &have);
      code != STN_OK)
    throw station::Failure(code, "the printer's descriptors cannot be read");
  all.resize(std::min<std::size_t>(have, all.size()));
  struct Candidate {
    bool printer = false;
    std::uint32_t in = 0, out = 0;
    [[nodiscard]] bool whole() const { return in != 0 && out != 0; }
  };
  Candidate best, current;
  const auto close = [&] {
    if (current.whole() && (!best.whole() || (current.printer && !best.printer))) best = current;
    current = {};
  };
  int configurations = 0;
  for (std::size_t at = 0; at + 2 <= all.size() && all[at] >= 2; at += all[at]) {
    if (at + all[at] > all.size()) break;
    if (all[at + 1] == kConfiguration && ++configurations > 1) break;
    if (all[at + 1] == kInterface && all[at] >= 9) {
      close();
      if (all[at + 3] != 0) current.in = current.out = ~0u;  // an alternate setting: not ours
      current.printer = all[at + 5] == kPrinterClass;
    }
    if (all[at + 1] == kEndpoint && all[at] >= 7 && (all[at + 3] & 3) == 2) {
      std::uint32_t& side = (all[at + 2] & 0x80) != 0 ? current.in : current.out;
      if (side == 0) side = all[at + 2];
    }
    if (current.in == ~0u) current.in = current.out = 0;
  }
  close();
  if (!best.whole()) throw station::Failure(STN_E_UNSUPPORTED, "the device has no bulk endpoint each way");
  in_ = best.in;
  out_ = best.out;
}

void Conversation::throw_transport(std::int32_t code, const char* doing) {
  switch (code) {
    case STN_E_REMOVED:
      throw Trouble(STN_E_REMOVED, "The printer is unplugged or switched off.", "connecting-to-device");
    case STN_E_TIMEOUT:
      throw Trouble(STN_E_TIMEOUT,
                    std::string("The printer does not answer (") + doing +
                        "). Look at its display; switch it off and on if nothing moves.",
                    "timed-out");
    case STN_E_CANCELLED:
      throw Trouble(STN_E_TIMEOUT, std::string("The time for this card is over (") + doing + ").",
                    "timed-out");
    case STN_E_PROTOCOL:
      throw Trouble(STN_E_PROTOCOL, std::string("The printer refuses data (USB stall, ") + doing + ").");
    case STN_E_BUSY:
      throw Trouble(STN_E_HARDWARE, "Another program uses the printer: stop it (CUPS, a vendor's service).");
    default:
      throw Trouble(STN_E_HARDWARE, std::string("USB fails (code ") + std::to_string(code) + ", " + doing +
                                        "): check the cable, then switch the printer off and on.");
  }
}

void Conversation::throw_fault(const Reply& reply, std::string_view to) {
  if (!reply.garbled)
    if (const auto fault = fault_of(reply.text))
      throw Trouble(fault->code, std::string(fault->words) + " (" + reply.text + ")", fault->keyword);
  throw Trouble(STN_E_PROTOCOL, "The printer answers nonsense to " + std::string(to.substr(0, 16)) + ".");
}

/// True: something came. Nothing within the time is no error here.
bool Conversation::read_once(std::uint32_t timeout_ms) {
  std::array<std::uint8_t, kMaxReply> buffer{};
  std::uint32_t done = 0;
  const std::int32_t code = usb_->bulk_in(host_.raw(), 0, in_, buffer.data(),
                                          static_cast<std::uint32_t>(buffer.size()), timeout_ms, &done);
  done = std::min<std::uint32_t>(done, static_cast<std::uint32_t>(buffer.size()));
  if (done != 0) reader_.take({buffer.data(), done});
  if (code == STN_OK || (code == STN_E_TIMEOUT)) return done != 0;
  if (code == STN_E_PROTOCOL) usb_->clear_halt(host_.raw(), 0, in_);
  throw_transport(code, "reading");
}

Reply Conversation::answer(std::uint32_t timeout_ms) {
  const std::uint64_t until = now_ms() + timeout_ms;
  while (true) {
    if (reader_.take({})) return reader_.reply();
    const bool partial = !reader_.empty();
    const std::uint64_t now = now_ms();
    if (interrupted_) throw_transport(STN_E_CANCELLED, "waiting for an answer");
    if (now >= until && !partial) throw_transport(STN_E_TIMEOUT, "waiting for an answer");
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
      throw_transport(STN_E_TIMEOUT, "waiting for an answer");
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

void Conversation::send(std::span<const std::uint8_t> bytes, std::uint32_t timeout_ms) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = static_cast<std::uint32_t>(std::min(kChunk, bytes.size() - at));
    std::uint32_t done = 0;
    const std::int32_t code =
        interrupted_ ? STN_E_CANCELLED
                     : usb_->bulk_out(host_.raw(), 0, out_, bytes.data() + at, length, timeout_ms, &done);
    at += std::min(done, length);
    if (code == STN_OK && done == length) continue;
    // Nothing of it was taken: the printer knows of no command.
    broken_ = at == 0 ? Bytes() : Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end());
    if (code == STN_OK) throw Trouble(STN_E_HARDWARE, "USB took less than it was given; check the cable.");
    if (code == STN_E_PROTOCOL) usb_->clear_halt(host_.raw(), 0, out_);
    throw_transport(code, "writing");
  }
}

void Conversation::finish_broken(std::uint32_t timeout_ms) {
  const Bytes rest = std::exchange(broken_, {});
  if (!rest.empty()) send(rest, timeout_ms);
}

Reply Conversation::ask(std::string_view words, std::uint32_t timeout_ms) {
  drain();
  send(evolis::command(words), timeout_ms);
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
  send(panel, timeout_ms);
  const Reply reply = answer(timeout_ms);
  if (!reply.ok()) throw_fault(reply, "a panel");
}

void Conversation::sync(std::uint32_t timeout_ms) {
  const std::uint64_t until = now_ms() + timeout_ms;
  const auto left = [&] {
    const std::uint64_t now = now_ms();
    return static_cast<std::uint32_t>(now < until ? until - now : 0);
  };
  if (!broken_.empty()) {
    finish_broken(timeout_ms);
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
    send(evolis::command(kKnownQuestion), std::max(left(), kSlice));
    try {
      for (int i = 0; i < kMostStale; ++i) {
        const Reply reply = answer(kSlice);
        if (reply.garbled || reply.ok() || fault_of(reply.text)) continue;
        if (serial_.empty()) {
          // Learned only when it is said twice: the first answer may be a late one to something else.
          send(evolis::command(kKnownQuestion), kSlice);
          const Reply again = answer(kSlice);
          if (again.text != reply.text) continue;
          serial_ = reply.text;
          return;
        }
        if (reply.text == serial_) return;
      }
    } catch (const Trouble& trouble) {
      if (trouble.code == STN_E_REMOVED || interrupted_) throw;
      // Silence: it may take our question for the data of a panel that a former process began. NULs are
      // nothing between commands, and end a panel sooner or later.
      if (fed < kMostPanel) {
        send(Bytes(kChunk, 0), std::max(left(), kSlice));
        fed += kChunk;
      }
    }
  }
  throw Trouble(STN_E_PROTOCOL, "The printer does not come to itself: switch it off and on.");
}

}  // namespace evolis
