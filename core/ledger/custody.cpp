// SPDX-License-Identifier: Apache-2.0
#include "ledger/custody.hpp"

#include <cstdio>

#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

namespace {

constexpr const char* kRows =
    "SELECT c.card, c.order_id, o.region, c.state, c.bin, coalesce(s.seal, ''), coalesce(s.item, ''), "
    "coalesce(s.post, ''), coalesce(s.post_date, ''), coalesce(s.post_detail, '') FROM cards c JOIN orders o "
    "ON "
    "o.order_id = c.order_id LEFT JOIN sealed_cards s ON s.card = c.card ";
// A region and everything below it; no pattern characters are in a kode wilayah, and none would matter.
constexpr const char* kInRegion =
    "(?1 = '' OR o.region = ?1 OR substr(o.region, 1, length(?1) + 1) = ?1 || '.')";

// Of the rows of kRows those that a recall is about; ?1 is its name.
std::string in_scope(const RecallScope& scope) {
  return scope.of == RecallScope::Of::region ? kInRegion : "(o.batch = ?1 OR s.seal = ?1)";
}

// is_live() of the domain.
constexpr const char* kLive =
    "c.state NOT IN ('not-started', 'spoiled', 'withdrawn', 'destroyed') AND c.verdict NOT IN ('damaged', "
    "'duplicate', 'mismatch')";

CustodyRow custody_row(SQLite::Statement& row) {
  return {.card = row.getColumn(0).getString(),
          .order_id = row.getColumn(1).getString(),
          .region = row.getColumn(2).getString(),
          .state = card_state_from(row.getColumn(3).getString()).value_or(CardState::unknown),
          .bin = row.getColumn(4).getString(),
          .seal = row.getColumn(5).getString(),
          .item = row.getColumn(6).getString(),
          .post = row.getColumn(7).getString(),
          .post_date = row.getColumn(8).getString(),
          .post_detail = row.getColumn(9).getString()};
}

constexpr const char* kSeals =
    "SELECT seal, region, taken_by, count, (SELECT count(*) FROM sealed_cards s JOIN cards c ON c.card = "
    "s.card WHERE "
    "s.seal = seals.seal AND c.state = 'sealed') FROM seals ";

SealRow seal_row(SQLite::Statement& row) {
  return {.seal = row.getColumn(0).getString(),
          .region = row.getColumn(1).getString(),
          .taken_by = row.getColumn(2).getString(),
          .count = row.getColumn(3).getInt64(),
          .inside = row.getColumn(4).getInt64()};
}

// Cards that sort mode found damaged wait for a person; an earlier version knew of none.
std::string not_in_doubt(int version) {
  return version < 8 ? "" : " AND NOT EXISTS (SELECT 1 FROM doubts d WHERE d.card = c.card)";
}

// Bodies that are no card of this ledger, by the time they were seen: sightings are numbered as their events
// come.
constexpr const char* kOpenFound =
    " UNION ALL SELECT 'S' || printf('%07d', f.id), s.order_id, 'found', f.place, '', t.time, s.verdict, 0 "
    "FROM "
    "found_cards f JOIN sightings s ON s.id = f.id JOIN (SELECT row_number() OVER (ORDER BY seq) AS id, time "
    "FROM "
    "events WHERE type = 'sighted') t ON t.id = f.id WHERE f.state = 'kept' AND s.box NOT IN (SELECT again "
    "FROM "
    "boxes)";

}  // namespace

Result<std::vector<CustodyRow>> CustodyView::sealable(std::string_view region) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<CustodyRow>> {
    std::vector<CustodyRow> rows;
    ledger_.impl_->query(std::string(kRows) + "WHERE c.state = 'sorted' AND c.bin = 'good' AND " + kInRegion +
                             not_in_doubt(ledger_.impl_->version) + " ORDER BY o.region, c.card",
                         {std::string(region)},
                         [&](SQLite::Statement& row) { rows.push_back(custody_row(row)); });
    return rows;
  });
}

Result<std::vector<std::pair<std::string, std::int64_t>>> CustodyView::sealable_by_region() const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<std::pair<std::string, std::int64_t>>> {
    std::vector<std::pair<std::string, std::int64_t>> counts;
    ledger_.impl_->query(
        "SELECT o.region, count(*) FROM cards c JOIN orders o ON o.order_id = c.order_id WHERE c.state = "
        "'sorted' AND c.bin = 'good'" +
            not_in_doubt(ledger_.impl_->version) + " GROUP BY o.region ORDER BY o.region",
        {}, [&](SQLite::Statement& row) {
          counts.emplace_back(row.getColumn(0).getString(), row.getColumn(1).getInt64());
        });
    return counts;
  });
}

Result<std::vector<CustodyRow>> CustodyView::good_cards_of(std::string_view region) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<CustodyRow>> {
    std::vector<CustodyRow> rows;
    ledger_.impl_->query(
        std::string(kRows) + "WHERE c.verdict = 'good' AND " + kInRegion + " ORDER BY o.region, c.card",
        {std::string(region)}, [&](SQLite::Statement& row) { rows.push_back(custody_row(row)); });
    return rows;
  });
}

Result<std::vector<CustodyRow>> CustodyView::recallable_cards_of(const RecallScope& scope) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<CustodyRow>> {
    std::vector<CustodyRow> rows;
    ledger_.impl_->query(std::string(kRows) +
                             "WHERE (c.verdict = 'good' OR (c.state = 'sorted' AND c.bin = 'review')) AND " +
                             in_scope(scope) + " ORDER BY o.region, c.card",
                         {scope.name}, [&](SQLite::Statement& row) { rows.push_back(custody_row(row)); });
    return rows;
  });
}

Result<std::vector<CustodyRow>> CustodyView::unfinished_cards_of(const RecallScope& scope) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<CustodyRow>> {
    std::vector<CustodyRow> rows;
    ledger_.impl_->query(
        std::string(kRows) +
            "WHERE c.state IN ('committed', 'printing', 'printed', 'inspected', 'unknown') AND " +
            in_scope(scope) + " ORDER BY c.card",
        {scope.name}, [&](SQLite::Statement& row) { rows.push_back(custody_row(row)); });
    return rows;
  });
}

Result<std::vector<CustodyRow>> CustodyView::cards_in(std::string_view seal) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<CustodyRow>> {
    std::vector<CustodyRow> rows;
    ledger_.impl_->query(std::string(kRows) + "WHERE s.seal = ? ORDER BY o.region, c.card",
                         {std::string(seal)},
                         [&](SQLite::Statement& row) { rows.push_back(custody_row(row)); });
    return rows;
  });
}

Result<std::optional<CustodyRow>> CustodyView::card_of_item(std::string_view item) const {
  return ledger_.impl_->guarded([&]() -> Result<std::optional<CustodyRow>> {
    std::optional<CustodyRow> found;
    ledger_.impl_->query(std::string(kRows) + "WHERE s.item = ?", {std::string(item)},
                         [&](SQLite::Statement& row) { found = custody_row(row); });
    return found;
  });
}

Result<std::vector<PastResult>> CustodyView::past_results(std::string_view item) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<PastResult>> {
    std::vector<PastResult> past;
    ledger_.impl_->query("SELECT card, post, post_date, post_detail FROM past_items WHERE item = ?",
                         {std::string(item)}, [&](SQLite::Statement& row) {
                           past.push_back({.card = row.getColumn(0).getString(),
                                           .post = row.getColumn(1).getString(),
                                           .date = row.getColumn(2).getString(),
                                           .detail = row.getColumn(3).getString()});
                         });
    return past;
  });
}

Result<std::optional<SealRow>> CustodyView::seal(std::string_view name) const {
  return ledger_.impl_->guarded([&]() -> Result<std::optional<SealRow>> {
    std::optional<SealRow> found;
    ledger_.impl_->query(std::string(kSeals) + "WHERE seal = ?", {std::string(name)},
                         [&](SQLite::Statement& row) { found = seal_row(row); });
    return found;
  });
}

Result<std::vector<SealRow>> CustodyView::seals() const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<SealRow>> {
    std::vector<SealRow> rows;
    ledger_.impl_->query(std::string(kSeals) + "ORDER BY seal", {},
                         [&](SQLite::Statement& row) { rows.push_back(seal_row(row)); });
    return rows;
  });
}

Result<std::vector<SealRow>> CustodyView::open_seals() const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<SealRow>> {
    std::vector<SealRow> rows;
    ledger_.impl_->query(std::string(kSeals) + "WHERE taken_by = '' ORDER BY seal", {},
                         [&](SQLite::Statement& row) { rows.push_back(seal_row(row)); });
    return rows;
  });
}

Result<std::vector<std::string>> CustodyView::waiting_orders_of(const RecallScope& scope) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> ids;
    ledger_.impl_->query(
        std::string("SELECT o.order_id FROM orders o WHERE (o.state = 'accepted' OR "
                    "(o.state = 'printing' AND NOT EXISTS (SELECT 1 FROM cards c WHERE "
                    "c.order_id = o.order_id AND ") +
            kLive + "))) AND " + (scope.of == RecallScope::Of::region ? kInRegion : "o.batch = ?1") +
            " ORDER BY o.order_id",
        {scope.name}, [&](SQLite::Statement& row) { ids.push_back(row.getColumn(0).getString()); });
    return ids;
  });
}

Result<bool> CustodyView::is_batch(std::string_view name) const {
  return ledger_.impl_->guarded([&]() -> Result<bool> {
    bool known = false;
    ledger_.impl_->query(
        "SELECT 1 FROM batches WHERE batch = ?1 UNION SELECT 1 FROM orders WHERE batch = ?1 UNION SELECT 1 "
        "FROM "
        "seals WHERE seal = ?1 LIMIT 1",
        {std::string(name)}, [&](SQLite::Statement&) { known = true; });
    return known;
  });
}

Result<std::vector<CustodyRow>> CustodyView::to_destroy() const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<CustodyRow>> {
    std::vector<CustodyRow> rows;
    ledger_.impl_->query(std::string(kRows) +
                             "WHERE (c.state IN ('sorted', 'spoiled') AND c.bin IN ('damaged', 'duplicate', "
                             "'mismatch')) OR c.state = 'withdrawn' ORDER BY c.card",
                         {}, [&](SQLite::Statement& row) { rows.push_back(custody_row(row)); });
    return rows;
  });
}

Result<std::vector<CustodyRow>> CustodyView::in_state(CardState state) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<CustodyRow>> {
    std::vector<CustodyRow> rows;
    ledger_.impl_->query(std::string(kRows) + "WHERE c.state = ?1 ORDER BY c.card",
                         {std::string(to_string(state))},
                         [&](SQLite::Statement& row) { rows.push_back(custody_row(row)); });
    return rows;
  });
}

Result<std::vector<OpenItem>> CustodyView::open_items() const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<OpenItem>> {
    std::vector<OpenItem> items;
    const bool boxes = ledger_.impl_->version >= 8;
    ledger_.impl_->query(
        "SELECT c.card, c.order_id, c.state, c.bin, coalesce(s.seal, ''), (SELECT e.time FROM events e WHERE "
        "e.card = "
        "c.card AND e.card <> '' ORDER BY e.seq DESC LIMIT 1) AS since, coalesce(s.post_detail, ''), " +
            std::string(boxes ? "EXISTS(SELECT 1 FROM doubts d WHERE d.card = c.card)" : "0") +
            " FROM cards c LEFT "
            "JOIN sealed_cards s ON s.card = c.card WHERE c.state NOT IN ('delivered', 'destroyed', "
            "'not-started') "
            "UNION ALL SELECT '', o.order_id, o.state, '', '', (SELECT e.time FROM events e WHERE e.order_id "
            "= "
            "o.order_id "
            "AND e.order_id <> '' ORDER BY e.seq DESC LIMIT 1), o.reason, 0 FROM orders o WHERE o.state IN "
            "('held', "
            "'accepted', 'printing')" +
            (boxes ? kOpenFound : "") + " ORDER BY since",
        {}, [&](SQLite::Statement& row) {
          items.push_back({.card = row.getColumn(0).getString(),
                           .order_id = row.getColumn(1).getString(),
                           .state = row.getColumn(2).getString(),
                           .bin = row.getColumn(3).getString(),
                           .seal = row.getColumn(4).getString(),
                           .since = row.getColumn(5).getString(),
                           .detail = row.getColumn(6).getString(),
                           .doubted = row.getColumn(7).getInt() != 0});
        });
    return items;
  });
}

Result<CampaignFigures> CustodyView::campaign() const {
  return ledger_.impl_->guarded([&]() -> Result<CampaignFigures> {
    CampaignFigures figures;
    const auto count = [&](const char* where) {
      return ledger_.impl_->db
          ->execAndGet(
              std::string("SELECT count(*) FROM cards c LEFT JOIN sealed_cards s ON s.card = c.card WHERE ") +
              where)
          .getInt64();
    };
    figures.received =
        ledger_.impl_->db->execAndGet("SELECT n FROM terms WHERE term = 'received'").getInt64();
    figures.printed = count(
        "c.state NOT IN ('committed', 'not-started', 'printing', 'unknown', 'spoiled') AND c.verdict <> ''");
    figures.damaged = count("c.verdict = 'damaged'");
    figures.duplicate = count("c.verdict = 'duplicate'");
    figures.mismatch = count("c.verdict = 'mismatch'");
    figures.review = count("c.verdict = 'review' AND c.state NOT IN ('withdrawn', 'destroyed')");
    figures.spoiled = count("c.state = 'spoiled' OR (c.state = 'destroyed' AND c.verdict = '')");
    figures.withdrawn =
        count("c.state = 'withdrawn' OR (c.state = 'destroyed' AND c.verdict IN ('good', 'review'))");
    figures.destroyed = count("c.state = 'destroyed'");
    figures.handed_over = count("c.state IN ('handed-over', 'delivered', 'returned')");
    figures.entered = count("s.post <> '' AND c.state IN ('handed-over', 'delivered', 'returned')");
    figures.delivered = count("c.state = 'delivered'");
    figures.returned = count("c.state = 'returned'");
    ledger_.impl_->query(
        "SELECT s.post_detail, count(*) FROM sealed_cards s JOIN cards c ON c.card = s.card WHERE c.state = "
        "'returned' "
        "GROUP BY s.post_detail",
        {}, [&](SQLite::Statement& row) {
          figures.returned_by_reason[row.getColumn(0).getString()] = row.getColumn(1).getInt64();
        });
    return figures;
  });
}

Result<std::string> CustodyView::next_record() const {
  return ledger_.impl_->guarded([&]() -> Result<std::string> {
    char name[32];
    std::snprintf(name, sizeof name, "BA-%06lld",
                  static_cast<long long>(
                      ledger_.impl_->db->execAndGet("SELECT count(*) FROM events WHERE type = 'berita-acara'")
                          .getInt64() +
                      1));
    return std::string(name);
  });
}

Result<std::string> CustodyView::next_seal() const {
  return ledger_.impl_->guarded([&]() -> Result<std::string> {
    char name[32];
    std::snprintf(
        name, sizeof name, "S%06lld",
        static_cast<long long>(ledger_.impl_->db->execAndGet("SELECT count(*) FROM seals").getInt64() + 1));
    return std::string(name);
  });
}

Result<std::optional<std::string>> CustodyView::last_item(std::string_view service) const {
  return ledger_.impl_->guarded([&]() -> Result<std::optional<std::string>> {
    std::optional<std::string> last;
    // Also numbers of cards that were taken out or came back: a number is never given twice.
    ledger_.impl_->query(
        "SELECT max(item) FROM (SELECT item FROM sealed_cards WHERE substr(item, 1, 2) = ?1 UNION ALL SELECT "
        "item FROM past_items WHERE substr(item, 1, 2) = ?1)",
        {std::string(service)}, [&](SQLite::Statement& row) {
          if (!row.getColumn(0).isNull()) last = row.getColumn(0).getString();
        });
    return last;
  });
}

}  // namespace ktp::ledger
