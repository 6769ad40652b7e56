// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger_work.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "ledger/boxes.hpp"
#include "ledger/custody.hpp"
#include "ledger/lane_pause.hpp"
#include "ledger/personal.hpp"

namespace ktp::test {

namespace {

using ledger::CustodyRow;
using ledger::Event;
using ledger::Ledger;

template <class T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

Event about(const std::string& type, const std::string& order, const std::string& card,
            nlohmann::ordered_json data = nlohmann::ordered_json::object()) {
  return {.type = type, .order_id = order, .card = card, .data = std::move(data)};
}

// Prints, judges and sorts as the pipeline does: what the card's state asks for.
Act carry_on(const ledger::CardRow& card, std::mt19937& random) {
  const auto is = [&](const char* type, nlohmann::ordered_json data = nlohmann::ordered_json::object()) {
    return about(type, card.order_id, card.card, std::move(data));
  };
  switch (card.state) {
    case CardState::committed:
      return {{is("print-started", {{"counter_before", 1}, {"device", "printer"}})}, {}};
    case CardState::printing: {
      const auto die = random() % 20;
      const char* const outcome = die == 0   ? "unknown"
                                  : die == 1 ? "spoiled"
                                  : die == 2 ? "not-started"
                                             : "printed";
      Event ended = is("print-ended", {{"outcome", outcome}, {"number", 7}});
      ended.uid = ledger::new_token().substr(0, 14);
      return {{ended}, {}};
    }
    case CardState::unknown:
      return {
          {is("settled", {{"outcome", random() % 2 == 0 ? "printed" : "spoiled"}, {"evidence", "operator"}})},
          {}};
    case CardState::printed: {
      const auto die = random() % 10;
      return {{is("captured", {{"camera", "camera"}, {"front_sha256", ledger::new_token()}}),
               is("inspected", {{"profile", "test"}, {"score", 1.5}}),
               is("judged", {{"verdict", die == 0   ? "damaged"
                                         : die == 1 ? "review"
                                                    : "good"}})},
              {}};
    }
    case CardState::inspected:
      return {{is("sorted", {{"bin", card.verdict}})}, {}};
    default:
      return {{is("sorted", {{"bin", "damaged"}})}, {}};
  }
}

Act take_in(const Ledger& ledger, std::mt19937& random) {
  const std::string batch = need(ledger.next_batch());
  Act act;
  Event opened{.type = "batch-opened", .batch = batch};
  opened.data["file"] = ledger::new_token();
  act.events.push_back(opened);
  const int orders = 2 + static_cast<int>(random() % 5);
  for (int row = 1; row <= orders; ++row) {
    const std::string order = "O-" + batch + "-" + std::to_string(row);
    Event accepted = about("order-accepted", order, "",
                           {{"row", row},
                            {"person", ledger::new_token()},
                            {"content", ledger::new_token()},
                            {"region", random() % 2 == 0 ? "32.16.01.2001" : "32.16.02.2003"}});
    accepted.batch = batch;
    act.events.push_back(accepted);
    // As long as a record with its sizes is; what it says follows from its order's name.
    std::vector<std::uint8_t> bytes(400 + random() % 300);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::uint8_t>(order[i % order.size()] + static_cast<char>(i / order.size()));
    act.records.push_back({order, std::move(bytes)});
  }
  return act;
}

Act begin_card(Ledger& ledger, const std::string& order) {
  Act act;
  const auto earlier = need(ledger.cards_of(order));
  const std::string card = need(ledger.next_card());
  if (!earlier.empty())
    act.events.push_back(about("reprint-decided", order, card,
                               {{"replaces", earlier.back().card}, {"reason", "the first one failed"}}));
  Event committed = about("blank-committed", order, card);
  committed.token = ledger::new_token();
  act.events.push_back(committed);
  return act;
}

// One batch of one region, handed over, and what the post says; nothing if there is nothing to do.
Act custody(const Ledger& ledger, std::mt19937& random) {
  const ledger::CustodyView view(ledger);
  Act act;
  const auto open = need(view.open_seals());
  if (!open.empty()) {
    const auto& seal = open.front();
    act.events.push_back(
        about("batch-handed-over", "", "",
              {{"seal", seal.seal}, {"given_by", "A"}, {"taken_by", "B"}, {"count", seal.inside}}));
    for (const CustodyRow& card : need(view.cards_in(seal.seal)))
      if (card.state == CardState::sealed)
        act.events.push_back(about("handed-over", card.order_id, card.card, {{"seal", seal.seal}}));
    return act;
  }
  if (random() % 2 == 0) {
    std::vector<CustodyRow> out;
    for (const auto& seal : need(view.seals()))
      for (const CustodyRow& card : need(view.cards_in(seal.seal)))
        if (card.state == CardState::handed_over || card.state == CardState::returned) out.push_back(card);
    if (!out.empty()) {
      const CustodyRow& card = out[random() % out.size()];
      if (card.state == CardState::returned)
        act.events.push_back(about("received-back", card.order_id, card.card));
      else if (card.post.empty())
        act.events.push_back(about("post-entered", card.order_id, card.card, {{"item", card.item}}));
      else if (random() % 5 == 0)
        act.events.push_back(about("returned", card.order_id, card.card,
                                   {{"item", card.item}, {"date", "2026-11-23"}, {"reason", "moved"}}));
      else
        act.events.push_back(about("delivered", card.order_id, card.card,
                                   {{"item", card.item}, {"date", "2026-11-23"}, {"relation", "self"}}));
      return act;
    }
  }
  if (const auto rejects = need(view.to_destroy()); rejects.size() >= 3) {
    const std::string record = need(view.next_record());
    act.events.push_back(about("berita-acara", "", "",
                               {{"record", record}, {"names", {"A", "B"}}, {"count", rejects.size()}}));
    for (const CustodyRow& card : rejects)
      act.events.push_back(about("destroyed", card.order_id, card.card, {{"record", record}}));
    return act;
  }
  const auto balance = need(ledger.balance());
  if (balance.at("unknown") != 0) return act;
  for (const auto& [region, count] : need(view.sealable_by_region())) {
    if (count < 4) continue;
    const std::string seal = need(view.next_seal());
    const auto cards = need(view.sealable(region));
    act.events.push_back(
        about("batch-sealed", "", "", {{"seal", seal}, {"region", region}, {"count", cards.size()}}));
    int n = 0;
    for (const CustodyRow& card : cards)
      act.events.push_back(about("sealed", card.order_id, card.card,
                                 {{"seal", seal}, {"item", seal + "-" + std::to_string(++n)}}));
    return act;
  }
  return act;
}

// What passes in the open box: a card of this ledger, sometimes in doubt, or a body that is none.
Act passes(const Ledger& ledger, const ledger::BoxRow& box, std::mt19937& random) {
  Event sighted{.type = "sighted"};
  sighted.data = {{"box", box.box}, {"number", box.seen + 1}};
  const auto sorted = need(ledger::CustodyView(ledger).in_state(CardState::sorted));
  if (!sorted.empty() && random() % 2 == 0) {
    const CustodyRow& card = sorted[random() % sorted.size()];
    const bool doubt = random() % 3 == 0;
    sighted.order_id = card.order_id;
    sighted.card = card.card;
    sighted.data.update({{"who", "known"},
                         {"person", ledger::new_token()},
                         {"verdict", doubt ? "damaged" : "good"},
                         {"doubt", doubt}});
  } else {
    sighted.data.update({{"who", random() % 2 == 0 ? "unknown" : "cannot-tell"}, {"verdict", "review"}});
  }
  return {{sighted}, {}};
}

// Sort mode: boxes and what passes in them, records of other stations, what becomes of bodies that are no
// card of this ledger and of cards in doubt; and a lane that pauses.
Act sort_mode(const Ledger& ledger, std::mt19937& random) {
  const ledger::BoxView view(ledger);
  switch (random() % 8) {
    case 0: {
      const std::string name = "other/" + std::to_string(need(view.records()) + 1);
      return {{about("record-known", "", "",
                     {{"record", name},
                      {"source", "other"},
                      {"source_order", name.substr(6)},
                      {"person", ledger::new_token()},
                      {"content", "c"},
                      {"file", "f"}})},
              {}};
    }
    case 1:
      if (const auto doubts = need(view.doubts()); !doubts.empty()) {
        Event cleared = about("doubt-cleared", "", doubts.front().card, {{"confirmed_by", "budi"}});
        cleared.actor = "siti";
        return {{cleared}, {}};
      }
      break;
    case 2:
      if (const auto found = need(view.found_cards(false)); !found.empty()) {
        const std::string name = ledger::sighting_name(found[random() % found.size()].seen.id);
        return random() % 2 == 0
                   ? Act{{about("found-moved", "", "", {{"sighting", name}, {"at", "locker"}})}, {}}
                   : Act{{about("found-handed-on", "", "",
                                {{"sighting", name}, {"to", "office"}, {"signed_by", "A"}})},
                         {}};
      }
      break;
    case 3: {
      const auto open = need(ledger::open_pauses(ledger));
      const ledger::LanePause pause{
          .camera = "camera", .printer = "printer", .spot = {.kind = "stain", .side = "front"}};
      return {{open.empty() ? paused_event(pause) : resumed_event(pause, "siti")}, {}};
    }
    default:
      break;
  }
  const auto boxes = need(view.boxes());
  if (boxes.empty() || boxes.back().counted > 0)
    return {{about("box-opened", "", "",
                   {{"box", "K" + std::to_string(boxes.size() + 1)}, {"again", ""}, {"first", 1}})},
            {}};
  const ledger::BoxRow& box = boxes.back();
  if (box.seen >= 6) return {{about("box-closed", "", "", {{"box", box.box}, {"counted", box.seen}})}, {}};
  return passes(ledger, box, random);
}

}  // namespace

Act next_act(Ledger& ledger, std::mt19937& random) {
  const auto balance = need(ledger.balance());
  if (balance.at("in_machine") < 5)
    return {{about("blanks-received", "", "", {{"count", 40}, {"paper", "SJ-1"}}),
             about("blanks-loaded", "", "", {{"count", 40}, {"device", "printer"}})},
            {}};
  if (const auto open = need(ledger.open_cards()); !open.empty())
    return carry_on(open[random() % open.size()], random);
  if (random() % 3 == 0)
    if (Act act = custody(ledger, random); !act.events.empty()) return act;
  if (random() % 3 == 0) return sort_mode(ledger, random);
  const auto waiting = need(ledger::CustodyView(ledger).waiting_orders_of({}));
  return waiting.empty() ? take_in(ledger, random) : begin_card(ledger, waiting.front());
}

std::vector<Act> settle_all(const Ledger& ledger) {
  std::vector<Act> acts;
  for (const ledger::CardRow& card : need(ledger.open_cards()))
    if (card.state == CardState::unknown)
      acts.push_back(
          {{about("settled", card.order_id, card.card, {{"outcome", "spoiled"}, {"evidence", "operator"}})},
           {}});
  return acts;
}

}  // namespace ktp::test
