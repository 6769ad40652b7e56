// SPDX-License-Identifier: Apache-2.0
#include "app/card_desk.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "app/paper_files.hpp"
#include "app/record_files.hpp"
#include "domain/words.hpp"
#include "handover/acts.hpp"
#include "handover/reprint.hpp"
#include "ledger/custody.hpp"

namespace ktp::app {

using nlohmann::json;

namespace {

constexpr std::size_t kShown = 1000;  // of each list; the page says when there are more
constexpr std::size_t kMostWitnesses = 8, kLongestName = 80;

std::string text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// An order's cards, as far as another one in their place is concerned.
struct Candidates {
  bool live = false;
  std::vector<ledger::CardRow> dead;  ///< dead, found, and nobody asked or began another one
};

/// Cards in whose place two people may decide to print another one.
Result<std::vector<ledger::CardRow>> possible_reprints(const ledger::Ledger& ledger) {
  std::map<std::string, Candidates> orders;
  std::set<std::string> replaced;
  auto read = ledger.each_card([&](const ledger::CardRow& card) {
    if (!card.replaces.empty()) replaced.insert(card.replaces);
    if (is_live(card.state, card.verdict))
      orders[card.order_id].live = true;
    else if (card.reprint.empty() && ledger::why_not_reprinted(card).empty())
      orders[card.order_id].dead.push_back(card);
  });
  if (!read) return std::unexpected(read.error());
  std::vector<ledger::CardRow> possible;
  for (auto& [id, cards] : orders) {
    if (cards.live || cards.dead.empty()) continue;
    const auto order = ledger.order(id);
    if (!order) return std::unexpected(order.error());
    // What the rule prints again by itself needs nobody; a deleted record can print nothing.
    if (!*order || (*order)->state == "accepted" || (*order)->state == "printing" ||
        !(*order)->erased.empty())
      continue;
    for (ledger::CardRow& card : cards.dead)
      if (!replaced.contains(card.card)) possible.push_back(std::move(card));
  }
  std::ranges::sort(possible, {}, &ledger::CardRow::card);
  return possible;
}

json records_of(const std::vector<std::string>& lines) {
  json records = json::array();
  for (auto line = lines.rbegin(); line != lines.rend() && records.size() < kShown; ++line) {
    const auto event = json::parse(*line, nullptr, false);
    if (!event.is_object()) continue;
    records.push_back({{"record", event.value("record", "")},
                       {"time", event.value("time", "")},
                       {"names", event.value("names", json::array())},
                       {"place", event.value("place", "")},
                       {"manner", event.value("manner", "")},
                       {"count", event.value("count", 0)}});
  }
  return records;
}

}  // namespace

CardDesk::CardDesk(ledger::Ledger& ledger, const ledger::PersonalKey& key, const Config& config,
                   const artwork::Regions& regions, std::filesystem::path data, AroundTheMachine machine)
    : ledger_(ledger),
      key_(key),
      config_(config),
      regions_(regions),
      data_(std::move(data)),
      machine_(std::move(machine)) {}

Result<std::string> CardDesk::overview() const {
  // Over a connection of its own: it reads every card, and the machine need not wait for that.
  const auto own = ledger::Ledger::open(data_, false);
  if (!own) return std::unexpected(own.error());
  const ledger::CustodyView custody(**own);
  const auto waiting = custody.to_destroy();
  if (!waiting) return std::unexpected(waiting.error());
  const auto records = (*own)->lines_of_type("berita-acara");
  if (!records) return std::unexpected(records.error());
  const auto returned = custody.in_state(CardState::returned);
  if (!returned) return std::unexpected(returned.error());
  const auto withdrawn = custody.in_state(CardState::withdrawn);
  if (!withdrawn) return std::unexpected(withdrawn.error());
  const auto asked = handover::open_reprints(**own);
  if (!asked) return std::unexpected(asked.error());
  const auto possible = possible_reprints(**own);
  if (!possible) return std::unexpected(possible.error());
  const auto name_of = [&](const std::string& region) {
    const auto* const found = regions_.find(region);
    return found == nullptr ? region : found->name;
  };
  json out{{"to_destroy", json::array()},
           {"to_destroy_total", waiting->size()},
           {"records", records_of(*records)},
           {"returned", json::array()},
           {"returned_total", returned->size()},
           {"withdrawn", json::array()},
           {"withdrawn_total", withdrawn->size()},
           {"reprints", json::array()},
           {"possible", json::array()},
           {"possible_total", possible->size()}};
  for (const ledger::CustodyRow& row : *waiting) {
    if (out["to_destroy"].size() >= kShown) break;
    const auto card = (*own)->card(row.card);
    if (!card) return std::unexpected(card.error());
    if (!*card) continue;
    out["to_destroy"].push_back({{"card", row.card},
                                 {"order", row.order_id},
                                 {"why", handover::why_destroyed(**card)},
                                 {"at", row.state == CardState::withdrawn ? (*card)->place : ""},
                                 {"bin", row.state == CardState::withdrawn ? "" : row.bin}});
  }
  for (const ledger::CustodyRow& row : *returned) {
    if (out["returned"].size() >= kShown) break;
    out["returned"].push_back({{"card", row.card},
                               {"order", row.order_id},
                               {"item", row.item},
                               {"date", row.post_date},
                               {"reason", row.post_detail},
                               {"desa", name_of(row.region)}});
  }
  for (const ledger::CustodyRow& row : *withdrawn) {
    if (out["withdrawn"].size() >= kShown) break;
    const auto card = (*own)->card(row.card);
    if (!card) return std::unexpected(card.error());
    out["withdrawn"].push_back({{"card", row.card},
                                {"order", row.order_id},
                                {"item", row.item},
                                {"region", row.region},
                                {"desa", name_of(row.region)},
                                {"bin", row.bin},
                                {"seal", row.seal},
                                {"at", *card ? (*card)->place : ""}});
  }
  for (const handover::Reprint& one : *asked)
    out["reprints"].push_back({{"card", one.card},
                               {"order", one.order_id},
                               {"reason", one.reason},
                               {"at", one.at},
                               {"asked_by", one.asked_by},
                               {"confirmed_by", one.confirmed_by}});
  for (const ledger::CardRow& card : *possible) {
    if (out["possible"].size() >= kShown) break;
    out["possible"].push_back({{"card", card.card},
                               {"order", card.order_id},
                               {"state", to_string(card.state)},
                               {"verdict", card.verdict},
                               {"bin", card.bin},
                               {"at", card.place}});
  }
  return text(out);
}

Result<std::string> CardDesk::destroy(const web::Destroying& asked, const std::string& user) {
  if (auto words = check_words("place", asked.place, kLongestName); !words)
    return std::unexpected(words.error());
  if (auto words = check_words("manner", asked.manner, kLongestName); !words)
    return std::unexpected(words.error());
  if (asked.names.size() > kMostWitnesses)
    return fail(ErrorCode::bad_data, "names: at most " + std::to_string(kMostWitnesses) + " people");
  for (std::size_t i = 0; i < asked.names.size(); ++i) {
    if (auto words = check_words("names", asked.names[i], kLongestName); !words)
      return std::unexpected(words.error());
    for (std::size_t before = 0; before < i; ++before)
      if (same_name(asked.names[before], asked.names[i]))
        return fail(ErrorCode::bad_data, "names: one of them stands there twice");
  }
  const std::set<std::string> cards(asked.cards.begin(), asked.cards.end());
  if (asked.counted != cards.size())
    return fail(ErrorCode::bad_data, "counted: " + std::to_string(asked.counted) + " lie there, " +
                                         std::to_string(cards.size()) + " are chosen; nothing was done");
  const std::lock_guard one(mutex_);
  const auto record =
      handover::destroy(ledger_, {cards.begin(), cards.end()},
                        {.names = asked.names, .place = asked.place, .manner = asked.manner}, user);
  if (!record) return std::unexpected(record.error());
  // The paper can be written at any time; what was destroyed is in the log.
  const auto paper = write_record(ledger_, key_, config_, data_, record->number);
  return text({{"record", record->number},
               {"cards", record->cards.size()},
               {"paper", paper ? "" : paper.error().message}});
}

Result<std::string> CardDesk::record(const std::string& number) {
  const std::lock_guard one(mutex_);
  const auto written = write_record(ledger_, key_, config_, data_, number);
  if (!written) return std::unexpected(written.error());
  return read_whole(written->file);
}

Result<void> CardDesk::sign_out(const std::string& card, const std::string& place_field,
                                const std::string& place, const std::string& signed_by) {
  if (card.empty()) return fail(ErrorCode::bad_data, "card: which one");
  if (auto words = check_words(place_field, place, kLongestName); !words) return words;
  return check_words("signed_by", signed_by, kLongestName);
}

web::CardActCommands CardDesk::commands() {
  return {
      .overview = [this] { return overview(); },
      .destroy = [this](const web::Destroying& asked,
                        const std::string& user) { return destroy(asked, user); },
      .record = [this](const std::string& number) { return record(number); },
      .receive_back = [this](const std::string& card,
                             const std::string& user) { return handover::receive_back(ledger_, card, user); },
      .redistribute = [this](const std::string& card, const std::string& to, const std::string& signed_by,
                             const std::string& user) -> Result<void> {
        if (auto may = sign_out(card, "to", to, signed_by); !may) return may;
        return handover::redistribute(ledger_, card, to, signed_by, user);
      },
      .locate = [this](const std::string& card, const std::string& at, const std::string& signed_by,
                       const std::string& user) -> Result<void> {
        if (auto may = sign_out(card, "at", at, signed_by); !may) return may;
        return handover::locate(ledger_, card, at, signed_by, user);
      },
      .withdraw = [this](const std::string& card, const std::string& reason,
                         const std::string& user) -> Result<void> {
        if (auto words = check_words("reason", reason); !words) return words;
        if (card.empty()) return fail(ErrorCode::bad_data, "card: which one");
        return handover::withdraw(ledger_, {card}, reason, user);
      },
      .ask_reprint = [this](const std::string& card, const std::string& reason,
                            const std::string& user) -> Result<void> {
        if (const auto asked = handover::ask_reprint(ledger_, card, reason, user); !asked)
          return std::unexpected(asked.error());
        return {};
      },
      .drop_reprint = [this](const std::string& card, const std::string& reason,
                             const std::string& user) -> Result<void> {
        // The machine may be about to begin the other card.
        auto dropped = machine_.standing([&] { return handover::drop_reprint(ledger_, card, reason, user); });
        return dropped ? machine_.decided(card) : dropped;
      },
      .confirm_reprint = [this](const std::string& card, const std::string& by) -> Result<void> {
        if (const auto confirmed = handover::confirm_reprint(ledger_, card, by); !confirmed)
          return std::unexpected(confirmed.error());
        return machine_.decided(card);
      }};
}

}  // namespace ktp::app
