// SPDX-License-Identifier: Apache-2.0
// Pictures of persons on the disk: unreadable without the record's key, and gone with it. A folder of plain
// pictures is sealed without losing one, whenever the program is killed.
#include "pipeline/picture_safe.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "ledger/retention.hpp"
#include "pipeline/order_store.hpp"
#include "temp_folder.hpp"

namespace ktp::pipeline {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;
using Owner = PictureSafe::Owner;

Bytes bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Safe : public testing::Test {
 protected:
  Safe() {
    fs::create_directories(data_ / "evidence");
    open();
    for (const char* order : {"A", "B"}) accept(order);
  }
  void open() {
    ledger_.reset();
    key_.reset();
    auto key = ledger::PersonalKey::load(data_.path(), true);
    if (!key) throw std::runtime_error(key.error().message);
    key_.emplace(*std::move(key));
    auto ledger = ledger::Ledger::open(data_.path(), true);
    if (!ledger) throw std::runtime_error(ledger.error().message);
    ledger_ = *std::move(ledger);
  }
  void accept(const std::string& order) {
    ledger::Event accepted{.type = "order-accepted", .order_id = order, .batch = "1"};
    accepted.data = {{"row", 1}, {"person", "p" + order}, {"content", "c"}, {"region", "32.16.01.2001"}};
    ledger::Event held{.type = "order-held", .order_id = order, .data = {{"reason", "test"}}};
    const auto sealed = key_->seal_record(bytes("SPESIMEN " + order), order);
    ASSERT_TRUE(sealed);
    ASSERT_TRUE(ledger_->append({accepted, held}, {{order, *sealed}}));
  }
  PictureSafe safe() const { return {data_ / "evidence", &*key_}; }
  void plain(const std::string& name, const std::string& text) const {
    std::ofstream(data_ / "evidence" / name, std::ios::binary) << text;
  }
  // What the folder of a station has: cards of A and B, a card that nobody knows, and a file of nobody's.
  static Result<std::optional<Owner>> owner(const std::string& name) {
    if (name.starts_with("A-")) return std::optional(Owner{.record = "A"});
    if (name.starts_with("B-")) return std::optional(Owner{.record = "B"});
    if (name.starts_with("S-")) return std::optional(Owner{});
    return std::optional<Owner>();
  }
  std::size_t left_plain() const {
    std::size_t n = 0;
    for (const auto& entry : fs::directory_iterator(data_ / "evidence"))
      n += !entry.path().filename().string().ends_with(".sealed");
    return n;
  }

  test::TempFolder data_;
  std::optional<ledger::PersonalKey> key_;
  std::unique_ptr<ledger::Ledger> ledger_;
};

TEST_F(Safe, APictureIsReadBackAndNothingOfItStandsInTheFile) {
  const auto number = picture_key(*ledger_, *key_, "A");
  ASSERT_TRUE(number) << number.error().message;
  ASSERT_TRUE(safe().put("C0000001-front.png", bytes("SPESIMEN portrait"), *number));
  const fs::path file = data_ / "evidence/C0000001-front.png.sealed";
  EXPECT_EQ(text_of(file).find("SPESIMEN"), std::string::npos);
  struct stat info{};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  EXPECT_EQ(safe().get("C0000001-front.png").value_or(Bytes{}), bytes("SPESIMEN portrait"));
  EXPECT_EQ(safe().names(), std::vector<std::string>{"C0000001-front.png"});
  EXPECT_EQ(safe().key_of("C0000001-front.png"), *number);
  // Neither without the key, nor changed in one bit, nor under another picture's name.
  EXPECT_EQ(PictureSafe(data_ / "evidence", nullptr).get("C0000001-front.png").error().code,
            ErrorCode::configuration);
  const std::string whole = text_of(file);
  for (const std::size_t at : {0ul, 5ul, 20ul, whole.size() - 1}) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    std::ofstream(file, std::ios::binary) << changed;
    EXPECT_FALSE(safe().get("C0000001-front.png")) << at;
  }
  std::ofstream(file, std::ios::binary) << whole;
  fs::copy(file, data_ / "evidence/C0000002-front.png.sealed");
  EXPECT_EQ(safe().get("C0000002-front.png").error().code, ErrorCode::bad_data);
}

TEST_F(Safe, DeletingARecordTakesItsPicturesWithItWhereverCopiesLie) {
  ASSERT_TRUE(safe().put("A-front.png", bytes("a"), *picture_key(*ledger_, *key_, "A")));
  ASSERT_TRUE(safe().put("B-front.png", bytes("b"), *picture_key(*ledger_, *key_, "B")));
  const auto erased = ledger::erase(
      *ledger_, *key_, {"A"}, {.reason = "asked for", .confirmed_by = "budi", .by_rule = false}, "siti");
  ASSERT_TRUE(erased) << erased.error().message;
  open();
  const auto gone = safe().get("A-front.png");
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message.find("was deleted"), std::string::npos) << gone.error().message;
  EXPECT_TRUE(safe().get("B-front.png"));
}

TEST_F(Safe, ARecordOfAnEarlierVersionGetsAKeyOfItsOwnFirst) {
  ASSERT_TRUE(ledger_->append({}, {{"A", key_->seal(bytes("SPESIMEN A"), "A")}}));
  ASSERT_FALSE(ledger::PersonalKey::record_key_of(*ledger_->record("A")));
  const auto number = picture_key(*ledger_, *key_, "A");
  ASSERT_TRUE(number) << number.error().message;
  EXPECT_EQ(ledger::PersonalKey::record_key_of(*ledger_->record("A")), *number);
  EXPECT_EQ(key_->open(*ledger_->record("A"), "A").value_or(Bytes{}), bytes("SPESIMEN A"));
  EXPECT_EQ(picture_key(*ledger_, *key_, "A").value_or(0), *number);
}

TEST_F(Safe, AFolderOfPlainPicturesIsSealedAndWhatBelongsToNobodyIsNamed) {
  for (const char* name : {"A-front.png", "A-back.png", "B-front.png", "S-front.png", "S-back.png"})
    plain(name, std::string("SPESIMEN ") + name);
  plain("note.txt", "x");
  plain(".A-half.png", "half");
  const auto done = safe().seal_plain(*ledger_, owner);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->sealed, 5);
  EXPECT_EQ(done->deleted, 1);
  EXPECT_EQ(done->left, std::vector<std::string>{"note.txt"});
  EXPECT_EQ(left_plain(), 1u);
  for (const char* name : {"A-front.png", "A-back.png", "B-front.png", "S-front.png", "S-back.png"})
    EXPECT_EQ(safe().get(name).value_or(Bytes{}), bytes(std::string("SPESIMEN ") + name)) << name;
  EXPECT_EQ(safe().key_of("A-front.png"), safe().key_of("A-back.png"));
  EXPECT_EQ(safe().key_of("S-front.png"), safe().key_of("S-back.png")) << "one card, one key";
  EXPECT_NE(safe().key_of("S-front.png"), safe().key_of("A-front.png"));
  EXPECT_EQ(safe().seal_plain(*ledger_, owner)->sealed, 0);
}

TEST_F(Safe, WhatADeletedPersonLookedLikeIsDeletedAndNotSealed) {
  plain("A-front.png", "SPESIMEN");
  ASSERT_TRUE(ledger::erase(*ledger_, *key_, {"A"},
                            {.reason = "asked for", .confirmed_by = "budi", .by_rule = false}, "siti"));
  const auto done = safe().seal_plain(*ledger_, [](const std::string&) -> Result<std::optional<Owner>> {
    return std::optional(Owner{.record = "A", .deleted = true});
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->deleted, 1);
  EXPECT_TRUE(safe().names().empty());
}

// Each round another process seals until it is killed somewhere; nothing may be lost or half, and in the end
// nothing is readable.
TEST_F(Safe, SealingThatIsKilledAgainAndAgainLosesNothingAndComesToItsEnd) {
  std::mt19937 random(7);
  const auto content = [](int i) {
    return "SPESIMEN " + std::to_string(i) + std::string(static_cast<std::size_t>(20'000 + i * 977), 'x');
  };
  constexpr int kFiles = 60;
  const auto name = [](int i) {
    return std::string(i % 3 == 0 ? "A" : i % 3 == 1 ? "B" : "S") + "-" + std::to_string(i);
  };
  for (int i = 0; i < kFiles; ++i) plain(name(i), content(i));
  int kills = 0;
  for (int round = 0; left_plain() > 0 && round < 400; ++round) {
    ledger_.reset();
    key_.reset();
    const pid_t child = ::fork();
    if (child == 0) {
      auto key = ledger::PersonalKey::load(data_.path(), false);
      auto ledger = ledger::Ledger::open(data_.path(), true);
      if (!key || !ledger) ::_exit(2);
      const auto done = PictureSafe(data_ / "evidence", &*key).seal_plain(**ledger, owner);
      ::_exit(done ? 0 : 1);
    }
    // Longer and longer: a quick machine is killed often, a slow one comes to its end.
    const auto longest = 5000u + 500u * static_cast<unsigned>(round);
    std::this_thread::sleep_for(std::chrono::microseconds(1000 + random() % longest));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) != 0) << WEXITSTATUS(status);
    kills += WIFSIGNALED(status) ? 1 : 0;
    open();
    for (int i = 0; i < kFiles; ++i) ASSERT_EQ(safe().get(name(i)).value_or(Bytes{}), bytes(content(i))) << i;
  }
  EXPECT_EQ(left_plain(), 0u);
  EXPECT_GE(kills, 3);
  std::printf("%d kills\n", kills);
  EXPECT_EQ(ledger_->verify()->value_or(""), "");
}

}  // namespace
}  // namespace ktp::pipeline
