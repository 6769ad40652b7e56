// SPDX-License-Identifier: Apache-2.0
#include "sim-world/hopper.hpp"

#include <sys/random.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "sim-world/random.hpp"
#include "sim-world/trouble.hpp"

namespace sim {
namespace {

using Json = nlohmann::ordered_json;

std::uint64_t nonce() {
  std::uint64_t value = 0;
  while (value == 0)
    if (::getrandom(&value, sizeof value, 0) != sizeof value)
      throw Trouble(Kind::io, "no random numbers from the system");
  return value;
}

}  // namespace

Hopper::Hopper(const Files& files, const fs::path& world, std::uint64_t blanks)
    : files_(files), file_(world / "hopper.json"), text_("{}") {
  std::error_code ignored;
  if (fs::exists(file_, ignored)) {
    read();
  } else {
    lot_ = nonce();
    write(blanks, std::nullopt);
  }
  if (lot_ == 0) {
    lot_ = nonce();
    write(left_, last_);
  }
}

std::uint64_t Hopper::left() {
  read();
  return left_;
}

void Hopper::read() {
  const std::vector<std::uint8_t> data = read_file(file_, 1 << 20);
  const std::string text(data.begin(), data.end());
  const Json json = Json::parse(text, nullptr, false);
  const auto wrong = [&](const char* what) { return Trouble(Kind::io, file_.string() + ": " + what); };
  if (!json.is_object()) throw wrong("not a JSON object");
  if (!json.contains("left") || !json["left"].is_number_integer() || json["left"].get<std::int64_t>() < 0)
    throw wrong("\"left\" must be a whole number, 0 or more");
  left_ = json["left"].get<std::uint64_t>();
  text_ = text;
  // A hopper.json written by somebody else has neither lot nor last: the lot we know goes on.
  if (json.contains("lot") && json["lot"].is_string())
    lot_ = std::strtoull(json["lot"].get<std::string>().c_str(), nullptr, 16);
  last_.reset();
  if (json.contains("last") && json["last"].is_object()) {
    const Json& last = json["last"];
    const auto text_of = [&](const char* key) {
      return last.contains(key) && last[key].is_string() ? last[key].get<std::string>() : "";
    };
    if (last.contains("n") && last["n"].is_number_unsigned())
      last_ = Blank{last["n"].get<std::uint64_t>(), text_of("uid"), text_of("token")};
  }
}

void Hopper::write(std::uint64_t left, const std::optional<Blank>& last) {
  Json json = Json::parse(text_);
  json["left"] = left;
  char lot[17];
  std::snprintf(lot, sizeof lot, "%016llx", static_cast<unsigned long long>(lot_));
  json["lot"] = lot;
  if (last) json["last"] = {{"n", last->number}, {"uid", last->uid}, {"token", last->token}};
  const std::string text = json.dump() + "\n";
  files_.replace(file_, bytes(text));
  text_ = text;
  left_ = left;
  last_ = last;
}

Blank Hopper::take(std::uint64_t number, const std::string& token) {
  read();
  if (left_ == 0) throw Trouble(Kind::empty, "no blank left in the hopper");
  Blank blank{number, uid_of(number), token};
  write(left_ - 1, blank);
  return blank;
}

std::string Hopper::uid_of(std::uint64_t number) const {
  // Each round maps 48 bits one to one, so numbers of one lot never share a UID; the lot decides which.
  constexpr std::uint64_t kMask = (std::uint64_t{1} << 48) - 1;
  std::uint64_t x = number & kMask;
  for (std::uint64_t round = 0; round < 3; ++round) {
    const std::uint64_t key = mix_all({lot_, round});
    x = (x * (key | 1) + (key >> 16)) & kMask;
    x ^= x >> 23;
  }
  char uid[15];
  std::snprintf(uid, sizeof uid, "04%012llX", static_cast<unsigned long long>(x));
  return uid;
}

}  // namespace sim
