// SPDX-License-Identifier: Apache-2.0
#include "drivers/card-printer/cable.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace card_test {
namespace {

constexpr std::array<std::uint8_t, 50> kDescriptors{
    0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x49, 0x0F, 0x00, 0x0A, 0x00, 0x01, 0x01, 0x02, 0x03,
    0x01, 0x09, 0x02, 0x20, 0x00, 0x01, 0x01, 0x00, 0xC0, 0x32, 0x09, 0x04, 0x00, 0x00, 0x02, 0x07, 0x01,
    0x02, 0x00, 0x07, 0x05, 0x01, 0x02, 0x00, 0x02, 0x00, 0x07, 0x05, 0x82, 0x02, 0x00, 0x02, 0x00};

}  // namespace

const char* to_string(Mishap mishap) {
  constexpr std::array kNames{"none",           "unplugged",     "unplugged-late", "stall",
                              "bus-error",      "time-out",      "stall-half",     "bus-error-half",
                              "bus-error-late", "time-out-half", "time-out-late",  "short-write",
                              "missing",        "garbage",       "half-reply",     "duplicated",
                              "much-too-long",  "empty-packet",  "error-text"};
  return kNames[static_cast<std::size_t>(mishap)];
}

const std::vector<Mishap>& mishaps_out() {
  static const std::vector<Mishap> all{Mishap::unplugged,      Mishap::unplugged_late, Mishap::stall,
                                       Mishap::bus_error,      Mishap::time_out,       Mishap::stall_half,
                                       Mishap::bus_error_half, Mishap::bus_error_late, Mishap::time_out_half,
                                       Mishap::time_out_late,  Mishap::short_write};
  return all;
}

const std::vector<Mishap>& mishaps_in() {
  static const std::vector<Mishap> all{Mishap::unplugged,     Mishap::unplugged_late, Mishap::stall,
                                       Mishap::bus_error,     Mishap::time_out,       Mishap::missing,
                                       Mishap::garbage,       Mishap::half_reply,     Mishap::duplicated,
                                       Mishap::much_too_long, Mishap::empty_packet,   Mishap::error_text};
  return all;
}

Cable::Cable(model::ByteDevice& printer) : printer_(printer) {
  host_.size = sizeof host_;
  host_.abi = STN_ABI_MAJOR << 16 | STN_ABI_MINOR;
  host_.ctx = this;
  host_.get_extension = [](const stn_host* host, const char* id) -> const void* {
    return std::strcmp(id, STN_EXT_USB) == 0 ? &static_cast<Cable*>(host->ctx)->usb_ : nullptr;
  };
  host_.log = [](const stn_host* host, std::uint32_t, const char* text) {
    static_cast<Cable*>(host->ctx)->log.emplace_back(text);
  };
  host_.post = [](const stn_host* host, const stn_event* event) {
    auto& kept = static_cast<Cable*>(host->ctx)->reasons;
    if (event->kind != STN_EV_REASON) return;
    if (event->b != 0)
      kept[event->text] = event->detail;
    else
      kept.erase(event->text);
  };
  host_.cancelled = [](const stn_host*, std::uint64_t) -> std::uint32_t { return 0; };
  host_.now_ns = [](const stn_host* host) { return static_cast<Cable*>(host->ctx)->now_; };
  host_.sleep_ns = [](const stn_host* host, std::uint64_t, std::uint64_t ns) {
    static_cast<Cable*>(host->ctx)->pass_time(ns);
  };
  usb_.size = sizeof usb_;
  usb_.bulk_out = [](const stn_host* host, std::uint64_t, std::uint32_t, const std::uint8_t* data,
                     std::uint32_t length, std::uint32_t timeout, std::uint32_t* done) {
    return static_cast<Cable*>(host->ctx)->out(data, length, timeout, done);
  };
  usb_.bulk_in = [](const stn_host* host, std::uint64_t, std::uint32_t, std::uint8_t* data,
                    std::uint32_t length, std::uint32_t timeout, std::uint32_t* done) {
    return static_cast<Cable*>(host->ctx)->in(data, length, timeout, done);
  };
  usb_.clear_halt = [](const stn_host* host, std::uint64_t, std::uint32_t) -> std::int32_t {
    return static_cast<Cable*>(host->ctx)->plugged_ ? STN_OK : STN_E_REMOVED;
  };
  usb_.descriptors = [](const stn_host*, std::uint8_t* data, std::uint32_t length,
                        std::uint32_t* done) -> std::int32_t {
    *done = std::min<std::uint32_t>(length, kDescriptors.size());
    std::memcpy(data, kDescriptors.data(), *done);
    return STN_OK;
  };
}

Mishap Cable::next(bool from_printer) {
  directions.push_back(from_printer);
  return count_++ == index_ ? mishap_ : Mishap::none;
}

std::uint32_t Cable::deliver(const std::uint8_t* data, std::uint32_t length) {
  const auto taken = static_cast<std::uint32_t>(printer_.receive({data, length}));
  sent.insert(sent.end(), data, data + taken);
  return taken;
}

void Cable::wait(std::uint64_t ms) {
  pass_time(ms * 1'000'000);
}

void Cable::pass_time(std::uint64_t ns) {
  now_ += ns;
  if (meanwhile) meanwhile(milliseconds());
}

std::int32_t Cable::out(const std::uint8_t* data, std::uint32_t length, std::uint32_t timeout_ms,
                        std::uint32_t* done) {
  *done = 0;
  if (!plugged_) return STN_E_REMOVED;
  const Mishap mishap = next(false);
  // What the printer does not take, it lets wait: then the transfer's time is over, whatever else happens.
  const auto pass = [&](std::uint32_t bytes) {
    *done = deliver(data, bytes);
    return *done == bytes;
  };
  const auto over = [&] {
    wait(timeout_ms);
    return STN_E_TIMEOUT;
  };
  switch (mishap) {
    case Mishap::unplugged:
      plugged_ = false;
      return STN_E_REMOVED;
    case Mishap::unplugged_late:
      static_cast<void>(pass(length));
      plugged_ = false;
      printer_.lose_replies();
      return STN_E_REMOVED;
    case Mishap::stall:
      return STN_E_PROTOCOL;
    case Mishap::stall_half:
      return pass(length / 2) ? STN_E_PROTOCOL : over();
    case Mishap::bus_error:
      return STN_E_HARDWARE;
    case Mishap::bus_error_half:
      return pass(length / 2) ? STN_E_HARDWARE : over();
    case Mishap::bus_error_late:
      return pass(length) ? STN_E_HARDWARE : over();
    case Mishap::time_out:
      wait(timeout_ms);
      return STN_E_TIMEOUT;
    case Mishap::time_out_half:
      static_cast<void>(pass(length / 2));
      return over();
    case Mishap::time_out_late:
      static_cast<void>(pass(length));
      return over();
    case Mishap::short_write:
      return pass(length / 2) ? STN_OK : over();
    default:
      return pass(length) ? STN_OK : over();
  }
}

std::int32_t Cable::in(std::uint8_t* data, std::uint32_t length, std::uint32_t timeout_ms,
                       std::uint32_t* done) {
  *done = 0;
  if (!plugged_) return STN_E_REMOVED;
  // A glance into an empty pipe is no transfer that could be spoilt: nothing is on its way.
  if (held_.empty())
    if (auto packet = printer_.reply()) held_.push_back(std::move(*packet));
  const Mishap mishap = held_.empty() && timeout_ms < 10 ? Mishap::none : next(true);
  const auto lose = [&] {
    if (!held_.empty()) held_.pop_front();
  };
  switch (mishap) {
    case Mishap::unplugged:
    case Mishap::unplugged_late:
      plugged_ = false;
      held_.clear();
      printer_.lose_replies();
      return STN_E_REMOVED;
    case Mishap::stall:
      return STN_E_PROTOCOL;
    case Mishap::bus_error:
      lose();
      return STN_E_HARDWARE;
    case Mishap::time_out:
      wait(timeout_ms);
      return STN_E_TIMEOUT;
    case Mishap::missing:
      lose();
      wait(timeout_ms);
      return STN_E_TIMEOUT;
    case Mishap::empty_packet:
      return STN_OK;
    case Mishap::garbage:
      lose();
      for (std::uint32_t i = 0; i < std::min(length, 24u); ++i)
        data[i] = static_cast<std::uint8_t>(0x80 + 37 * i);
      *done = std::min(length, 24u);
      return STN_OK;
    case Mishap::much_too_long:
      lose();
      std::memset(data, 'A', length);
      *done = length;
      return STN_OK;
    case Mishap::error_text:
      lose();
      held_.push_front({'E', 'R', 'R', 'O', 'R', 0});
      break;
    case Mishap::duplicated:
      if (!held_.empty()) held_.push_front(held_.front());
      break;
    case Mishap::half_reply:
      if (!held_.empty() && held_.front().size() > 2) {
        auto rest = held_.front();
        const auto half = static_cast<std::ptrdiff_t>(rest.size() / 2);
        held_.front().resize(static_cast<std::size_t>(half));
        rest.erase(rest.begin(), rest.begin() + half);
        held_.insert(held_.begin() + 1, std::move(rest));
      }
      break;
    default:
      break;
  }
  if (held_.empty()) {
    wait(timeout_ms);
    return STN_E_TIMEOUT;
  }
  *done = std::min<std::uint32_t>(length, static_cast<std::uint32_t>(held_.front().size()));
  std::memcpy(data, held_.front().data(), *done);
  held_.pop_front();
  return STN_OK;
}

std::vector<std::uint8_t> test_face(int variant) {
  std::vector<std::uint8_t> rgb(std::size_t{kWidth} * kHeight * 3, 255);
  const auto put = [&](int x, int y, int r, int g, int b) {
    std::uint8_t* const at =
        rgb.data() + (std::size_t{static_cast<std::size_t>(y)} * kWidth + static_cast<std::size_t>(x)) * 3;
    at[0] = static_cast<std::uint8_t>(r);
    at[1] = static_cast<std::uint8_t>(g);
    at[2] = static_cast<std::uint8_t>(b);
  };
  for (int y = 60; y < 300; ++y)
    for (int x = 50; x < 420; ++x)
      put(x, y, (x * 255) / kWidth, (y * 255) / kHeight, 60 + (x * 7 + y * 13 + variant * 29) % 190);
  for (int y = 0; y < kHeight; y += 1)  // a stripe that touches both long edges
    for (int x = 900; x < 930; ++x) put(x, y, 0, 120, 200);
  for (int x = 120; x < 800; x += 3)  // fine black writing
    for (int y = 400; y < 440; ++y)
      if ((x / 3 + y / 5 + variant) % 3 != 0) put(x, y, 8, 8, 8);
  return rgb;
}

}  // namespace card_test
