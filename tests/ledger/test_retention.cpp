// SPDX-License-Identifier: Apache-2.0
// The end of a personal record: nothing of it is left to read, and everything stays proven.
#include "ledger/retention.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "ledger/backup.hpp"
#include "ledger/boxes.hpp"
#include "temp_folder.hpp"

namespace ktp::ledger {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class Retention : public testing::Test {
 protected:
  void SetUp() override {
    auto key = PersonalKey::load(data_.path(), true);
    ASSERT_TRUE(key);
    key_.emplace(*std::move(key));
    auto opened = Ledger::open(data_.path(), true, [this] { return now_; });
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
    Event received{.type = "blanks-received"}, loaded{.type = "blanks-loaded"};
    received.data["count"] = loaded.data["count"] = 20;
    put({received, loaded});
  }
  void put(const std::vector<Event>& events, const std::vector<SealedRecord>& records = {}) {
    const auto appended = ledger_->append(events, records);
    ASSERT_TRUE(appended) << appended.error().message;
  }
  static Event of(const char* type, const std::string& order, const std::string& card,
                  nlohmann::ordered_json data = nlohmann::ordered_json::object()) {
    return {.type = type, .order_id = order, .card = card, .data = std::move(data)};
  }
  void accept(const std::string& order) {
    Event accepted = of("order-accepted", order, "");
    accepted.batch = "1";
    accepted.data = {{"row", 1}, {"person", "p" + order}, {"content", "c"}, {"region", "32.16.01.2001"}};
    const std::string plain = "SPESIMEN " + order;
    const auto sealed =
        key_->seal_record({reinterpret_cast<const std::uint8_t*>(plain.data()), plain.size()}, order);
    ASSERT_TRUE(sealed) << sealed.error().message;
    put({accepted}, {{order, *sealed}});
  }
  /// An order whose card is in its bin.
  void print(const std::string& order, const std::string& verdict = "good") {
    accept(order);
    const std::string card = "C" + order;
    Event committed = of("blank-committed", order, card);
    committed.token = "t" + order;
    put({committed, of("print-started", order, card, {{"counter_before", 0}}),
         of("print-ended", order, card, {{"outcome", "printed"}}),
         of("judged", order, card, {{"verdict", verdict}}), of("sorted", order, card, {{"bin", verdict}})});
  }
  void deliver(const std::string& order) {
    const std::string card = "C" + order;
    put({of("batch-sealed", "", "", {{"seal", "S" + order}, {"region", "32.16.01.2001"}, {"count", 1}}),
         of("sealed", order, card, {{"seal", "S" + order}, {"item", "I" + order}}),
         of("batch-handed-over", "", "", {{"seal", "S" + order}, {"taken_by", "pos"}}),
         of("handed-over", order, card, {{"seal", "S" + order}}),
         of("delivered", order, card, {{"relation", "self"}})});
  }
  Result<Erased> erase_one(const std::string& order, const std::string& second = "budi") {
    return erase(*ledger_, *key_, {order}, {.reason = "asked for", .confirmed_by = second, .by_rule = false},
                 "siti");
  }

  test::TempFolder data_;
  std::chrono::system_clock::time_point now_{std::chrono::sys_days(std::chrono::year(2026) / 3 / 20)};
  std::optional<PersonalKey> key_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(Retention, ADeletedRecordIsNowhereAndEverythingStaysProven) {
  for (const char* order : {"A", "B"}) {
    print(order);
    deliver(order);
  }
  const fs::path backup = data_ / "before.ktp";
  ASSERT_TRUE(make_backup(data_.path(), backup));
  const auto head = *ledger_->head();
  const auto sealed = *ledger_->record("A");
  const std::string needle(sealed.begin() + 40, sealed.end());
  const auto erased = erase_one("A");
  ASSERT_TRUE(erased) << erased.error().message;
  EXPECT_EQ(erased->without_own_key, 0);
  const auto gone = ledger_->record("A");
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message.find("was deleted: asked for"), std::string::npos) << gone.error().message;
  EXPECT_TRUE(key_->open(*ledger_->record("B"), "B"));
  for (const auto& entry : fs::directory_iterator(data_.path())) {
    if (!entry.is_regular_file() || entry.path() == backup) continue;
    EXPECT_EQ(bytes_of(entry.path()).find(needle), std::string::npos) << entry.path();
  }
  const auto found = ledger_->verify({.key = head.key, .checkpoints = {head.checkpoint}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->value_or(""), "");
  // The copy in the backup has its bytes, and nobody can read them.
  EXPECT_TRUE(restore_backup(backup, data_ / "there", {}));
  const auto old = Ledger::open(data_ / "there", false);
  const auto copy = (*old)->record("A");
  ASSERT_TRUE(copy) << copy.error().message;
  const auto read = key_->open(*copy, "A");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("deleted"), std::string::npos) << read.error().message;
  EXPECT_TRUE(key_->open(*(*old)->record("B"), "B"));
  EXPECT_TRUE(make_backup(data_.path(), data_ / "after.ktp"));
}

TEST_F(Retention, WhoeverStillNeedsTheRecordKeepsIt) {
  accept("A");
  EXPECT_NE(erase_one("A").error().message.find("is accepted and may still be printed"), std::string::npos);
  print("B");
  EXPECT_NE(erase_one("B").error().message.find("card CB is sorted"), std::string::npos)
      << erase_one("B").error().message;
  EXPECT_EQ(erase_one("Z").error().code, ErrorCode::input_missing);
  deliver("B");
  EXPECT_NE(erase_one("B", "SITI ").error().message.find("another person"), std::string::npos);
  EXPECT_NE(erase_one("B", "").error().message.find("confirmed-by"), std::string::npos);
  ASSERT_TRUE(erase_one("B"));
  EXPECT_NE(erase_one("B").error().message.find("deleted already"), std::string::npos);
  EXPECT_FALSE(ledger_->append({{.type = "record-erased", .actor = "siti", .order_id = "A"}}))
      << "the ordinary way in is closed";
  // All or none.
  print("C");
  deliver("C");
  EXPECT_FALSE(
      erase(*ledger_, *key_, {"C", "A"}, {.reason = "x", .confirmed_by = "budi", .by_rule = false}, "siti"));
  EXPECT_TRUE(ledger_->record("C"));
  EXPECT_EQ(ledger_->verify()->value_or(""), "");
}

TEST_F(Retention, NothingIsPrintedForAPersonWhoseRecordIsGone) {
  print("A", "mismatch");
  put({of("order-held", "A", "", {{"reason", "card: CA is a mismatch"}}),
       of("destroyed", "A", "CA", {{"record", "BA-000001"}})});
  ASSERT_TRUE(erase_one("A"));
  const auto said = [&](Event event) {
    event.actor = "siti";
    const auto done = ledger_->append({std::move(event)});
    return done ? "" : done.error().message;
  };
  EXPECT_NE(said(of("reprint-asked", "A", "CA", {{"reason", "x"}})).find("was deleted"), std::string::npos);
  EXPECT_NE(said(of("order-released", "A", "")).find("was deleted"), std::string::npos);
}

TEST_F(Retention, OnlyOrdersThatCameToTheirEndLongEnoughAgoAreDue) {
  print("A");
  deliver("A");
  now_ += std::chrono::days(30);
  print("B");
  deliver("B");
  print("C");
  put({{.type = "person-shown",
        .actor = "siti",
        .order_id = "A",
        .data = {{"what", "record"}, {"reason", "x"}}}});
  const auto due = [&](const char* before) {
    std::vector<std::string> orders;
    const auto finished = ledger_->finished_before(before);
    for (const auto& [order, last] : *finished) orders.push_back(order);
    return orders;
  };
  EXPECT_EQ(due("2026-03-20"), std::vector<std::string>{});
  EXPECT_EQ(due("2026-04-01"), std::vector<std::string>{"A"}) << "a look does not keep it";
  EXPECT_EQ(due("2027-01-01"), (std::vector<std::string>{"A", "B"}));
  ASSERT_TRUE(erase(*ledger_, *key_, {"A"},
                    {.reason = "kept long enough", .confirmed_by = "", .by_rule = true}, "siti"));
  EXPECT_EQ(due("2027-01-01"), std::vector<std::string>{"B"});
}

TEST_F(Retention, CutOffBetweenTheLogAndTheKeyTheNextCallDeletesTheKey) {
  print("A");
  deliver("A");
  const auto sealed = *ledger_->record("A");
  const fs::path keys = data_ / "record-keys.sqlite", aside = data_ / "aside";
  fs::copy_file(keys, aside);
  ASSERT_TRUE(erase_one("A"));
  // The file of keys as it was when the power failed.
  fs::copy_file(aside, keys, fs::copy_options::overwrite_existing);
  key_.emplace(*PersonalKey::load(data_.path(), false));
  ASSERT_TRUE(key_->open(sealed, "A"));
  EXPECT_EQ(*finish_erasures(*ledger_, *key_), 1);
  EXPECT_FALSE(key_->open(sealed, "A"));
}

TEST_F(Retention, AnotherStationsRecordGoesWhenItIsLongOutOfUse) {
  const auto know = [&](const std::string& name) {
    Event known{.type = "record-known"};
    known.data = {{"record", name},       {"source", "cikarang"}, {"source_order", name.substr(9)},
                  {"person", "p" + name}, {"content", "c"},       {"file", "f"}};
    const std::string plain = "SPESIMEN " + name;
    const auto sealed =
        key_->seal_record({reinterpret_cast<const std::uint8_t*>(plain.data()), plain.size()}, name);
    ASSERT_TRUE(sealed);
    put({known}, {{name, *sealed}});
  };
  know("cikarang/A");
  know("cikarang/B");
  now_ += std::chrono::days(30);
  Event seen{.type = "sighted"};
  seen.data = {{"box", "B1"},
               {"number", 1},
               {"who", "known"},
               {"person", "pcikarang/B"},
               {"record", "cikarang/B"},
               {"verdict", "good"}};
  put({{.type = "box-opened", .data = {{"box", "B1"}, {"again", ""}, {"first", 1}}}, seen});
  const auto due = [&](const char* before) {
    std::vector<std::string> names;
    const auto records = other_records_before(*ledger_, before);
    for (const auto& [name, last] : *records) names.push_back(name);
    return names;
  };
  EXPECT_EQ(due("2026-03-20"), std::vector<std::string>{});
  EXPECT_EQ(due("2026-04-01"), std::vector<std::string>{"cikarang/A"})
      << "a card of the other was seen since";
  const auto sealed = *ledger_->record("cikarang/A");
  EXPECT_EQ(
      erase_others(*ledger_, *key_, {"cikarang/A", "cikarang/Z"}, "kept long enough", "siti").error().code,
      ErrorCode::input_missing);
  EXPECT_TRUE(ledger_->record("cikarang/A")) << "all or none";
  ASSERT_TRUE(erase_others(*ledger_, *key_, {"cikarang/A"}, "kept long enough", "siti"));
  EXPECT_FALSE(key_->open(sealed, "cikarang/A")) << "wherever a copy lies";
  const auto gone = ledger_->record("cikarang/A");
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message.find("was deleted: kept long enough"), std::string::npos)
      << gone.error().message;
  EXPECT_EQ((*BoxView(*ledger_).record("cikarang/A"))->erased, "kept long enough");
  EXPECT_FALSE(erase_others(*ledger_, *key_, {"cikarang/A"}, "again", "siti"));
  EXPECT_TRUE(key_->open(*ledger_->record("cikarang/B"), "cikarang/B"));
  EXPECT_EQ(due("2027-01-01"), std::vector<std::string>{"cikarang/B"});
  EXPECT_EQ(ledger_->verify()->value_or(""), "");
}

}  // namespace
}  // namespace ktp::ledger
