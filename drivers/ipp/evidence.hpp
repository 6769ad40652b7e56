// SPDX-License-Identifier: Apache-2.0
// What became of a card, from what the printer says. Never success by default (pure).
#pragma once
#include <station/abi.h>

#include <cstdint>
#include <optional>
#include <string>

#include "ipp/facts.hpp"

namespace ipp {

/// How much of the document can have reached the printer.
/// unknown: its last byte may have left, and the printer never said that it came.
enum class Sent : std::uint8_t { nothing, part, all, unknown };

struct Evidence {
  Sent sent = Sent::nothing;
  int sides = 1;
  std::optional<JobFacts> job;                ///< as last heard; empty: never heard of
  bool was_processing = false;                ///< heard at least once
  std::optional<bool> output_seen;            ///< a card lies in the output, which was empty before
  std::optional<std::int64_t> hopper_before;  ///< only where its number is an exact count
  std::optional<std::int64_t> hopper_after;
  bool jammed = false;            ///< the printer said media-jam while the job was there
  bool camera_decides = false;    ///< asked where the card will be photographed in any case
  bool count_is_believed = true;  ///< false: a queue's count, which is not the printer's
};

enum class Fed : std::uint8_t { no, yes, unknown };
[[nodiscard]] Fed was_fed(const Evidence& evidence);

struct Judgement {
  std::uint32_t outcome = STN_CARD_UNKNOWN;  ///< STN_CARD_*
  std::uint32_t card_at = STN_AT_UNKNOWN;    ///< STN_AT_*
  std::string why;                           ///< what stands against "printed"; "" when it is
};
/// Only for a job that has ended, or that the printer never had.
[[nodiscard]] Judgement judge(const Evidence& evidence);

}  // namespace ipp
