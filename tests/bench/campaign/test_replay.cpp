// SPDX-License-Identifier: Apache-2.0
// A small spring, replayed by the real program with power cuts and audited; then tampered with, so that it is
// known that the audit can fail.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "bench/campaign/audit.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ktp::campaign;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

struct Ran {
  int code = -1;
  std::string out, err;
};

class Replay : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "replay-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    scratch_ = name;
  }
  void TearDown() override { fs::remove_all(scratch_); }

  [[nodiscard]] Ran run(const std::string& words) const {
    const std::string command = std::string(CAMPAIGN_REPLAY) + " " + words + " >'" +
                                (scratch_ / "out").string() + "' 2>'" + (scratch_ / "err").string() + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(scratch_ / "out"),
            text_of(scratch_ / "err")};
  }
  [[nodiscard]] fs::path folder() const { return scratch_ / "campaign"; }
  [[nodiscard]] Ran audited() const { return run("--audit --folder '" + folder().string() + "'"); }

  fs::path scratch_;
};

TEST_F(Replay, SmallSpringIsExplained) {
  const Ran ran = run("--orders 200 --kills 4 --seed 7 --deadline 3 --folder '" + folder().string() + "'");
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("4 kills:"));
  EXPECT_THAT(ran.out, HasSubstr("discrepancy=0 unknown=0 unexplained=0 two-live=0 damaged-at-post=0 "
                                 "double-at-post=0\n"));

  // The same campaign audited again, each time with one thing changed behind the ledger's or the world's
  // back.
  Truth& truth = *map_truth(folder() / "world" / "truth", 0);
  const auto find = [&](Place place) -> Body& {
    for (std::uint64_t n = 0; n < truth.fed; ++n)
      if (truth.bodies()[n].place == place) return truth.bodies()[n];
    throw std::runtime_error("no such card");
  };
  const auto world = [&](const char* what, const char* reported, const std::function<void(Body&)>& change) {
    Body& body = find(Place::holder);
    const Body before = body;
    change(body);
    const Ran said = audited();
    body = before;
    EXPECT_EQ(said.code, 70) << what;
    EXPECT_THAT(said.out + said.err, HasSubstr(reported)) << what;
  };
  world("a delivered card lies in the printer", "lies in the printer",
        [](Body& b) { b.place = Place::inside; });
  world("a delivered card was never handed over", "lies in bin good",
        [](Body& b) { b.place = Place::bin_good; });
  world("a damaged card was delivered", "damaged-at-post=1", [](Body& b) { b.print = Print::damaged; });
  world("somebody else's face", "shows somebody else", [](Body& b) { b.person = 9999; });
  world("a card twice", "two-live=1",
        [&](Body& b) { b.person = (&b == truth.bodies() ? truth.bodies()[1] : truth.bodies()[0]).person; });
  world("another item", "under another number", [](Body& b) { b.item[9] ^= 1; });

  const auto counted = [&](const char* reported, std::atomic<std::uint64_t>& count, std::uint64_t more) {
    count += more;
    const Ran said = audited();
    count -= more;
    EXPECT_EQ(said.code, 70);
    EXPECT_THAT(said.err, HasSubstr(reported));
  };
  counted("is in no row of the ledger", truth.fed, 1);
  counted("blanks in_stock", truth.filled, 1);

  // The ledger: what triggers would refuse, done with them taken away; on a copy, put back after each.
  const fs::path database = folder() / "data" / "ledger.sqlite", kept = scratch_ / "kept";
  {
    SQLite::Database(database.string(), SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  fs::copy_file(database, kept);
  const auto ledger = [&](const char* reported, const char* statements) {
    {
      SQLite::Database db(database.string(), SQLite::OPEN_READWRITE);
      db.exec("DROP TRIGGER events_stay; DROP TRIGGER events_last");
      db.exec(statements);
    }
    const Ran said = audited();
    for (const char* left : {"-wal", "-shm"}) fs::remove(database.string() + left);
    fs::copy_file(kept, database, fs::copy_options::overwrite_existing);
    EXPECT_EQ(said.code, 70) << statements;
    EXPECT_THAT(said.out + said.err, HasSubstr(reported)) << statements;
  };
  ledger("is in no row of the ledger", "DELETE FROM cards WHERE number = 5");
  ledger("is said to be body", "UPDATE cards SET number = 100000 WHERE number = 5");
  ledger("ledger verify: table cards", "UPDATE cards SET replaces = 'C0000001' WHERE number = 5");
  ledger("ledger verify: event 40 is missing", "DELETE FROM events WHERE seq = 40");
  ledger("ledger verify:",
         "UPDATE events SET line = replace(line, 'Budi', 'Badu') WHERE type = 'berita-acara'");
  ledger("unknown=1", "UPDATE terms SET n = n + 1 WHERE term = 'unknown'");
  ledger("discrepancy=2", "UPDATE terms SET n = n + 2 WHERE term = 'discrepancy'");
  ledger("was unknown and nothing settled it",
         "DELETE FROM events WHERE seq = (SELECT min(seq) FROM events WHERE type = 'settled')");

  // A head that the post office keeps, and the log is not the one it was given out for.
  const fs::path post = folder() / "post" / "0";
  ASSERT_TRUE(fs::exists(post));
  const std::string head = text_of(post);
  std::string other = head;
  other[other.find('\n') + 1] ^= 1;
  std::ofstream(post, std::ios::binary) << other;
  const Ran said = audited();
  EXPECT_EQ(said.code, 70);
  EXPECT_THAT(said.err, HasSubstr("ledger verify: given"));
  std::ofstream(post, std::ios::binary) << head;

  EXPECT_EQ(audited().code, 0);  // everything was put back: each of the above was what it said
}

}  // namespace
