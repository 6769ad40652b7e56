// SPDX-License-Identifier: Apache-2.0
#include "ledger/exported_log.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "ledger/key_chain.hpp"
#include "ledger/signed_head.hpp"
#include "ledger/tree.hpp"

namespace ktp::ledger {

namespace {

constexpr std::size_t kMostLine = 1u << 20;
constexpr std::size_t kMostSmallFile = 4096;

std::unexpected<Error> unreadable(const std::filesystem::path& file) {
  return fail(ErrorCode::input_missing, "cannot read " + file.string());
}

Result<std::string> small_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kMostSmallFile + 1, '\0');
  if (!in) return unreadable(file);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return unreadable(file);
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

// JSON allows a key twice and parsers then disagree about its meaning; the log does not allow it.
bool repeats_a_key(const std::string& text) {
  std::vector<std::set<std::string>> open;
  bool twice = false;
  const auto look = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    if (event == nlohmann::json::parse_event_t::object_start) open.emplace_back();
    if (event == nlohmann::json::parse_event_t::object_end && !open.empty()) open.pop_back();
    if (event == nlohmann::json::parse_event_t::key && !open.empty())
      twice = !open.back().insert(parsed.get<std::string>()).second || twice;
    return true;
  };
  return nlohmann::json::parse(text, look, false).is_discarded() || twice;
}

std::optional<std::string> difference_in_line(const std::string& text, std::uint64_t seq,
                                              std::string& last_time) {
  const auto line = nlohmann::json::parse(text, nullptr, false);
  if (!line.is_object()) return "is not one JSON object";
  if (repeats_a_key(text)) return "has a key twice";
  const auto said = line.find("seq");
  if (said == line.end() || !said->is_number_unsigned() || said->get<std::uint64_t>() != seq)
    return "seq must be " + std::to_string(seq);
  for (const char* key : {"time", "type", "actor"})
    if (const auto value = line.find(key); value == line.end() || !value->is_string())
      return std::string("has no ") + key;
  const auto time = line["time"].get<std::string>();
  if (!time.ends_with('Z')) return "time must be UTC, ending in Z";
  if (time < last_time) return "time goes back";
  last_time = time;
  return std::nullopt;
}

// The lines of one type; what is wrong with any of them is for the reading of all to say.
Result<std::vector<std::string>> lines_with(const std::filesystem::path& file, const char* type) {
  std::ifstream events(file, std::ios::binary);
  if (!events) return unreadable(file);
  const std::string mark = std::string("\"") + type + "\"";
  std::vector<std::string> lines;
  std::string line(kMostLine + 2, '\0');
  while (events.getline(line.data(), static_cast<std::streamsize>(line.size()))) {
    const std::string_view text(line.data(),
                                static_cast<std::size_t>(events.gcount()) - (events.eof() ? 0 : 1));
    if (text.find(mark) == std::string_view::npos) continue;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_object() && json.contains("type") && json["type"] == type) lines.emplace_back(text);
  }
  return lines;
}

}  // namespace

Result<std::optional<std::string>> verify_export(const std::filesystem::path& folder,
                                                 const VerifyAgainst& against) {
  using Difference = std::optional<std::string>;
  const auto key_line = small_file(folder / "key"), checkpoint = small_file(folder / "checkpoint");
  if (!key_line) return std::unexpected(key_line.error());
  if (!checkpoint) return std::unexpected(checkpoint.error());
  const auto verifier = HeadVerifier::from_line(*key_line);
  if (!verifier) return Difference(verifier.error().message);
  const auto rotations = lines_with(folder / "events.jsonl", kHeadKeyRotated);
  if (!rotations) return std::unexpected(rotations.error());
  const auto chain = KeyChain::read(*rotations, *verifier);
  if (!chain) return Difference(chain.error().message);
  if (!against.key.empty()) {
    const auto published = HeadVerifier::from_line(against.key);
    if (!published) return Difference("published " + published.error().message);
    if (!chain->holds(*published)) return Difference("key: is not the one that was published");
  }
  const auto head = open_checkpoint(*checkpoint, *verifier);
  if (!head) return Difference(head.error().message);
  std::vector<Head> kept = chain->endorsed();
  for (const std::string& text : against.checkpoints) {
    auto opened = chain->open(text);
    if (!opened) return Difference("given " + opened.error().message);
    if (opened->size > head->size)
      return Difference("given checkpoint: is over more events than the log has");
    kept.push_back(*opened);
  }

  std::ifstream events(folder / "events.jsonl", std::ios::binary);
  if (!events) return unreadable(folder / "events.jsonl");
  TreeEdge edge;
  std::string line(kMostLine + 2, '\0'), last_time;
  const auto look_back = [&]() -> Difference {
    for (const Head& earlier : kept)
      if (earlier.size == edge.size() && earlier.root != edge.root())
        return "the first " + std::to_string(earlier.size) + " events are not those of a given checkpoint";
    return std::nullopt;
  };
  if (auto changed = look_back()) return changed;
  while (true) {
    events.getline(line.data(), static_cast<std::streamsize>(line.size()));
    const auto got = static_cast<std::size_t>(events.gcount());
    if (events.bad()) return unreadable(folder / "events.jsonl");
    if (got == 0 && events.eof()) break;
    const std::string where = "events.jsonl:" + std::to_string(edge.size() + 1) + ": ";
    if (events.eof()) return Difference(where + "the last line does not end");
    if (events.fail()) return Difference(where + "the line is longer than 1 MiB");
    const std::string text(line.data(), got - 1);
    if (auto wrong = difference_in_line(text, edge.size() + 1, last_time)) return Difference(where + *wrong);
    edge.add(leaf_hash(text));
    if (auto changed = look_back()) return changed;
  }
  if (edge.size() != head->size)
    return Difference("the checkpoint is over " + std::to_string(head->size) + " events, the file has " +
                      std::to_string(edge.size()));
  if (edge.root() != head->root)
    return Difference("a line was changed: the tree does not fit the checkpoint");
  return Difference();
}

}  // namespace ktp::ledger
