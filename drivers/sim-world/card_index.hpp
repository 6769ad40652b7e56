// SPDX-License-Identifier: Apache-2.0
// WORLD/.cards: what the <n>.json files say, one line a card, so that opening a world of 100,000 cards need
// not read as many files. Only a cache: whatever it lacks is read from the cards themselves.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "sim-world/files.hpp"

namespace sim {

enum class State : std::uint8_t { fed, printed, spoiled };

/// The content of <n>.json. `fed` is never on disk: the card is in the machine and nothing is decided.
struct CardText {
  std::string uid;
  std::string token;
  State state = State::fed;
};

/// <n>.json as text, and back; Trouble(io) naming the file when it is not what it should be.
[[nodiscard]] std::string to_json(std::uint64_t number, const CardText& card);
[[nodiscard]] CardText read_card(const std::filesystem::path& file, std::uint64_t number);

/// Letters, digits, - and _, 1 to 64 of them.
[[nodiscard]] bool good_token(std::string_view token);

class CardIndex {
 public:
  CardIndex(const Files& files, const std::filesystem::path& world)
      : files_(files), file_(world / ".cards") {}

  /// Every whole line; a line cut by a crash, or anything strange, is as good as absent.
  [[nodiscard]] std::map<std::uint64_t, CardText> load();
  /// True when load() found the file whole, so that it may be appended to.
  [[nodiscard]] bool whole() const { return whole_; }
  void add(std::uint64_t number, const CardText& card);
  void rewrite(const std::map<std::uint64_t, CardText>& cards);

 private:
  const Files& files_;
  std::filesystem::path file_;
  bool whole_ = true;
};

}  // namespace sim
