// SPDX-License-Identifier: Apache-2.0
#include "models/stream/rtp_jpeg.hpp"

#include <algorithm>
#include <stdexcept>

namespace ktp::model {
namespace {

void put(Bytes& to, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

struct Parts {
  Bytes tables;  // luma and chroma, 64 each
  int width = 0, height = 0;
  std::span<const std::uint8_t> scan;
};

Parts take_apart(std::span<const std::uint8_t> jpeg) {
  Parts parts;
  parts.tables.resize(128);
  std::size_t at = 2;
  while (at + 4 <= jpeg.size()) {
    const std::uint8_t marker = jpeg[at + 1];
    const std::size_t length = std::size_t{jpeg[at + 2]} << 8 | jpeg[at + 3];
    const auto body = jpeg.subspan(at + 4, std::min(length - 2, jpeg.size() - at - 4));
    if (marker == 0xDB) {
      for (std::size_t i = 0; i + 65 <= body.size(); i += 65)
        if (body[i] < 2)
          std::copy_n(body.begin() + static_cast<long>(i) + 1, 64, parts.tables.begin() + body[i] * 64);
    } else if (marker == 0xC0) {
      parts.height = body[1] << 8 | body[2];
      parts.width = body[3] << 8 | body[4];
      if (body[7] != 0x22) throw std::runtime_error("not 4:2:0");
    } else if (marker == 0xDA) {
      parts.scan = jpeg.subspan(at + 2 + length);
      if (parts.scan.size() > 2) parts.scan = parts.scan.first(parts.scan.size() - 2);
      return parts;
    }
    at += 2 + length;
  }
  throw std::runtime_error("no baseline JPEG");
}

}  // namespace

std::vector<Bytes> rtp_packets(std::span<const std::uint8_t> jpeg, std::uint32_t timestamp,
                               std::uint32_t source, std::uint16_t& sequence) {
  constexpr std::size_t kPiece = 1'380;
  constexpr int kJpegPayload = 26, kOwnTables = 255;
  const Parts parts = take_apart(jpeg);
  if (parts.width % 8 != 0 || parts.height % 8 != 0 || parts.width > 2'040 || parts.height > 2'040)
    throw std::runtime_error("a size that RTP cannot say");
  std::vector<Bytes> packets;
  for (std::size_t at = 0; at < parts.scan.size() || at == 0; at += kPiece) {
    const std::size_t length = std::min(kPiece, parts.scan.size() - at);
    const bool last = at + length >= parts.scan.size();
    Bytes packet;
    put(packet, 0x80, 1);
    put(packet, kJpegPayload | (last ? 0x80 : 0), 1);
    put(packet, sequence++, 2);
    put(packet, timestamp, 4);
    put(packet, source, 4);
    put(packet, 0, 1);
    put(packet, at, 3);
    put(packet, 1, 1);  // 4:2:0
    put(packet, kOwnTables, 1);
    put(packet, static_cast<std::uint64_t>(parts.width / 8), 1);
    put(packet, static_cast<std::uint64_t>(parts.height / 8), 1);
    if (at == 0) {
      put(packet, 0, 2);
      put(packet, parts.tables.size(), 2);
      packet.insert(packet.end(), parts.tables.begin(), parts.tables.end());
    }
    const auto piece = parts.scan.subspan(at, length);
    packet.insert(packet.end(), piece.begin(), piece.end());
    packets.push_back(std::move(packet));
  }
  return packets;
}

Bytes sender_report(std::int64_t wall_us, std::uint32_t timestamp, std::uint32_t source) {
  constexpr std::int64_t kMillion = 1'000'000, kFrom1900To1970 = 2'208'988'800;
  Bytes report;
  put(report, 0x80, 1);
  put(report, 200, 1);
  put(report, 6, 2);  // length in words, less one
  put(report, source, 4);
  put(report, static_cast<std::uint64_t>(wall_us / kMillion + kFrom1900To1970), 4);
  put(report, static_cast<std::uint64_t>((wall_us % kMillion) << 32) / static_cast<std::uint64_t>(kMillion),
      4);
  put(report, timestamp, 4);
  put(report, 0, 8);  // packets and bytes so far: nobody asks
  return report;
}

}  // namespace ktp::model
