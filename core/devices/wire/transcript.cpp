// SPDX-License-Identifier: Apache-2.0
#include "devices/wire/transcript.hpp"

#include <station/abi.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace ktp::transcript {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxText = 1'000;       // names and messages
constexpr std::size_t kShownOut = 64;         // a longer write is no command
constexpr std::size_t kShownIn = 4'096;       // a longer answer is no status
constexpr std::size_t kDigitsOfAPerson = 16;  // a NIK has so many
constexpr std::size_t kReadable = 40;
constexpr const char* kDigits = "0123456789abcdef";

constexpr std::array<std::pair<Kind, std::string_view>, 6> kKinds{{{Kind::bulk_out, "bulk-out"},
                                                                   {Kind::bulk_in, "bulk-in"},
                                                                   {Kind::interrupt_in, "interrupt-in"},
                                                                   {Kind::control_out, "control-out"},
                                                                   {Kind::control_in, "control-in"},
                                                                   {Kind::clear_halt, "clear-halt"}}};

constexpr std::array<std::pair<int, std::string_view>, 16> kCodes{{{STN_OK, "ok"},
                                                                   {STN_E_BUSY, "busy"},
                                                                   {STN_E_TIMEOUT, "timeout"},
                                                                   {STN_E_WARMING, "warming"},
                                                                   {STN_E_MEDIA, "media"},
                                                                   {STN_E_SUPPLY, "supply"},
                                                                   {STN_E_COVER, "cover"},
                                                                   {STN_E_JAM, "jam"},
                                                                   {STN_E_BAD_INPUT, "bad-input"},
                                                                   {STN_E_UNSUPPORTED, "unsupported"},
                                                                   {STN_E_PROTOCOL, "protocol"},
                                                                   {STN_E_HARDWARE, "hardware"},
                                                                   {STN_E_INTERNAL, "internal"},
                                                                   {STN_E_NOT_FOUND, "not-found"},
                                                                   {STN_E_REMOVED, "removed"},
                                                                   {STN_E_CANCELLED, "cancelled"}}};

/// Thrown inside this file only.
struct Wrong {
  std::string what;
};

bool plain(std::uint8_t byte) {
  return byte != 0 && byte < 0x7F;
}

std::string hex_of(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::vector<std::uint8_t> bytes_of_hex(const std::string& text) {
  const auto digit = [&](char c) -> unsigned {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    throw Wrong{"hex must have digits 0 to 9 and a to f"};
  };
  if (text.size() % 2 != 0) throw Wrong{"hex has an odd number of digits"};
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  return bytes;
}

void put_bytes(Json& json, std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  if (std::ranges::all_of(bytes, plain))
    json["text"] = std::string(bytes.begin(), bytes.end());
  else
    json["hex"] = hex_of(bytes);
}

std::string written(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::uint64_t number(const Json& json, const char* key, std::uint64_t most,
                     std::optional<std::uint64_t> otherwise = std::nullopt) {
  const auto at = json.find(key);
  if (at == json.end()) {
    if (otherwise) return *otherwise;
    throw Wrong{std::string("\"") + key + "\" is missing"};
  }
  if (!at->is_number_unsigned() || at->get<std::uint64_t>() > most)
    throw Wrong{std::string("\"") + key + "\" must be a whole number from 0 to " + std::to_string(most)};
  return at->get<std::uint64_t>();
}

std::uint32_t number32(const Json& json, const char* key, std::uint32_t most,
                       std::optional<std::uint64_t> otherwise = std::nullopt) {
  return static_cast<std::uint32_t>(number(json, key, most, otherwise));
}

std::string text(const Json& json, const char* key, std::size_t most, bool needed = true) {
  const auto at = json.find(key);
  if (at == json.end()) {
    if (!needed) return {};
    throw Wrong{std::string("\"") + key + "\" is missing"};
  }
  if (!at->is_string() || at->get_ref<const std::string&>().size() > most)
    throw Wrong{std::string("\"") + key + "\" must be text of at most " + std::to_string(most) + " bytes"};
  return at->get<std::string>();
}

std::vector<std::uint8_t> bytes(const Json& json) {
  if (json.contains("text")) {
    const std::string plain_text = text(json, "text", kMaxTransfer);
    return {plain_text.begin(), plain_text.end()};
  }
  return bytes_of_hex(text(json, "hex", kMaxTransfer * 2, false));
}

int code(const Json& json) {
  const std::string name = text(json, "code", 40);
  for (const auto& [value, called] : kCodes)
    if (called == name) return value;
  constexpr std::string_view kOther = "code-";
  if (name.starts_with(kOther)) {
    std::uint32_t value = 0;
    for (const char c : name.substr(kOther.size())) {
      if (c < '0' || c > '9' || value > 100'000) throw Wrong{"\"code\" is \"" + name + "\""};
      value = value * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return static_cast<int>(value);
  }
  throw Wrong{"\"code\" is \"" + name + "\", which is no code of this form"};
}

constexpr std::uint64_t kMostTime = std::uint64_t{1} << 50;
constexpr std::uint64_t kMostCards = std::uint64_t{1} << 62;

Call::Picture picture(const Json& json, const char* key) {
  const auto at = json.find(key);
  if (at == json.end()) return {};
  if (!at->is_object()) throw Wrong{std::string("\"") + key + "\" must be an object"};
  return {number32(*at, "width", 65'535), number32(*at, "height", 65'535), number32(*at, "dpi", 10'000)};
}

Transfer transfer(const Json& json, Kind kind) {
  Transfer it;
  it.kind = kind;
  it.number = number(json, "n", kMaxEntries);
  it.at_us = number(json, "at", kMostTime);
  it.took_us = number(json, "took", kMostTime);
  it.endpoint = number32(json, "endpoint", 0xFF, 0);
  it.code = code(json);
  if (kind == Kind::clear_halt) return it;
  if (kind == Kind::control_in || kind == Kind::control_out)
    it.setup = {number32(json, "request-type", 0xFF), number32(json, "request", 0xFF),
                number32(json, "value", 0xFFFF), number32(json, "index", 0xFFFF)};
  if (json.contains("hidden")) {
    it.hidden = text(json, "hidden", 64);
    it.length = number32(json, "at-most", kMaxTransfer);
    if (json.contains("done")) it.done = number32(json, "done", kMaxTransfer);
    return it;
  }
  it.length = number32(json, "length", kMaxTransfer);
  it.bytes = bytes(json);
  it.done = number32(json, "done", it.length);
  if (is_in(kind) ? it.bytes.size() != *it.done : it.bytes.size() != it.length)
    throw Wrong{"has " + std::to_string(it.bytes.size()) + " bytes, and says otherwise"};
  return it;
}

Entry entry(const Json& json) {
  const std::string what = text(json, "do", 40);
  for (const auto& [kind, name] : kKinds)
    if (name == what) return transfer(json, kind);
  if (what == "call") {
    Call call{
        text(json, "call", 40), number(json, "at", kMostTime), text(json, "driver", kMaxText, false),
        picture(json, "front"), picture(json, "back"),         number(json, "quirks", ~std::uint64_t{0}, 0)};
    return call;
  }
  if (what == "ended")
    return Ended{text(json, "call", 40),
                 number(json, "at", kMostTime),
                 code(json),
                 number32(json, "outcome", 1'000),
                 number32(json, "card-at", 1'000),
                 number(json, "counter-before", kMostCards),
                 number(json, "counter-after", kMostCards),
                 text(json, "message", kMaxText, false)};
  if (what == "end") return End{text(json, "why", 40), number(json, "at", kMostTime)};
  throw Wrong{"\"do\" is \"" + what + "\", which is nothing of this form"};
}

Json object(std::string_view line) {
  if (line.size() > kMaxLine) throw Wrong{"is longer than " + std::to_string(kMaxLine) + " bytes"};
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) throw Wrong{"is no JSON object"};
  return json;
}

Header header(const Json& json) {
  if (!json.contains("transcript")) throw Wrong{"is no transcript: it must begin with {\"transcript\":1,..."};
  if (number(json, "transcript", 1'000'000) != kForm)
    throw Wrong{"is of another form; this station reads form " + std::to_string(kForm)};
  Header it;
  const std::string shown = text(json, "bytes", 40);
  if (shown != "commands" && shown != "whole") throw Wrong{"\"bytes\" must be commands or whole"};
  it.whole = shown == "whole";
  it.descriptors = bytes_of_hex(text(json, "descriptors", 1 << 15));
  return it;
}

Json json_of(const Call& call) {
  Json json{{"do", "call"}, {"call", call.name}, {"at", call.at_us}};
  if (!call.driver.empty()) json["driver"] = call.driver;
  if (call.quirks != 0) json["quirks"] = call.quirks;
  for (const auto& [name, picture] : {std::pair("front", call.front), std::pair("back", call.back)})
    if (picture.width != 0)
      json[name] = {{"width", picture.width}, {"height", picture.height}, {"dpi", picture.dpi}};
  return json;
}

Json json_of(const Ended& ended) {
  Json json{{"do", "ended"},
            {"call", ended.name},
            {"at", ended.at_us},
            {"code", name_of_code(ended.code)},
            {"outcome", ended.outcome},
            {"card-at", ended.card_at},
            {"counter-before", ended.counter_before},
            {"counter-after", ended.counter_after}};
  if (!ended.message.empty()) json["message"] = ended.message;
  return json;
}

Json json_of(const Transfer& it) {
  Json json{{"n", it.number}, {"do", to_string(it.kind)}, {"at", it.at_us}, {"took", it.took_us}};
  const bool control = it.kind == Kind::control_in || it.kind == Kind::control_out;
  if (!control) json["endpoint"] = it.endpoint;
  if (control) {
    json["request-type"] = it.setup.request_type;
    json["request"] = it.setup.request;
    json["value"] = it.setup.value;
    json["index"] = it.setup.index;
  }
  if (it.kind != Kind::clear_halt) {
    if (it.hidden) {
      json["at-most"] = it.length;
      json["hidden"] = *it.hidden;
    } else {
      json["length"] = it.length;
      put_bytes(json, it.bytes);
    }
    if (it.done) json["done"] = *it.done;
  }
  json["code"] = name_of_code(it.code);
  return json;
}

Json json_of(const End& end) {
  return {{"do", "end"}, {"why", end.why}, {"at", end.at_us}};
}

/// As many digits in a row as only a person's number has.
bool names_a_person(std::span<const std::uint8_t> bytes) {
  std::size_t digits = 0;
  for (const std::uint8_t byte : bytes) {
    digits = byte >= '0' && byte <= '9' ? digits + 1 : 0;
    if (digits >= kDigitsOfAPerson) return true;
  }
  return false;
}

}  // namespace

bool is_in(Kind kind) {
  return kind == Kind::bulk_in || kind == Kind::interrupt_in || kind == Kind::control_in;
}

std::string_view to_string(Kind kind) {
  for (const auto& [value, name] : kKinds)
    if (value == kind) return name;
  return "?";
}

std::string name_of_code(int code) {
  for (const auto& [value, name] : kCodes)
    if (value == code) return std::string(name);
  return "code-" + std::to_string(std::max(code, 0));
}

std::string line_of(const Header& header) {
  return written({{"transcript", kForm},
                  {"bytes", header.whole ? "whole" : "commands"},
                  {"descriptors", hex_of(header.descriptors)}});
}

std::string line_of(const Entry& entry) {
  return written(std::visit([](const auto& it) { return json_of(it); }, entry));
}

std::expected<Transcript, std::string> parse(std::string_view text) {
  if (text.size() > kMaxFile)
    return std::unexpected("the transcript is larger than " + std::to_string(kMaxFile >> 20) + " MiB");
  Transcript transcript;
  std::size_t line = 0;
  std::uint64_t last = 0;
  bool ended = false;
  try {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t stop = text.find('\n', at);
      if (stop == std::string_view::npos) break;
      ++line;
      const Json json = object(text.substr(at, stop - at));
      at = stop + 1;
      if (line == 1) {
        transcript.header = header(json);
        continue;
      }
      if (ended) throw Wrong{"comes after the end"};
      if (transcript.entries.size() >= kMaxEntries)
        throw Wrong{"is one too many; allowed are " + std::to_string(kMaxEntries)};
      Entry it = entry(json);
      if (const auto* passed = std::get_if<Transfer>(&it); passed != nullptr && passed->number != ++last)
        throw Wrong{"is transfer " + std::to_string(passed->number) + " where " + std::to_string(last) +
                    " must follow"};
      ended = std::holds_alternative<End>(it);
      transcript.entries.push_back(std::move(it));
    }
  } catch (const Wrong& wrong) {
    return std::unexpected("line " + std::to_string(line) + " " + wrong.what);
  } catch (const std::exception& error) {
    return std::unexpected("line " + std::to_string(line) + ": " + error.what());
  }
  if (line == 0) return std::unexpected("is no transcript: it has not one whole line");
  return transcript;
}

std::string readable(std::span<const std::uint8_t> bytes) {
  std::string text = "\"";
  for (const std::uint8_t byte : bytes.first(std::min(bytes.size(), kReadable))) {
    if (byte == '\r') {
      text += "\\r";
    } else if (byte >= 0x20 && byte < 0x7F) {
      text += static_cast<char>(byte);
    } else {
      text += "\\x";
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
  }
  return text + (bytes.size() > kReadable ? "...\"" : "\"");
}

std::string describe(const Transfer& it) {
  std::string words(to_string(it.kind));
  if (it.kind == Kind::control_in || it.kind == Kind::control_out)
    words += " " + std::to_string(it.setup.request_type) + "/" + std::to_string(it.setup.request) + "/" +
             std::to_string(it.setup.value) + "/" + std::to_string(it.setup.index);
  else
    words += " endpoint " + std::to_string(it.endpoint);
  if (it.kind == Kind::clear_halt) return words;
  if (it.hidden) return words + ", hidden bytes";
  words += ", " + std::to_string(it.length) + " bytes";
  return is_in(it.kind) ? words + " asked for" : words + " " + readable(it.bytes);
}

bool Discretion::hides(Kind kind, std::span<const std::uint8_t> bytes, std::size_t done) {
  if (is_in(kind)) {
    if (!bytes.empty()) picture_ = false;  // an answer: what was sent before it is over
    return !whole_ && (bytes.size() > kShownIn || names_a_person(bytes));
  }
  if (bytes.empty() || whole_) return false;
  const bool command =
      bytes.size() <= kShownOut && std::ranges::all_of(bytes, plain) && !names_a_person(bytes);
  if (command && !picture_ && !unfinished_) return false;
  picture_ = true;
  unfinished_ = done < bytes.size();
  return true;
}

}  // namespace ktp::transcript
