// SPDX-License-Identifier: Apache-2.0
// Whatever a printer, or something in its place, sends: in packets of any size (the first byte of each is its
// length), with silences between. What is promised of a reply is checked.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "evolis/replies.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  evolis::ReplyReader reader;
  const auto look = [&] {
    const evolis::Reply reply = reader.reply();
    if (reply.text.size() > evolis::kMaxReply) std::abort();
    if (reply.ok() && (reply.garbled || evolis::fault_of(reply.text))) std::abort();
    for (const char c : reply.text)
      if (!reply.garbled && (c < 0x20 || c > 0x7E)) std::abort();
    static_cast<void>(evolis::fault_of(reply.text));
    static_cast<void>(evolis::number_of(reply.text));
    if (const auto volts = evolis::centivolts_of(reply.text); volts && (*volts < 0 || *volts > 9'999))
      std::abort();
  };
  for (std::size_t at = 0; at < size;) {
    const std::size_t length = data[at++];
    const std::size_t some = length < size - at ? length : size - at;
    bool whole = reader.take({data + at, some});
    at += some;
    if (length == 0) whole = reader.silence();
    for (int i = 0; whole && i < 1'000; ++i) {
      look();
      whole = reader.take({});
    }
  }
  if (reader.silence()) look();
  return 0;
}
