// SPDX-License-Identifier: Apache-2.0
#include "sim-world/world.hpp"

#include <unistd.h>

#include <set>

#include "sim-world/png_file.hpp"
#include "sim-world/trouble.hpp"

namespace sim {
namespace {

std::string face_ending(Side side) {
  return std::string("-") + to_string(side) + ".png";
}

std::string card_name(std::uint64_t number) {
  return "card " + std::to_string(number);
}

// The folders have to be there before the lock and the hopper can be.
const fs::path& prepare(const Files& files, const fs::path& world) {
  files.make_folder(world);
  return world;
}

}  // namespace

World::World(WorldOptions options)
    : options_(std::move(options)),
      files_(options_.before_change),
      lock_(std::in_place, prepare(files_, options_.folder), options_.wait_a_little),
      hopper_(files_, options_.folder, options_.blanks),
      index_(files_, options_.folder) {
  std::set<std::string> places = {"", kInside, kAtCamera};
  for (const char* bin : kBins) places.insert(bin_folder(bin));
  for (const std::string& place : places) {
    files_.make_folder(options_.folder / place);
    files_.clean(options_.folder / place);
  }
  recover();
}

void World::warn(const std::string& text) const {
  if (options_.warn) options_.warn(text);
}

fs::path World::in(const std::string& place, std::uint64_t number, std::string_view ending) const {
  return options_.folder / place / (std::to_string(number) + std::string(ending));
}

fs::path World::face_file(const Card& card, Side side) const {
  return in(card.place, card.number, face_ending(side));
}

void World::recover() {
  std::map<std::uint64_t, Parts> found = scan(options_.folder);
  std::map<std::uint64_t, CardText> remembered = index_.load();
  std::map<std::uint64_t, CardText> texts;
  bool index_good = index_.whole();
  cards_.clear();
  by_token_.clear();

  // A blank left the hopper, and the process ended before anything of the card was on disk.
  static_cast<void>(hopper_.left());  // reads `last` anew as well
  const std::optional<Blank> last = hopper_.last();
  const std::uint64_t largest = found.empty() ? 0 : found.rbegin()->first;
  if (last && last->number == largest + 1) found.emplace(last->number, Parts{});
  if (last && last->number > largest + 1)
    warn("hopper.json says that blank " + std::to_string(last->number) + " left, but the last card is " +
         std::to_string(largest));

  for (auto& [number, parts] : found) {
    if (parts.json.empty()) {
      const bool known = last && last->number == number;
      finish_fed(known ? *last : Blank{number, hopper_.uid_of(number), ""}, parts);
      parts = {kInside, kInside, kInside};
    } else if (parts.front != parts.json || parts.back != parts.json) {
      complete_move(number, parts);
      const std::string target = parts.front != parts.json && !parts.front.empty() ? parts.front : parts.back;
      if (!target.empty()) parts.json = target;
    }
    const auto cached = remembered.find(number);
    if (cached == remembered.end()) index_good = false;
    CardText text = cached != remembered.end() ? std::move(cached->second)
                                               : read_card(in(parts.json, number, ".json"), number);
    if (!text.token.empty()) by_token_.emplace(text.token, number);
    cards_.emplace_hint(cards_.end(), number, Known{text, parts.json});
    texts.emplace_hint(texts.end(), number, std::move(text));
  }
  if (!index_good || remembered.size() != texts.size()) index_.rewrite(texts);
  unsettled_ = false;
}

void World::complete_move(std::uint64_t number, const Parts& parts) {
  // A picture that is not where the json is, was moved ahead of it: its folder is where the card was going.
  const bool front_ahead = !parts.front.empty() && parts.front != parts.json;
  const bool back_ahead = !parts.back.empty() && parts.back != parts.json;
  if (parts.front.empty() || parts.back.empty()) warn(card_name(number) + " lacks a picture");
  if (!front_ahead && !back_ahead) return;
  if (front_ahead && back_ahead && parts.front != parts.back)
    throw Trouble(Kind::io, card_name(number) + " lies in three places");
  const std::string& target = front_ahead ? parts.front : parts.back;
  if (parts.front == parts.json)
    files_.move(in(parts.json, number, "-front.png"), in(target, number, "-front.png"));
  if (parts.back == parts.json)
    files_.move(in(parts.json, number, "-back.png"), in(target, number, "-back.png"));
  files_.move(in(parts.json, number, ".json"), in(target, number, ".json"));
  warn(card_name(number) + ": completed an interrupted move to " + target);
}

void World::finish_fed(const Blank& blank, const Parts& parts) {
  if (parts.front.empty()) write_white(blank.number, Side::front);
  if (parts.back.empty()) write_white(blank.number, Side::back);
  const CardText text{blank.uid, blank.token, State::spoiled};
  files_.write_new(in(kInside, blank.number, ".json"), bytes(to_json(blank.number, text)));
  warn(card_name(blank.number) + ": spoiled, the printer stopped while it was inside");
}

void World::write_white(std::uint64_t number, Side side) {
  const Picture white(card_pixels(kCardWidthMm, options_.dpi), card_pixels(kCardHeightMm, options_.dpi), 255);
  files_.write_new(in(kInside, number, face_ending(side)), encode_png(white.view(), options_.dpi));
}

void World::settle() {
  if (unsettled_) recover();
  unsettled_ = true;  // until the caller's change is through
}

Blank World::feed(const std::string& token) {
  if (!good_token(token)) throw Trouble(Kind::bad_input, "token must be 1 to 64 letters or digits");
  settle();
  // A card left unfinished would lose its token once hopper.json names the next one.
  if (!cards_.empty() && cards_.rbegin()->second.text.state == State::fed) recover();
  unsettled_ = true;
  if (by_token_.contains(token)) {
    unsettled_ = false;
    throw Trouble(Kind::bad_input, "a card was fed for this token before; a job is printed once");
  }
  if (hopper_.left() == 0) {
    unsettled_ = false;
    throw Trouble(Kind::empty, "no blank left in the hopper");
  }
  const Blank blank = hopper_.take(taken() + 1, token);
  cards_.emplace(blank.number, Known{{blank.uid, token, State::fed}, kInside});
  by_token_.emplace(token, blank.number);
  unsettled_ = false;
  return blank;
}

void World::put_face(std::uint64_t number, Side side, const View& picture) {
  files_.write_new(in(kInside, number, face_ending(side)), encode_png(picture, options_.dpi));
}

void World::finish(std::uint64_t number, State state) {
  const auto known = cards_.find(number);
  if (known == cards_.end() || known->second.text.state != State::fed)
    throw Trouble(Kind::bad_input, card_name(number) + " is not in the middle of a print");
  CardText text = known->second.text;
  text.state = state;
  for (const Side side : {Side::front, Side::back})
    if (::access(in(kInside, number, face_ending(side)).c_str(), F_OK) != 0) write_white(number, side);
  files_.write_new(in(kInside, number, ".json"), bytes(to_json(number, text)));
  known->second.text = text;
  index_.add(number, text);
}

void World::move(std::uint64_t number, const std::string& place) {
  settle();
  const auto known = cards_.find(number);
  if (known == cards_.end() || known->second.text.state == State::fed) {
    unsettled_ = false;
    throw Trouble(Kind::bad_input, card_name(number) + " cannot be moved now");
  }
  const std::string from = known->second.place;
  if (from != place) {
    for (const char* ending : {"-front.png", "-back.png", ".json"})
      files_.move(in(from, number, ending), in(place, number, ending));
    known->second.place = place;
  }
  unsettled_ = false;
}

std::optional<World::Card> World::find(const std::string& token) {
  const auto number = by_token_.find(token);
  return number == by_token_.end() ? std::nullopt : find(number->second);
}

std::optional<World::Card> World::find(std::uint64_t number) {
  auto known = cards_.find(number);
  if (known == cards_.end()) return std::nullopt;
  // Somebody may have moved the card by hand; the folder is right, memory is not.
  if (known->second.text.state != State::fed &&
      ::access(in(known->second.place, number, ".json").c_str(), F_OK) != 0) {
    recover();
    known = cards_.find(number);
    if (known == cards_.end()) return std::nullopt;
  }
  return Card{number, known->second.text, known->second.place};
}

}  // namespace sim
