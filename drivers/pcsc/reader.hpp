// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/draft-pcsc.h>
#include <winscard.h>

#include <cstdint>
#include <optional>
#include <station/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pcsc {

/// The UID of the chip at a contactless reader, through the smart card service (pcscd). The context is the
/// station's (station.draft.pcsc/1); the driver connects to nothing itself. One thread. README.md says what
/// each fault is called.
class Reader final : public station::ChipReader {
 public:
  static constexpr const char* kId = "pcsc";
  static constexpr const char* kName = "Chip reader of the smart card service (PC/SC)";
  static constexpr stn_option kOptions[] = {
      station::text("reader", "Name of the reader, or the beginning of it; empty where there is only one.",
                    ""),
      station::integer("wait-ms", "3000", 100, 30'000, "ms",
                       "How long a chip may take to answer before the card counts as one without."),
  };

  Reader(station::Host& host, const station::Settings& settings, std::string_view serial);

  station::Report status() override;
  station::Report read_uid(station::Op& op, const stn_chip_request& request, stn_chip& chip) override;

 private:
  /// What stands in the way of one attempt; nothing: it was read.
  struct Obstacle {
    station::Report report;
    bool may_pass = false;  ///< it may be otherwise a moment later
  };
  [[nodiscard]] std::vector<std::string> readers() const;
  /// What the service says of the reader now; waits up to `wait_ms` for a change of `seen`.
  [[nodiscard]] DWORD state(DWORD seen, DWORD wait_ms) const;
  std::optional<Obstacle> attempt(stn_chip& chip) const;
  [[nodiscard]] std::optional<Obstacle> ask(SCARDHANDLE card, stn_chip& chip) const;
  [[nodiscard]] Obstacle obstacle(LONG answer) const;

  station::Host& host_;
  SCARDCONTEXT context_ = 0;
  std::string name_;
  std::uint64_t wait_ns_;
};

}  // namespace pcsc
