// SPDX-License-Identifier: Apache-2.0
#include "sim-world/card_index.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "sim-world/trouble.hpp"

namespace sim {
namespace {

std::string line_of(std::uint64_t number, const CardText& card) {
  return std::to_string(number) + (card.state == State::printed ? " P " : " S ") + card.uid + " " +
         card.token + "\n";
}

bool parse_line(std::string_view line, std::uint64_t& number, CardText& card) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc{} || number == 0) return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (!line.starts_with(" P ") && !line.starts_with(" S ")) return false;
  card.state = line[1] == 'P' ? State::printed : State::spoiled;
  line.remove_prefix(3);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  card.uid = line.substr(0, space);
  card.token = line.substr(space + 1);
  return true;
}

}  // namespace

bool good_token(std::string_view token) {
  if (token.empty() || token.size() > 64) return false;
  for (const char c : token) {
    const bool good =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    if (!good) return false;
  }
  return true;
}

std::string to_json(std::uint64_t number, const CardText& card) {
  nlohmann::ordered_json json;
  json["n"] = number;
  json["uid"] = card.uid;
  json["token"] = card.token;
  json["state"] = card.state == State::printed ? "printed" : "spoiled";
  return json.dump() + "\n";
}

CardText read_card(const std::filesystem::path& file, std::uint64_t number) {
  const std::vector<std::uint8_t> data = read_file(file, 1 << 16);
  const auto json = nlohmann::json::parse(data.begin(), data.end(), nullptr, false);
  const auto text = [&](const char* key) {
    if (!json.is_object() || !json.contains(key) || !json[key].is_string())
      throw Trouble(Kind::io, file.string() + ": \"" + key + "\" is missing");
    return json[key].get<std::string>();
  };
  CardText card{text("uid"), text("token"), State::spoiled};
  if (!json.contains("n") || json["n"] != number)
    throw Trouble(Kind::io, file.string() + ": \"n\" is not the file's number");
  const std::string state = text("state");
  if (state != "printed" && state != "spoiled")
    throw Trouble(Kind::io, file.string() + ": unknown state " + state);
  if (state == "printed") card.state = State::printed;
  return card;
}

std::map<std::uint64_t, CardText> CardIndex::load() {
  std::map<std::uint64_t, CardText> cards;
  whole_ = true;
  std::vector<std::uint8_t> data;
  try {
    data = read_file(file_, std::uint64_t{1} << 30);
  } catch (const Trouble& trouble) {
    if (trouble.kind() != Kind::not_found) throw;
    return cards;
  }
  std::string_view rest(reinterpret_cast<const char*>(data.data()), data.size());
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    std::uint64_t number = 0;
    CardText card;
    if (end == std::string_view::npos || !parse_line(rest.substr(0, end), number, card)) {
      whole_ = false;
      if (end == std::string_view::npos) break;
    } else {
      cards.insert_or_assign(cards.end(), number, std::move(card));
    }
    rest.remove_prefix(end + 1);
  }
  return cards;
}

void CardIndex::add(std::uint64_t number, const CardText& card) {
  files_.append(file_, line_of(number, card));
}

void CardIndex::rewrite(const std::map<std::uint64_t, CardText>& cards) {
  std::string text;
  for (const auto& [number, card] : cards) text += line_of(number, card);
  files_.replace(file_, bytes(text));
}

}  // namespace sim
