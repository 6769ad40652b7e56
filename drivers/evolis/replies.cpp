// SPDX-License-Identifier: Apache-2.0
#include "evolis/replies.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace evolis {
namespace {

struct Entry {
  std::string_view text;  ///< with "ERROR ", capitals
  Fault fault;
};

constexpr std::string_view kNone = "other";
constexpr std::array kFaults{
    Entry{"FEEDER EMPTY", {STN_E_MEDIA, "media-empty", "Fill the feeder with blanks."}},
    Entry{"COVER OPEN", {STN_E_COVER, "cover-open", "Close the cover."}},
    Entry{"CARD JAM",
          {STN_E_JAM, "media-jam", "A card is stuck. Open the cover and take it out, then close the cover."}},
    Entry{"ERROR TIME OUT",
          {STN_E_JAM, "media-jam",
           "The card did not move in time. Open the cover, take it out, then close the cover."}},
    Entry{"ERROR TIME",
          {STN_E_JAM, "media-jam",
           "The card did not move in time. Open the cover, take it out, then close the cover."}},
    Entry{"ERROR RIBBON",
          {STN_E_SUPPLY, "marker-supply-empty", "The ribbon is missing, used up or torn: put in a new one."}},
    Entry{"ERROR RIBBON TYPE", {STN_E_SUPPLY, "marker-supply-missing", "Put in a ribbon of the type YMCKO."}},
    Entry{"ERROR RIB DETECTION",
          {STN_E_SUPPLY, "marker-supply-missing",
           "The ribbon cannot be read: take it out and put it in again."}},
    Entry{"HOPPER FULL", {STN_E_MEDIA, "output-area-full", "Empty the output."}},
    Entry{"HOPPER DOOR", {STN_E_COVER, "door-open", "Close the door of the output."}},
    Entry{"ERROR HOPPER",
          {STN_E_HARDWARE, kNone, "The output does not work; switch the printer off and on."}},
    Entry{"ERROR HEAD", {STN_E_HARDWARE, kNone, "The print head reports a fault; call service."}},
    Entry{"NEED CLEANING",
          {STN_E_SUPPLY, "cleaner-life-over", "Cleaning is due: run a cleaning card through."}},
    Entry{"ERROR NEED CLEANING",
          {STN_E_SUPPLY, "cleaner-life-over", "Cleaning is due: run a cleaning card through."}},
    Entry{"OPT NOT AVAILABLE", {STN_E_UNSUPPORTED, kNone, "This printer lacks a part that the job needs."}},
    Entry{"ERROR CDE", {STN_E_UNSUPPORTED, kNone, "This printer does not know the command."}},
    Entry{"ERROR PARAMETRES",
          {STN_E_PROTOCOL, kNone, "The printer refuses a parameter; is it locked by a key?"}},
    Entry{"ERROR CHECKSUM", {STN_E_HARDWARE, kNone, "The printer found damaged data; print again."}},
    Entry{"ERROR UNKNOW", {STN_E_HARDWARE, kNone, "The printer reports an unknown fault."}},
    Entry{"ERROR FLASH UNKNOW", {STN_E_HARDWARE, kNone, "The printer reports a fault of its memory."}},
    Entry{"ERROR MAG CHECKSUM", {STN_E_HARDWARE, kNone, "The magnetic encoder reports a fault."}},
    Entry{"ERROR MAG DATA", {STN_E_HARDWARE, kNone, "The magnetic encoder reports a fault."}},
    Entry{"ERROR MAG", {STN_E_HARDWARE, kNone, "The magnetic encoder reports a fault."}},
    Entry{"ERROR READ", {STN_E_HARDWARE, kNone, "The magnetic encoder reports a fault."}},
    Entry{"ERROR WRITE", {STN_E_HARDWARE, kNone, "The magnetic encoder reports a fault."}},
    Entry{"ERROR", {STN_E_HARDWARE, kNone, "The printer reports a fault."}},
};

std::string normal(std::string_view text) {
  std::string whole(text.substr(0, kMaxReply));
  for (char& c : whole)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (whole == "ERR") return "ERROR";
  if (whole.starts_with("ERR ")) whole = "ERROR " + whole.substr(4);
  return whole;
}

bool is_padding(char c) {
  return c == '\0' || c == '\r' || c == '\n' || c == ' ';
}

}  // namespace

bool ReplyReader::take(std::span<const std::uint8_t> bytes) {
  pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return cut();
}

// What is longer than a reply may be is cut there: it is garbage, and must not grow.
bool ReplyReader::cut() {
  if (whole_) return true;
  const auto begin = std::ranges::find_if_not(pending_, is_padding);
  pending_.erase(pending_.begin(), begin);
  const auto end = std::ranges::find_if(pending_, [](char c) { return c == '\0' || c == '\r'; });
  if (end == pending_.end() && pending_.size() < kMaxReply) return false;
  const auto length = std::min<std::size_t>(static_cast<std::size_t>(end - pending_.begin()), kMaxReply);
  whole_ = pending_.substr(0, length);
  pending_.erase(0, length);
  return true;
}

bool ReplyReader::silence() {
  if (whole_) return true;
  if (pending_.empty()) return false;
  whole_ = std::exchange(pending_, {});
  return true;
}

Reply ReplyReader::reply() {
  Reply reply;
  if (!whole_) return reply;
  reply.text = *std::exchange(whole_, std::nullopt);
  while (!reply.text.empty() && is_padding(reply.text.back())) reply.text.pop_back();
  reply.garbled = reply.text.empty() || reply.text.size() >= kMaxReply ||
                  std::ranges::any_of(reply.text, [](char c) { return c < 0x20 || c > 0x7E; });
  return reply;
}

std::optional<Fault> fault_of(std::string_view text) {
  const std::string wanted = normal(text);
  const auto found = std::ranges::find(kFaults, wanted, &Entry::text);
  if (found != kFaults.end()) return found->fault;
  // Firmware adds words now and then; a text that says ERROR is never a success.
  if (wanted.starts_with("ERROR")) return kFaults.back().fault;
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.size() > 19) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int> centivolts_of(std::string_view text) {
  constexpr std::string_view kVolts = " Volts";
  if (!text.ends_with(kVolts)) return std::nullopt;
  text.remove_suffix(kVolts.size());
  const auto comma = text.find_first_of(",.");
  if (comma == std::string_view::npos || comma == 0 || comma > 2 || text.size() - comma != 3)
    return std::nullopt;
  const auto whole = number_of(text.substr(0, comma)), part = number_of(text.substr(comma + 1));
  if (!whole || !part) return std::nullopt;
  return static_cast<int>(*whole * 100 + *part);
}

}  // namespace evolis
