// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

#include "devices/wire/fd.hpp"
#include "devices/wire/transcript.hpp"
#include "usb_transport.hpp"

namespace ktp::worker {

/// Writes down every transfer of another transport, and the calls that they belong to, line by line. What
/// goes wrong with the file never disturbs a card: it is told once, and recording ends. Without `whole`,
/// pictures are hidden behind a keyed hash whose key is nowhere but in this object.
class UsbRecorder final : public UsbTransport {
 public:
  /// `file` must not exist yet; it is made for its owner alone, before the process gives up its files.
  /// `tell`: a warning for the station's log.
  UsbRecorder(UsbTransport& usb, const std::filesystem::path& file, bool whole,
              std::function<void(const std::string&)> tell);

  void call(transcript::Call call);
  void ended(transcript::Ended ended);
  /// The session is over.
  void close();

  [[nodiscard]] stn_code problem() const override { return usb_.problem(); }
  [[nodiscard]] const std::string& why() const override { return usb_.why(); }
  stn_code transfer(unsigned char type, std::uint64_t op, std::uint32_t endpoint, std::uint8_t* data,
                    std::uint32_t length, std::uint32_t timeout_ms, std::uint32_t* done,
                    const Cancelled& cancelled) override;
  stn_code control(std::uint64_t op, const stn_usb_setup* setup, std::uint8_t* data, std::uint32_t timeout_ms,
                   std::uint32_t* done, const Cancelled& cancelled) override;
  stn_code clear_halt(std::uint32_t endpoint) override;
  void release() override { usb_.release(); }
  stn_code descriptors(std::uint8_t* data, std::uint32_t length, std::uint32_t* done) const override;

 private:
  void record(transcript::Transfer transfer, const std::uint8_t* data, std::uint32_t length,
              std::uint32_t done);
  void write(const transcript::Entry& entry);
  void put(const std::string& line);
  void give_up(const std::string& why);
  [[nodiscard]] std::string mark_of(std::span<const std::uint8_t> bytes) const;

  UsbTransport& usb_;
  const std::function<void(const std::string&)> tell_;
  const std::size_t most_;
  std::mutex mutex_;  // guards what follows, should a driver transfer on threads of its own against the ABI
  transcript::Discretion discretion_;
  std::array<unsigned char, 32> key_{};
  Fd file_;  ///< not valid: recording has ended
  std::size_t written_ = 0, entries_ = 0;
  std::uint64_t transfers_ = 0;
};

}  // namespace ktp::worker
