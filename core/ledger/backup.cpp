// SPDX-License-Identifier: Apache-2.0
#include "ledger/backup.hpp"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "ledger/custody.hpp"
#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLedger = "ledger.sqlite";
// Left by a restoration until the first writer has logged it.
constexpr const char* kMark = "restored";
constexpr int kPagesAStep = 512;

void tell(const BackupProgress& progress, const char* what, double part) {
  if (progress) progress(what, part);
}

void sync_folder(const fs::path& folder) {
  if (const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      fd >= 0) {
    ::fsync(fd);
    ::close(fd);
  }
}

// An empty file that only its owner may read; SQLite writes into it.
Result<void> make_private(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail(ErrorCode::configuration, "cannot write " + file.string() + ": " + std::strerror(errno));
  ::close(fd);
  return {};
}

void drop(const fs::path& file) {
  std::error_code ignored;
  for (const char* end : {"", "-journal", "-wal", "-shm"}) fs::remove(file.string() + end, ignored);
}

// Copies `from` as it is at one moment. Writers go on meanwhile: a read transaction holds the moment.
Result<void> copy_database(const fs::path& from, const fs::path& to, const BackupProgress& progress) {
  drop(to);
  if (auto made = make_private(to); !made) return made;
  try {
    SQLite::Database source(from.string(), SQLite::OPEN_READONLY, 10'000);
    const SQLite::Transaction moment(source, SQLite::TransactionBehavior::DEFERRED);
    (void)source.execAndGet("SELECT count(*) FROM sqlite_master");
    SQLite::Database copy(to.string(), SQLite::OPEN_READWRITE, 10'000);
    copy.exec("PRAGMA synchronous=FULL");
    {
      SQLite::Backup backup(copy, source);
      int stepped = SQLite::OK;
      while ((stepped = backup.executeStep(kPagesAStep)) != SQLITE_DONE) {
        if (stepped != SQLite::OK)
          return fail(ErrorCode::in_use, from.string() + " is locked by another program; try again");
        const int all = std::max(backup.getTotalPageCount(), 1);
        tell(progress, "copying", static_cast<double>(all - backup.getRemainingPageCount()) / all);
      }
    }
    // One file that anything can carry: no log file beside it.
    if (copy.execAndGet("PRAGMA journal_mode=DELETE").getString() != "delete")
      return fail(ErrorCode::internal, "cannot finish " + to.string());
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal,
                "cannot copy " + from.string() + " to " + to.string() + ": " + error.what());
  }
  tell(progress, "copying", 1);
  return {};
}

Result<BackupContent> content_of(const Ledger& ledger, const fs::path& file) {
  BackupContent content;
  auto head = ledger.head();
  if (!head) return std::unexpected(head.error());
  content.head = *std::move(head);
  const auto events = ledger.size();
  if (!events) return std::unexpected(events.error());
  content.events = *events;
  if (*events > 0) {
    const auto read = ledger.lines_after(*events - 1, 1, [&](std::string_view line) {
      const auto json = nlohmann::json::parse(line, nullptr, false);
      if (json.is_object()) content.last_event = json.value("time", "");
    });
    if (!read) return std::unexpected(read.error());
  }
  const auto cards = ledger.each_card([&](const CardRow& card) { content.last_card = card.card; });
  if (!cards) return std::unexpected(cards.error());
  const auto next = ledger.next_batch();
  if (!next) return std::unexpected(next.error());
  if (*next != "1") content.batch = std::to_string(std::stoull(*next) - 1);
  const CustodyView custody(ledger);
  const auto waiting = custody.waiting_orders_of("");
  const auto unfinished = custody.unfinished_cards_of("");
  // An older version's database has not every table; whether it is whole is for `verify` to say.
  content.waiting = waiting ? static_cast<std::int64_t>(waiting->size()) : -1;
  content.on_their_way = unfinished ? static_cast<std::int64_t>(unfinished->size()) : -1;
  std::error_code ignored;
  content.bytes = fs::file_size(file, ignored);
  return content;
}

// Opens a ledger in a file of any name and proves it.
Result<Restored> prove(const fs::path& file, const VerifyAgainst& against, const BackupProgress& progress) {
  tell(progress, "proving", 0);
  auto ledger = Ledger::open_file(file);
  if (!ledger) return std::unexpected(ledger.error());
  auto content = content_of(**ledger, file);
  if (!content) return std::unexpected(content.error());
  Restored restored{.content = *std::move(content), .events_missing = 0};
  // A head that is newer than the backup says what is missing; the others hold it to its past.
  const auto verifier =
      HeadVerifier::from_line(against.key.empty() ? restored.content.head.key : against.key);
  if (!verifier) return std::unexpected(verifier.error());
  VerifyAgainst older{.key = verifier->to_line(), .checkpoints = {}};
  for (const std::string& checkpoint : against.checkpoints) {
    const auto head = open_checkpoint(checkpoint, *verifier);
    if (!head) return fail(ErrorCode::bad_data, "given " + head.error().message);
    if (head->size <= restored.content.events)
      older.checkpoints.push_back(checkpoint);
    else
      restored.events_missing = std::max(restored.events_missing, head->size - restored.content.events);
  }
  const auto difference = (*ledger)->verify(older);
  if (!difference) return std::unexpected(difference.error());
  if (*difference) return fail(ErrorCode::bad_data, file.string() + " does not verify: " + **difference);
  tell(progress, "proving", 1);
  return restored;
}

Result<void> give_name(const fs::path& from, const fs::path& to) {
  // A link refuses where a rename would replace.
  if (::link(from.c_str(), to.c_str()) != 0)
    return fail(ErrorCode::configuration, "cannot make " + to.string() + ": " + std::strerror(errno));
  drop(from);
  sync_folder(to.parent_path());
  return {};
}

}  // namespace

Result<BackupContent> make_backup(const fs::path& dir, const fs::path& file, const BackupProgress& progress) {
  std::error_code ignored;
  if (!fs::exists(dir / kLedger, ignored))
    return fail(ErrorCode::input_missing,
                "there is no ledger in " + dir.string() + "; give the station's data folder with --data");
  if (fs::exists(fs::symlink_status(file, ignored)))
    return fail(ErrorCode::configuration, file.string() + " is there already; give another name");
  fs::path beside = file;
  beside += ".part";
  if (auto copied = copy_database(dir / kLedger, beside, progress); !copied) {
    drop(beside);
    return std::unexpected(copied.error());
  }
  auto proved = prove(beside, {}, progress);
  if (!proved) {
    drop(beside);
    return std::unexpected(proved.error());
  }
  if (auto named = give_name(beside, file); !named) return std::unexpected(named.error());
  return std::move(proved->content);
}

Result<Restored> restore_backup(const fs::path& file, const fs::path& dir, const VerifyAgainst& against,
                                const BackupProgress& progress) {
  std::error_code problem;
  if (!fs::is_regular_file(file, problem))
    return fail(ErrorCode::input_missing, "cannot read the backup " + file.string());
  if (dir.empty()) return prove(file, against, progress);
  const std::string part = std::string(kLedger) + ".part";
  fs::create_directories(dir, problem);
  if (problem)
    return fail(ErrorCode::configuration, "cannot make " + dir.string() + ": " + problem.message());
  for (const auto& entry : fs::directory_iterator(dir, problem)) {
    // Keys may have been put there before; the rest is what an earlier try left.
    const std::string name = entry.path().filename().string();
    if (name != "key" && name != "head-key" && name != kMark && !name.starts_with(part))
      return fail(ErrorCode::configuration,
                  dir.string() + " holds " + name + "; a backup is restored to a new or empty folder only");
  }
  if (problem)
    return fail(ErrorCode::configuration, "cannot look into " + dir.string() + ": " + problem.message());
  if (auto copied = copy_database(file, dir / part, progress); !copied) {
    drop(dir / part);
    return std::unexpected(copied.error());
  }
  auto proved = prove(dir / part, against, progress);
  if (!proved) {
    drop(dir / part);
    return proved;
  }
  // The mark first: a ledger without it would go on as if nothing had happened since.
  if (auto marked = make_private(dir / kMark); !marked) return std::unexpected(marked.error());
  sync_folder(dir);
  if (auto named = give_name(dir / part, dir / kLedger); !named) return std::unexpected(named.error());
  return proved;
}

Result<void> hold_after_restore(Ledger& ledger, const fs::path& dir) {
  std::error_code ignored;
  if (!fs::exists(dir / kMark, ignored)) return {};
  const auto size = ledger.size();
  if (!size) return std::unexpected(size.error());
  const auto waiting = CustodyView(ledger).waiting_orders_of("");
  if (!waiting) return std::unexpected(waiting.error());
  Event restored{.type = "restored"};
  restored.data["after"] = *size;
  restored.data["held"] = waiting->size();
  std::vector<Event> events{std::move(restored)};
  for (const std::string& order : *waiting) {
    Event held{.type = "order-held", .order_id = order};
    held.data["reason"] =
        "order_id: the ledger was restored from a backup; release it when it is certain that no card of it "
        "was printed since";
    events.push_back(std::move(held));
  }
  if (auto appended = ledger.append(events); !appended) return appended;
  fs::remove(dir / kMark, ignored);  // if the power fails before this it is said twice, which does no harm
  sync_folder(dir);
  return {};
}

Result<void> rebuild_tables(const fs::path& dir) {
  // Opening for writing brings an older database up first, and refuses one whose head does not fit.
  if (auto ledger = Ledger::open(dir, true); !ledger) return std::unexpected(ledger.error());
  try {
    SQLite::Database db((dir / kLedger).string(), SQLite::OPEN_READWRITE, 10'000);
    db.exec("PRAGMA synchronous=FULL");
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    {
      Projection projection(db);
      if (auto built = upgrade_log(db, projection, kSchemaVersion); !built)
        return fail(ErrorCode::bad_data, "the events do not build the tables: " + built.error().message);
    }
    transaction.commit();
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, std::string("ledger: ") + error.what());
  }
}

}  // namespace ktp::ledger
