// SPDX-License-Identifier: Apache-2.0
// What the office's keeper does, through the real program: reprints by two people, backup and restore, new
// keys, one person's data and its end.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

json card_in(StationRun& run, const std::string& bin) {
  for (const json& card : run.rows("cards"))
    if (card.at("bin") == bin) return card;
  return {};
}

TEST(Keeping, AMismatchIsPrintedAgainOnlyAfterTwoPeopleSaidSo) {
  StationRun run("seed: 1\nblanks: 20\nfaults: \"swap-digit@2\"");
  const auto batch = run.make_batch(3, 61);
  ASSERT_EQ(run.produce(batch).exit_code, 0);
  const json wrong = card_in(run, "mismatch");
  ASSERT_TRUE(wrong.is_object());
  const std::string card = wrong.at("card"), order = wrong.at("order_id");
  const auto cards = run.rows("cards").size();
  const Ended alone = run.command({"reprint", "confirm", card, "--by", "budi"});
  EXPECT_EQ(alone.exit_code, 65);
  EXPECT_NE(alone.err.find("nobody asked"), std::string::npos) << alone.err;
  const Ended asked =
      run.command({"reprint", "ask", card, "--reason", "wrong digit printed", "--by", "siti", "--json"});
  ASSERT_EQ(asked.exit_code, 0) << asked.err;
  EXPECT_EQ(json::parse(asked.out).at("at"), "bin mismatch");
  EXPECT_EQ(run.command({"reprint", "confirm", card, "--by", "Siti"}).exit_code, 65);
  ASSERT_EQ(run.produce(batch).exit_code, 0);
  EXPECT_EQ(run.rows("cards").size(), cards) << "one person is not two";
  const Ended open = run.command({"reprint", "list"});
  EXPECT_NE(open.out.find("reprint confirm " + card), std::string::npos) << open.out;
  ASSERT_EQ(run.command({"reprint", "confirm", card, "--by", "budi"}).exit_code, 0);
  ASSERT_EQ(run.produce(batch).exit_code, 0);
  const auto after = run.rows("cards");
  ASSERT_EQ(after.size(), cards + 1);
  EXPECT_EQ(after.back().at("order_id"), order);
  EXPECT_EQ(after.back().at("bin"), "good");
  const json story = json::parse(run.command({"card", after.back().at("card"), "--json"}).out);
  EXPECT_EQ(story.at("replaces"), card);
  EXPECT_EQ(story.at("events").at(0).at("type"), "reprint-decided");
  EXPECT_EQ(story.at("events").at(0).at("confirmed_by"), "budi");
  ASSERT_EQ(run.produce(batch).exit_code, 0);
  EXPECT_EQ(run.rows("cards").size(), cards + 1);
  EXPECT_EQ(run.difference(20), "");
}

TEST(Keeping, ABackupIsProvedRestoredElsewhereAndGoneOnWithAfterBothKeysChanged) {
  StationRun run("seed: 1\nblanks: 20");
  const auto batch = run.make_batch(3, 62);
  ASSERT_EQ(run.produce(batch).exit_code, 0);
  const fs::path file = run.folder() / "b.ktp", keys = run.folder() / "record-keys",
                 there = run.folder() / "there";
  const Ended old_head = run.command({"ledger", "head", "--json"});
  std::ofstream(run.folder() / "old-key") << json::parse(old_head.out).at("key").get<std::string>() << '\n';
  std::ofstream(run.folder() / "old-head") << json::parse(old_head.out).at("checkpoint").get<std::string>();
  for (const char* what : {"--personal", "--signing"}) {
    const Ended rotated = run.command({"keys", "rotate", what, "--by", "siti", "--json"});
    EXPECT_EQ(rotated.exit_code, 0) << rotated.err;
  }
  EXPECT_EQ(json::parse(run.command({"keys", "show", "--json"}).out).at("left_behind"), 0);
  EXPECT_EQ(run.command({"keys", "retire", "--by", "siti"}).exit_code, 0);
  const std::string key = (run.folder() / "old-key").string(), head = (run.folder() / "old-head").string();
  const Ended verified = run.command({"ledger", "verify", "--key", key, "--checkpoint", head});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_NE(verified.out.find("3 personal records open and say what was taken in, 0 are deleted"),
            std::string::npos)
      << verified.out;
  // Whoever kept the head alone is shown that the log goes on from it, and one event under it.
  for (const std::vector<std::string>& asked :
       {std::vector<std::string>{"--since", head}, {"--event", "2", "--under", head}}) {
    std::vector<std::string> words{"ledger", "prove"};
    words.insert(words.end(), asked.begin(), asked.end());
    const Ended proof = run.command(words);
    ASSERT_EQ(proof.exit_code, 0) << proof.err;
    const std::string proof_file = (run.folder() / "proof.json").string();
    std::ofstream(proof_file) << proof.out;
    const Ended checked = run.command({"ledger", "verify", "--proof", proof_file, "--checkpoint", head});
    EXPECT_EQ(checked.exit_code, 0) << checked.err;
    std::string forged = proof.out;
    forged[forged.find("\"path\":[\"") + 9] ^= 1;
    std::ofstream(proof_file) << forged;
    EXPECT_EQ(run.command({"ledger", "verify", "--proof", proof_file, "--checkpoint", head}).exit_code, 65);
  }
  EXPECT_EQ(run.command({"ledger", "prove"}).exit_code, 64);
  const Ended made = run.command({"backup", file.string(), "--record-keys", keys.string(), "--json"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(json::parse(made.out).at("balance_closes"), true);
  EXPECT_EQ(run.command({"backup", file.string()}).exit_code, 78) << "nothing is overwritten";
  EXPECT_EQ(run.command({"restore", file.string()}).exit_code, 64);
  const Ended proved =
      run.command({"restore", file.string(), "--verify", "--key", key, "--checkpoint", head});
  EXPECT_EQ(proved.exit_code, 0) << proved.err;
  EXPECT_EQ(run.command({"restore", file.string(), "--to", run.data().string()}).exit_code, 78);
  ASSERT_EQ(run.command({"restore", file.string(), "--to", there.string()}).exit_code, 0);
  for (const char* name : {"key", "head-key"}) fs::copy(run.data() / name, there / name);
  fs::copy(keys, there / "record-keys.sqlite");
  const auto in_there = [&](std::vector<std::string> words) {
    words.insert(words.begin(), station_program());
    words.insert(words.end(), {"--data", there.string(), "--config", run.config().string()});
    return Process(words, run.folder()).wait(std::chrono::seconds(60));
  };
  const Ended shown = in_there({"person", "show", run.rows("orders").at(0).at("order_id"), "--by", "siti",
                                "--reason", "after the restoration", "--json"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(in_there({"ledger", "verify", "--key", key}).exit_code, 0);
  EXPECT_EQ(in_there({"ledger", "rebuild"}).exit_code, 0);
  EXPECT_EQ(in_there({"balance"}).exit_code, 0);
  // Keys of records that nobody deleted are missed, and without any key that is said.
  fs::remove(there / "record-keys.sqlite");
  const Ended locked = in_there({"ledger", "verify", "--key", key});
  EXPECT_EQ(locked.exit_code, 70) << locked.out;
  EXPECT_NE(locked.err.find("the personal records do not verify, 3 of them"), std::string::npos)
      << locked.err;
  fs::remove(there / "key");
  const Ended unlooked = in_there({"ledger", "verify", "--key", key});
  EXPECT_EQ(unlooked.exit_code, 0) << unlooked.err;
  EXPECT_NE(unlooked.out.find("personal records were not looked at"), std::string::npos) << unlooked.out;
  // A byte changed in the middle of a record, or the end cut off.
  std::string bytes = text_of(file);
  std::ofstream(run.folder() / "torn.ktp", std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  const Ended torn = run.command({"restore", (run.folder() / "torn.ktp").string(), "--verify"});
  EXPECT_EQ(torn.exit_code, 65);
  EXPECT_NE(torn.err.find("torn.ktp does not verify"), std::string::npos) << torn.err;
}

TEST(Keeping, OnePersonsDataIsGivenOutLookedAtAndDeletedWithATrace) {
  StationRun run("seed: 1\nblanks: 20\nfaults: \"half-print@2:0.5\"");
  const auto batch = run.make_batch(2, 63);
  ASSERT_EQ(run.produce(batch).exit_code, 0);
  const std::string damaged = card_in(run, "damaged").at("card"),
                    order = card_in(run, "damaged").at("order_id");
  const fs::path out = run.folder() / "given";
  const Ended given = run.command({"person", "export", order, "--to", out.string(), "--by", "siti",
                                   "--reason", "asked for by himself", "--json"});
  ASSERT_EQ(given.exit_code, 0) << given.err;
  EXPECT_GT(json::parse(given.out).at("pictures"), 2);
  const json record = json::parse(text_of(out / "record.json"));
  EXPECT_EQ(record.at("record").at("nik").get<std::string>().substr(0, 6), "321699");
  EXPECT_NE(text_of(out / "trail.jsonl").find("\"person-shown\""), std::string::npos);
  struct stat info{};
  ASSERT_EQ(::stat((out / "record.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(
      run.command({"person", "export", order, "--to", out.string(), "--by", "s", "--reason", "x"}).exit_code,
      65);
  const json look = json::parse(run.command({"person", "looks", order, "--json"}).out);
  EXPECT_EQ(look.at("by"), "siti");
  EXPECT_EQ(look.at("what"), "export");
  const fs::path incident = run.folder() / "incident";
  const Ended notice = run.command({"incident", incident.string(), "--found", "2026-01-02T03:04", "--what",
                                    "a laptop was stolen", "--measures", "keys changed", "--by", "siti",
                                    "--everybody", "--json"});
  ASSERT_EQ(notice.exit_code, 0) << notice.err;
  EXPECT_EQ(json::parse(notice.out).at("notice_due"), "2026-01-05T03:04:00.000Z");
  EXPECT_EQ(json::parse(notice.out).at("persons"), 2);
  EXPECT_NE(text_of(incident / "NOTICE.txt").find("2026-01-05T03:04:00.000Z"), std::string::npos);
  EXPECT_NE(text_of(incident / "persons.csv").find(record.at("record").at("nik").get<std::string>()),
            std::string::npos);
  // Its cards: the damaged one destroyed, the good one still in its bin.
  ASSERT_EQ(
      run.command({"destroy", damaged, "--name", "Andi", "--name", "Budi", "--place", "Cikarang"}).exit_code,
      0);
  const Ended early = run.command(
      {"person", "erase", order, "--by", "siti", "--confirmed-by", "budi", "--reason", "asked for"});
  EXPECT_EQ(early.exit_code, 65);
  EXPECT_NE(early.err.find("is sorted"), std::string::npos) << early.err;
  std::vector<std::string> all{"withdraw"};
  for (const json& card : run.rows("cards"))
    if (card.at("bin") == "good") all.push_back(card.at("card"));
  all.insert(all.end(), {"--reason", "died", "--by", "siti"});
  ASSERT_EQ(run.command(all).exit_code, 0);
  ASSERT_EQ(run.command({"destroy", "--name", "Andi", "--name", "Budi", "--place", "Cikarang"}).exit_code, 0);
  const Ended erased = run.command({"person", "erase", order, "--by", "siti", "--confirmed-by", "budi",
                                    "--reason", "asked for", "--json"});
  ASSERT_EQ(erased.exit_code, 0) << erased.err;
  EXPECT_GT(json::parse(erased.out).at("pictures"), 2);
  for (const auto& entry : fs::directory_iterator(run.data() / "evidence"))
    EXPECT_FALSE(entry.path().filename().string().starts_with(damaged)) << entry.path();
  const Ended gone = run.command({"person", "show", order, "--by", "siti", "--reason", "x"});
  EXPECT_EQ(gone.exit_code, 65);
  EXPECT_NE(gone.err.find("was deleted: asked for"), std::string::npos) << gone.err;
  const Ended dry = run.command({"retention", "--days", "0", "--by", "siti", "--dry-run", "--json"});
  EXPECT_EQ(json::parse(dry.out).at("orders"), 1) << dry.err;
  EXPECT_EQ(json::parse(run.command({"retention", "--days", "0", "--by", "siti", "--json"}).out).at("orders"),
            1);
  EXPECT_EQ(json::parse(run.command({"retention", "--days", "0", "--by", "siti", "--json"}).out).at("orders"),
            0);
  const Ended verified = run.command({"ledger", "verify"});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_NE(verified.out.find("0 personal records open and say what was taken in, 2 are deleted"),
            std::string::npos)
      << verified.out;
  EXPECT_EQ(run.command({"balance"}).exit_code, 0);
  EXPECT_EQ(run.command({"record", "BA-000001"}).exit_code, 0) << "its paper is written without the number";
}

TEST(Keeping, AnEarlierVersionsReadablePicturesAreSealedByTheNextStartAndNoneIsLost) {
  StationRun run("seed: 1\nblanks: 20\nfaults: \"half-print@2:0.5\"");
  const auto batch = run.make_batch(2, 64);
  ASSERT_EQ(run.produce(batch).exit_code, 0);
  const std::string order = card_in(run, "damaged").at("order_id");
  const auto give = [&](const char* to) {
    const Ended given = run.command({"person", "export", order, "--to", (run.folder() / to).string(), "--by",
                                     "siti", "--reason", "asked for by himself"});
    EXPECT_EQ(given.exit_code, 0) << given.err;
    return run.folder() / to / "pictures";
  };
  const fs::path before = give("before"), evidence = run.data() / "evidence";
  // As an earlier version left them: readable, under their plain names.
  std::size_t plain = 0;
  for (const auto& entry : fs::directory_iterator(before)) {
    fs::remove(evidence / (entry.path().filename().string() + ".sealed"));
    fs::copy(entry.path(), evidence / entry.path().filename());
    ++plain;
  }
  ASSERT_GT(plain, 4u);
  const Ended again = run.produce(batch);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find(std::to_string(plain) + " pictures"), std::string::npos) << again.err;
  for (const auto& entry : fs::directory_iterator(evidence))
    EXPECT_TRUE(entry.path().filename().string().ends_with(".sealed")) << entry.path();
  const fs::path after = give("after");
  for (const auto& entry : fs::directory_iterator(before))
    EXPECT_EQ(text_of(after / entry.path().filename()), text_of(entry.path())) << entry.path().filename();
  EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);
}

}  // namespace
}  // namespace ktp::test
