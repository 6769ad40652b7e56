// SPDX-License-Identifier: Apache-2.0
// New keys for what is personal and for the log's head: nothing becomes unreadable, nothing unproven,
// wherever the change is cut off.
#include "ledger/key_rotation.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "ledger/backup.hpp"
#include "ledger/exported_log.hpp"
#include "ledger/key_chain.hpp"
#include "ledger/personal.hpp"
#include "ledger/signed_head.hpp"
#include "temp_folder.hpp"

namespace ktp::ledger {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

Bytes bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// As versions before record keys sealed: nonce and ciphertext, with a key derived from the file's 32 bytes.
Bytes sealed_by_an_earlier_version(const fs::path& dir, std::string_view plain, std::string_view context) {
  const std::string file = text_of(dir / "key");
  EXPECT_EQ(file.size(), 32u);
  std::array<std::uint8_t, 32> key{};
  crypto_kdf_derive_from_key(key.data(), key.size(), 1, "ktp-seal",
                             reinterpret_cast<const unsigned char*>(file.data()));
  Bytes out(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + plain.size() +
            crypto_aead_xchacha20poly1305_ietf_ABYTES);
  randombytes_buf(out.data(), crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  unsigned long long written = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
                                             &written, reinterpret_cast<const unsigned char*>(plain.data()),
                                             plain.size(),
                                             reinterpret_cast<const unsigned char*>(context.data()),
                                             context.size(), nullptr, out.data(), key.data());
  return out;
}

class Rotation : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(PersonalKey::load(data_.path(), true));
    open();
  }
  void open() {
    ledger_.reset();
    auto opened = Ledger::open(data_.path(), true);
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
  }
  static std::string plain_of(const std::string& id) { return "SPESIMEN " + id; }
  // Records of the first form, as an office of an earlier version has them.
  void keep_old(int count) {
    std::vector<SealedRecord> records{
        {"batch/1", sealed_by_an_earlier_version(data_.path(), plain_of("batch/1"), "batch/1")}};
    for (int i = 0; i < count; ++i) {
      const std::string id = "O-" + std::to_string(i);
      records.push_back({id, sealed_by_an_earlier_version(data_.path(), plain_of(id), id)});
    }
    ASSERT_TRUE(ledger_->append({}, records));
  }
  void keep_new(const std::string& id) {
    const auto key = PersonalKey::load(data_.path(), false);
    auto sealed = key->seal_record(bytes(plain_of(id)), id);
    ASSERT_TRUE(sealed) << sealed.error().message;
    ASSERT_TRUE(ledger_->append({}, {{id, *sealed}}));
  }
  void expect_all_readable(std::size_t count, const std::string& where) {
    const auto key = PersonalKey::load(data_.path(), false);
    ASSERT_TRUE(key) << where << ": " << key.error().message;
    std::size_t seen = 0;
    std::map<std::string, Bytes> all;
    ASSERT_TRUE(
        ledger_->each_record([&](const std::string& id, Bytes sealed) { all[id] = std::move(sealed); }));
    for (const auto& [id, sealed] : all) {
      const auto plain = key->open(sealed, id);
      ASSERT_TRUE(plain) << where << ": " << id << ": " << plain.error().message;
      EXPECT_EQ(*plain, bytes(plain_of(id))) << where;
      ++seen;
    }
    EXPECT_EQ(seen, count) << where;
  }
  fs::path exported() {
    const fs::path out = data_ / "export";
    fs::create_directories(out);
    std::ofstream events(out / "events.jsonl", std::ios::binary | std::ios::trunc);
    const auto head = ledger_->each_line([&](std::string_view line) { events << line << '\n'; });
    std::ofstream(out / "checkpoint", std::ios::binary | std::ios::trunc) << head->checkpoint;
    std::ofstream(out / "key", std::ios::binary | std::ios::trunc) << head->key << '\n';
    return out;
  }
  void receive() {
    Event received{.type = "blanks-received"};
    received.data["count"] = 1;
    const auto appended = ledger_->append({received});
    ASSERT_TRUE(appended) << appended.error().message;
  }
  std::string difference(const VerifyAgainst& against = {}) {
    const auto found = ledger_->verify(against);
    return found ? found->value_or("") : found.error().message;
  }

  test::TempFolder data_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(Rotation, OldRecordsStayReadableAndEverythingIsUnderTheNewKeyAfterwards) {
  keep_old(450);
  keep_new("O-new");
  const std::string hash = PersonalKey::load(data_.path(), false)->hash("person", "x");
  expect_all_readable(452, "before");
  const auto rotated = rotate_personal_key(*ledger_, data_.path(), "siti");
  ASSERT_TRUE(rotated) << rotated.error().message;
  EXPECT_EQ(rotated->key, 2u);
  EXPECT_FALSE(rotated->resumed);
  EXPECT_EQ(rotated->records, 451) << "the batch and 450 of the first form";
  EXPECT_EQ(rotated->record_keys, 64) << "the block that the one record took its key from";
  expect_all_readable(452, "after");
  EXPECT_EQ(PersonalKey::load(data_.path(), false)->hash("person", "x"), hash)
      << "the log holds hashes for ever";
  const auto state = key_state(*ledger_, data_.path());
  ASSERT_TRUE(state);
  EXPECT_EQ(state->seals, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(state->own_key, 451);
  EXPECT_EQ(state->left_behind, 0);
  EXPECT_FALSE(state->under_way);
  EXPECT_EQ(difference(), "");
}

TEST_F(Rotation, ARetiredKeyIsGoneAndNothingHereNeedsIt) {
  keep_old(20);
  const auto before = *ledger_->record("O-3");
  ASSERT_TRUE(rotate_personal_key(*ledger_, data_.path(), "siti"));
  EXPECT_TRUE(PersonalKey::load(data_.path(), false)->open(before, "O-3"))
      << "an old backup can still be read";
  const auto retired = retire_personal_keys(*ledger_, data_.path(), "siti");
  ASSERT_TRUE(retired) << retired.error().message;
  EXPECT_EQ(*retired, (std::vector<std::uint32_t>{1}));
  expect_all_readable(21, "after");
  const auto gone = PersonalKey::load(data_.path(), false)->open(before, "O-3");
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message.find("key 1"), std::string::npos) << gone.error().message;
  EXPECT_TRUE(retire_personal_keys(*ledger_, data_.path(), "siti")->empty());
}

// The process is killed at a random moment, again and again, until one call comes to its end.
TEST_F(Rotation, KilledAnywhereItGoesOnWhereItStandsAndNothingIsEverUnreadable) {
  constexpr int kRecords = 900;
  keep_old(kRecords);
  keep_new("O-new");
  int killed = 0;
  for (int round = 0;; ++round) {
    ASSERT_LT(round, 500);
    ledger_.reset();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto opened = Ledger::open(data_.path(), true);
      if (!opened) ::_exit(3);
      int pieces = 0;
      const auto rotated =
          rotate_personal_key(**opened, data_.path(), "siti", [&](std::int64_t, std::int64_t) {
            if (++pieces == 1 + round % 3) ::usleep(2000);
          });
      ::_exit(!rotated ? 4 : rotated->key == 2 ? 0 : 5);
    }
    ::usleep(static_cast<useconds_t>(500 + 700 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    open();
    ASSERT_NO_FATAL_FAILURE(expect_all_readable(kRecords + 2, "round " + std::to_string(round)));
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
      break;
    }
    ++killed;
  }
  EXPECT_GT(killed, 3);
  const auto state = key_state(*ledger_, data_.path());
  EXPECT_EQ(state->left_behind, 0);
  EXPECT_FALSE(state->under_way);
  EXPECT_EQ(state->seals, (std::vector<std::uint32_t>{1, 2})) << "every try went on with the same key";
  EXPECT_EQ(ledger_->lines_of_type("key-rotation-begun")->size(), 1u);
  EXPECT_EQ(ledger_->lines_of_type("key-rotated")->size(), 1u);
  EXPECT_EQ(difference(), "");
  std::cout << "rotation_kills=" << killed << " unreadable=0\n";
}

TEST_F(Rotation, CutOffItIsSaidAndNothingIsRetired) {
  keep_old(5);
  auto ring = KeyRing::load(data_.path(), false);
  ring->seals.emplace(2, new_secret_key());
  ASSERT_TRUE(ring->save(data_.path()));
  EXPECT_TRUE(key_state(*ledger_, data_.path())->under_way);
  const auto early = retire_personal_keys(*ledger_, data_.path(), "siti");
  ASSERT_FALSE(early);
  EXPECT_NE(early.error().message.find("finish it first"), std::string::npos);
  const auto rotated = rotate_personal_key(*ledger_, data_.path(), "siti");
  ASSERT_TRUE(rotated);
  EXPECT_TRUE(rotated->resumed);
  EXPECT_EQ(rotated->key, 2u);
  EXPECT_EQ(rotate_personal_key(*ledger_, data_.path(), "siti")->key, 3u);
}

TEST_F(Rotation, ADeletedRecordKeyLeavesNoByteOfItselfAndItsRecordCannotBeReadAnywhere) {
  keep_new("O-1");
  keep_new("O-2");
  const auto sealed = *ledger_->record("O-1");
  const auto number = *PersonalKey::record_key_of(sealed);
  Bytes wrapped;
  {
    SQLite::Database db((data_ / "record-keys.sqlite").string(), SQLite::OPEN_READONLY);
    SQLite::Statement row(db, "SELECT wrapped FROM keys WHERE number = ?");
    row.bind(1, number);
    ASSERT_TRUE(row.executeStep());
    const auto column = row.getColumn(0);
    const auto* const data = static_cast<const std::uint8_t*>(column.getBlob());
    wrapped.assign(data, data + column.getBytes());
  }
  const std::string needle(wrapped.begin(), wrapped.end());
  ASSERT_NE(text_of(data_ / "record-keys.sqlite").find(needle), std::string::npos);
  const auto key = PersonalKey::load(data_.path(), false);
  ASSERT_TRUE(key->record_keys().forget({number}));
  EXPECT_EQ(text_of(data_ / "record-keys.sqlite").find(needle), std::string::npos);
  const auto gone = key->open(sealed, "O-1");
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message.find("deleted"), std::string::npos) << gone.error().message;
  EXPECT_TRUE(key->open(*ledger_->record("O-2"), "O-2"));
}

TEST_F(Rotation, ALostFileOfRecordKeysIsNamedAndItsNumbersAreNeverGivenOutAgain) {
  keep_new("O-1");
  const auto sealed = *ledger_->record("O-1");
  fs::rename(data_ / "record-keys.sqlite", data_ / "aside");
  const auto key = PersonalKey::load(data_.path(), false);
  const auto lost = key->open(sealed, "O-1");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::configuration);
  EXPECT_NE(lost.error().message.find("record-keys.sqlite is missing"), std::string::npos);
  std::set<std::int64_t> numbers{*PersonalKey::record_key_of(sealed)};
  for (int i = 0; i < 200; ++i) {
    const auto other = key->seal_record(bytes("x"), "c");
    ASSERT_TRUE(other);
    EXPECT_TRUE(numbers.insert(*PersonalKey::record_key_of(*other)).second);
  }
}

TEST_F(Rotation, ACopyOfTheRecordKeysOpensARestoredLedger) {
  for (int i = 0; i < 10; ++i) keep_new("O-" + std::to_string(i));
  receive();
  const test::TempFolder out;
  ASSERT_TRUE(make_backup(data_.path(), out / "backup.ktp"));
  const auto key = PersonalKey::load(data_.path(), false);
  for (int twice = 0; twice < 2; ++twice) ASSERT_TRUE(key->record_keys().copy_to(out / "record-keys"));
  const fs::path there = out / "there";
  fs::create_directories(there);
  fs::copy(data_ / "key", there / "key");
  fs::copy(data_ / "head-key", there / "head-key");
  fs::copy(out / "record-keys", there / "record-keys.sqlite");
  ASSERT_TRUE(restore_backup(out / "backup.ktp", there, {}));
  const auto restored = Ledger::open(there, false);
  const auto its_key = PersonalKey::load(there, false);
  EXPECT_EQ(its_key->open(*(*restored)->record("O-7"), "O-7"), bytes(plain_of("O-7")));
}

TEST_F(Rotation, WhoHoldsAnyOfTheLogsKeysVerifiesAllOfIt) {
  std::vector<LogHead> heads;
  for (int turn = 0; turn < 3; ++turn) {
    receive();
    heads.push_back(*ledger_->head());
    const auto rotated = ledger_->rotate_head_key("siti");
    ASSERT_TRUE(rotated) << rotated.error().message;
    EXPECT_NE(rotated->key, heads.back().key);
    receive();
    heads.push_back(*ledger_->head());
    if (turn == 1) open();
  }
  std::set<std::string> keys;
  std::vector<std::string> checkpoints;
  for (const LogHead& head : heads) {
    keys.insert(head.key);
    checkpoints.push_back(head.checkpoint);
  }
  EXPECT_EQ(keys.size(), 4u);
  const fs::path out = exported();
  for (const std::string& key : keys) {
    EXPECT_EQ(difference({.key = key, .checkpoints = checkpoints}), "");
    EXPECT_EQ(verify_export(out, {.key = key, .checkpoints = checkpoints})->value_or(""), "");
  }
  const test::TempFolder other;
  const auto foreign = HeadKey::load(other.path(), true)->verifier().to_line();
  EXPECT_NE(difference({.key = foreign, .checkpoints = {}}).find("another key"), std::string::npos);
  EXPECT_NE(verify_export(out, {.key = foreign, .checkpoints = {}})->value_or(""), "");
  const fs::path backup = data_ / "backup.ktp";
  ASSERT_TRUE(make_backup(data_.path(), backup));
  const auto proved = restore_backup(backup, {}, {.key = *keys.begin(), .checkpoints = checkpoints});
  EXPECT_TRUE(proved) << proved.error().message;
}

TEST_F(Rotation, AKeyThatWasReplacedSignsNoLongerLog) {
  receive();
  const test::TempFolder stolen;
  fs::copy(data_ / "head-key", stolen / "head-key");
  ASSERT_TRUE(ledger_->rotate_head_key("siti"));
  receive();
  receive();
  TreeEdge edge;
  ASSERT_TRUE(ledger_->each_line([&](std::string_view line) { edge.add(leaf_hash(line)); }));
  const auto thief = HeadKey::load(stolen.path(), false);
  const std::string late = thief->checkpoint({.size = edge.size(), .root = edge.root()});
  EXPECT_NE(difference({.key = {}, .checkpoints = {late}}).find("replaced with event 2"), std::string::npos)
      << difference({.key = {}, .checkpoints = {late}});
  // The whole log signed once more with the stolen key: it is not the last one that the log names.
  ledger_.reset();
  {
    SQLite::Database db((data_ / "ledger.sqlite").string(), SQLite::OPEN_READWRITE);
    SQLite::Statement put(db, "UPDATE head SET checkpoint = ?, key = ?");
    put.bind(1, late);
    put.bind(2, thief->verifier().to_line());
    put.exec();
  }
  auto reader = Ledger::open(data_.path(), false);
  EXPECT_NE((*reader)->verify()->value_or("").find("another key"), std::string::npos);
  EXPECT_FALSE(Ledger::open(data_.path(), true));
}

TEST_F(Rotation, AnEndorsementThatTheOldKeyDidNotGiveIsFound) {
  receive();
  ASSERT_TRUE(ledger_->rotate_head_key("siti"));
  receive();
  const fs::path out = exported();
  const std::string whole = text_of(out / "events.jsonl");
  const std::string key = text_of(out / "key");
  const test::TempFolder other;
  const auto foreign = HeadKey::load(other.path(), true);
  auto line = nlohmann::ordered_json::parse(ledger_->lines_of_type(kHeadKeyRotated)->at(0));
  const auto signer = HeadVerifier::from_line(line["key"].get<std::string>());
  const auto chain = [&](const nlohmann::ordered_json& changed) {
    const auto read = KeyChain::read({changed.dump()}, *signer);
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(chain(line), "");
  auto changed = line;
  changed["old_key"] = foreign->verifier().to_line();
  EXPECT_NE(chain(changed), "");
  changed = line;
  changed["seq"] = 3;
  EXPECT_NE(chain(changed).find("another moment"), std::string::npos) << chain(changed);
  changed = line;
  changed["endorsement"] = "x";
  EXPECT_NE(chain(changed).find("endorsement"), std::string::npos);
  changed = line;
  changed["key"] = foreign->verifier().to_line();
  EXPECT_NE(chain(changed), "");
  // The ordinary way in is closed.
  EXPECT_FALSE(ledger_->append({{.type = kHeadKeyRotated, .actor = "siti"}}));
}

TEST_F(Rotation, ASigningKeyIsWholeWhereverItsChangeIsCutOff) {
  receive();
  const std::string old_key = text_of(data_ / "head-key");
  // Cut off before the event: a key that nobody knows of lies there.
  ASSERT_TRUE(HeadKey::load_file(data_ / "head-key.next",
                                 ledger_->head()->key.substr(0, ledger_->head()->key.find('+'))));
  open();
  receive();
  EXPECT_EQ(difference(), "");
  // Cut off after the event and before the file had its name.
  ASSERT_TRUE(ledger_->rotate_head_key("siti"));
  ledger_.reset();
  fs::rename(data_ / "head-key", data_ / "head-key.next");
  {
    std::ofstream file(data_ / "head-key", std::ios::binary);
    file << old_key;
  }
  fs::permissions(data_ / "head-key", fs::perms::owner_read | fs::perms::owner_write);
  {
    auto reader = Ledger::open(data_.path(), false);
    EXPECT_EQ((*reader)->verify()->value_or(""), "");
  }
  open();
  receive();
  EXPECT_EQ(difference(), "");
  EXPECT_NE(text_of(data_ / "head-key"), old_key);
  EXPECT_FALSE(fs::exists(data_ / "head-key.next"));
  // Killed at random moments of it.
  int killed = 0;
  for (int round = 0; round < 40; ++round) {
    ledger_.reset();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto opened = Ledger::open(data_.path(), true);
      while (opened && (*opened)->rotate_head_key("siti")) {
      }
      ::_exit(3);
    }
    ::usleep(static_cast<useconds_t>(4000 + 531 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round;
    ++killed;
    open();
    receive();
    ASSERT_EQ(difference(), "") << "round " << round;
  }
  std::cout << "signing_kills=" << killed << " rotations=" << ledger_->lines_of_type(kHeadKeyRotated)->size()
            << " unproven=0\n";
}

}  // namespace
}  // namespace ktp::ledger
