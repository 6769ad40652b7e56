// SPDX-License-Identifier: Apache-2.0
// Whatever a printer, or something in its place, sends: in packets of any size (the first byte of each is its
// length), with silences between. What is promised of a reply is checked.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "magicard/replies.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  magicard::ReplyReader reader;
  const auto look = [&] {
    const magicard::Reply reply = reader.reply();
    if (reply.text.size() > magicard::kMaxReply) std::abort();
    for (const char c : reply.text)
      if (!reply.garbled && (c < 0x20 || c > 0x7E)) std::abort();
    const auto value = magicard::value_of(reply);
    const auto line = magicard::line_of(reply);
    if (value && (reply.garbled || line || value->key.size() != 3)) std::abort();
    if (value && value->text.size() + 8 != reply.text.size()) std::abort();
    if (line && reply.garbled) std::abort();
    if (line) static_cast<void>(magicard::ends_list(*line));
    static_cast<void>(magicard::number_of(reply.text));
  };
  for (std::size_t at = 0; at < size;) {
    const std::size_t length = data[at++];
    const std::size_t some = length < size - at ? length : size - at;
    bool whole = reader.take({data + at, some});
    at += some;
    if (length == 0) whole = reader.silence();
    for (int i = 0; whole; ++i) {
      if (i > 100'000) std::abort();  // it does not come to an end
      look();
      whole = reader.take({});
    }
  }
  if (reader.silence()) look();
  return 0;
}
