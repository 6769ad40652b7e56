// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "ledger/projection.hpp"

namespace ktp::ledger {

namespace {

constexpr int kSchemaVersion = 1;
constexpr int kApplicationId = 0x4B545031;  // "KTP1"
constexpr const char* kFile = "ledger.sqlite";
// Members of an event that are columns of their own; `data` must not repeat them.
constexpr std::array kReserved{"seq", "time", "type", "actor", "order_id", "card", "token", "uid", "batch"};

std::string utc_now() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[80];
  const auto millis = static_cast<int>(now.time_since_epoch().count() % 1000);
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, millis);
  return text;
}

// Sixteen decimal digits in a row would be, or look like, a NIK: such a line never enters the log.
bool has_sixteen_digits(std::string_view line) {
  int run = 0;
  return std::ranges::any_of(line, [&](char c) {
    run = c >= '0' && c <= '9' ? run + 1 : 0;
    return run >= 16;
  });
}

nlohmann::ordered_json to_json(const Event& event, std::uint64_t seq, const std::string& time) {
  nlohmann::ordered_json line;
  line["seq"] = seq;
  line["time"] = time;
  line["type"] = event.type;
  line["actor"] = event.actor;
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) line[key] = value;
  };
  put("order_id", event.order_id);
  put("card", event.card);
  put("token", event.token);
  put("uid", event.uid);
  put("batch", event.batch);
  for (const auto& [key, value] : event.data.items()) line[key] = value;
  return line;
}

Event from_json(nlohmann::ordered_json line) {
  Event event;
  const auto take = [&](const char* key) {
    const auto found = line.find(key);
    return found == line.end() ? std::string() : found->get<std::string>();
  };
  event.type = take("type");
  event.actor = take("actor");
  event.order_id = take("order_id");
  event.card = take("card");
  event.token = take("token");
  event.uid = take("uid");
  event.batch = take("batch");
  for (const char* key : kReserved) line.erase(key);
  event.data = std::move(line);
  return event;
}

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
  return card;
}
constexpr const char* kCardColumns =
    "card, order_id, token, uid, state, verdict, bin, replaces, counter_before, number";

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
  return order;
}
constexpr const char* kOrderColumnsSql = "order_id, batch, state, reason, person, content, region, row";

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

struct Ledger::Impl {
  mutable std::mutex mutex;
  std::unique_ptr<SQLite::Database> db;
  std::unique_ptr<Projection> projection;
  bool write = false;
  std::uint64_t last_seq = 0;
  std::string last_time;
  std::uint64_t last_card = 0;
  std::atomic<std::int64_t> append_ns{0};

  // Runs a body that may throw; whatever SQLite throws becomes an Error here, at the room's door.
  template <class Body>
  auto guarded(Body&& body) const -> decltype(body()) {
    const std::lock_guard lock(mutex);
    try {
      return body();
    } catch (const std::exception& error) {
      return fail(ErrorCode::internal, std::string("ledger: ") + error.what());
    }
  }

  template <class Visit>
  void query(const std::string& text, const std::vector<std::string>& values, Visit&& visit) const {
    SQLite::Statement statement(*db, text);
    int index = 0;
    for (const std::string& value : values) statement.bind(++index, value);
    while (statement.executeStep()) visit(statement);
  }
};

Ledger::Ledger() : impl_(std::make_unique<Impl>()) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& dir, bool write) {
  const auto file = dir / kFile;
  std::error_code ignored;
  if (!write && !std::filesystem::exists(file, ignored))
    return fail(ErrorCode::input_missing,
                "there is no ledger in " + dir.string() + "; give the station's data folder with --data");
  try {
    auto ledger = std::unique_ptr<Ledger>(new Ledger());
    Impl& impl = *ledger->impl_;
    impl.write = write;
    if (write) std::filesystem::create_directories(dir);
    impl.db = std::make_unique<SQLite::Database>(
        file.string(), write ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE : SQLite::OPEN_READONLY, 10'000);
    if (write) {
      impl.db->exec("PRAGMA journal_mode=WAL");
      impl.db->exec("PRAGMA synchronous=FULL");
    }
    const int version = impl.db->execAndGet("PRAGMA user_version").getInt();
    const int application = impl.db->execAndGet("PRAGMA application_id").getInt();
    const bool fresh = impl.db->execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
    if (!fresh && application != kApplicationId)
      return fail(ErrorCode::bad_data, file.string() + " is not a station's ledger");
    if (version > kSchemaVersion)
      return fail(ErrorCode::bad_data,
                  file.string() + " was written by a newer version of the station; update this one");
    impl.projection = std::make_unique<Projection>(*impl.db);
    if (fresh && !write) return fail(ErrorCode::input_missing, file.string() + " is empty");
    if (fresh) {
      SQLite::Transaction transaction(*impl.db, SQLite::TransactionBehavior::IMMEDIATE);
      // `line` is the event exactly as it is exported and hashed; the columns beside it only find it.
      impl.db->exec(R"(
        CREATE TABLE events(seq INTEGER PRIMARY KEY, time TEXT NOT NULL, type TEXT NOT NULL, order_id TEXT NOT NULL,
          card TEXT NOT NULL, line TEXT NOT NULL);
        CREATE INDEX events_card ON events(card) WHERE card <> '';
        CREATE INDEX events_order ON events(order_id) WHERE order_id <> '';
        CREATE TABLE records(order_id TEXT PRIMARY KEY, sealed BLOB NOT NULL);
        CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
        CREATE TRIGGER events_last BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
      )");
      impl.projection->create_tables();
      impl.db->exec("PRAGMA user_version=" + std::to_string(kSchemaVersion));
      impl.db->exec("PRAGMA application_id=" + std::to_string(kApplicationId));
      transaction.commit();
    }
    impl.query("SELECT seq, time FROM events ORDER BY seq DESC LIMIT 1", {}, [&](SQLite::Statement& row) {
      impl.last_seq = static_cast<std::uint64_t>(row.getColumn(0).getInt64());
      impl.last_time = row.getColumn(1).getString();
    });
    impl.query("SELECT max(card) FROM cards", {}, [&](SQLite::Statement& row) {
      const std::string last = row.getColumn(0).isNull() ? "" : row.getColumn(0).getString();
      if (last.size() > 1) impl.last_card = std::strtoull(last.c_str() + 1, nullptr, 10);
    });
    return ledger;
  } catch (const std::exception& error) {
    return fail(ErrorCode::bad_data, "cannot open the ledger " + file.string() + ": " + error.what());
  }
}

Result<void> Ledger::append(const std::vector<Event>& events, const std::vector<SealedRecord>& records) {
  const auto begun = std::chrono::steady_clock::now();
  auto appended = impl_->guarded([&]() -> Result<void> {
    if (!impl_->write) return fail(ErrorCode::internal, "ledger was opened for reading");
    if (events.empty() && records.empty()) return {};
    std::uint64_t seq = impl_->last_seq;
    std::string now =
        std::max(utc_now(), impl_->last_time);  // a clock set back never turns the log's time back
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement insert(
        *impl_->db, "INSERT INTO events(seq, time, type, order_id, card, line) VALUES(?, ?, ?, ?, ?, ?)");
    for (const Event& event : events) {
      for (const char* key : kReserved)
        if (event.data.contains(key))
          return fail(ErrorCode::internal, "event " + event.type + " repeats member " + key);
      if (auto applied = impl_->projection->apply(event); !applied) return applied;
      const std::string line = to_json(event, ++seq, now).dump();
      if (has_sixteen_digits(line))
        return fail(ErrorCode::internal,
                    "event " + event.type + " would put sixteen digits in a row into the log");
      insert.reset();
      insert.bind(1, static_cast<std::int64_t>(seq));
      insert.bind(2, now);
      insert.bind(3, event.type);
      insert.bind(4, event.order_id);
      insert.bind(5, event.card);
      insert.bind(6, line);
      insert.exec();
    }
    if (!records.empty()) {
      SQLite::Statement record(*impl_->db, "INSERT OR REPLACE INTO records(order_id, sealed) VALUES(?, ?)");
      for (const SealedRecord& sealed : records) {
        record.reset();
        record.bind(1, sealed.order_id);
        record.bind(2, sealed.bytes.data(), static_cast<int>(sealed.bytes.size()));
        record.exec();
      }
    }
    transaction.commit();
    impl_->last_seq = seq;
    impl_->last_time = std::move(now);
    return {};
  });
  impl_->append_ns += std::chrono::nanoseconds(std::chrono::steady_clock::now() - begun).count();
  return appended;
}

double Ledger::append_seconds() const {
  return static_cast<double>(impl_->append_ns.load()) * 1e-9;
}

Result<std::optional<OrderRow>> Ledger::order(std::string_view order_id) const {
  return impl_->guarded([&]() -> Result<std::optional<OrderRow>> {
    std::optional<OrderRow> found;
    impl_->query(std::string("SELECT ") + kOrderColumnsSql + " FROM orders WHERE order_id = ?",
                 {std::string(order_id)}, [&](SQLite::Statement& row) { found = order_row(row); });
    return found;
  });
}

Result<std::optional<OrderRow>> Ledger::order_of_person(std::string_view person) const {
  return impl_->guarded([&]() -> Result<std::optional<OrderRow>> {
    std::optional<OrderRow> found;
    impl_->query(std::string("SELECT ") + kOrderColumnsSql + " FROM orders WHERE person = ?",
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
        std::string("SELECT * FROM (SELECT ") + kOrderColumnsSql +
            " FROM orders UNION ALL SELECT order_id, batch, 'refused', reason, '', content, '', row FROM "
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
    if (!bytes) return fail(ErrorCode::internal, "no record is stored for order " + std::string(order_id));
    return std::move(*bytes);
  });
}

Result<void> Ledger::each_record(
    const std::function<void(const std::string&, std::vector<std::uint8_t>)>& visit) const {
  return impl_->guarded([&]() -> Result<void> {
    impl_->query("SELECT order_id, sealed FROM records", {}, [&](SQLite::Statement& row) {
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
    impl_->query(std::string("SELECT ") + kCardColumns + " FROM cards WHERE card = ?", {std::string(card)},
                 [&](SQLite::Statement& row) { found = card_row(row); });
    return found;
  });
}

Result<void> Ledger::each_card(const std::function<void(const CardRow&)>& visit) const {
  return impl_->guarded([&]() -> Result<void> {
    impl_->query(std::string("SELECT ") + kCardColumns + " FROM cards ORDER BY card", {},
                 [&](SQLite::Statement& row) { visit(card_row(row)); });
    return {};
  });
}

Result<std::vector<CardRow>> Ledger::cards_of(std::string_view order_id) const {
  return impl_->guarded([&]() -> Result<std::vector<CardRow>> {
    std::vector<CardRow> cards;
    impl_->query(std::string("SELECT ") + kCardColumns + " FROM cards WHERE order_id = ? ORDER BY card",
                 {std::string(order_id)}, [&](SQLite::Statement& row) { cards.push_back(card_row(row)); });
    return cards;
  });
}

Result<std::vector<CardRow>> Ledger::open_cards() const {
  return impl_->guarded([&]() -> Result<std::vector<CardRow>> {
    std::vector<CardRow> cards;
    impl_->query(
        std::string("SELECT ") + kCardColumns +
            " FROM cards WHERE state IN ('committed','printing','printed','inspected','unknown','spoiled') "
            "AND NOT (state = 'spoiled' AND bin <> '') ORDER BY card",
        {}, [&](SQLite::Statement& row) { cards.push_back(card_row(row)); });
    return cards;
  });
}

Result<std::vector<std::string>> Ledger::cards_with_uid(std::string_view uid,
                                                        std::string_view except_card) const {
  return impl_->guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> cards;
    if (uid.empty()) return cards;
    impl_->query("SELECT card FROM cards WHERE uid = ? AND uid <> '' AND card <> ?",
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

Result<std::int64_t> Ledger::hopper_expected() const {
  return impl_->guarded([&]() -> Result<std::int64_t> {
    std::int64_t n = 0;
    // A card still printing or committed has, as far as the ledger can know, not left the hopper.
    impl_->query(
        "SELECT (SELECT n FROM terms WHERE term = 'in_machine') - (SELECT count(*) FROM cards WHERE state IN "
        "('printed','inspected'))",
        {}, [&](SQLite::Statement& row) { n = row.getColumn(0).getInt64(); });
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

Result<std::string> Ledger::next_card() {
  return impl_->guarded([&]() -> Result<std::string> {
    char name[32];
    std::snprintf(name, sizeof name, "C%07llu", static_cast<unsigned long long>(++impl_->last_card));
    return std::string(name);
  });
}

Result<std::uint64_t> Ledger::size() const {
  return impl_->guarded([&]() -> Result<std::uint64_t> {
    return static_cast<std::uint64_t>(impl_->db->execAndGet("SELECT count(*) FROM events").getInt64());
  });
}

Result<void> Ledger::each_line(const std::function<void(std::string_view)>& visit) const {
  return impl_->guarded([&]() -> Result<void> {
    impl_->query("SELECT line FROM events ORDER BY seq", {},
                 [&](SQLite::Statement& row) { visit(row.getColumn(0).getString()); });
    return {};
  });
}

Result<std::optional<std::string>> Ledger::difference_after_rebuild() const {
  return impl_->guarded([&]() -> Result<std::optional<std::string>> {
    SQLite::Database scratch(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    Projection rebuilt(scratch);
    rebuilt.create_tables();
    std::optional<std::string> difference;
    std::uint64_t expected_seq = 0;
    impl_->query("SELECT seq, line FROM events ORDER BY seq", {}, [&](SQLite::Statement& row) {
      if (difference) return;
      const auto seq = static_cast<std::uint64_t>(row.getColumn(0).getInt64());
      if (seq != ++expected_seq) {
        difference = "event " + std::to_string(expected_seq) + " is missing";
        return;
      }
      const auto line = nlohmann::ordered_json::parse(row.getColumn(1).getString());
      if (auto applied = rebuilt.apply(from_json(line)); !applied)
        difference = "event " + std::to_string(seq) + ": " + applied.error().message;
    });
    const auto dump = [](SQLite::Database& db, const std::string& table) {
      std::vector<std::string> rows;
      SQLite::Statement all(db, "SELECT * FROM " + table + " ORDER BY 1, 2");
      while (all.executeStep()) {
        std::string text;
        for (int i = 0; i < all.getColumnCount(); ++i) text += all.getColumn(i).getString() + "|";
        rows.push_back(std::move(text));
      }
      return rows;
    };
    for (const char* table : kProjectedTables) {
      if (difference) break;
      const auto stored = dump(*impl_->db, table);
      const auto built = dump(scratch, table);
      if (stored.size() != built.size())
        difference = std::string("table ") + table + " has " + std::to_string(stored.size()) +
                     " rows, the events give " + std::to_string(built.size());
      for (std::size_t i = 0; !difference && i < stored.size(); ++i)
        if (stored[i] != built[i])
          difference =
              std::string("table ") + table + " row " + std::to_string(i + 1) + " differs from the events";
    }
    return difference;
  });
}

}  // namespace ktp::ledger
