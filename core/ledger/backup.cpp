// SPDX-License-Identifier: Apache-2.0
#include "ledger/backup.hpp"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "ledger/custody.hpp"
#include "ledger/event_line.hpp"
#include "ledger/key_chain.hpp"
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

// The sealed records are not in the log, so its head says nothing of them: a digest over all of them does.
Result<std::string> digest_of_records(const Ledger& ledger, std::int64_t& count) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  const auto feed = [&](const void* bytes, std::size_t size) {
    const std::uint64_t length = size;  // lengths keep "ab"+"c" and "a"+"bc" apart
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(&length), sizeof length);
    crypto_hash_sha256_update(&state, static_cast<const unsigned char*>(bytes), size);
  };
  const auto read = ledger.each_record([&](const std::string& order, const std::vector<std::uint8_t>& bytes) {
    feed(order.data(), order.size());
    feed(bytes.data(), bytes.size());
    ++count;
  });
  if (!read) return std::unexpected(read.error());
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(&state, digest.data());
  std::array<char, sodium_base64_ENCODED_LEN(sizeof digest, sodium_base64_VARIANT_ORIGINAL)> text{};
  sodium_bin2base64(text.data(), text.size(), digest.data(), digest.size(), sodium_base64_VARIANT_ORIGINAL);
  return text.data();
}

// What the head's key signs beside the head: the text of table `backup`, a signed note.
Result<std::string> note_text(const Ledger& ledger, const std::string& checkpoint) {
  std::int64_t records = 0;
  auto digest = digest_of_records(ledger, records);
  if (!digest) return digest;
  return "ktp-station backup\n" + std::to_string(records) + "\n" + *digest + "\n" +
         checkpoint.substr(0, checkpoint.find("\n\n") + 1);
}

Result<void> write_note(const fs::path& file, const HeadKey& key) {
  std::string text;
  {
    const auto ledger = Ledger::open_file(file);
    if (!ledger) return std::unexpected(ledger.error());
    const auto head = (*ledger)->head();
    if (!head) return std::unexpected(head.error());
    auto note = note_text(**ledger, head->checkpoint);
    if (!note) return std::unexpected(note.error());
    text = *std::move(note);
  }
  try {
    SQLite::Database copy(file.string(), SQLite::OPEN_READWRITE, 10'000);
    copy.exec("PRAGMA synchronous=FULL");
    copy.exec("CREATE TABLE backup(note TEXT NOT NULL)");
    SQLite::Statement put(copy, "INSERT INTO backup(note) VALUES(?)");
    put.bind(1, key.sign(text));
    put.exec();
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, "cannot finish " + file.string() + ": " + error.what());
  }
}

// The first thing wrong with the note, or "".
std::string wrong_note(const fs::path& file, const Ledger& ledger, const LogHead& head,
                       const HeadVerifier& verifier) {
  std::string note;
  try {
    SQLite::Database copy(file.string(), SQLite::OPEN_READONLY, 10'000);
    if (!copy.tableExists("backup"))
      return "it has no signed note of its records; only `ktp-station backup` makes backups";
    note = copy.execAndGet("SELECT note FROM backup").getString();
  } catch (const std::exception& error) {
    return std::string("its note cannot be read: ") + error.what();
  }
  const auto said = open_note(note, verifier);
  if (!said) return "the note of its records " + said.error().message;
  const auto found = note_text(ledger, head.checkpoint);
  if (!found) return found.error().message;
  return *said == *found ? "" : "a sealed record was changed, added or taken out";
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
  const auto waiting = custody.waiting_orders_of({});
  const auto unfinished = custody.unfinished_cards_of({});
  // An older version's database has not every table; whether it is whole is for `verify` to say.
  content.waiting = waiting ? static_cast<std::int64_t>(waiting->size()) : -1;
  content.on_their_way = unfinished ? static_cast<std::int64_t>(unfinished->size()) : -1;
  auto balance = ledger.balance();
  if (!balance) return std::unexpected(balance.error());
  content.balance = *std::move(balance);
  std::error_code ignored;
  content.bytes = fs::file_size(file, ignored);
  return content;
}

enum class Noted { yes, no };

// Opens a ledger in a file of any name and proves it. Whatever is wrong with it is bad_data and names it.
Result<Restored> prove(const fs::path& file, Noted noted, const VerifyAgainst& against,
                       const BackupProgress& progress) {
  tell(progress, "proving", 0);
  const auto broken = [&](const std::string& why) {
    return fail(ErrorCode::bad_data, file.string() + " does not verify: " + why);
  };
  auto ledger = Ledger::open_file(file);
  if (!ledger) return broken(ledger.error().message);
  auto head = (*ledger)->head();
  if (!head) return broken(head.error().message);
  const auto verifier = HeadVerifier::from_line(head->key);
  if (!verifier) return broken(verifier.error().message);
  const auto size = (*ledger)->size();
  if (!size) return broken(size.error().message);
  const auto rotations = (*ledger)->lines_of_type(kHeadKeyRotated);
  if (!rotations) return broken(rotations.error().message);
  const auto chain = KeyChain::read(*rotations, *verifier);
  if (!chain) return broken(chain.error().message);
  Restored restored;
  // A head that is newer than the backup says what is missing; the others hold it to its past.
  VerifyAgainst older{.key = against.key, .checkpoints = {}};
  for (const std::string& checkpoint : against.checkpoints) {
    const auto given = chain->open(checkpoint);
    if (!given) return fail(ErrorCode::bad_data, "given " + given.error().message);
    if (given->size <= *size)
      older.checkpoints.push_back(checkpoint);
    else
      restored.events_missing = std::max(restored.events_missing, given->size - *size);
  }
  // Before anything else is read: a torn file answers with nonsense.
  const auto difference = (*ledger)->verify(older);
  if (!difference) return broken(difference.error().message);
  if (*difference) return broken(**difference);
  if (noted == Noted::yes)
    if (const std::string wrong = wrong_note(file, **ledger, *head, *verifier); !wrong.empty())
      return broken(wrong);
  auto content = content_of(**ledger, file);
  if (!content) return broken(content.error().message);
  if (!content->balance.sums()) return broken("the terms of its balance do not add up to what was received");
  restored.content = *std::move(content);
  tell(progress, "proving", 1);
  return restored;
}

// A ledger made of a backup's lines, records and signed head alone: its tables are built here, and nothing
// else that its file may hold comes along.
Result<void> build_anew(const fs::path& from, const fs::path& to, const BackupProgress& progress) {
  drop(to);
  if (auto made = make_private(to); !made) return made;
  try {
    SQLite::Database source(from.string(), SQLite::OPEN_READONLY, 10'000);
    SQLite::Database db(to.string(), SQLite::OPEN_READWRITE, 10'000);
    db.exec("PRAGMA synchronous=FULL");
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    create_log(db);
    Projection projection(db);
    projection.create_tables();
    TreeEdge edge;
    const double all = std::max(1.0, source.execAndGet("SELECT count(*) FROM events").getDouble());
    SQLite::Statement lines(source, "SELECT seq, time, type, order_id, card, line FROM events ORDER BY seq");
    SQLite::Statement put(
        db, "INSERT INTO events(seq, time, type, order_id, card, line) VALUES(?, ?, ?, ?, ?, ?)");
    while (lines.executeStep()) {
      const std::string line = lines.getColumn(5).getString();
      if (auto applied = projection.apply(event_from_json(nlohmann::ordered_json::parse(line))); !applied)
        return fail(ErrorCode::bad_data, from.string() + ": " + applied.error().message);
      put.reset();
      put.bind(1, lines.getColumn(0).getInt64());
      for (int i = 1; i <= 5; ++i) put.bind(i + 1, lines.getColumn(i).getString());
      put.exec();
      edge.add(leaf_hash(line));
      if (edge.size() % 1000 == 0) tell(progress, "building", static_cast<double>(edge.size()) / all);
    }
    SQLite::Statement records(source, "SELECT order_id, sealed FROM records");
    SQLite::Statement keep(db, "INSERT INTO records(order_id, sealed) VALUES(?, ?)");
    while (records.executeStep()) {
      const auto sealed = records.getColumn(1);
      keep.reset();
      keep.bind(1, records.getColumn(0).getString());
      keep.bind(2, sealed.getBlob(), sealed.getBytes());
      keep.exec();
    }
    SQLite::Statement signed_head(source, "SELECT checkpoint, key FROM head");
    if (!signed_head.executeStep()) return fail(ErrorCode::bad_data, from.string() + " has no signed head");
    put_head(
        db, edge,
        {.checkpoint = signed_head.getColumn(0).getString(), .key = signed_head.getColumn(1).getString()});
    db.exec("PRAGMA user_version=" + std::to_string(kSchemaVersion));
    db.exec("PRAGMA application_id=" + std::to_string(kApplicationId));
    transaction.commit();
    tell(progress, "building", 1);
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal,
                "cannot build " + to.string() + " from " + from.string() + ": " + error.what());
  }
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
  const auto key = HeadKey::load(dir, false);
  if (!key) return std::unexpected(key.error());
  auto copied = copy_database(dir / kLedger, beside, progress);
  if (copied) copied = write_note(beside, *key);
  if (!copied) {
    drop(beside);
    return std::unexpected(copied.error());
  }
  auto proved = prove(beside, Noted::yes, {}, progress);
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
  auto proved = prove(file, Noted::yes, against, progress);
  if (!proved || dir.empty()) return proved;
  const std::string part = std::string(kLedger) + ".part";
  fs::create_directories(dir, problem);
  if (problem)
    return fail(ErrorCode::configuration, "cannot make " + dir.string() + ": " + problem.message());
  for (const auto& entry : fs::directory_iterator(dir, problem)) {
    // Keys may have been put there before; the rest is what an earlier try left.
    const std::string name = entry.path().filename().string();
    if (name != "key" && name != "head-key" && name != kNextHeadKey && name != "record-keys.sqlite" &&
        name != ".lock" && name != kMark && !name.starts_with(part))
      return fail(ErrorCode::configuration,
                  dir.string() + " holds " + name + "; a backup is restored to a new or empty folder only");
  }
  if (problem)
    return fail(ErrorCode::configuration, "cannot look into " + dir.string() + ": " + problem.message());
  const auto built = build_anew(file, dir / part, progress);
  const auto whole = built ? prove(dir / part, Noted::no, against, progress)
                           : Result<Restored>(std::unexpected(built.error()));
  if (!whole) {
    drop(dir / part);
    return whole;
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
  const auto waiting = CustodyView(ledger).waiting_orders_of({});
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
  // If the power fails before this it is said twice, which does no harm.
  if (!fs::remove(dir / kMark, ignored))
    return fail(ErrorCode::configuration, "cannot remove " + (dir / kMark).string() +
                                              ", the mark of a restoration: " + ignored.message());
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
