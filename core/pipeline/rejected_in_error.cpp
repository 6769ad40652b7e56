// SPDX-License-Identifier: Apache-2.0
#include "pipeline/rejected_in_error.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "domain/words.hpp"
#include "pipeline/evidence.hpp"

namespace ktp::pipeline {

namespace {

using inspection::CardMeasures;
using nlohmann::json;

constexpr std::size_t kMostInSet = 40;
// Events of a card from its blank to its bin are some eleven; looks and box events come on top.
constexpr std::uint64_t kEventsACard = 30;
constexpr std::size_t kMostReplayed = 60;

std::string text(const json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

struct Inspected {
  std::string card, profile;
  CardMeasures measures;
  bool stored = false;   // the scores are there
  bool content = false;  // a finding of content or one that nobody can tell
};

bool is_damage(const std::string& kind) {
  return !kind.starts_with("wrong-") && !kind.starts_with("unclear-") && !kind.starts_with("missing-text") &&
         kind != "no-picture" && kind != "no-card" && kind != "card-cut-off" && kind != "unreadable-picture";
}

struct LastCards {
  std::vector<Inspected> cards;  // the newest last, each once
  std::map<std::string, std::string> verdict, decided;
};

void hear(const json& event, LastCards& last) {
  const std::string type = text(event, "type"), card = text(event, "card");
  if (type == "inspected") {
    Inspected seen{.card = card, .profile = text(event, "profile"), .measures = {}};
    if (const auto stored = event.find("measures"); stored != event.end() && stored->is_object()) {
      seen.stored = true;
      for (const auto& [name, score] : stored->items())
        if (score.is_number()) seen.measures[name] = score.get<double>();
    }
    if (const auto findings = event.find("findings"); findings != event.end() && findings->is_array())
      for (const json& finding : *findings)
        if (finding.is_object() && !is_damage(text(finding, "kind"))) seen.content = true;
    std::erase_if(last.cards, [&](const Inspected& one) { return one.card == card; });
    last.cards.push_back(std::move(seen));
    if (last.cards.size() > kLastCards) last.cards.erase(last.cards.begin());
  } else if (type == "judged") {
    last.verdict[card] = text(event, "verdict");
    last.decided.erase(card);
  } else if (type == "reviewed") {
    last.decided[card] = last.verdict[card];
  } else if (type == "overridden") {
    if (event.value("taken_back", false))
      last.decided.erase(card);
    else
      last.decided[card] = text(event, "verdict");
  } else if (type == "rejected-in-error") {
    last.decided[card] = "good";
  } else if (type == "review-withdrawn") {
    last.decided.erase(card);
  }
}

Result<LastCards> last_cards(const ledger::Ledger& ledger) {
  const auto size = ledger.size();
  if (!size) return std::unexpected(size.error());
  const std::uint64_t most = kLastCards * kEventsACard;
  LastCards last;
  const auto read = ledger.lines_after(*size > most ? *size - most : 0, most, [&](std::string_view line) {
    if (const json event = json::parse(line, nullptr, false); event.is_object()) hear(event, last);
  });
  if (!read) return std::unexpected(read.error());
  return last;
}

struct Again {
  CardMeasures measures;
  Verdict verdict = Verdict::good;  // the worse of both sides
  std::string why;                  // "" or the kind of what stands against it and is no damage
};

Result<Again> judged_again(const LimitDesk& desk, const std::string& card,
                           const std::shared_ptr<const inspection::Profile>& profile) {
  const auto sides = replay(desk.evidence, card, profile, desk.art);
  if (!sides) return std::unexpected(sides.error());
  Again again;
  std::vector<std::span<const inspection::Measure>> measures;
  for (const Replayed& side : *sides) {
    measures.emplace_back(side.report.measures);
    if (side.report.verdict != Verdict::good && again.verdict == Verdict::good)
      again.verdict = side.report.verdict;
    for (const Finding& finding : side.report.findings)
      if (!is_damage(finding.kind)) again.why = finding.kind;
  }
  measures.resize(2);
  again.measures = inspection::measures_of(measures[0], measures[1]);
  return again;
}

}  // namespace

Result<std::vector<ErrorCard>> rejected_in_error(const ledger::Ledger& ledger) {
  const auto lines = ledger.lines_of_type("overridden");
  if (!lines) return std::unexpected(lines.error());
  std::vector<ErrorCard> cards;
  for (const std::string& line : *lines) {
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object()) continue;
    const std::string card = text(event, "card");
    std::erase_if(cards, [&](const ErrorCard& one) { return one.card == card; });
    if (text(event, "verdict") != "good" || text(event, "was") != "damaged" ||
        event.value("taken_back", false) || text(event, "confirmed_by").empty())
      continue;
    cards.push_back({.card = card,
                     .reason = text(event, "reason"),
                     .by = text(event, "actor"),
                     .confirmed_by = text(event, "confirmed_by"),
                     .time = text(event, "time")});
  }
  const auto said = ledger.lines_of_type("rejected-in-error");
  if (!said) return std::unexpected(said.error());
  for (const std::string& line : *said)
    if (const json event = json::parse(line, nullptr, false); event.is_object())
      cards.push_back({.card = text(event, "card"),
                       .reason = text(event, "reason"),
                       .by = text(event, "actor"),
                       .confirmed_by = text(event, "confirmed_by"),
                       .time = text(event, "time")});
  std::ranges::stable_sort(cards, {}, &ErrorCard::time);
  return cards;
}

Result<void> mark_rejected_in_error(ledger::Ledger& ledger, const std::string& card,
                                    const std::string& reason, const std::string& by,
                                    const std::string& confirmed_by) {
  if (auto words = check_words("reason", reason); !words) return words;
  if (by.empty() || confirmed_by.empty() || by == confirmed_by)
    return fail(ErrorCode::bad_data, "second: two people say that a card was rejected in error");
  const auto row = ledger.card(card);
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(ErrorCode::input_missing, "card: there is no card " + card);
  if ((*row)->verdict != "damaged")
    return fail(ErrorCode::bad_data, "card: " + card + " was not judged damaged");
  const auto errors = rejected_in_error(ledger);
  if (!errors) return std::unexpected(errors.error());
  if (std::ranges::find(*errors, card, &ErrorCard::card) != errors->end())
    return fail(ErrorCode::bad_data, "card: two people said so of " + card + " already");
  ledger::Event event{
      .type = "rejected-in-error", .actor = by, .order_id = (*row)->order_id, .card = card, .token = {}};
  event.data["reason"] = reason;
  event.data["confirmed_by"] = confirmed_by;
  return ledger.append({event});
}

Result<std::vector<std::string>> damaged_lately(const ledger::Ledger& ledger) {
  const auto last = last_cards(ledger);
  if (!last) return std::unexpected(last.error());
  std::vector<std::string> cards;
  for (auto card = last->cards.rbegin(); card != last->cards.rend(); ++card) {
    const auto verdict = last->verdict.find(card->card);
    const auto decided = last->decided.find(card->card);
    if (verdict != last->verdict.end() && verdict->second == "damaged" &&
        (decided == last->decided.end() || decided->second != "good"))
      cards.push_back(card->card);
  }
  return cards;
}

Result<LimitPreview> preview_limits(const LimitDesk& desk, const std::vector<std::string>& set) {
  if (set.size() > kMostInSet)
    return fail(ErrorCode::bad_data, "cards: at most " + std::to_string(kMostInSet));
  const auto errors = rejected_in_error(desk.ledger);
  if (!errors) return std::unexpected(errors.error());
  LimitPreview preview;
  std::vector<CardMeasures> asking;
  for (const std::string& card : std::set<std::string>(set.begin(), set.end())) {
    if (std::ranges::find(*errors, card, &ErrorCard::card) == errors->end())
      return fail(ErrorCode::bad_data, "cards: " + card + " was not found good by two people");
    auto again = judged_again(desk, card, desk.configured);
    if (!again) {
      preview.not_reached.emplace_back(card, again.error().message);
    } else if (!again->why.empty()) {
      preview.not_reached.emplace_back(card, again->why);
    } else {
      preview.cards.push_back(card);
      asking.push_back(std::move(again->measures));
    }
  }
  preview.moves = inspection::moves_for(*desk.configured, asking);
  std::shared_ptr<const inspection::Profile> moved = desk.configured;
  if (!preview.moves.empty()) {
    auto yaml = inspection::moved_yaml(desk.configured_file, *desk.configured, preview.moves, preview.cards);
    if (!yaml) return std::unexpected(yaml.error());
    auto read = inspection::read_profile_text(*yaml, desk.configured_file.string());
    if (!read) return std::unexpected(read.error());
    moved = *std::move(read);
    preview.version = inspection::version(*moved);
    preview.yaml = *std::move(yaml);
  }
  for (std::size_t i = 0; i < preview.cards.size(); ++i) {
    const auto again = judged_again(desk, preview.cards[i], moved);
    if (!again) return std::unexpected(again.error());
    if (again->verdict != Verdict::good)
      preview.not_reached.emplace_back(preview.cards[i], "the limit may not become that wide");
  }

  const auto last = last_cards(desk.ledger);
  if (!last) return std::unexpected(last.error());
  std::size_t replayed = 0;
  for (const Inspected& card : last->cards) {
    ++preview.looked_at;
    const auto found = last->verdict.find(card.card);
    const std::string was = found == last->verdict.end() ? "" : found->second;
    const auto judge = card.profile == inspection::version(*desk.configured) ? desk.configured
                       : desk.known                                          ? desk.known(card.profile)
                                                                             : nullptr;
    if (!card.stored || judge == nullptr) {
      ++preview.not_comparable;
      continue;
    }
    const bool before = was == "damaged";
    const CardMeasures scores = inspection::translated(card.measures, *judge, *desk.configured);
    bool after = card.content ? before : inspection::still_damaged(*desk.configured, preview.moves, scores);
    // The stored scores say which cards may change; their pictures say whether they do.
    if (before && !after && replayed < kMostReplayed) {
      ++replayed;
      if (const auto again = judged_again(desk, card.card, moved)) after = again->verdict != Verdict::good;
    }
    preview.damaged_before += before ? 1 : 0;
    preview.damaged_after += after ? 1 : 0;
    if (!before || after) continue;
    const auto decided = last->decided.find(card.card);
    preview.pass.push_back(
        {.card = card.card, .was = was, .decided = decided == last->decided.end() ? "" : decided->second});
    if (preview.pass.back().decided == "damaged") preview.lost.push_back(card.card);
  }
  return preview;
}

Result<std::vector<InForce>> profile_history(const ledger::Ledger& ledger) {
  const auto lines = ledger.lines_of_type("profile-in-force");
  if (!lines) return std::unexpected(lines.error());
  std::vector<InForce> all;
  for (const std::string& line : *lines) {
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object()) continue;
    InForce one{.version = text(event, "profile"),
                .configured = text(event, "configured"),
                .was = text(event, "was"),
                .sha256 = text(event, "sha256"),
                .by = text(event, "actor"),
                .confirmed_by = text(event, "confirmed_by"),
                .time = text(event, "time"),
                .cards = {}};
    if (const auto cards = event.find("cards"); cards != event.end() && cards->is_array())
      for (const json& card : *cards)
        if (card.is_string()) one.cards.push_back(card.get<std::string>());
    all.push_back(std::move(one));
  }
  return all;
}

Result<void> put_in_force(ledger::Ledger& ledger, const LimitPreview& preview,
                          const std::string& configured_version, const std::string& was,
                          const std::string& reason, const std::string& by, const std::string& confirmed_by) {
  if (auto words = check_words("reason", reason); !words) return words;
  if (by.empty() || confirmed_by.empty() || by == confirmed_by)
    return fail(ErrorCode::bad_data, "second: two people put limits into force");
  if (preview.yaml.empty()) return fail(ErrorCode::bad_data, "cards: none of them asks for another limit");
  if (!preview.lost.empty())
    return fail(ErrorCode::bad_data, "cards: with these limits " + preview.lost.front() +
                                         " would pass, which was found damaged; take cards out of the set");
  ledger::Event event{.type = "profile-in-force", .actor = by};
  event.data["profile"] = preview.version;
  event.data["configured"] = configured_version;
  event.data["was"] = was;
  event.data["sha256"] =
      ledger::sha256_text({reinterpret_cast<const std::uint8_t*>(preview.yaml.data()), preview.yaml.size()});
  event.data["cards"] = preview.cards;
  auto& limits = event.data["limits"] = nlohmann::ordered_json::object();
  for (const inspection::LimitMove& move : preview.moves)
    limits[move.limit] = {{"before", move.before}, {"after", move.after}};
  event.data["reason"] = reason;
  event.data["confirmed_by"] = confirmed_by;
  return ledger.append({event});
}

Result<void> take_profile_back(ledger::Ledger& ledger, const std::string& reason, const std::string& by) {
  if (auto words = check_words("reason", reason); !words) return words;
  const auto history = profile_history(ledger);
  if (!history) return std::unexpected(history.error());
  if (history->empty() || history->back().version.empty())
    return fail(ErrorCode::bad_data, "profile: the configured limits are in force; there is nothing to undo");
  const InForce& now = history->back();
  ledger::Event event{.type = "profile-in-force", .actor = by};
  event.data["profile"] = now.was;
  event.data["configured"] = now.configured;
  // One step further back next time: what was in force before the one that returns.
  std::string before;
  for (const InForce& one : *history)
    if (one.version == now.was && !one.version.empty()) {
      before = one.was;
      event.data["sha256"] = one.sha256;
      event.data["cards"] = one.cards;
    }
  event.data["was"] = before;
  event.data["reason"] = reason;
  event.data["undone"] = now.version;
  return ledger.append({event});
}

}  // namespace ktp::pipeline
