// SPDX-License-Identifier: Apache-2.0
// A JPEG as RTP packets (RFC 2435), and the reports that say what its clock shows (RFC 3550). Pure.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ktp::model {

using Bytes = std::vector<std::uint8_t>;

/// Packets of at most some 1400 bytes for a baseline JPEG with 4:2:0 chroma, standard Huffman tables, sides a
/// multiple of 8 and at most 2040. Throws std::runtime_error for any other. `sequence` goes on.
[[nodiscard]] std::vector<Bytes> rtp_packets(std::span<const std::uint8_t> jpeg, std::uint32_t timestamp,
                                             std::uint32_t source, std::uint16_t& sequence);

/// A sender report: at `wall_us` (microseconds since 1970) the RTP clock showed `timestamp`.
[[nodiscard]] Bytes sender_report(std::int64_t wall_us, std::uint32_t timestamp, std::uint32_t source);

}  // namespace ktp::model
