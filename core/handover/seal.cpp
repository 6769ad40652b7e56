// SPDX-License-Identifier: Apache-2.0
#include "handover/seal.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "handover/found.hpp"

namespace ktp::handover {

namespace {

ledger::Event card_event(const char* type, const ledger::CustodyRow& row, const std::string& actor) {
  return {.type = type, .actor = actor, .order_id = row.order_id, .card = row.card};
}

// A whole level of the code at a time, province first; an empty one would mean everywhere.
bool is_region(std::string_view region) {
  constexpr std::string_view kShape = "dd.dd.dd.dddd";
  if (region.size() != 2 && region.size() != 5 && region.size() != 8 && region.size() != 13) return false;
  for (std::size_t i = 0; i < region.size(); ++i)
    if (kShape[i] == 'd' ? region[i] < '0' || region[i] > '9' : region[i] != '.') return false;
  return true;
}

bool is_below(std::string_view code, std::string_view region) {
  return code == region || (code.starts_with(region) && code[region.size()] == '.');
}

std::unexpected<Error> not_a_region(std::string_view region) {
  return fail(ErrorCode::bad_data,
              "region: '" + std::string(region) +
                  "' must be a kode wilayah or the beginning of one: 32.16.06 or 32.16.06.1001");
}

// "C0000001 (ZA000000013ID), C0000002 (...) and 7 more"
std::string named(const std::vector<ledger::CustodyRow>& rows) {
  constexpr std::size_t kMost = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(rows.size(), kMost); ++i)
    text += (i == 0 ? "" : ", ") + rows[i].card + (rows[i].item.empty() ? "" : " (" + rows[i].item + ")");
  if (rows.size() > kMost) text += " and " + std::to_string(rows.size() - kMost) + " more";
  return text;
}

/// A batch that can still be handed over, and the cards that are sealed in it now.
struct OpenBatch {
  ledger::SealRow seal;
  std::vector<ledger::CustodyRow> rows;
};
Result<OpenBatch> open_batch(const ledger::Ledger& ledger, const std::string& seal) {
  const ledger::CustodyView custody(ledger);
  const auto found = custody.seal(seal);
  if (!found) return std::unexpected(found.error());
  if (!*found)
    return fail(ErrorCode::input_missing,
                "there is no sealed batch " + seal + "; `ktp-station batches` lists them");
  if (!(*found)->taken_by.empty())
    return fail(ErrorCode::bad_data,
                "batch " + seal + " was handed over to " + (*found)->taken_by + " already");
  auto rows = custody.cards_in(seal);
  if (!rows) return std::unexpected(rows.error());
  std::erase_if(*rows, [](const auto& row) { return row.state != CardState::sealed; });  // withdrawn since
  if (rows->empty()) return fail(ErrorCode::bad_data, "batch " + seal + " holds no sealed card any more");
  return OpenBatch{.seal = **found, .rows = std::move(*rows)};
}

Result<CountDifference> difference(const OpenBatch& batch, const Countersign& sign) {
  CountDifference found{.sealed = batch.rows.size(), .counted = 0, .missing = {}, .foreign = {}};
  if (sign.counted) {
    found.counted = *sign.counted;
    return found;
  }
  std::set<std::string> scanned;
  for (const std::string& text : sign.scanned) {
    const auto item = checked_item(text);
    if (!item) return std::unexpected(item.error());
    if (!scanned.insert(*item).second) continue;  // the same card under the scanner twice
    if (std::ranges::none_of(batch.rows, [&](const auto& row) { return row.item == *item; }))
      found.foreign.push_back(*item);
  }
  for (const auto& row : batch.rows)
    if (!scanned.contains(row.item)) found.missing.push_back(row);
  found.counted = scanned.size();
  return found;
}

}  // namespace

Result<std::vector<std::pair<std::string, std::int64_t>>> sealing_blocked_by(const ledger::Ledger& ledger) {
  const auto balance = ledger.balance();
  if (!balance) return std::unexpected(balance.error());
  std::vector<std::pair<std::string, std::int64_t>> blocked;
  for (const char* term : {"unknown", "discrepancy"})
    if (const std::int64_t value = balance->at(term); value != 0) blocked.emplace_back(term, value);
  return blocked;
}

Result<std::vector<SealedBatch>> seal_region(ledger::Ledger& ledger, std::string_view region,
                                             const ItemRange& items, const std::string& actor) {
  const ledger::CustodyView custody(ledger);
  const auto blocked = sealing_blocked_by(ledger);
  if (!blocked) return std::unexpected(blocked.error());
  if (!blocked->empty())
    return fail(ErrorCode::internal, blocked->front().first + " is " +
                                         std::to_string(blocked->front().second) +
                                         ": nothing is sealed until every blank is accounted for; "
                                         "`ktp-station cards` shows which cards are open");
  if (!region.empty() && !is_region(region)) return not_a_region(region);
  const auto rows = custody.sealable(region);
  if (!rows) return std::unexpected(rows.error());
  auto last = custody.last_item(items.service);
  if (!last) return std::unexpected(last.error());
  std::vector<SealedBatch> sealed;
  for (auto from = rows->begin(); from != rows->end();) {
    const auto to =
        std::ranges::find_if(from, rows->end(), [&](const auto& row) { return row.region != from->region; });
    const auto name = custody.next_seal();
    if (!name) return std::unexpected(name.error());
    std::vector<ledger::Event> events;
    ledger::Event opened{.type = "batch-sealed", .actor = actor};
    opened.data["seal"] = *name;
    opened.data["region"] = from->region;
    opened.data["count"] = to - from;
    events.push_back(std::move(opened));
    for (auto row = from; row != to; ++row) {
      auto item = items.next(*last);
      if (!item) return std::unexpected(item.error());
      ledger::Event event = card_event("sealed", *row, actor);
      event.data["seal"] = *name;
      event.data["item"] = *item;
      events.push_back(std::move(event));
      *last = std::move(*item);
    }
    if (auto appended = ledger.append(events); !appended) return std::unexpected(appended.error());
    sealed.push_back({.seal = *name, .region = from->region, .cards = static_cast<std::size_t>(to - from)});
    from = to;
  }
  return sealed;
}

Result<void> unseal(ledger::Ledger& ledger, const std::string& card, const std::string& reason,
                    const std::string& actor) {
  const auto row = ledger.card(card);
  if (!row) return std::unexpected(row.error());
  if (!*row)
    return fail(ErrorCode::input_missing, "there is no card " + card + "; `ktp-station cards` lists them");
  if ((*row)->state != CardState::sealed)
    return fail(ErrorCode::bad_data,
                "card " + card + " is " + std::string(to_string((*row)->state)) + ", not sealed");
  ledger::Event event{.type = "unsealed", .actor = actor, .order_id = (*row)->order_id, .card = card};
  event.data["reason"] = reason;
  return ledger.append({event});
}

Result<CountDifference> compare_count(const ledger::Ledger& ledger, const std::string& seal,
                                      const Countersign& sign) {
  const auto batch = open_batch(ledger, seal);
  if (!batch) return std::unexpected(batch.error());
  return difference(*batch, sign);
}

Result<SealedBatch> hand_over(ledger::Ledger& ledger, const std::string& seal, const Countersign& sign,
                              const std::string& actor) {
  const auto batch = open_batch(ledger, seal);
  if (!batch) return std::unexpected(batch.error());
  const auto found = difference(*batch, sign);
  if (!found) return std::unexpected(found.error());
  if (!found->none() && sign.counted)
    return fail(ErrorCode::bad_data, "batch " + seal + ": " + std::to_string(found->counted) + " counted, " +
                                         std::to_string(found->sealed) +
                                         " sealed; scan every item to find which (--scan FILE)");
  if (!found->none()) {
    std::string why;
    if (!found->missing.empty()) why += "not scanned: " + named(found->missing);
    for (const std::string& item : found->foreign)
      why += (&item != &found->foreign.front() ? ", "
              : why.empty()                    ? "not of this batch: "
                                               : "; not of this batch: ") +
             item;
    return fail(ErrorCode::bad_data, "batch " + seal + " was not handed over; " + why +
                                         ". Look for them, or take a card out with `ktp-station unseal CARD "
                                         "--reason TEXT`, and countersign again");
  }
  for (const auto& row : batch->rows) {
    const auto doubt = doubt_about(ledger, row.card);
    if (!doubt) return std::unexpected(doubt.error());
    if (!doubt->empty())
      return fail(ErrorCode::bad_data, "batch " + seal + " was not handed over; card " + row.card + " (" +
                                           row.item + "): " + *doubt +
                                           ". Look at it: `ktp-station doubt confirm`, or `doubt clear`");
  }
  std::vector<ledger::Event> events;
  ledger::Event whole{.type = "batch-handed-over", .actor = actor};
  whole.data["seal"] = seal;
  whole.data["given_by"] = sign.given_by;
  whole.data["taken_by"] = sign.taken_by;
  whole.data["how"] = sign.counted ? "counted" : "scanned";
  whole.data["count"] = batch->rows.size();
  events.push_back(std::move(whole));
  for (const auto& row : batch->rows) {
    ledger::Event event = card_event("handed-over", row, actor);
    event.data["seal"] = seal;
    events.push_back(std::move(event));
  }
  if (auto appended = ledger.append(events); !appended) return std::unexpected(appended.error());
  return SealedBatch{.seal = seal, .region = batch->seal.region, .cards = batch->rows.size()};
}

namespace {

bool is_about(const ledger::RecallScope& scope, const ledger::OrderRow& order,
              const std::vector<ledger::CustodyRow>& cards) {
  if (scope.of == ledger::RecallScope::Of::region) return is_below(order.region, scope.name);
  return order.batch == scope.name ||
         std::ranges::any_of(cards, [&](const auto& row) { return row.order_id == order.order_id; });
}

Result<Recall> recall(ledger::Ledger& ledger, const ledger::RecallScope& scope, const std::string& reason,
                      const std::string& actor, bool dry_run) {
  const ledger::CustodyView custody(ledger);
  auto rows = custody.recallable_cards_of(scope);
  if (!rows) return std::unexpected(rows.error());
  auto orders = custody.waiting_orders_of(scope);
  if (!orders) return std::unexpected(orders.error());
  auto unfinished = custody.unfinished_cards_of(scope);
  if (!unfinished) return std::unexpected(unfinished.error());
  Recall result{
      .withdrawn = {}, .out_of_reach = {}, .held = std::move(*orders), .unfinished = std::move(*unfinished)};
  std::vector<ledger::Event> events;
  for (const auto& row : *rows) {
    if (next_state(row.state, CardEvent::withdrawn)) {
      ledger::Event event = card_event("withdrawn", row, actor);
      event.data["reason"] = reason;
      event.data["was"] = std::string(to_string(row.state));
      events.push_back(std::move(event));
      result.withdrawn.push_back(row);
    } else if (row.state == CardState::delivered) {
      result.out_of_reach.push_back(row);
    }
  }
  // A reprint that was decided before the recall is decided again, or not at all.
  const auto reprints = ledger.reprints_open();
  if (!reprints) return std::unexpected(reprints.error());
  for (const ledger::CardRow& card : *reprints) {
    const auto order = ledger.order(card.order_id);
    if (!order) return std::unexpected(order.error());
    if (!*order || is_live(card.state, card.verdict) || !is_about(scope, **order, *rows)) continue;
    ledger::Event dropped{
        .type = "reprint-dropped", .actor = actor, .order_id = card.order_id, .card = card.card};
    dropped.data["reason"] = "recalled: " + reason;
    events.push_back(std::move(dropped));
    if (std::ranges::find(result.held, card.order_id) == result.held.end())
      result.held.push_back(card.order_id);
  }
  for (const std::string& order : result.held) {
    ledger::Event held{.type = "order-held", .actor = actor, .order_id = order};
    held.data["reason"] =
        (scope.of == ledger::RecallScope::Of::region ? "kode_wilayah: recalled: " : "batch: recalled: ") +
        reason;
    events.push_back(std::move(held));
  }
  if (!dry_run)
    if (auto appended = ledger.append(events); !appended) return std::unexpected(appended.error());
  return result;
}

}  // namespace

Result<Recall> recall(ledger::Ledger& ledger, std::string_view region, const std::string& reason,
                      const std::string& actor, bool dry_run) {
  if (!is_region(region)) return not_a_region(region);
  return recall(ledger, {.of = ledger::RecallScope::Of::region, .name = std::string(region)}, reason, actor,
                dry_run);
}

Result<Recall> recall_batch(ledger::Ledger& ledger, std::string_view batch, const std::string& reason,
                            const std::string& actor, bool dry_run) {
  const auto known = ledger::CustodyView(ledger).is_batch(batch);
  if (!known) return std::unexpected(known.error());
  if (!*known)
    return fail(ErrorCode::input_missing,
                "there is no batch '" + std::string(batch) +
                    "', of orders or sealed; `ktp-station batches` lists the sealed ones");
  return recall(ledger, {.of = ledger::RecallScope::Of::batch, .name = std::string(batch)}, reason, actor,
                dry_run);
}

}  // namespace ktp::handover
