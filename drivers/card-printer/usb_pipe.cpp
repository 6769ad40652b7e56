// SPDX-License-Identifier: Apache-2.0
#include "card-printer/usb_pipe.hpp"

#include <algorithm>
#include <utility>

namespace card {
namespace {

constexpr std::size_t kChunk = 64 << 10;
constexpr std::uint32_t kSliceMs = 1'000;  // how often a patient write looks at the interrupt
constexpr std::uint8_t kConfiguration = 2, kInterface = 4, kEndpoint = 5, kPrinterClass = 7;

}  // namespace

UsbPipe::UsbPipe(station::Host& host)
    : host_(host), usb_(static_cast<const stn_usb_v1*>(host.extension(STN_EXT_USB))) {
  if (usb_ == nullptr || usb_->size < sizeof *usb_)
    throw station::Failure(STN_E_UNSUPPORTED, "this station gives no USB transport");
  find_endpoints();
}

// The host has claimed the printer-class interface, or else the first with a bulk endpoint each way: so do we
// choose.
void UsbPipe::find_endpoints() {
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

void UsbPipe::throw_transport(std::int32_t code, const char* doing) {
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

std::int32_t UsbPipe::read(std::span<std::uint8_t> to, std::uint32_t timeout_ms, std::size_t& came) {
  std::uint32_t done = 0;
  const std::int32_t code =
      usb_->bulk_in(host_.raw(), 0, in_, to.data(), static_cast<std::uint32_t>(to.size()), timeout_ms, &done);
  came = std::min<std::size_t>(done, to.size());
  if (code == STN_E_TIMEOUT) return STN_OK;
  if (code == STN_E_PROTOCOL) usb_->clear_halt(host_.raw(), 0, in_);
  return code;
}

// Nothing of it was taken: the printer knows of no command.
void UsbPipe::keep_rest(std::span<const std::uint8_t> bytes, std::size_t from) {
  taken_ = from;
  broken_ = from == 0 ? Bytes() : Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end());
}

void UsbPipe::send(std::span<const std::uint8_t> bytes, std::uint32_t timeout_ms) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = static_cast<std::uint32_t>(std::min(kChunk, bytes.size() - at));
    std::uint32_t done = 0;
    const std::int32_t code =
        interrupted_ ? STN_E_CANCELLED
                     : usb_->bulk_out(host_.raw(), 0, out_, bytes.data() + at, length, timeout_ms, &done);
    at += std::min(done, length);
    if (code == STN_OK && done == length) continue;
    keep_rest(bytes, at);
    if (code == STN_OK) throw Trouble(STN_E_HARDWARE, "USB took less than it was given; check the cable.");
    if (code == STN_E_PROTOCOL) usb_->clear_halt(host_.raw(), 0, out_);
    throw_transport(code, "writing");
  }
  taken_ = bytes.size();
  broken_.clear();
}

void UsbPipe::send_patiently(std::span<const std::uint8_t> bytes, const Patience& patience,
                             const std::function<void(std::uint64_t)>& paused) {
  const auto now_ms = [&] { return host_.now() / 1'000'000u; };
  std::uint64_t moved_ms = now_ms();
  bool told = false;
  int tries = patience.tries;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = static_cast<std::uint32_t>(std::min(kChunk, bytes.size() - at));
    std::uint32_t done = 0;
    std::int32_t code = STN_E_CANCELLED;
    if (!interrupted_)
      code = usb_->bulk_out(host_.raw(), 0, out_, bytes.data() + at, length, kSliceMs, &done);
    at += std::min(done, length);
    const std::uint64_t now = now_ms();
    if (done != 0) {
      moved_ms = now;
      if (std::exchange(told, false)) paused(0);
    }
    if (code == STN_OK && done == length) continue;
    if (code == STN_E_PROTOCOL) usb_->clear_halt(host_.raw(), 0, out_);
    if (code == STN_E_TIMEOUT && now - moved_ms < patience.pause_ms && now < patience.until_ms) {
      if (now != moved_ms) paused(now - moved_ms), told = true;
      continue;
    }
    const bool may_go_on = code == STN_OK || code == STN_E_PROTOCOL || code == STN_E_HARDWARE;
    if (may_go_on && --tries > 0) continue;
    if (code == STN_E_TIMEOUT && at == bytes.size()) break;  // all of it was taken, only late
    keep_rest(bytes, at);
    if (code == STN_OK) throw Trouble(STN_E_HARDWARE, "USB took less than it was given; check the cable.");
    throw_transport(code, "writing");
  }
  taken_ = bytes.size();
  broken_.clear();
}

void UsbPipe::finish_broken(std::uint32_t timeout_ms) {
  if (broken_.empty()) return;
  const Bytes rest = broken_;
  try {
    send(rest, timeout_ms);
  } catch (const Trouble&) {
    // Nothing of the rest was taken: it is still due.
    if (taken_ == 0) broken_ = rest;
    throw;
  }
}

}  // namespace card
