// SPDX-License-Identifier: Apache-2.0
// Step chip: whose blank is it? The UID of its chip, read where the camera looks. Event: chip-read.
//
// A UID is an identifier and no proof: it can be copied onto another chip, and nothing here reads what the
// chip holds. It names the blank; what does not name it is doubt, and doubt goes to review.
#pragma once
#include <cstdint>
#include <string>

#include "ledger/event.hpp"
#include "pipeline/job.hpp"
#include "pipeline/machine.hpp"

namespace ktp::pipeline {

struct ChipReading {
  enum class Kind {
    not_asked,   ///< this lane has no reader
    read,        ///< `uid`
    none,        ///< no chip answers
    unreadable,  ///< one answers, but gives no UID that could name it
    random,      ///< another UID each time: it names nothing
    several,     ///< more than one chip answers
    stopped      ///< the operator stopped the run before it was read
  } kind = Kind::not_asked;
  std::string uid{};           ///< upper-case hex; only with `read`
  std::string why{};           ///< what the reader said; English
  bool reader_failed = false;  ///< nothing is said of the chip: the reader itself does not work
};

/// A UID that is made up anew at each activation: single size, first byte 08 (ISO/IEC 14443-3).
[[nodiscard]] bool is_random_uid(const std::string& uid);
/// Nothing but 00 or FF: what an empty memory gives, and no UID.
[[nodiscard]] bool is_blank_uid(const std::string& uid);

/// Selects the chip of the card at the camera and reads its UID, twice, as a UID that changes names nothing.
/// A reader that is unplugged is waited for as a camera is. Takes as long as the reader's deadlines allow.
[[nodiscard]] ChipReading read_chip(Machine& machine, std::uint64_t card_number, std::uint64_t not_before_ns);
/// The same where there is no printer.
[[nodiscard]] ChipReading read_chip(const Station& station, devices::ChipReader& reader,
                                    std::uint64_t card_number, std::uint64_t not_before_ns);

/// "" = the chip names the card, or is not asked here; else why it does not, for people. `known`: the UID
/// that the card was seen with before, by its printer or an earlier reading; "" = none.
[[nodiscard]] std::string chip_doubt(const ChipReading& chip, const std::string& known);

[[nodiscard]] ledger::Event chip_event(const Attempt& attempt, const ChipReading& chip,
                                       const std::string& reader);

}  // namespace ktp::pipeline
