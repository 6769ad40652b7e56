// SPDX-License-Identifier: Apache-2.0
// Inside the room: what ledger.cpp (opening and appending), queries.cpp and rebuild.cpp share.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/projection.hpp"
#include "ledger/signed_head.hpp"
#include "ledger/tree.hpp"

namespace ktp::ledger {

inline constexpr int kSchemaVersion = 8;
inline constexpr int kApplicationId = 0x4B545031;  // "KTP1"

struct Ledger::Impl {
  mutable std::mutex mutex;
  std::unique_ptr<SQLite::Database> db;
  mutable std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>> statements;  // go before `db`
  std::unique_ptr<Projection> projection;
  std::filesystem::path dir;  // the data folder; "" for a backup
  bool write = false;
  int version = kSchemaVersion;  // lower only where a reader has a database of an earlier version
  Clock clock;
  TreeEdge edge;                    // over the lines in the database; only of use when writing
  std::optional<HeadKey> head_key;  // only when writing
  bool clock_is_back = false;       // said once, until the clock has caught up
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

  // Preparing a statement costs more than most of them do. Left in the middle of its rows one would hold a
  // read transaction open, so whoever takes one gives it back in any case.
  class Prepared {
   public:
    explicit Prepared(SQLite::Statement& statement) : statement_(statement) {}
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    ~Prepared() {
      statement_.tryReset();
      statement_.clearBindings();
    }
    SQLite::Statement* operator->() const { return &statement_; }
    SQLite::Statement& operator*() const { return statement_; }

   private:
    SQLite::Statement& statement_;
  };
  // Under the lock, and never the same text twice at a time.
  [[nodiscard]] Prepared prepared(const std::string& text) const {
    auto& slot = statements[text];
    if (!slot) slot = std::make_unique<SQLite::Statement>(*db, text);
    return Prepared(*slot);
  }

  template <class Visit>
  void query(const std::string& text, const std::vector<std::string>& values, Visit&& visit) const {
    const Prepared statement = prepared(text);
    int index = 0;
    for (const std::string& value : values) statement->bind(++index, value);
    while (statement->executeStep()) visit(*statement);
  }

  // Loads the head key and checks that the log ends where its head says.
  Result<void> begin_writing();
  // The stored head, or nothing where an earlier version wrote the database.
  std::optional<LogHead> stored_head() const;
  // Signs the head over `edge` into the open transaction.
  void store_head(const TreeEdge& edge, const HeadKey& key);
  // Appends in one transaction whose head `key` signs. Under the lock.
  Result<void> write_events(const std::vector<Event>& events, const std::vector<SealedRecord>& records,
                            const HeadKey& key, bool say_clock);
  // The key that signed the stored head, where a change of keys was cut off after its transaction.
  Result<void> finish_rotation(const std::string& key_line);
};

// What keeps lines from being changed by mistake. Word for word as every version made them: `verify` holds
// the whole schema to that.
inline constexpr const char* kEventTriggers[] = {
    "CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never "
    "changed'); END",
    "CREATE TRIGGER events_last BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never "
    "deleted'); END"};

inline constexpr const char* kRecordErased = "record-erased";
inline constexpr const char* kOtherErased = "other-record-erased";  // another station's

// A key that is to sign heads next, until its event is written.
inline constexpr const char* kNextHeadKey = "head-key.next";

// The tables that events do not build: made here, and brought up from every earlier version.
void create_log(SQLite::Database& db);
// Stores a signed head over `edge`.
void put_head(SQLite::Database& db, const TreeEdge& edge, const LogHead& head);
// Takes the database from `version` to the present one within the caller's transaction; the projected tables
// are built anew from the events.
Result<void> upgrade_log(SQLite::Database& db, Projection& projection, int version);

// What was printed and handed over since the backup nobody here knows: the first writer after a restoration
// logs `restored` and holds every order that waits for a card, so that none is printed twice.
Result<void> hold_after_restore(Ledger& ledger, const std::filesystem::path& dir);

}  // namespace ktp::ledger
