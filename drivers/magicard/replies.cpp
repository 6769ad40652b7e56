// SPDX-License-Identifier: Apache-2.0
#include "magicard/replies.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace magicard {
namespace {

constexpr char kStart = 0x01, kEnd = 0x03;

bool is_padding(char c) {
  return c == '\0' || c == '\r' || c == '\n' || c == ' ';
}
bool is_stop(char c) {
  return c == '\0' || c == '\r' || c == '\n' || c == kEnd || c == kStart;
}

Reply made_of(std::string text, bool whole) {
  while (!text.empty() && is_padding(text.back())) text.pop_back();
  const bool readable = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7E; });
  return {std::move(text), !whole || !readable};
}

}  // namespace

bool ReplyReader::take(std::span<const std::uint8_t> bytes) {
  pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (whole_) return true;
  pending_.erase(pending_.begin(), std::ranges::find_if_not(pending_, is_padding));
  if (pending_.empty()) return false;
  const bool framed = pending_.front() == kStart;
  const auto begin = pending_.begin() + (framed ? 1 : 0);
  // Inside a frame only its end counts, or another one's begin: then the first was cut off.
  const auto end = framed
                       ? std::find_if(begin, pending_.end(), [](char c) { return c == kEnd || c == kStart; })
                       : std::find_if(begin, pending_.end(), is_stop);
  const auto length = static_cast<std::size_t>(end - begin);
  if (end == pending_.end() && length < kMaxReply) return false;
  const bool whole = end != pending_.end() && length < kMaxReply && (!framed || *end == kEnd);
  whole_ =
      made_of(std::string(begin, begin + static_cast<std::ptrdiff_t>(std::min(length, kMaxReply))), whole);
  const bool eaten = end != pending_.end() && *end != kStart && length <= kMaxReply;
  pending_.erase(pending_.begin(),
                 length > kMaxReply ? begin + static_cast<std::ptrdiff_t>(kMaxReply) : end + (eaten ? 1 : 0));
  return true;
}

bool ReplyReader::silence() {
  if (whole_) return true;
  if (pending_.empty()) return false;
  const bool framed = pending_.front() == kStart;
  whole_ = made_of(std::exchange(pending_, {}).substr(framed ? 1 : 0), !framed);
  return true;
}

Reply ReplyReader::reply() {
  return std::exchange(whole_, std::nullopt).value_or(Reply{});
}

std::optional<Value> value_of(const Reply& reply) {
  constexpr std::string_view kBegin = "STA,";
  constexpr std::size_t kKey = 3;
  const std::string_view text = reply.text;
  if (reply.garbled || !text.starts_with(kBegin) || text.size() < kBegin.size() + kKey + 1 ||
      text.back() != ',')
    return std::nullopt;
  Value value{std::string(text.substr(kBegin.size(), kKey)), std::string(text.substr(kBegin.size() + kKey))};
  value.text.pop_back();
  if (!std::ranges::all_of(value.key,
                           [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }))
    return std::nullopt;
  return value;
}

std::optional<std::string> line_of(const Reply& reply) {
  if (reply.garbled || reply.text.empty() || reply.text.starts_with("STA,")) return std::nullopt;
  std::string line = reply.text;
  if (line.back() == ',') line.pop_back();
  return line;
}

bool ends_list(std::string_view line) {
  return line.starts_with("END");
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.size() > 19) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace magicard
