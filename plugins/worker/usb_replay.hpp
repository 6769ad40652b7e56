// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "devices/wire/transcript.hpp"
#include "usb_transport.hpp"

namespace ktp::worker {

/// The text of a transcript, read while this process may still read files. The error says what is wrong.
[[nodiscard]] std::expected<std::string, std::string> read_transcript(const std::filesystem::path& file);

/// Answers a driver from a transcript, transfer by transfer. What the driver sends must be what was sent
/// then; at the first difference the device is gone for good and `tell` is told what was expected. Where the
/// transcript hides pictures, any picture will do, of any length. Its clock is that of the recording: it
/// moves by transfers and by waiting, so a replay takes no time. Device thread, but for the clock.
class UsbReplay final : public UsbTransport {
 public:
  /// `text`: of the transcript, or why it cannot be read; what is wrong with it is `problem`, BAD_INPUT.
  UsbReplay(std::expected<std::string, std::string> text, std::function<void(const std::string&)> tell);

  /// Nanoseconds of the recording's clock; every look moves it by a microsecond, so that a driver that only
  /// looks comes to an end.
  [[nodiscard]] std::uint64_t now_ns() { return now_ns_.fetch_add(1'000); }
  void sleep(std::uint64_t ns) { now_ns_ += ns; }
  /// What the driver was told of that model.
  [[nodiscard]] std::uint64_t quirks() const { return quirks_; }
  /// The session is over: tells of transfers that nobody asked for.
  void close();

  [[nodiscard]] stn_code problem() const override { return problem_; }
  [[nodiscard]] const std::string& why() const override { return why_; }
  stn_code transfer(unsigned char type, std::uint64_t op, std::uint32_t endpoint, std::uint8_t* data,
                    std::uint32_t length, std::uint32_t timeout_ms, std::uint32_t* done,
                    const Cancelled& cancelled) override;
  stn_code control(std::uint64_t op, const stn_usb_setup* setup, std::uint8_t* data, std::uint32_t timeout_ms,
                   std::uint32_t* done, const Cancelled& cancelled) override;
  stn_code clear_halt(std::uint32_t endpoint) override;
  void release() override {}  // there is no device
  stn_code descriptors(std::uint8_t* data, std::uint32_t length, std::uint32_t* done) const override;

 private:
  stn_code answer(const transcript::Transfer& wanted, std::uint8_t* data, std::uint32_t* done);
  [[nodiscard]] std::string difference(const transcript::Transfer& recorded,
                                       const transcript::Transfer& wanted, bool picture) const;
  [[nodiscard]] bool is_picture(const transcript::Transfer& recorded) const;
  stn_code deviate(const std::string& what);
  void pass(const transcript::Transfer& recorded);

  const std::function<void(const std::string&)> tell_;
  stn_code problem_ = STN_OK;
  std::string why_;
  transcript::Header header_;
  std::vector<transcript::Transfer> transfers_;
  std::uint64_t quirks_ = 0;
  std::string end_;  ///< why the recording ended
  std::size_t next_ = 0;
  bool in_picture_ = false;   ///< the last transfer was of a hidden picture, and all of it was taken
  bool rest_is_due_ = false;  ///< it was of a hidden picture, and not all of it was taken
  bool deviated_ = false;
  transcript::Discretion discretion_{false};
  std::atomic<std::uint64_t> now_ns_{1'000'000'000};
};

}  // namespace ktp::worker
