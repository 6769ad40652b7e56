// SPDX-License-Identifier: Apache-2.0
#include "ledger/key_chain.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ktp::ledger {

namespace {

constexpr std::string_view kFirstLine = "ktp-station key\n";

std::string text_of(const nlohmann::json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string endorsement_text(const HeadVerifier& next, const Head& before) {
  return std::string(kFirstLine) + next.to_line() + "\n" + checkpoint_text(next.name, before);
}

Result<KeyChain> KeyChain::read(const std::vector<std::string>& rotations, const HeadVerifier& last) {
  KeyChain chain;
  for (const std::string& text : rotations) {
    const auto line = nlohmann::json::parse(text, nullptr, false);
    const auto said = line.is_object() ? line.find("seq") : line.end();
    if (!line.is_object() || said == line.end() || !said->is_number_unsigned() ||
        said->get<std::uint64_t>() == 0)
      return fail(ErrorCode::bad_data, "a change of the signing key is not an event of this log");
    const auto seq = said->get<std::uint64_t>();
    const auto bad = [&](const std::string& why) {
      return fail(ErrorCode::bad_data, "event " + std::to_string(seq) + " (" + kHeadKeyRotated + "): " + why);
    };
    const auto before = HeadVerifier::from_line(text_of(line, "old_key")),
               next = HeadVerifier::from_line(text_of(line, "key"));
    if (!before) return bad("old_" + before.error().message);
    if (!next) return bad(next.error().message);
    if (before->name != next->name) return bad("the log's name may not change with its key");
    if (chain.links_.empty())
      chain.links_.push_back({*before, 0});
    else if (chain.links_.back().key != *before)
      return bad("the key before it is not the one that signed until then");
    if (seq <= chain.links_.back().from) return bad("comes before the change before it");
    const auto note = open_note(text_of(line, "endorsement"), *before);
    if (!note) return bad("the endorsement " + note.error().message);
    const auto head =
        note->starts_with(std::string(kFirstLine) + next->to_line() + "\n")
            ? read_checkpoint_text(note->substr(kFirstLine.size() + next->to_line().size() + 1), *next)
            : Result<Head>(fail(ErrorCode::bad_data, "names another key"));
    if (!head) return bad("the endorsement " + head.error().message);
    if (head->size + 1 != seq) return bad("the endorsement is of another moment");
    chain.endorsed_.push_back(*head);
    chain.links_.push_back({*next, seq});
  }
  if (chain.links_.empty()) chain.links_.push_back({last, 0});
  if (chain.links_.back().key != last)
    return fail(ErrorCode::bad_data, "the log was signed by another key than the last one it names");
  return chain;
}

bool KeyChain::holds(const HeadVerifier& key) const {
  return std::ranges::any_of(links_, [&](const Link& link) { return link.key == key; });
}

Result<Head> KeyChain::open(std::string_view checkpoint) const {
  Result<Head> first = fail(ErrorCode::bad_data, "");
  for (std::size_t i = links_.size(); i-- > 0;) {
    auto head = open_checkpoint(checkpoint, links_[i].key);
    if (i + 1 == links_.size()) first = head;
    if (!head) continue;
    if (head->size < links_[i].from)
      return fail(ErrorCode::bad_data, "checkpoint: is over " + std::to_string(head->size) +
                                           " events, but signed by a key that came with event " +
                                           std::to_string(links_[i].from));
    if (i + 1 < links_.size() && head->size >= links_[i + 1].from)
      return fail(ErrorCode::bad_data, "checkpoint: is over " + std::to_string(head->size) +
                                           " events, but signed by a key that was replaced with event " +
                                           std::to_string(links_[i + 1].from));
    return head;
  }
  return first;
}

}  // namespace ktp::ledger
