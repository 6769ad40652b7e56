// SPDX-License-Identifier: Apache-2.0
#include "ledger/backup.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "ledger/ledger_work.hpp"
#include "ledger/signed_head.hpp"
#include "temp_folder.hpp"

namespace ktp::test {
namespace {

namespace fs = std::filesystem;
using ledger::Ledger;

class LedgerBackup : public testing::Test {
 protected:
  void SetUp() override { open(data_.path(), ledger_); }
  static void open(const fs::path& dir, std::unique_ptr<Ledger>& into) {
    into.reset();
    auto opened = Ledger::open(dir, true);
    ASSERT_TRUE(opened) << opened.error().message;
    into = *std::move(opened);
  }
  void work(Ledger& ledger, int steps) {
    for (int i = 0; i < steps; ++i) {
      const Act act = next_act(ledger, random_);
      const auto done = ledger.append(act.events, act.records);
      ASSERT_TRUE(done) << done.error().message;
    }
  }
  fs::path backed_up(const char* name = "backup.ktp") {
    const fs::path file = out_ / name;
    const auto made = ledger::make_backup(data_.path(), file);
    EXPECT_TRUE(made) << made.error().message;
    return file;
  }
  static std::vector<std::string> lines_of(const Ledger& ledger) {
    std::vector<std::string> lines;
    EXPECT_TRUE(ledger.each_line([&](std::string_view line) { lines.emplace_back(line); }));
    return lines;
  }
  void give_keys(const fs::path& to) {
    fs::create_directories(to);
    fs::copy_file(data_ / "head-key", to / "head-key");
  }

  TempFolder data_, out_;
  std::mt19937 random_{1249};
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(LedgerBackup, IsOneMomentOfTheLogWhileAStationGoesOnWriting) {
  work(*ledger_, 60);
  std::atomic<bool> stop = false;
  std::atomic<int> steps = 0;
  std::thread station([&] {
    while (!stop) {
      work(*ledger_, 1);
      ++steps;
    }
  });
  std::vector<std::string> heads;
  for (int i = 0; i < 5; ++i) {
    const int before = steps;
    const fs::path file = out_ / ("backup-" + std::to_string(i));
    // Writes go on between two pieces of the copy: the piece waits for one.
    const auto made = ledger::make_backup(data_.path(), file, [&](const char*, double part) {
      if (part < 1)
        for (const int now = steps; steps == now && !stop;) std::this_thread::yield();
    });
    EXPECT_TRUE(made) << made.error().message;
    if (made) heads.push_back(made->head.checkpoint);
    EXPECT_GT(steps, before);
  }
  stop = true;
  station.join();
  EXPECT_EQ(heads.size(), 5u);
  const auto difference = ledger_->verify({.key = {}, .checkpoints = heads});
  ASSERT_TRUE(difference) << difference.error().message;
  EXPECT_EQ(difference->value_or(""), "") << "every backup is a beginning of the log";
}

TEST_F(LedgerBackup, IsOnePrivateFileWithoutKeysAndReplacesNothing) {
  work(*ledger_, 20);
  const fs::path file = backed_up();
  struct stat info{};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(fs::directory_iterator(out_.path()), {}), 1);
  std::ifstream in(file, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  std::ifstream key_in(data_ / "head-key");
  std::string key;
  std::getline(key_in, key);
  // PRIVATE+KEY+name+hash+secret; a secret in base64 may hold a '+' itself.
  std::size_t secret = 0;
  for (int i = 0; i < 4; ++i) secret = key.find('+', secret) + 1;
  ASSERT_GT(key.size() - secret, 40u);
  EXPECT_EQ(bytes.find(key.substr(secret)), std::string::npos);
  const auto again = ledger::make_backup(data_.path(), file);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::configuration);
}

TEST_F(LedgerBackup, RestoredHasEveryEventAndRecordAndGoesOn) {
  work(*ledger_, 150);
  const fs::path file = backed_up();
  const fs::path there = out_ / "there";
  give_keys(there);
  const auto restored = ledger::restore_backup(file, there, {});
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->content.events, *ledger_->size());
  EXPECT_EQ(restored->events_missing, 0u);
  const auto before = lines_of(*ledger_);
  std::map<std::string, std::vector<std::uint8_t>> records, again;
  ASSERT_TRUE(ledger_->each_record([&](const auto& id, auto bytes) { records[id] = std::move(bytes); }));
  std::unique_ptr<Ledger> second;
  open(there, second);
  auto after = lines_of(*second);
  ASSERT_GT(after.size(), before.size());
  EXPECT_NE(after[before.size()].find("\"type\":\"restored\""), std::string::npos);
  after.resize(before.size());
  EXPECT_EQ(after, before);
  ASSERT_TRUE(second->each_record([&](const auto& id, auto bytes) { again[id] = std::move(bytes); }));
  EXPECT_EQ(again, records);
  work(*second, 30);
  EXPECT_EQ(second->verify()->value_or(""), "");
  // Said once.
  const std::uint64_t size = *second->size();
  open(there, second);
  EXPECT_EQ(*second->size(), size);
}

TEST_F(LedgerBackup, RestoredHoldsEveryOrderThatWaitsSoThatNoCardIsPrintedTwice) {
  ledger::Event received{.type = "blanks-received"}, opened{.type = "batch-opened", .batch = "1"};
  received.data["count"] = 9;
  opened.data["file"] = "f";
  ledger::Event accepted{.type = "order-accepted", .order_id = "A", .batch = "1"};
  accepted.data = {{"row", 1}, {"person", "p"}, {"content", "c"}, {"region", "32.16.01.2001"}};
  ASSERT_TRUE(ledger_->append({received, opened, accepted}));
  const fs::path file = backed_up(), there = out_ / "there";
  give_keys(there);
  ASSERT_TRUE(ledger::restore_backup(file, there, {}));
  std::unique_ptr<Ledger> second;
  open(there, second);
  EXPECT_EQ((*second->order("A"))->state, "held");
  ledger::Event committed{.type = "blank-committed", .order_id = "A", .card = "C0000001", .token = "t"};
  EXPECT_FALSE(second->append({committed}));
  ASSERT_TRUE(second->append({{.type = "order-released", .actor = "supervisor", .order_id = "A"}}));
  EXPECT_TRUE(second->append({committed}));
}

TEST_F(LedgerBackup, SaysHowManyEventsANewerHeadHasMore) {
  work(*ledger_, 40);
  const auto old_head = ledger_->head()->checkpoint;
  work(*ledger_, 5);
  const fs::path file = backed_up();
  const std::uint64_t then = *ledger_->size();
  work(*ledger_, 12);
  const auto restored = ledger::restore_backup(
      file, {}, {.key = ledger_->head()->key, .checkpoints = {old_head, ledger_->head()->checkpoint}});
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->events_missing, *ledger_->size() - then);
}

TEST_F(LedgerBackup, IsRefusedWhereItWasChangedOrIsAnothersOrTheFolderHoldsSomething) {
  work(*ledger_, 60);
  const fs::path file = backed_up(), there = out_ / "there";
  const TempFolder other;
  const auto foreign = ledger::HeadKey::load(other.path(), true);
  const auto by_other =
      ledger::restore_backup(file, {}, {.key = foreign->verifier().to_line(), .checkpoints = {}});
  ASSERT_FALSE(by_other);
  EXPECT_EQ(by_other.error().code, ErrorCode::bad_data);
  fs::create_directories(there);
  std::ofstream(there / "ledger.sqlite") << "x";
  const auto full = ledger::restore_backup(file, there, {});
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().message.find("holds ledger.sqlite"), std::string::npos);
  {
    SQLite::Database db(file.string(), SQLite::OPEN_READWRITE);
    db.exec(
        "UPDATE cards SET bin = 'good' WHERE card = (SELECT card FROM cards WHERE bin <> 'good' LIMIT 1)");
  }
  const fs::path new_place = out_ / "new";
  const auto changed = ledger::restore_backup(file, new_place, {});
  ASSERT_FALSE(changed);
  EXPECT_NE(changed.error().message.find("does not verify"), std::string::npos);
  EXPECT_FALSE(fs::exists(new_place));
}

TEST_F(LedgerBackup, ARecordThatWasChangedIsRefusedAlthoughTheLogSaysNothingOfIt) {
  work(*ledger_, 60);
  const char* const edits[] = {
      "UPDATE records SET sealed = x'00' || substr(sealed, 2) WHERE order_id = (SELECT max(order_id) FROM "
      "records)",
      "DELETE FROM records WHERE order_id = (SELECT max(order_id) FROM records)",
      "INSERT INTO records(order_id, sealed) VALUES('X-1', x'0102')"};
  for (const char* edit : edits) {
    const fs::path file = backed_up();
    {
      SQLite::Database db(file.string(), SQLite::OPEN_READWRITE);
      ASSERT_EQ(db.exec(edit), 1) << edit;
    }
    const auto restored = ledger::restore_backup(file, out_ / "there", {});
    ASSERT_FALSE(restored) << edit;
    EXPECT_EQ(restored.error().code, ErrorCode::bad_data);
    EXPECT_NE(restored.error().message.find("a sealed record was changed"), std::string::npos)
        << restored.error().message;
    fs::remove(file);
  }
  const fs::path file = backed_up();
  {
    SQLite::Database db(file.string(), SQLite::OPEN_READWRITE);
    db.exec("DROP TABLE backup");
  }
  const auto bare = ledger::restore_backup(file, {}, {});
  ASSERT_FALSE(bare);
  EXPECT_NE(bare.error().message.find("no signed note"), std::string::npos) << bare.error().message;
}

// What no page of the database needs may change unnoticed; what it holds may not.
TEST_F(LedgerBackup, TornOrEditedItIsRefusedByNameOrHoldsExactlyWhatItHeld) {
  work(*ledger_, 60);
  const fs::path file = backed_up(), torn = out_ / "torn.ktp";
  std::string bytes;
  {
    std::ifstream in(file, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto lines = lines_of(*ledger_);
  const auto balance = ledger_->balance()->terms;
  std::mt19937 random(345);
  int refused = 0;
  constexpr int kEdits = 150;
  for (int edit = 0; edit < kEdits; ++edit) {
    std::string changed = bytes;
    if (edit % 3 == 0)
      changed.resize(random() % bytes.size());
    else if (edit % 3 == 1)
      changed[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    else
      for (std::size_t at = random() % (bytes.size() / 512) * 512, end = at + 512; at < end; ++at)
        changed[at] = 0;
    if (changed == bytes) continue;
    std::ofstream(torn, std::ios::binary | std::ios::trunc) << changed;
    const fs::path there = out_ / ("torn-" + std::to_string(edit));
    const auto restored = ledger::restore_backup(torn, there, {});
    if (!restored) {
      ++refused;
      EXPECT_EQ(restored.error().code, ErrorCode::bad_data) << restored.error().message;
      EXPECT_NE(restored.error().message.find(torn.string()), std::string::npos) << restored.error().message;
      EXPECT_FALSE(fs::exists(there / "ledger.sqlite"));
      continue;
    }
    EXPECT_NE(edit % 3, 0) << "a file cut short was taken";
    const auto held = Ledger::open(there, false);
    ASSERT_TRUE(held) << held.error().message;
    EXPECT_EQ(lines_of(**held), lines);
    EXPECT_EQ((*held)->balance()->terms, balance);
    EXPECT_EQ((*held)->verify()->value_or(""), "");
  }
  EXPECT_GT(refused, kEdits / 2);
}

TEST_F(LedgerBackup, NothingThatSomebodyPutIntoItsFileComesAlong) {
  work(*ledger_, 60);
  const fs::path file = backed_up(), there = out_ / "there";
  {
    SQLite::Database db(file.string(), SQLite::OPEN_READWRITE);
    db.exec(
        "DROP TRIGGER events_last; CREATE TRIGGER more AFTER INSERT ON events BEGIN DELETE FROM records; "
        "END; "
        "CREATE TABLE notes(text TEXT)");
  }
  ASSERT_TRUE(ledger::restore_backup(file, there, {}));
  const SQLite::Database db((there / "ledger.sqlite").string(), SQLite::OPEN_READONLY);
  const auto objects = [](const SQLite::Database& of) {
    std::set<std::string> all;
    SQLite::Statement names(of, "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master");
    while (names.executeStep()) all.insert(names.getColumn(0).getString());
    return all;
  };
  EXPECT_EQ(objects(db),
            objects(SQLite::Database((data_ / "ledger.sqlite").string(), SQLite::OPEN_READONLY)));
}

TEST_F(LedgerBackup, TablesThatWereChangedAreBuiltAnewFromTheEvents) {
  work(*ledger_, 80);
  ledger_.reset();
  {
    SQLite::Database db((data_ / "ledger.sqlite").string(), SQLite::OPEN_READWRITE);
    db.exec("UPDATE cards SET bin = 'good'; DELETE FROM orders; UPDATE terms SET n = n + 3");
  }
  const auto rebuilt = ledger::rebuild_tables(data_.path());
  ASSERT_TRUE(rebuilt) << rebuilt.error().message;
  open(data_.path(), ledger_);
  EXPECT_EQ(ledger_->verify()->value_or(""), "");
}

// Projected tables as earlier versions had them; version 1, from a real run, is in test_proof.cpp.
TEST_F(LedgerBackup, AnEarlierSchemaIsBroughtUpAndABackupOfItToo) {
  work(*ledger_, 150);
  const auto before = lines_of(*ledger_);
  std::string sql;
  for (const auto& [version, step] :
       {std::pair{7, "ALTER TABLE known_records DROP COLUMN erased;"},
        std::pair{6, "DROP TABLE boxes; DROP TABLE sightings; DROP TABLE known_records;"},
        std::pair{
            5,
            "DROP INDEX cards_reprint; ALTER TABLE cards DROP COLUMN place; ALTER TABLE cards DROP COLUMN "
            "reprint; ALTER TABLE cards DROP COLUMN asked_by; ALTER TABLE cards DROP COLUMN confirmed_by; "
            "ALTER TABLE orders DROP COLUMN erased;"},
        std::pair{4, "DROP TABLE past_items;"},
        std::pair{3, "DROP TABLE hoppers; ALTER TABLE cards DROP COLUMN device;"},
        std::pair{2, "DROP TABLE seals; DROP TABLE sealed_cards;"}}) {
    sql += step;
    const fs::path there = out_ / ("schema-" + std::to_string(version));
    give_keys(there);
    {
      SQLite::Database from((data_ / "ledger.sqlite").string(), SQLite::OPEN_READONLY);
      from.exec("VACUUM INTO '" + (there / "ledger.sqlite").string() + "'");
      SQLite::Database old((there / "ledger.sqlite").string(), SQLite::OPEN_READWRITE);
      old.exec(sql + "PRAGMA user_version=" + std::to_string(version));
    }
    const auto backup = ledger::make_backup(there, there / "backup.ktp");
    ASSERT_TRUE(backup) << "version " << version << ": " << backup.error().message;
    for (const bool from_backup : {false, true}) {
      const fs::path place = from_backup ? there / "restored" : there;
      if (from_backup) {
        give_keys(place);
        const auto restored = ledger::restore_backup(there / "backup.ktp", place, {});
        ASSERT_TRUE(restored) << "version " << version << ": " << restored.error().message;
      }
      std::unique_ptr<Ledger> upgraded;
      open(place, upgraded);
      auto lines = lines_of(*upgraded);
      lines.resize(before.size());
      EXPECT_EQ(lines, before) << version;
      EXPECT_EQ(upgraded->verify()->value_or(""), "") << version;
      EXPECT_EQ(upgraded->balance()->terms, ledger_->balance()->terms) << version;
    }
  }
}

}  // namespace
}  // namespace ktp::test
