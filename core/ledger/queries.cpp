// SPDX-License-Identifier: Apache-2.0
// Everything the ledger answers; nothing here writes.
#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

namespace {

CardRow card_row(SQLite::Statement& row) {
  CardRow card;
  card.card = row.getColumn(0).getString();
  card.order_id = row.getColumn(1).getString();
  card.token = row.getColumn(2).getString();
  card.uid = row.getColumn(3).getString();
  card.state = card_state_from(row.getColumn(4).getString()).value_or(CardState::unknown);
  card.verdict = row.getColumn(5).getString();
  card.bin = row.getColumn(6).getString();
  card.replaces = row.getColumn(7).getString();
  card.counter_before = static_cast<std::uint64_t>(row.getColumn(8).getInt64());
  card.number = static_cast<std::uint64_t>(row.getColumn(9).getInt64());
  card.device = row.getColumn(10).getString();
  card.place = row.getColumn(11).getString();
  card.reprint = row.getColumn(12).getString();
  card.asked_by = row.getColumn(13).getString();
  card.confirmed_by = row.getColumn(14).getString();
  return card;
}
// A reader does not upgrade: an older database says nothing of printers, places and reprints.
std::string card_columns(int version) {
  return std::string("card, order_id, token, uid, state, verdict, bin, replaces, counter_before, number, ") +
         (version < 4 ? "''" : "device") +
         (version < 6 ? ", '', '', '', ''" : ", place, reprint, asked_by, confirmed_by");
}

OrderRow order_row(SQLite::Statement& row) {
  OrderRow order;
  order.order_id = row.getColumn(0).getString();
  order.batch = row.getColumn(1).getString();
  order.state = row.getColumn(2).getString();
  order.reason = row.getColumn(3).getString();
  order.person = row.getColumn(4).getString();
  order.content = row.getColumn(5).getString();
  order.region = row.getColumn(6).getString();
  order.row = row.getColumn(7).getInt64();
  order.erased = row.getColumn(8).getString();
  return order;
}
std::string order_columns(int version) {
  return std::string("order_id, batch, state, reason, person, content, region, row, ") +
         (version < 6 ? "''" : "erased");
}

}  // namespace

std::int64_t Balance::at(std::string_view term) const {
  const auto found = terms.find(term);
  return found == terms.end() ? 0 : found->second;
}

bool Balance::sums() const {
  std::int64_t sum = 0;
  for (const auto& [term, n] : terms)
    if (term != "received") sum += n;
  return sum == at("received");
}

bool Balance::closes() const {
  return sums() && at("unknown") == 0 && at("discrepancy") == 0;
}

Result<std::optional<OrderRow>> Ledger::order(std::string_view order_id) const {
  return impl_->guarded([&]() -> Result<std::optional<OrderRow>> {
    std::optional<OrderRow> found;
    impl_->query("SELECT " + order_columns(impl_->version) + " FROM orders WHERE order_id = ?",
                 {std::string(order_id)}, [&](SQLite::Statement& row) { found = order_row(row); });
    return found;
  });
}

Result<std::optional<OrderRow>> Ledger::order_of_person(std::string_view person) const {
  return impl_->guarded([&]() -> Result<std::optional<OrderRow>> {
    std::optional<OrderRow> found;
    impl_->query("SELECT " + order_columns(impl_->version) + " FROM orders WHERE person = ?",
                 {std::string(person)}, [&](SQLite::Statement& row) { found = order_row(row); });
    return found;
  });
}

Result<bool> Ledger::refused_before(std::string_view order_id, std::string_view content,
                                    std::string_view reason) const {
  return impl_->guarded([&]() -> Result<bool> {
    bool found = false;
    impl_->query("SELECT 1 FROM refusals WHERE order_id = ? AND content = ? AND reason = ?",
                 {std::string(order_id), std::string(content), std::string(reason)},
                 [&](SQLite::Statement&) { found = true; });
    return found;
  });
}

Result<void> Ledger::each_order(const std::function<void(const OrderRow&)>& visit) const {
  return impl_->guarded([&]() -> Result<void> {
    impl_->query(
        "SELECT * FROM (SELECT " + order_columns(impl_->version) +
            " FROM orders UNION ALL SELECT order_id, batch, 'refused', reason, '', content, '', row, '' FROM "
            "refusals r "
            "WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_id = r.order_id) GROUP BY order_id) "
            "ORDER BY CAST(batch AS INTEGER), row",
        {}, [&](SQLite::Statement& row) { visit(order_row(row)); });
    return {};
  });
}

Result<std::vector<std::string>> Ledger::order_ids(std::string_view batch, OrderState state) const {
  return impl_->guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> ids;
    impl_->query("SELECT order_id FROM orders WHERE batch = ? AND state = ? ORDER BY row",
                 {std::string(batch), std::string(to_string(state))},
                 [&](SQLite::Statement& row) { ids.push_back(row.getColumn(0).getString()); });
    return ids;
  });
}

Result<std::vector<std::uint8_t>> Ledger::record(std::string_view order_id) const {
  return impl_->guarded([&]() -> Result<std::vector<std::uint8_t>> {
    std::optional<std::vector<std::uint8_t>> bytes;
    impl_->query("SELECT sealed FROM records WHERE order_id = ?", {std::string(order_id)},
                 [&](SQLite::Statement& row) {
                   const auto column = row.getColumn(0);
                   const auto* const data = static_cast<const std::uint8_t*>(column.getBlob());
                   bytes.emplace(data, data + column.getBytes());
                 });
    if (!bytes && impl_->version >= 6) {
      std::string why;
      impl_->query("SELECT erased FROM orders WHERE order_id = ?", {std::string(order_id)},
                   [&](SQLite::Statement& row) { why = row.getColumn(0).getString(); });
      if (!why.empty())
        return fail(ErrorCode::bad_data,
                    "the personal record of order " + std::string(order_id) + " was deleted: " + why);
    }
    if (!bytes && impl_->version >= 8) {
      std::string why;
      impl_->query("SELECT erased FROM known_records WHERE record = ?", {std::string(order_id)},
                   [&](SQLite::Statement& row) { why = row.getColumn(0).getString(); });
      if (!why.empty())
        return fail(ErrorCode::bad_data, "record " + std::string(order_id) + " was deleted: " + why);
    }
    if (!bytes) return fail(ErrorCode::internal, "no record is stored for order " + std::string(order_id));
    return std::move(*bytes);
  });
}

Result<void> Ledger::each_record(
    const std::function<void(const std::string&, std::vector<std::uint8_t>)>& visit) const {
  return impl_->guarded([&]() -> Result<void> {
    impl_->query("SELECT order_id, sealed FROM records ORDER BY order_id", {}, [&](SQLite::Statement& row) {
      const auto column = row.getColumn(1);
      const auto* const data = static_cast<const std::uint8_t*>(column.getBlob());
      visit(row.getColumn(0).getString(), {data, data + column.getBytes()});
    });
    return {};
  });
}

Result<std::optional<CardRow>> Ledger::card(std::string_view card) const {
  return impl_->guarded([&]() -> Result<std::optional<CardRow>> {
    std::optional<CardRow> found;
    impl_->query("SELECT " + card_columns(impl_->version) + " FROM cards WHERE card = ?", {std::string(card)},
                 [&](SQLite::Statement& row) { found = card_row(row); });
    return found;
  });
}

Result<void> Ledger::each_card(const std::function<void(const CardRow&)>& visit) const {
  return impl_->guarded([&]() -> Result<void> {
    impl_->query("SELECT " + card_columns(impl_->version) + " FROM cards ORDER BY card", {},
                 [&](SQLite::Statement& row) { visit(card_row(row)); });
    return {};
  });
}

Result<std::vector<CardRow>> Ledger::cards_of(std::string_view order_id) const {
  return impl_->guarded([&]() -> Result<std::vector<CardRow>> {
    std::vector<CardRow> cards;
    impl_->query("SELECT " + card_columns(impl_->version) + " FROM cards WHERE order_id = ? ORDER BY card",
                 {std::string(order_id)}, [&](SQLite::Statement& row) { cards.push_back(card_row(row)); });
    return cards;
  });
}

Result<std::vector<CardRow>> Ledger::open_cards() const {
  return impl_->guarded([&]() -> Result<std::vector<CardRow>> {
    std::vector<CardRow> cards;
    impl_->query(
        "SELECT " + card_columns(impl_->version) +
            " FROM cards WHERE state IN ('committed','printing','printed','inspected','unknown','spoiled') "
            "AND NOT (state = 'spoiled' AND bin <> '') ORDER BY card",
        {}, [&](SQLite::Statement& row) { cards.push_back(card_row(row)); });
    return cards;
  });
}

Result<std::vector<std::pair<std::string, std::string>>> Ledger::finished_before(
    std::string_view time) const {
  return impl_->guarded([&]() -> Result<std::vector<std::pair<std::string, std::string>>> {
    std::vector<std::pair<std::string, std::string>> orders;
    if (impl_->version < 6) return orders;
    // A look at a person is no part of what happened to the card.
    impl_->query(
        "SELECT order_id, last FROM (SELECT o.order_id, (SELECT max(e.time) FROM events e WHERE e.order_id = "
        "o.order_id AND e.order_id <> '' AND e.type <> 'person-shown') AS last FROM orders o WHERE o.erased "
        "= '' "
        "AND o.state = 'done' AND NOT EXISTS (SELECT 1 FROM cards c WHERE c.order_id = o.order_id AND "
        "c.state "
        "NOT IN ('delivered', 'destroyed', 'not-started'))) WHERE last < ? ORDER BY last, order_id",
        {std::string(time)}, [&](SQLite::Statement& row) {
          orders.emplace_back(row.getColumn(0).getString(), row.getColumn(1).getString());
        });
    return orders;
  });
}

Result<std::vector<CardRow>> Ledger::reprints_open() const {
  return impl_->guarded([&]() -> Result<std::vector<CardRow>> {
    std::vector<CardRow> cards;
    if (impl_->version < 6) return cards;
    impl_->query("SELECT " + card_columns(impl_->version) +
                     " FROM cards WHERE reprint <> '' AND NOT EXISTS (SELECT 1 FROM cards later WHERE "
                     "later.order_id = cards.order_id AND later.replaces = cards.card) ORDER BY card",
                 {}, [&](SQLite::Statement& row) { cards.push_back(card_row(row)); });
    return cards;
  });
}

Result<std::vector<std::string>> Ledger::cards_with_uid(std::string_view uid,
                                                        std::string_view except_card) const {
  return impl_->guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> cards;
    if (uid.empty()) return cards;
    impl_->query("SELECT card FROM chips WHERE uid = ? AND card <> ? ORDER BY card",
                 {std::string(uid), std::string(except_card)},
                 [&](SQLite::Statement& row) { cards.push_back(row.getColumn(0).getString()); });
    return cards;
  });
}

Result<std::vector<std::string>> Ledger::trail(std::string_view card) const {
  return impl_->guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> lines;
    impl_->query("SELECT line FROM events WHERE card = ? AND card <> '' ORDER BY seq", {std::string(card)},
                 [&](SQLite::Statement& row) { lines.push_back(row.getColumn(0).getString()); });
    return lines;
  });
}

Result<std::vector<std::string>> Ledger::trail_of_order(std::string_view order_id) const {
  return impl_->guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> lines;
    impl_->query("SELECT line FROM events WHERE order_id = ? AND order_id <> '' ORDER BY seq",
                 {std::string(order_id)},
                 [&](SQLite::Statement& row) { lines.push_back(row.getColumn(0).getString()); });
    return lines;
  });
}

Result<std::vector<std::string>> Ledger::lines_of_type(std::string_view type) const {
  return impl_->guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> lines;
    impl_->query("SELECT line FROM events WHERE type = ? ORDER BY seq", {std::string(type)},
                 [&](SQLite::Statement& row) { lines.push_back(row.getColumn(0).getString()); });
    return lines;
  });
}

Result<Balance> Ledger::balance() const {
  return impl_->guarded([&]() -> Result<Balance> {
    Balance balance;
    for (const std::string_view term : kBalanceTerms) balance.terms[std::string(term)] = 0;
    impl_->query("SELECT term, n FROM terms", {}, [&](SQLite::Statement& row) {
      balance.terms[row.getColumn(0).getString()] = row.getColumn(1).getInt64();
    });
    return balance;
  });
}

Result<std::int64_t> Ledger::hopper_expected(std::string_view device) const {
  return impl_->guarded([&]() -> Result<std::int64_t> {
    std::int64_t n = 0;
    impl_->query("SELECT n FROM hoppers WHERE device = ?", {std::string(device)},
                 [&](SQLite::Statement& row) { n = row.getColumn(0).getInt64(); });
    return n;
  });
}

Result<std::int64_t> Ledger::unknown_of(std::string_view device) const {
  return impl_->guarded([&]() -> Result<std::int64_t> {
    std::int64_t n = 0;
    impl_->query("SELECT count(*) FROM cards WHERE state IN ('unknown', 'printing') AND device = ?",
                 {std::string(device)}, [&](SQLite::Statement& row) { n = row.getColumn(0).getInt64(); });
    return n;
  });
}

Result<std::uint64_t> Ledger::highest_number() const {
  return impl_->guarded([&]() -> Result<std::uint64_t> {
    return static_cast<std::uint64_t>(
        impl_->db->execAndGet("SELECT coalesce(max(number), 0) FROM cards").getInt64());
  });
}

Result<std::optional<std::string>> Ledger::batch_with_file(std::string_view file_hash) const {
  return impl_->guarded([&]() -> Result<std::optional<std::string>> {
    std::optional<std::string> batch;
    impl_->query("SELECT batch FROM batches WHERE file = ?", {std::string(file_hash)},
                 [&](SQLite::Statement& row) { batch = row.getColumn(0).getString(); });
    return batch;
  });
}

Result<std::string> Ledger::next_batch() const {
  return impl_->guarded([&]() -> Result<std::string> {
    return std::to_string(impl_->db->execAndGet("SELECT count(*) FROM batches").getInt64() + 1);
  });
}

Result<std::uint64_t> Ledger::size() const {
  return impl_->guarded([&]() -> Result<std::uint64_t> {
    return static_cast<std::uint64_t>(impl_->db->execAndGet("SELECT count(*) FROM events").getInt64());
  });
}

Result<std::uint64_t> Ledger::lines_after(std::uint64_t seq, std::size_t most,
                                          const std::function<void(std::string_view line)>& visit) const {
  std::uint64_t last = seq;
  std::vector<std::string> lines;
  auto read = impl_->guarded([&]() -> Result<void> {
    impl_->query(
        "SELECT seq, line FROM events WHERE seq > CAST(? AS INTEGER) ORDER BY seq LIMIT CAST(? AS INTEGER)",
        {std::to_string(seq), std::to_string(most)}, [&](SQLite::Statement& row) {
          last = static_cast<std::uint64_t>(row.getColumn(0).getInt64());
          lines.push_back(row.getColumn(1).getString());
        });
    return {};
  });
  if (!read) return std::unexpected(read.error());
  for (const std::string& line : lines) visit(line);  // not under the lock: it may ask the ledger something
  return last;
}

Result<std::uint64_t> Ledger::last_before(std::string_view time) const {
  return impl_->guarded([&]() -> Result<std::uint64_t> {
    // Times never decrease with the number, and there is no index on them: halve the range instead of reading
    // it.
    std::uint64_t low = 0;
    auto high = static_cast<std::uint64_t>(
        impl_->db->execAndGet("SELECT coalesce(max(seq), 0) FROM events").getInt64());
    while (low < high) {
      const std::uint64_t middle = low + (high - low + 1) / 2;
      bool before = false;
      impl_->query("SELECT time < ? FROM events WHERE seq = CAST(? AS INTEGER)",
                   {std::string(time), std::to_string(middle)},
                   [&](SQLite::Statement& row) { before = row.getColumn(0).getInt() != 0; });
      if (before)
        low = middle;
      else
        high = middle - 1;
    }
    return low;
  });
}

}  // namespace ktp::ledger
