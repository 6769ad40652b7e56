// SPDX-License-Identifier: Apache-2.0
#include "host_services.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <string>

namespace ktp::worker {
namespace {

constexpr std::size_t kLogBytes = 500;

template <std::size_t N>
std::string field(const char (&text)[N]) {
  return {text, ::strnlen(text, N)};
}

}  // namespace

HostServices::HostServices(const Line& line, UsbTransport* usb, const Pcsc* pcsc, UsbReplay* replay)
    : line_(line), usb_(usb), pcsc_(pcsc), replay_(replay) {
  make_usb_table();
  table_.size = sizeof table_;
  table_.abi = STN_ABI_MAJOR << 16 | STN_ABI_MINOR;
  table_.ctx = this;
  table_.get_extension = [](const stn_host* host, const char* id) -> const void* {
    if (id == nullptr) return nullptr;
    if (std::strcmp(id, STN_EXT_USB) == 0 && self(host).usb_ != nullptr) return &self(host).usb_table_;
    if (std::strcmp(id, STN_EXT_DRAFT_PCSC) == 0 && self(host).pcsc_ != nullptr)
      return &self(host).pcsc_->table();
    return nullptr;
  };
  table_.log = [](const stn_host* host, std::uint32_t level, const char* text) {
    self(host).log(level, text);
  };
  table_.post = [](const stn_host* host, const stn_event* event) { self(host).post(event); };
  table_.cancelled = [](const stn_host* host, std::uint64_t op) -> std::uint32_t {
    return op != 0 && self(host).cancelled_.load() == op ? 1u : 0u;
  };
  table_.now_ns = [](const stn_host* host) -> std::uint64_t {
    if (self(host).replay_ != nullptr) return self(host).replay_->now_ns();
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
  };
  table_.sleep_ns = [](const stn_host* host, std::uint64_t op, std::uint64_t ns) {
    self(host).sleep(op, ns);
  };
}

// Which way an endpoint goes is part of its address; a call that goes the other way sends nothing.
void HostServices::make_usb_table() {
  constexpr std::uint32_t kIn = LIBUSB_ENDPOINT_IN;
  usb_table_.size = sizeof usb_table_;
  usb_table_.bulk_out = [](const stn_host* host, std::uint64_t op, std::uint32_t endpoint,
                           const std::uint8_t* data, std::uint32_t length, std::uint32_t timeout_ms,
                           std::uint32_t* done) -> std::int32_t {
    if (done != nullptr) *done = 0;
    if ((endpoint & kIn) != 0) return STN_E_BAD_INPUT;
    return self(host).usb_->transfer(LIBUSB_TRANSFER_TYPE_BULK, op, endpoint, const_cast<std::uint8_t*>(data),
                                     length, timeout_ms, done, cancelled_by(host));
  };
  usb_table_.bulk_in = [](const stn_host* host, std::uint64_t op, std::uint32_t endpoint, std::uint8_t* data,
                          std::uint32_t length, std::uint32_t timeout_ms,
                          std::uint32_t* done) -> std::int32_t {
    if (done != nullptr) *done = 0;
    if ((endpoint & kIn) == 0) return STN_E_BAD_INPUT;
    return self(host).usb_->transfer(LIBUSB_TRANSFER_TYPE_BULK, op, endpoint, data, length, timeout_ms, done,
                                     cancelled_by(host));
  };
  usb_table_.interrupt_in = [](const stn_host* host, std::uint64_t op, std::uint32_t endpoint,
                               std::uint8_t* data, std::uint32_t length, std::uint32_t timeout_ms,
                               std::uint32_t* done) -> std::int32_t {
    if (done != nullptr) *done = 0;
    if ((endpoint & kIn) == 0) return STN_E_BAD_INPUT;
    return self(host).usb_->transfer(LIBUSB_TRANSFER_TYPE_INTERRUPT, op, endpoint, data, length, timeout_ms,
                                     done, cancelled_by(host));
  };
  usb_table_.control = [](const stn_host* host, std::uint64_t op, const stn_usb_setup* setup,
                          std::uint8_t* data, std::uint32_t timeout_ms, std::uint32_t* done) -> std::int32_t {
    return self(host).usb_->control(op, setup, data, timeout_ms, done, cancelled_by(host));
  };
  usb_table_.clear_halt = [](const stn_host* host, std::uint64_t, std::uint32_t endpoint) -> std::int32_t {
    return self(host).usb_->clear_halt(endpoint);
  };
  usb_table_.descriptors = [](const stn_host* host, std::uint8_t* data, std::uint32_t length,
                              std::uint32_t* done) -> std::int32_t {
    return self(host).usb_->descriptors(data, length, done);
  };
}

void HostServices::cancel(std::uint64_t op) {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = op;  // under the lock, or a sleeper between its check and its wait would miss it
  }
  woken_.notify_all();
}

void HostServices::log(std::uint32_t level, const char* text) {
  if (text == nullptr) return;
  std::uint64_t dropped = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!log_limit_.allow()) return;
    dropped = log_limit_.take_dropped();
  }
  std::string line(text, ::strnlen(text, kLogBytes));
  if (dropped != 0)
    line += " [" + std::to_string(dropped) + " lines before this one were too many and are lost]";
  line_.try_send(wire::Log{level, std::move(line)});  // never blocks: a core that is behind loses a line
}

void HostServices::post(const stn_event* event) {
  if (event == nullptr || event->size < sizeof(stn_event)) {
    line_.try_send(wire::Violation{"malformed-event: posted an event of a wrong size"});
    return;
  }
  if (closed_) {
    ++late_events_;
    return;
  }
  if (std::memchr(event->text, 0, sizeof event->text) == nullptr ||
      std::memchr(event->detail, 0, sizeof event->detail) == nullptr) {
    line_.try_send(wire::Violation{"malformed-event: posted an event whose text is not terminated"});
  }
  line_.send(0, 0, wire::Event{event->kind, event->a, event->b, field(event->text), field(event->detail)});
}

void HostServices::sleep(std::uint64_t op, std::uint64_t ns) {
  constexpr std::uint64_t kMost = 3'600'000'000'000u;  // an hour; also keeps the sum below from overflowing
  if (replay_ != nullptr) return replay_->sleep(std::min(ns, kMost));
  const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(std::min(ns, kMost));
  std::unique_lock lock(mutex_);
  woken_.wait_until(lock, until, [&] { return op != 0 && cancelled_.load() == op; });
}

}  // namespace ktp::worker
