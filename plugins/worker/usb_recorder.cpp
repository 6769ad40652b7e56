// SPDX-License-Identifier: Apache-2.0
#include "usb_recorder.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace ktp::worker {
namespace {

using transcript::Kind;

constexpr std::size_t kRoomForTheEnd = 200;  // so that a full file says that it is

Kind kind_of(unsigned char type, std::uint32_t endpoint) {
  if ((endpoint & LIBUSB_ENDPOINT_IN) == 0) return Kind::bulk_out;
  return type == LIBUSB_TRANSFER_TYPE_INTERRUPT ? Kind::interrupt_in : Kind::bulk_in;
}

/// The clock that the driver sees too (`now_ns` of the host): some send it.
std::uint64_t now_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

UsbRecorder::UsbRecorder(UsbTransport& usb, const std::filesystem::path& file, bool whole,
                         std::function<void(const std::string&)> tell)
    : usb_(usb),
      tell_(std::move(tell)),
      most_(whole ? transcript::kMaxFile : transcript::kMaxCommands),
      discretion_(whole) {
  if (::sodium_init() < 0) {
    give_up("there are no random numbers");
    return;
  }
  ::randombytes_buf(key_.data(), key_.size());
  file_ = Fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file_.valid()) {
    give_up(file.string() + " cannot be made: " + std::strerror(errno));
    return;
  }
  transcript::Header header{whole, {}};
  header.descriptors.resize(1 << 14);
  std::uint32_t have = 0;
  const stn_code code = usb_.descriptors(header.descriptors.data(), 1 << 14, &have);
  header.descriptors.resize(code == STN_OK ? have : 0);
  const std::lock_guard lock(mutex_);
  put(transcript::line_of(header));
}

void UsbRecorder::give_up(const std::string& why) {
  file_ = Fd();
  tell_("the USB transcript ends here, printing goes on: " + why);
}

std::string UsbRecorder::mark_of(std::span<const std::uint8_t> bytes) const {
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  ::crypto_generichash(hash.data(), hash.size(), bytes.data(), bytes.size(), key_.data(), key_.size());
  std::array<char, hash.size() * 2 + 1> text{};
  ::sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  return text.data();
}

void UsbRecorder::put(const std::string& line) {
  if (!file_.valid()) return;
  // One write a line: a crash leaves whole lines behind, but for the last at worst.
  const ssize_t wrote = ::write(file_.get(), line.data(), line.size());
  if (wrote != static_cast<ssize_t>(line.size()))
    return give_up(wrote < 0 ? std::string(std::strerror(errno)) : std::string("the disk is full"));
  written_ += line.size();
}

void UsbRecorder::write(const transcript::Entry& entry) {
  if (!file_.valid()) return;
  const std::string line = transcript::line_of(entry);
  if (written_ + line.size() + kRoomForTheEnd > most_ || ++entries_ >= transcript::kMaxEntries) {
    put(transcript::line_of(transcript::End{"full", now_us()}));
    return give_up("it is full");
  }
  put(line);
}

void UsbRecorder::call(transcript::Call call) {
  call.at_us = now_us();
  const std::lock_guard lock(mutex_);
  write(std::move(call));
}

void UsbRecorder::ended(transcript::Ended ended) {
  ended.at_us = now_us();
  const std::lock_guard lock(mutex_);
  write(std::move(ended));
}

void UsbRecorder::close() {
  const std::lock_guard lock(mutex_);
  put(transcript::line_of(transcript::End{"closed", now_us()}));
  file_ = Fd();
}

void UsbRecorder::record(transcript::Transfer it, const std::uint8_t* data, std::uint32_t length,
                         std::uint32_t done) {
  it.took_us = now_us() - it.at_us;
  done = std::min(done, length);
  const bool in = transcript::is_in(it.kind);
  const std::span<const std::uint8_t> bytes(data, data == nullptr ? 0 : in ? done : length);
  const std::lock_guard lock(mutex_);
  it.number = ++transfers_;
  if (it.kind != Kind::clear_halt && discretion_.hides(it.kind, bytes, done)) {
    // Not to the byte: a compressed picture is known again by its length.
    const std::uint32_t step = transcript::kHiddenStep;
    it.length = std::min<std::uint32_t>((length + step - 1) / step * step, transcript::kMaxTransfer);
    it.hidden = mark_of(bytes);
    if (!in && done != length) it.done = done;
  } else {
    it.length = length;
    it.bytes.assign(bytes.begin(), bytes.end());
    it.done = done;
  }
  write(std::move(it));
}

stn_code UsbRecorder::transfer(unsigned char type, std::uint64_t op, std::uint32_t endpoint,
                               std::uint8_t* data, std::uint32_t length, std::uint32_t timeout_ms,
                               std::uint32_t* done, const Cancelled& cancelled) {
  transcript::Transfer it;
  it.kind = kind_of(type, endpoint);
  it.at_us = now_us();
  it.endpoint = endpoint & 0xFF;
  std::uint32_t passed = 0;
  it.code = usb_.transfer(type, op, endpoint, data, length, timeout_ms, &passed, cancelled);
  if (done != nullptr) *done = passed;
  const int code = it.code;
  if (code != STN_E_BAD_INPUT) record(std::move(it), data, length, passed);  // else nothing was sent
  return code;
}

stn_code UsbRecorder::control(std::uint64_t op, const stn_usb_setup* setup, std::uint8_t* data,
                              std::uint32_t timeout_ms, std::uint32_t* done, const Cancelled& cancelled) {
  transcript::Transfer it;
  it.at_us = now_us();
  std::uint32_t passed = 0;
  it.code = usb_.control(op, setup, data, timeout_ms, &passed, cancelled);
  if (done != nullptr) *done = passed;
  const int code = it.code;
  if (setup == nullptr || code == STN_E_BAD_INPUT) return code;
  it.kind = (setup->request_type & LIBUSB_ENDPOINT_IN) != 0 ? Kind::control_in : Kind::control_out;
  it.setup = {setup->request_type, setup->request, setup->value, setup->index};
  record(std::move(it), data, setup->length, passed);
  return code;
}

stn_code UsbRecorder::clear_halt(std::uint32_t endpoint) {
  transcript::Transfer it;
  it.kind = Kind::clear_halt;
  it.at_us = now_us();
  it.endpoint = endpoint & 0xFF;
  it.code = usb_.clear_halt(endpoint);
  const int code = it.code;
  if (code != STN_E_BAD_INPUT) record(std::move(it), nullptr, 0, 0);
  return code;
}

stn_code UsbRecorder::descriptors(std::uint8_t* data, std::uint32_t length, std::uint32_t* done) const {
  return usb_.descriptors(data, length, done);
}

}  // namespace ktp::worker
