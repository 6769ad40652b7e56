// SPDX-License-Identifier: Apache-2.0
#include "drivers/world_check.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "drivers/plugin_host.hpp"
#include "sim-world/png_file.hpp"

namespace drivers_test {
namespace {

// "12-front.png" -> 12 and "-front.png"; "" for a name that no card has.
std::string split(const std::string& name, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || number == 0 || name[0] == '0') return "";
  const std::string ending(end, name.data() + name.size());
  return ending == "-front.png" || ending == "-back.png" || ending == ".json" ? ending : "";
}

}  // namespace

std::map<std::uint64_t, WorldCheck::Card> WorldCheck::operator()(
    const std::function<std::uint8_t(const std::string&, sim::Side)>& colour_of) {
  std::map<std::uint64_t, Card> cards;
  std::map<std::uint64_t, std::map<std::string, std::string>> parts;  // number -> ending -> place
  std::map<std::string, std::string> files;
  std::vector<std::string> places = {"inside", "at-camera"};
  for (const auto& bin : fs::directory_iterator(world_ / "bins"))
    places.push_back("bins/" + bin.path().filename().string());
  EXPECT_EQ(places.size(), 7u);
  for (const std::string& place : places) {
    for (const auto& entry : fs::directory_iterator(world_ / place)) {
      const std::string name = entry.path().filename().string();
      EXPECT_FALSE(name.starts_with(".")) << "left behind: " << place << "/" << name;
      std::uint64_t number = 0;
      const std::string ending = split(name, number);
      if (ending.empty()) {
        ADD_FAILURE() << "strange file " << name;
        continue;
      }
      std::string& where = parts[number][ending];
      EXPECT_EQ(where, "") << name << " is there twice";
      where = place;
      files[name] = read_text(entry.path());
    }
  }
  for (const auto& entry : fs::directory_iterator(world_)) {
    const std::string name = entry.path().filename().string();
    EXPECT_FALSE(name.starts_with(".new-")) << "left behind: " << name;
    if (entry.is_regular_file() && name != "hopper.json") {
      EXPECT_TRUE(name.starts_with(".")) << name;
    }
  }
  for (const auto& [name, content] : seen_) {
    EXPECT_TRUE(files.contains(name)) << name << " has gone";
    EXPECT_EQ(files[name], content) << name << " was changed";
  }
  seen_ = files;

  std::set<std::string> uids, tokens;
  std::uint64_t expected = 1;
  for (const auto& [number, endings] : parts) {
    EXPECT_EQ(number, expected++) << "a gap";
    EXPECT_EQ(endings.size(), 3u) << "card " << number << " is not whole";
    if (endings.size() != 3) continue;
    const std::string place = endings.begin()->second;
    for (const auto& [ending, where] : endings)
      EXPECT_EQ(where, place) << "card " << number << " lies in two places";
    const std::string base = std::to_string(number);
    const auto json = nlohmann::json::parse(files[base + ".json"]);
    EXPECT_EQ(json.size(), 4u);
    EXPECT_EQ(json.at("n"), number);
    const Card card{json.at("uid"), json.at("token"), json.at("state"), place};
    EXPECT_EQ(card.uid.size(), 14u);
    EXPECT_TRUE(card.uid.starts_with("04")) << card.uid;
    EXPECT_EQ(card.uid.find_first_not_of("0123456789ABCDEF"), std::string::npos) << card.uid;
    EXPECT_TRUE(uids.insert(card.uid).second) << "the same UID twice";
    EXPECT_TRUE(tokens.insert(card.token).second) << "the same token twice";
    EXPECT_TRUE(card.state == "printed" || card.state == "spoiled");
    for (const sim::Side side : {sim::Side::front, sim::Side::back}) {
      const std::string& png = files[base + (side == sim::Side::front ? "-front.png" : "-back.png")];
      const sim::Picture face =
          sim::decode_png({reinterpret_cast<const std::uint8_t*>(png.data()), png.size()});
      if (!colour_of) continue;
      const int grey = face.rgb[0];
      const int right = colour_of(card.token, side);
      EXPECT_TRUE(grey == right || (grey == 255 && card.state == "spoiled"))
          << "card " << number << " shows " << grey;
    }
    cards[number] = card;
  }
  const auto hopper = nlohmann::json::parse(read_text(world_ / "hopper.json"));
  EXPECT_EQ(hopper.at("left").get<std::uint64_t>() + parts.size(), blanks_) << "a blank was lost or born";
  return cards;
}

}  // namespace drivers_test
