// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

#include "ledger/event_line.hpp"
#include "ledger/key_chain.hpp"
#include "ledger/key_file.hpp"
#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

namespace {

constexpr const char* kFile = "ledger.sqlite";

std::string utc_text(std::chrono::system_clock::time_point time) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(time);
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

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& dir, bool write, Clock clock) {
  auto ledger = open_at(dir / kFile, write, std::move(clock));
  if (ledger && write)
    if (auto held = hold_after_restore(**ledger, dir); !held) return std::unexpected(held.error());
  return ledger;
}

Result<std::unique_ptr<Ledger>> Ledger::open_file(const std::filesystem::path& file) {
  auto ledger = open_at(file, false, {});
  // What lies beside a backup says nothing of it.
  if (ledger) (*ledger)->impl_->dir.clear();
  return ledger;
}

Result<std::unique_ptr<Ledger>> Ledger::open_at(const std::filesystem::path& file, bool write, Clock clock) {
  const auto dir = file.parent_path();
  std::error_code ignored;
  if (!write && !std::filesystem::exists(file, ignored))
    return fail(ErrorCode::input_missing,
                "there is no ledger in " + dir.string() + "; give the station's data folder with --data");
  try {
    auto ledger = std::unique_ptr<Ledger>(new Ledger());
    Impl& impl = *ledger->impl_;
    impl.write = write;
    impl.clock = clock ? std::move(clock) : Clock(&std::chrono::system_clock::now);
    impl.dir = dir;
    if (write) std::filesystem::create_directories(dir);
    impl.db = std::make_unique<SQLite::Database>(
        file.string(), write ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE : SQLite::OPEN_READONLY, 10'000);
    if (write) {
      impl.db->exec("PRAGMA journal_mode=WAL");
      impl.db->exec("PRAGMA synchronous=FULL");
      impl.db->exec("PRAGMA secure_delete=ON");  // a deleted record leaves no copy in a free page
    }
    const int version = impl.db->execAndGet("PRAGMA user_version").getInt();
    const int application = impl.db->execAndGet("PRAGMA application_id").getInt();
    const bool fresh = impl.db->execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
    if (!fresh && application != kApplicationId)
      return fail(ErrorCode::bad_data, file.string() + " is not a station's ledger");
    if (version > kSchemaVersion)
      return fail(ErrorCode::bad_data,
                  file.string() + " was written by a newer version of the station; update this one");
    if (!write) impl.version = version;
    impl.projection = std::make_unique<Projection>(*impl.db);
    if (fresh && !write) return fail(ErrorCode::input_missing, file.string() + " is empty");
    if (fresh) {
      SQLite::Transaction transaction(*impl.db, SQLite::TransactionBehavior::IMMEDIATE);
      create_log(*impl.db);
      impl.projection->create_tables();
      impl.db->exec("PRAGMA user_version=" + std::to_string(kSchemaVersion));
      impl.db->exec("PRAGMA application_id=" + std::to_string(kApplicationId));
      transaction.commit();
    } else if (write && version < kSchemaVersion) {
      SQLite::Transaction transaction(*impl.db, SQLite::TransactionBehavior::IMMEDIATE);
      if (auto upgraded = upgrade_log(*impl.db, *impl.projection, version); !upgraded)
        return fail(ErrorCode::bad_data,
                    file.string() + " cannot be brought to this version: " + upgraded.error().message);
      impl.db->exec("PRAGMA user_version=" + std::to_string(kSchemaVersion));
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
    if (write)
      if (auto begun = impl.begin_writing(); !begun) return std::unexpected(begun.error());
    return ledger;
  } catch (const std::exception& error) {
    return fail(ErrorCode::bad_data, "cannot open the ledger " + file.string() + ": " + error.what());
  }
}

Result<void> Ledger::Impl::begin_writing() {
  const auto stored = stored_head();
  auto key = HeadKey::load(dir, !stored);
  if (!key) return std::unexpected(key.error());
  head_key.emplace(std::move(*key));
  const std::string file = (dir / kFile).string();
  if (!stored) {
    query("SELECT line FROM events ORDER BY seq", {},
          [&](SQLite::Statement& row) { edge.add(leaf_hash(row.getColumn(0).getString())); });
    SQLite::Transaction transaction(*db, SQLite::TransactionBehavior::IMMEDIATE);
    store_head(edge, *head_key);
    transaction.commit();
    return {};
  }
  if (head_key->verifier().to_line() != stored->key)
    if (auto finished = finish_rotation(stored->key); !finished) return finished;
  query("SELECT size, edge FROM head", {}, [&](SQLite::Statement& row) {
    const auto column = row.getColumn(1);
    const auto* const bytes = static_cast<const std::uint8_t*>(column.getBlob());
    if (auto read = TreeEdge::from_bytes(static_cast<std::uint64_t>(row.getColumn(0).getInt64()),
                                         {bytes, static_cast<std::size_t>(column.getBytes())}))
      edge = std::move(*read);
  });
  const auto head = open_checkpoint(stored->checkpoint, head_key->verifier());
  // Cheap enough for every start; the whole proof is `ledger verify`.
  if (!head || head->size != edge.size() || head->root != edge.root() || head->size != last_seq)
    return fail(ErrorCode::bad_data, file +
                                         " was changed behind the station's back: its signed head does not "
                                         "fit its last event. Keep the folder as it is, run `ktp-station "
                                         "ledger verify`, and call the administrator");
  return {};
}

Result<void> Ledger::Impl::write_events(const std::vector<Event>& events,
                                        const std::vector<SealedRecord>& records, const HeadKey& key,
                                        bool say_clock) {
  if (events.empty() && records.empty()) return {};
  std::uint64_t seq = last_seq;
  TreeEdge grown = edge;
  const std::string shown = utc_text(clock());
  const bool back = shown < last_time;
  // A clock set back never turns the log's time back, and the log says so once.
  std::string now = back ? last_time : shown;
  SQLite::Transaction transaction(*db, SQLite::TransactionBehavior::IMMEDIATE);
  const auto insert =
      prepared("INSERT INTO events(seq, time, type, order_id, card, line) VALUES(?, ?, ?, ?, ?, ?)");
  const auto put = [&](const Event& event) -> Result<void> {
    for (const char* member : kEventColumns)
      if (event.data.contains(member))
        return fail(ErrorCode::internal, "event " + event.type + " repeats member " + member);
    if (auto applied = projection->apply(event); !applied) return applied;
    const std::string line = to_json(event, ++seq, now).dump();
    if (has_sixteen_digits(line))
      return fail(ErrorCode::internal,
                  "event " + event.type + " would put sixteen digits in a row into the log");
    insert->reset();
    insert->bind(1, static_cast<std::int64_t>(seq));
    insert->bind(2, now);
    insert->bind(3, event.type);
    insert->bind(4, event.order_id);
    insert->bind(5, event.card);
    insert->bind(6, line);
    insert->exec();
    if (event.type == kRecordErased || event.type == kOtherErased) {
      SQLite::Statement gone(*db, "DELETE FROM records WHERE order_id = ?");
      gone.bind(1, event.type == kRecordErased ? event.order_id : event.data.value("record", ""));
      gone.exec();
    }
    grown.add(leaf_hash(line));
    return {};
  };
  if (back && !clock_is_back && say_clock) {
    Event said{.type = "clock-set-back"};
    said.data["clock"] = shown;
    if (auto written = put(said); !written) return written;
  }
  for (const Event& event : events)
    if (auto written = put(event); !written) return written;
  if (!records.empty()) {
    SQLite::Statement record(*db, "INSERT OR REPLACE INTO records(order_id, sealed) VALUES(?, ?)");
    for (const SealedRecord& sealed : records) {
      record.reset();
      record.bind(1, sealed.order_id);
      record.bind(2, sealed.bytes.data(), static_cast<int>(sealed.bytes.size()));
      record.exec();
    }
  }
  if (seq != last_seq) store_head(grown, key);
  transaction.commit();
  last_seq = seq;
  last_time = std::move(now);
  edge = std::move(grown);
  clock_is_back = back && (clock_is_back || say_clock);
  return {};
}

Result<void> Ledger::append(const std::vector<Event>& events, const std::vector<SealedRecord>& records) {
  const auto begun = std::chrono::steady_clock::now();
  auto appended = impl_->guarded([&]() -> Result<void> {
    if (!impl_->write) return fail(ErrorCode::internal, "ledger was opened for reading");
    for (const Event& event : events)
      if (event.type == kHeadKeyRotated || event.type == kRecordErased || event.type == kOtherErased)
        return fail(ErrorCode::internal, "ledger refuses event " + event.type + ": it has a way of its own");
    return impl_->write_events(events, records, *impl_->head_key, true);
  });
  impl_->append_ns += std::chrono::nanoseconds(std::chrono::steady_clock::now() - begun).count();
  return appended;
}

Result<void> Ledger::erase_records(const std::vector<Event>& events) {
  return impl_->guarded([&]() -> Result<void> {
    if (!impl_->write) return fail(ErrorCode::internal, "ledger was opened for reading");
    for (const Event& event : events)
      if (event.type != kRecordErased && event.type != kOtherErased)
        return fail(ErrorCode::internal, "ledger refuses event " + event.type + ": it deletes no record");
    if (auto written = impl_->write_events(events, {}, *impl_->head_key, true); !written) return written;
    // The log file holds the page as it was until it is written into the database and cut. Somebody who reads
    // just now keeps it for a while; the next call cuts it.
    SQLite::Statement(*impl_->db, "PRAGMA wal_checkpoint(TRUNCATE)").executeStep();
    return {};
  });
}

Result<void> Ledger::Impl::finish_rotation(const std::string& key_line) {
  auto next = HeadKey::load_file(dir / kNextHeadKey, "");
  if (!next || next->verifier().to_line() != key_line)
    return fail(ErrorCode::configuration,
                (dir / "head-key").string() +
                    " is not the key that signed this log; restore the one that did "
                    "from the backup");
  if (auto named = rename_key_file(dir / kNextHeadKey, dir / "head-key"); !named) return named;
  head_key.emplace(*std::move(next));
  return {};
}

Result<LogHead> Ledger::rotate_head_key(const std::string& actor) {
  return impl_->guarded([&]() -> Result<LogHead> {
    if (!impl_->write) return fail(ErrorCode::internal, "ledger was opened for reading");
    const HeadVerifier old = impl_->head_key->verifier();
    // One that was left by a try that was cut off before its event: nobody knows it, another one is as good.
    std::error_code ignored;
    std::filesystem::remove(impl_->dir / kNextHeadKey, ignored);
    auto next = HeadKey::load_file(impl_->dir / kNextHeadKey, old.name);
    if (!next) return std::unexpected(next.error());
    const Head before{.size = impl_->edge.size(), .root = impl_->edge.root()};
    Event rotated{.type = kHeadKeyRotated, .actor = actor};
    // Nothing stands between the endorsed head and the event: a clock set back is said by the next one.
    rotated.data["old_key"] = old.to_line();
    rotated.data["key"] = next->verifier().to_line();
    rotated.data["endorsement"] = impl_->head_key->sign(endorsement_text(next->verifier(), before));
    if (auto written = impl_->write_events({rotated}, {}, *next, false); !written)
      return std::unexpected(written.error());
    // From here on the new key alone signs; should the name not come about now, the next writer gives it.
    impl_->head_key.emplace(*std::move(next));
    if (auto named = rename_key_file(impl_->dir / kNextHeadKey, impl_->dir / "head-key"); !named)
      return std::unexpected(named.error());
    return *impl_->stored_head();
  });
}

Result<std::string> Ledger::sign(std::string_view text) const {
  if (!impl_->head_key) return fail(ErrorCode::internal, "ledger was opened for reading");
  return impl_->head_key->sign(text);
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
