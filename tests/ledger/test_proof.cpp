// SPDX-License-Identifier: Apache-2.0
// What the log proves, and that nothing changed in it goes unnoticed.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "ledger/exported_log.hpp"
#include "ledger/ledger.hpp"
#include "ledger/signed_head.hpp"
#include "temp_folder.hpp"

namespace ktp::ledger {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

Event received(int count, const std::string& paper) {
  Event event{.type = "blanks-received"};
  event.data["count"] = count;
  event.data["paper"] = paper;
  return event;
}

class LogProof : public testing::Test {
 protected:
  void SetUp() override {
    reopen();
    for (int i = 1; i <= 20; ++i) receive(i);
  }
  void reopen(Clock clock = {}) {
    ledger_.reset();
    auto opened = Ledger::open(folder_.path(), true, std::move(clock));
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
  }
  void receive(int i) {
    const auto appended = ledger_->append({received(i, "SJ-" + std::to_string(i))});
    ASSERT_TRUE(appended) << appended.error().message;
  }
  // Changes the database as somebody would who has the disk in his hands.
  void behind_the_back(const std::string& sql) {
    ledger_.reset();
    SQLite::Database db((folder_ / "ledger.sqlite").string(), SQLite::OPEN_READWRITE);
    db.exec("DROP TRIGGER events_stay; DROP TRIGGER events_last;");
    db.exec(sql);
  }
  std::string difference(const VerifyAgainst& against = {}) {
    auto reader = Ledger::open(folder_.path(), false);
    if (!reader) return reader.error().message;
    const auto found = (*reader)->verify(against);
    if (!found) return found.error().message;
    return found->value_or("");
  }
  fs::path exported() {
    const fs::path out = folder_ / "export";
    fs::create_directories(out);
    std::string lines;
    const auto head = ledger_->each_line([&](std::string_view line) { lines += std::string(line) + "\n"; });
    write(out / "events.jsonl", lines);
    write(out / "checkpoint", head->checkpoint);
    write(out / "key", head->key + "\n");
    return out;
  }

  test::TempFolder folder_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(LogProof, TheHeadCoversEveryEventFromTheMomentItIsCommitted) {
  for (std::uint64_t n = 21; n <= 40; ++n) {
    receive(static_cast<int>(n));
    auto reader = Ledger::open(folder_.path(), false);
    ASSERT_TRUE(reader);
    const auto stored = (*reader)->head();
    ASSERT_TRUE(stored);
    const auto head = open_checkpoint(stored->checkpoint, *HeadVerifier::from_line(stored->key));
    ASSERT_TRUE(head) << head.error().message;
    EXPECT_EQ(head->size, n);
  }
  EXPECT_EQ(difference(), "");
}

TEST_F(LogProof, TheTreeGoesOnOverRestarts) {
  for (int i = 0; i < 10; ++i) {
    reopen();
    receive(i + 1);
  }
  EXPECT_EQ(difference(), "");
  EXPECT_EQ(*ledger_->size(), 30u);
}

TEST_F(LogProof, ARefusedTransactionLeavesTheHeadWhereItWas) {
  const auto before = ledger_->head()->checkpoint;
  Event illegal{.type = "judged", .card = "C9"};
  EXPECT_FALSE(ledger_->append({received(1, "SJ"), illegal}));
  EXPECT_EQ(ledger_->head()->checkpoint, before);
  receive(3);
  EXPECT_EQ(difference(), "");
}

TEST_F(LogProof, ACutTailIsNoticedAndNothingIsWrittenAfterIt) {
  behind_the_back("DELETE FROM events WHERE seq = 20");
  EXPECT_NE(difference().find("the head is over 20 events, but the log holds 19"), std::string::npos)
      << difference();
  const auto again = Ledger::open(folder_.path(), true);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::bad_data);
  EXPECT_NE(again.error().message.find("changed behind the station's back"), std::string::npos);
}

TEST_F(LogProof, AChangedLineIsNoticedAlsoWhereEveryTableFollowsFromIt) {
  behind_the_back("UPDATE events SET line = replace(line, 'SJ-7', 'SJ-8') WHERE seq = 7");
  EXPECT_NE(difference().find("a line was changed"), std::string::npos) << difference();
}

TEST_F(LogProof, AColumnThatContradictsItsLineIsNoticed) {
  behind_the_back("UPDATE events SET card = 'C1' WHERE seq = 3");
  EXPECT_NE(difference().find("event 3: column card differs"), std::string::npos) << difference();
}

TEST_F(LogProof, AHeadSignedByAnotherKeyIsNoticed) {
  const test::TempFolder other;
  auto key = HeadKey::load(other.path(), true);
  ASSERT_TRUE(key);
  const auto own = ledger_->head();
  const auto head = open_checkpoint(own->checkpoint, *HeadVerifier::from_line(own->key));
  behind_the_back("UPDATE head SET checkpoint = '" + key->checkpoint(*head) + "', key = '" +
                  key->verifier().to_line() + "'");
  EXPECT_NE(difference().find("another key than the station's"), std::string::npos) << difference();
  EXPECT_NE(difference({.key = own->key, .checkpoints = {}}).find("another key"), std::string::npos);
  EXPECT_EQ(Ledger::open(folder_.path(), true).error().code, ErrorCode::configuration);
}

TEST_F(LogProof, ALostHeadKeyIsNotSilentlyReplaced) {
  ledger_.reset();
  fs::remove(folder_ / "head-key");
  const auto opened = Ledger::open(folder_.path(), true);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::configuration);
  EXPECT_NE(opened.error().message.find("head-key"), std::string::npos);
}

TEST_F(LogProof, AHeadThatSomebodyKeptHoldsTheLogToItsPast) {
  const auto kept = *ledger_->head();
  receive(5);
  EXPECT_EQ(difference({.key = kept.key, .checkpoints = {kept.checkpoint}}), "");
  // The whole log made anew with the station's own key, one delivery paper changed.
  const test::TempFolder forged;
  fs::copy(folder_ / "head-key", forged / "head-key");
  auto anew = Ledger::open(forged.path(), true);
  ASSERT_TRUE(anew);
  for (int i = 1; i <= 21; ++i)
    ASSERT_TRUE((*anew)->append({received(i, i == 7 ? "SJ-X" : "SJ-" + std::to_string(i))}));
  EXPECT_EQ(*(*anew)->verify(), std::nullopt) << "by itself it is whole";
  const auto found = (*anew)->verify({.key = kept.key, .checkpoints = {kept.checkpoint}});
  ASSERT_TRUE(found && *found);
  EXPECT_NE((*found)->find("the first 20 events are not those"), std::string::npos) << **found;
}

TEST_F(LogProof, AClockSetBackNeverTurnsTheLogsTimeBackAndIsSaidOnce) {
  const auto now = std::chrono::system_clock::now();
  auto clock = std::make_shared<std::chrono::system_clock::time_point>(now + std::chrono::hours(2));
  reopen([clock] { return *clock; });
  receive(1);
  *clock = now;
  receive(2);
  receive(3);
  *clock = now + std::chrono::hours(3);
  receive(4);
  *clock = now;
  receive(5);
  std::vector<std::string> types;
  std::string last;
  ASSERT_TRUE(ledger_->each_line([&](std::string_view text) {
    const auto line = nlohmann::json::parse(text);
    types.push_back(line["type"]);
    EXPECT_GE(line["time"].get<std::string>(), last);
    last = line["time"];
  }));
  EXPECT_EQ(std::ranges::count(types, "clock-set-back"), 2);
  EXPECT_EQ(difference(), "");
}

TEST_F(LogProof, AnExportVerifiesByItselfAndSaysWhatItsFirstFaultIs) {
  const fs::path out = exported();
  EXPECT_EQ(*verify_export(out), std::nullopt);
  const std::string lines = text_of(out / "events.jsonl");
  const auto says = [&](const std::string& changed) {
    write(out / "events.jsonl", changed);
    const auto found = verify_export(out);
    return found ? found->value_or("") : found.error().message;
  };
  EXPECT_NE(says(lines.substr(0, lines.size() - 1)).find("does not end"), std::string::npos);
  EXPECT_NE(says(lines.substr(lines.find('\n') + 1)).find("events.jsonl:1: seq must be 1"),
            std::string::npos);
  EXPECT_NE(says("\n" + lines).find("not one JSON object"), std::string::npos);
  std::string twice = lines;
  twice.insert(twice.find("\"count\""), "\"count\":1,");
  EXPECT_NE(says(twice).find("a key twice"), std::string::npos);
  EXPECT_EQ(says(lines), "");
}

// A database as version 0.1 of the station left it, copied from a run of six sample cards.
TEST(LedgerUpgrade, ALogOfTheFirstSchemaGetsItsHeadFromTheFirstWriterAndLosesNothing) {
  const test::TempFolder folder;
  fs::copy(KTP_SOURCE_DIR "/tests/ledger/data/schema-1.sqlite", folder / "ledger.sqlite");
  fs::permissions(folder / "ledger.sqlite", fs::perms::owner_read | fs::perms::owner_write);
  std::uint64_t before = 0;
  {
    auto reader = Ledger::open(folder.path(), false);
    ASSERT_TRUE(reader) << reader.error().message;
    before = *(*reader)->size();
    ASSERT_GT(before, 40u);
    EXPECT_NE((*reader)->verify()->value_or("").find("no signed head yet"), std::string::npos);
    EXPECT_EQ((*reader)->head().error().code, ErrorCode::bad_data);
  }
  auto writer = Ledger::open(folder.path(), true);
  ASSERT_TRUE(writer) << writer.error().message;
  EXPECT_EQ(*(*writer)->size(), before);
  EXPECT_EQ(*(*writer)->verify(), std::nullopt);
  // What an older version did not keep of its only printer follows from the events.
  std::int64_t under_way = 0;
  ASSERT_TRUE((*writer)->each_card([&](const CardRow& card) {
    EXPECT_EQ(card.device, "printer");
    under_way += card.state == CardState::printed || card.state == CardState::inspected ? 1 : 0;
  }));
  EXPECT_EQ(*(*writer)->hopper_expected("printer"), (*writer)->balance()->at("in_machine") - under_way);
  EXPECT_GT(*(*writer)->hopper_expected("printer"), 0);
  ASSERT_TRUE((*writer)->append({received(1, "SJ-1")}));
  EXPECT_EQ(*(*writer)->verify(), std::nullopt);
  EXPECT_TRUE((*writer)->balance()->sums());
}

}  // namespace
}  // namespace ktp::ledger
