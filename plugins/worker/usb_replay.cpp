// SPDX-License-Identifier: Apache-2.0
#include "usb_replay.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "devices/wire/fd.hpp"

namespace ktp::worker {
namespace {

using transcript::Kind;
using transcript::Transfer;

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

}  // namespace

std::expected<std::string, std::string> read_transcript(const std::filesystem::path& file) {
  const Fd in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about{};
  if (!in.valid() || ::fstat(in.get(), &about) != 0)
    return std::unexpected(file.string() + ": " + std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return std::unexpected(file.string() + ": is no regular file");
  if (static_cast<std::uint64_t>(about.st_size) > transcript::kMaxFile)
    return std::unexpected(file.string() + ": is larger than " + number(transcript::kMaxFile >> 20) + " MiB");
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t have = 0;
  for (ssize_t got = 0; have < text.size(); have += static_cast<std::size_t>(got)) {
    got = ::read(in.get(), text.data() + have, text.size() - have);
    if (got < 0) return std::unexpected(file.string() + ": " + std::strerror(errno));
    if (got == 0) break;
  }
  text.resize(have);
  return text;
}

UsbReplay::UsbReplay(std::expected<std::string, std::string> text,
                     std::function<void(const std::string&)> tell)
    : tell_(std::move(tell)) {
  auto read = text ? transcript::parse(*text) : std::unexpected(text.error());
  if (!read) {
    problem_ = STN_E_BAD_INPUT;
    why_ = "the transcript cannot be replayed: " + read.error();
    return;
  }
  header_ = std::move(read->header);
  for (transcript::Entry& entry : read->entries) {
    if (auto* passed = std::get_if<Transfer>(&entry)) transfers_.push_back(std::move(*passed));
    if (const auto* call = std::get_if<transcript::Call>(&entry); call != nullptr && call->name == "open")
      quirks_ = call->quirks;
    if (const auto* end = std::get_if<transcript::End>(&entry)) end_ = end->why;
  }
  discretion_ = transcript::Discretion(header_.whole);
  if (!transfers_.empty()) now_ns_ = transfers_.front().at_us * 1'000;
}

void UsbReplay::close() {
  while (next_ < transfers_.size() && in_picture_ && is_picture(transfers_[next_])) ++next_;
  if (deviated_ || next_ == transfers_.size()) return;
  tell_("transcript-unfinished: nobody asked for transfer " + number(transfers_[next_].number) + " of " +
        number(transfers_.size()) + " (" + transcript::describe(transfers_[next_]) + ")");
}

stn_code UsbReplay::deviate(const std::string& what) {
  deviated_ = true;
  tell_("transcript-deviation: " + what);
  return STN_E_REMOVED;
}

bool UsbReplay::is_picture(const Transfer& recorded) const {
  return recorded.hidden && !transcript::is_in(recorded.kind) && recorded.code == STN_OK && !recorded.done;
}

std::string UsbReplay::difference(const Transfer& recorded, const Transfer& wanted, bool picture) const {
  const std::string transfer = "transfer " + number(recorded.number) + ": ";
  const auto other = [&](const std::string& where) {
    return transfer + "recorded " + transcript::describe(recorded) + "; the driver's is " +
           transcript::describe(wanted) + where;
  };
  if (recorded.hidden && transcript::is_in(recorded.kind))
    return transfer + "the transcript hides what the device answered; record with `bytes: whole`";
  if (recorded.kind != wanted.kind || recorded.endpoint != wanted.endpoint ||
      recorded.setup.request_type != wanted.setup.request_type ||
      recorded.setup.request != wanted.setup.request || recorded.setup.value != wanted.setup.value ||
      recorded.setup.index != wanted.setup.index)
    return other("");
  if (recorded.hidden) return picture || rest_is_due_ ? std::string() : other("");
  if (!transcript::is_in(recorded.kind) && recorded.bytes != wanted.bytes) {
    const auto [then, now] = std::ranges::mismatch(recorded.bytes, wanted.bytes);
    const auto from = then - recorded.bytes.begin();
    return other(" (from byte " + number(static_cast<std::uint64_t>(from)) + " on: recorded " +
                 transcript::readable({then, recorded.bytes.end()}) + ", sent " +
                 transcript::readable({now, wanted.bytes.end()}) + ")");
  }
  return recorded.length == wanted.length ? std::string() : other("");
}

void UsbReplay::pass(const Transfer& recorded) {
  const std::uint64_t ended = (recorded.at_us + recorded.took_us) * 1'000;
  std::uint64_t now = now_ns_;
  while (now < ended && !now_ns_.compare_exchange_weak(now, ended)) {
  }
  ++next_;
}

stn_code UsbReplay::answer(const Transfer& wanted, std::uint8_t* data, std::uint32_t* done) {
  if (done != nullptr) *done = 0;
  if (problem_ != STN_OK) return problem_;
  if (deviated_) {
    sleep(1'000'000);
    return STN_E_REMOVED;
  }
  // Another picture than the recorded one may take fewer transfers, or more.
  const bool out = !transcript::is_in(wanted.kind) && wanted.kind != Kind::clear_halt;
  const bool picture = out && discretion_.hides(wanted.kind, wanted.bytes, wanted.length);
  if (in_picture_ && !picture)
    while (next_ < transfers_.size() && is_picture(transfers_[next_])) pass(transfers_[next_]);
  if (in_picture_ && picture && (next_ == transfers_.size() || !transfers_[next_].hidden)) {
    if (done != nullptr) *done = wanted.length;
    return STN_OK;
  }
  if (next_ == transfers_.size())
    return deviate("after transfer " + number(next_) + ", the last (" + (end_.empty() ? "cut off" : end_) +
                   "): the driver goes on with " + transcript::describe(wanted));
  const Transfer& recorded = transfers_[next_];
  if (const std::string what = difference(recorded, wanted, picture); !what.empty()) return deviate(what);
  in_picture_ = is_picture(recorded);
  rest_is_due_ = recorded.hidden && recorded.done;
  const std::uint32_t passed = std::min(recorded.done.value_or(wanted.length), wanted.length);
  if (transcript::is_in(recorded.kind)) {
    if (passed != 0) std::memcpy(data, recorded.bytes.data(), passed);
    static_cast<void>(discretion_.hides(recorded.kind, recorded.bytes, passed));
  }
  if (done != nullptr) *done = passed;
  pass(recorded);
  return recorded.code;
}

stn_code UsbReplay::transfer(unsigned char type, std::uint64_t, std::uint32_t endpoint, std::uint8_t* data,
                             std::uint32_t length, std::uint32_t timeout_ms, std::uint32_t* done,
                             const Cancelled&) {
  if (done != nullptr) *done = 0;
  if (timeout_ms == 0 || timeout_ms > 60'000 || length > transcript::kMaxTransfer || endpoint > 0xFF ||
      (data == nullptr && length != 0))
    return STN_E_BAD_INPUT;
  Transfer wanted;
  const bool in = (endpoint & LIBUSB_ENDPOINT_IN) != 0;
  wanted.kind = !in                                      ? Kind::bulk_out
                : type == LIBUSB_TRANSFER_TYPE_INTERRUPT ? Kind::interrupt_in
                                                         : Kind::bulk_in;
  wanted.endpoint = endpoint;
  wanted.length = length;
  if (!in && length != 0) wanted.bytes.assign(data, data + length);
  return answer(wanted, data, done);
}

stn_code UsbReplay::control(std::uint64_t, const stn_usb_setup* setup, std::uint8_t* data,
                            std::uint32_t timeout_ms, std::uint32_t* done, const Cancelled&) {
  if (done != nullptr) *done = 0;
  if (setup == nullptr || timeout_ms == 0 || timeout_ms > 60'000 || (data == nullptr && setup->length != 0))
    return STN_E_BAD_INPUT;
  Transfer wanted;
  const bool in = (setup->request_type & LIBUSB_ENDPOINT_IN) != 0;
  wanted.kind = in ? Kind::control_in : Kind::control_out;
  wanted.setup = {setup->request_type, setup->request, setup->value, setup->index};
  wanted.length = setup->length;
  if (!in && setup->length != 0) wanted.bytes.assign(data, data + setup->length);
  return answer(wanted, data, done);
}

stn_code UsbReplay::clear_halt(std::uint32_t endpoint) {
  if (endpoint > 0xFF) return STN_E_BAD_INPUT;
  Transfer wanted;
  wanted.kind = Kind::clear_halt;
  wanted.endpoint = endpoint;
  return answer(wanted, nullptr, nullptr);
}

stn_code UsbReplay::descriptors(std::uint8_t* data, std::uint32_t length, std::uint32_t* done) const {
  if (done != nullptr) *done = 0;
  if (data == nullptr && length != 0) return STN_E_BAD_INPUT;
  if (problem_ != STN_OK) return problem_;
  const std::size_t some = std::min<std::size_t>(length, header_.descriptors.size());
  if (some != 0) std::memcpy(data, header_.descriptors.data(), some);
  if (done != nullptr) *done = static_cast<std::uint32_t>(some);
  return STN_OK;
}

}  // namespace ktp::worker
