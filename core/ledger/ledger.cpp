// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "ledger/event_line.hpp"
#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

namespace {

constexpr int kSchemaVersion = 1;
constexpr int kApplicationId = 0x4B545031;  // "KTP1"
constexpr const char* kFile = "ledger.sqlite";

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

}  // namespace

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
      for (const char* key : kEventColumns)
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

Result<std::string> Ledger::next_card() {
  return impl_->guarded([&]() -> Result<std::string> {
    char name[32];
    std::snprintf(name, sizeof name, "C%07llu", static_cast<unsigned long long>(++impl_->last_card));
    return std::string(name);
  });
}

}  // namespace ktp::ledger
