// SPDX-License-Identifier: Apache-2.0
#include "ledger/boxes.hpp"

#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

namespace {

constexpr const char* kSighting =
    "SELECT box, number, who, person, order_id, card, uid, record, verdict, id FROM sightings ";

SightingRow sighting_row(SQLite::Statement& row) {
  return {.box = row.getColumn(0).getString(),
          .number = static_cast<std::uint64_t>(row.getColumn(1).getInt64()),
          .who = row.getColumn(2).getString(),
          .person = row.getColumn(3).getString(),
          .order_id = row.getColumn(4).getString(),
          .card = row.getColumn(5).getString(),
          .uid = row.getColumn(6).getString(),
          .record = row.getColumn(7).getString(),
          .verdict = row.getColumn(8).getString(),
          .id = static_cast<std::uint64_t>(row.getColumn(9).getInt64())};
}

constexpr const char* kFound =
    "SELECT s.box, s.number, s.who, s.person, s.order_id, s.card, s.uid, s.record, s.verdict, s.id, f.place, "
    "f.state, "
    "f.detail FROM found_cards f JOIN sightings s ON s.id = f.id WHERE s.box NOT IN (SELECT again FROM "
    "boxes) ";
constexpr const char* kDoubt =
    "SELECT s.box, s.number, s.who, s.person, s.order_id, s.card, s.uid, s.record, s.verdict, s.id, d.card "
    "FROM "
    "doubts d JOIN sightings s ON s.id = d.id ";

FoundRow found_row(SQLite::Statement& row) {
  return {.seen = sighting_row(row),
          .place = row.getColumn(10).getString(),
          .state = row.getColumn(11).getString(),
          .detail = row.getColumn(12).getString()};
}

DoubtRow doubt_row(SQLite::Statement& row) {
  return {.card = row.getColumn(10).getString(), .seen = sighting_row(row)};
}

constexpr const char* kBox =
    "SELECT box, again, first, counted, (SELECT coalesce(max(number), 0) FROM sightings s WHERE s.box = "
    "boxes.box), "
    "EXISTS(SELECT 1 FROM boxes later WHERE later.again = boxes.box) FROM boxes ";

BoxRow box_row(SQLite::Statement& row) {
  return {.box = row.getColumn(0).getString(),
          .again = row.getColumn(1).getString(),
          .first = static_cast<std::uint64_t>(row.getColumn(2).getInt64()),
          .counted = static_cast<std::uint64_t>(row.getColumn(3).getInt64()),
          .seen = static_cast<std::uint64_t>(row.getColumn(4).getInt64()),
          .replaced = row.getColumn(5).getInt() != 0};
}

constexpr const char* kRecord =
    "SELECT record, source, order_id, person, content, file, erased FROM known_records ";

KnownRecordRow record_row(SQLite::Statement& row) {
  return {.record = row.getColumn(0).getString(),
          .source = row.getColumn(1).getString(),
          .order_id = row.getColumn(2).getString(),
          .person = row.getColumn(3).getString(),
          .content = row.getColumn(4).getString(),
          .file = row.getColumn(5).getString(),
          .erased = row.getColumn(6).getString()};
}

}  // namespace

std::string sighting_name(std::uint64_t id) {
  std::string number = std::to_string(id);
  return "S" + std::string(number.size() < 7 ? 7 - number.size() : 0, '0') + number;
}

Result<std::optional<BoxRow>> BoxView::box(std::string_view name) const {
  return ledger_.impl_->guarded([&]() -> Result<std::optional<BoxRow>> {
    std::optional<BoxRow> found;
    ledger_.impl_->query(std::string(kBox) + "WHERE box = ?", {std::string(name)},
                         [&](SQLite::Statement& row) { found = box_row(row); });
    return found;
  });
}

Result<std::vector<BoxRow>> BoxView::boxes() const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<BoxRow>> {
    std::vector<BoxRow> rows;
    ledger_.impl_->query(std::string(kBox) + "ORDER BY n", {},
                         [&](SQLite::Statement& row) { rows.push_back(box_row(row)); });
    return rows;
  });
}

Result<std::optional<SightingRow>> BoxView::last_in(std::string_view box) const {
  return ledger_.impl_->guarded([&]() -> Result<std::optional<SightingRow>> {
    std::optional<SightingRow> found;
    ledger_.impl_->query(std::string(kSighting) + "WHERE box = ? ORDER BY number DESC LIMIT 1",
                         {std::string(box)}, [&](SQLite::Statement& row) { found = sighting_row(row); });
    return found;
  });
}

Result<std::vector<SightingRow>> BoxView::sightings_of(std::string_view person) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<SightingRow>> {
    std::vector<SightingRow> rows;
    ledger_.impl_->query(std::string(kSighting) +
                             "WHERE person = ? AND person <> '' AND box NOT IN (SELECT again FROM boxes) "
                             "ORDER BY box, number",
                         {std::string(person)},
                         [&](SQLite::Statement& row) { rows.push_back(sighting_row(row)); });
    return rows;
  });
}

Result<std::vector<SightingRow>> BoxView::sightings_of_order(std::string_view order_id) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<SightingRow>> {
    std::vector<SightingRow> rows;
    // An earlier version has seen none.
    if (ledger_.impl_->version < 7) return rows;
    ledger_.impl_->query(std::string(kSighting) + "WHERE order_id = ? AND order_id <> '' ORDER BY id",
                         {std::string(order_id)},
                         [&](SQLite::Statement& row) { rows.push_back(sighting_row(row)); });
    return rows;
  });
}

Result<void> BoxView::each_sighting(const std::function<void(const SightingRow&)>& visit) const {
  return ledger_.impl_->guarded([&]() -> Result<void> {
    if (ledger_.impl_->version < 7) return {};
    ledger_.impl_->query(std::string(kSighting) + "ORDER BY id", {},
                         [&](SQLite::Statement& row) { visit(sighting_row(row)); });
    return {};
  });
}

Result<std::uint64_t> BoxView::sightings() const {
  return ledger_.impl_->guarded([&]() -> Result<std::uint64_t> {
    std::uint64_t last = 0;
    ledger_.impl_->query("SELECT coalesce(max(id), 0) FROM sightings", {}, [&](SQLite::Statement& row) {
      last = static_cast<std::uint64_t>(row.getColumn(0).getInt64());
    });
    return last;
  });
}

Result<std::vector<SightingRow>> BoxView::sightings_with_uid(std::string_view uid) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<SightingRow>> {
    std::vector<SightingRow> rows;
    ledger_.impl_->query(std::string(kSighting) +
                             "WHERE uid = ? AND uid <> '' AND box NOT IN (SELECT again FROM boxes) "
                             "ORDER BY box, number",
                         {std::string(uid)},
                         [&](SQLite::Statement& row) { rows.push_back(sighting_row(row)); });
    return rows;
  });
}

Result<std::map<std::string, std::uint64_t, std::less<>>> BoxView::tally(std::string_view box) const {
  return ledger_.impl_->guarded([&]() -> Result<std::map<std::string, std::uint64_t, std::less<>>> {
    std::map<std::string, std::uint64_t, std::less<>> counts;
    ledger_.impl_->query("SELECT verdict, count(*) FROM sightings WHERE box = ? GROUP BY verdict",
                         {std::string(box)}, [&](SQLite::Statement& row) {
                           counts[row.getColumn(0).getString()] =
                               static_cast<std::uint64_t>(row.getColumn(1).getInt64());
                         });
    return counts;
  });
}

Result<std::vector<KnownRecordRow>> BoxView::records_of(std::string_view person) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<KnownRecordRow>> {
    std::vector<KnownRecordRow> rows;
    ledger_.impl_->query(std::string(kRecord) + "WHERE person = ? ORDER BY record", {std::string(person)},
                         [&](SQLite::Statement& row) { rows.push_back(record_row(row)); });
    return rows;
  });
}

Result<std::optional<KnownRecordRow>> BoxView::record(std::string_view name) const {
  return ledger_.impl_->guarded([&]() -> Result<std::optional<KnownRecordRow>> {
    std::optional<KnownRecordRow> found;
    ledger_.impl_->query(std::string(kRecord) + "WHERE record = ?", {std::string(name)},
                         [&](SQLite::Statement& row) { found = record_row(row); });
    return found;
  });
}

Result<std::uint64_t> BoxView::records() const {
  return ledger_.impl_->guarded([&]() -> Result<std::uint64_t> {
    std::uint64_t count = 0;
    ledger_.impl_->query("SELECT count(*) FROM known_records", {}, [&](SQLite::Statement& row) {
      count = static_cast<std::uint64_t>(row.getColumn(0).getInt64());
    });
    return count;
  });
}

Result<std::vector<FoundRow>> BoxView::found_cards(bool closed) const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<FoundRow>> {
    std::vector<FoundRow> rows;
    if (ledger_.impl_->version < 8) return rows;
    ledger_.impl_->query(std::string(kFound) + (closed ? "" : "AND f.state = 'kept' ") + "ORDER BY s.id", {},
                         [&](SQLite::Statement& row) { rows.push_back(found_row(row)); });
    return rows;
  });
}

Result<std::optional<FoundRow>> BoxView::found(std::string_view name) const {
  return ledger_.impl_->guarded([&]() -> Result<std::optional<FoundRow>> {
    std::optional<FoundRow> found;
    if (ledger_.impl_->version < 8) return found;
    ledger_.impl_->query(std::string(kFound) + "AND 'S' || printf('%07d', s.id) = ?", {std::string(name)},
                         [&](SQLite::Statement& row) { found = found_row(row); });
    return found;
  });
}

Result<std::optional<DoubtRow>> BoxView::doubt(std::string_view card) const {
  return ledger_.impl_->guarded([&]() -> Result<std::optional<DoubtRow>> {
    std::optional<DoubtRow> found;
    if (ledger_.impl_->version < 8) return found;
    ledger_.impl_->query(std::string(kDoubt) + "WHERE d.card = ?", {std::string(card)},
                         [&](SQLite::Statement& row) { found = doubt_row(row); });
    return found;
  });
}

Result<std::vector<DoubtRow>> BoxView::doubts() const {
  return ledger_.impl_->guarded([&]() -> Result<std::vector<DoubtRow>> {
    std::vector<DoubtRow> rows;
    if (ledger_.impl_->version < 8) return rows;
    ledger_.impl_->query(std::string(kDoubt) + "ORDER BY d.card", {},
                         [&](SQLite::Statement& row) { rows.push_back(doubt_row(row)); });
    return rows;
  });
}

}  // namespace ktp::ledger
