// SPDX-License-Identifier: Apache-2.0
// What a person or a script at the command line meets: exit codes, help, errors that name place and cure.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

using nlohmann::json;

TEST(CommandLine, EveryCommandHasHelpAndAWrongWordIsUsage) {
  StationRun run;
  const auto plain = [&](std::vector<std::string> words) {
    words.insert(words.begin(), station_program());
    return Process(words, run.folder()).wait(std::chrono::seconds(20));
  };
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{},
                                                                                     {"produce"},
                                                                                     {"inspect"},
                                                                                     {"calibrate"},
                                                                                     {"drift"},
                                                                                     {"render"},
                                                                                     {"balance"},
                                                                                     {"cards"},
                                                                                     {"card"},
                                                                                     {"orders"},
                                                                                     {"blanks", "receive"},
                                                                                     {"devices"},
                                                                                     {"config", "check"},
                                                                                     {"backup"},
                                                                                     {"restore"},
                                                                                     {"release"},
                                                                                     {"reprint", "ask"},
                                                                                     {"reprint", "confirm"},
                                                                                     {"keys", "rotate"},
                                                                                     {"person", "export"},
                                                                                     {"retention"},
                                                                                     {"incident"},
                                                                                     {"ledger", "rebuild"},
                                                                                     {"ledger", "verify"},
                                                                                     {"ledger", "export"}}) {
    auto help = words;
    help.emplace_back("--help");
    const Ended ended = plain(help);
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_GT(ended.out.size(), 50u);
  }
  EXPECT_EQ(plain({"prodce"}).exit_code, 64);
  EXPECT_EQ(plain({}).exit_code, 64);
  EXPECT_EQ(plain({"produce"}).exit_code, 64);
  EXPECT_EQ(plain({"blanks", "receive", "-5"}).exit_code, 64);
}

TEST(CommandLine, MissingAndWrongInputHaveTheirOwnExitCodes) {
  StationRun run;
  EXPECT_EQ(run.command({"balance"}).exit_code, 66);
  EXPECT_EQ(run.produce(run.folder() / "nowhere.csv").exit_code, 66);
  std::ofstream(run.folder() / "wrong.csv") << "a,b,c\n1,2,3\n";
  const Ended wrong = run.produce(run.folder() / "wrong.csv");
  EXPECT_EQ(wrong.exit_code, 65);
  EXPECT_NE(wrong.err.find("order_id"), std::string::npos) << wrong.err;
  std::ofstream(run.config(), std::ios::app) << "colour: red\n";
  const Ended config = run.command({"config", "check"});
  EXPECT_EQ(config.exit_code, 78);
  EXPECT_NE(config.err.find("colour"), std::string::npos) << config.err;
  EXPECT_NE(config.err.find("station.yaml:"), std::string::npos) << config.err;
}

TEST(CommandLine, ADeviceSettingThatDoesNotExistIsAConfigurationError) {
  StationRun run("seed: 1\nspeeed: 9");
  const Ended ended = run.produce(run.make_batch(1, 41));
  EXPECT_EQ(ended.exit_code, 78) << ended.err;
  EXPECT_NE(ended.err.find("speeed"), std::string::npos) << ended.err;
  EXPECT_EQ(run.command({"config", "check"}).exit_code, 78);
}

TEST(CommandLine, BadRowsAreNamedByFileRowFieldAndReasonAndTheOthersArePrinted) {
  StationRun run("seed: 1\nblanks: 20");
  const auto batch = run.make_batch(3, 42, 0, true);
  const Ended ended = run.produce(batch);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.err.find(batch.string() + ":row 4: "), std::string::npos) << ended.err;
  EXPECT_EQ(run.balance().at("good"), 3);
  std::size_t refused = 0;
  for (const json& order : run.rows("orders")) refused += order.at("state") == "refused" ? 1u : 0u;
  EXPECT_GT(refused, 5u);
}

TEST(CommandLine, JsonRowsHaveEveryFieldAndOneCardTellsItsWholeStory) {
  StationRun run("seed: 1\nblanks: 20");
  ASSERT_EQ(run.produce(run.make_batch(2, 43)).exit_code, 0);
  const auto cards = run.rows("cards");
  ASSERT_EQ(cards.size(), 2u);
  for (const char* key : {"card", "order_id", "token", "uid", "state", "verdict", "bin"})
    EXPECT_TRUE(cards[0].at(key).is_string()) << key;
  for (const json& order : run.rows("orders"))
    for (const char* key : {"order_id", "state", "reason"}) EXPECT_TRUE(order.at(key).is_string()) << key;
  for (const char* term :
       {"received", "in_stock", "in_machine", "good", "damaged", "duplicate", "mismatch", "review",
        "withdrawn", "spoiled", "destroyed", "handed_over", "unknown", "discrepancy"})
    EXPECT_TRUE(run.balance().at(term).is_number_integer()) << term;
  const Ended story = run.command({"card", cards[0].at("card"), "--json"});
  std::vector<std::string> types;
  const json told = json::parse(story.out);
  for (const json& event : told.at("events")) types.push_back(event.at("type"));
  EXPECT_EQ(types, (std::vector<std::string>{"blank-committed", "print-started", "print-ended", "captured",
                                             "inspected", "identified", "judged", "sorted"}));
  EXPECT_EQ(run.command({"card", "C9999999"}).exit_code, 66);
}

TEST(CommandLine, ASecondStationOnTheSameDataFolderIsTurnedAwayAndTheFirstIsNamed) {
  StationRun run("seed: 1\nblanks: 40\nprint-ms: 4000");
  const auto batch = run.make_batch(12, 44);
  auto first = run.start(batch);
  while (first->running() && first->err_so_far().find("batch 1") == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const Ended second = run.produce(batch, std::chrono::seconds(40));
  EXPECT_EQ(second.exit_code, 75) << second.err;
  EXPECT_NE(second.err.find(std::to_string(first->pid())), std::string::npos) << second.err;
}

TEST(CommandLine, DevicesShowsStateSuppliesAndSettings) {
  StationRun run("seed: 1\nblanks: 20");
  const Ended ended = run.command({"devices"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  for (const char* word : {"sim-printer", "sim-camera", "idle", "hopper 20", "ribbon", "faults"})
    EXPECT_NE(ended.out.find(word), std::string::npos) << word;
}

TEST(CommandLine, RenderDrawsEveryOrderAtTheWholeCardsSize) {
  StationRun run;
  const auto batch = run.make_batch(2, 45);
  const Ended ended =
      run.command({"render", batch.string(), "--out", (run.folder() / "faces").string(), "--dpi", "300"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  std::ifstream png(run.folder() / "faces" / "B45-0001-front.png", std::ios::binary);
  std::string head(24, '\0');
  ASSERT_TRUE(png.read(head.data(), 24));
  const auto number = [&](std::size_t at) {
    return (static_cast<unsigned char>(head[at + 2]) << 8) | static_cast<unsigned char>(head[at + 3]);
  };
  EXPECT_EQ(number(16), 1011);
  EXPECT_EQ(number(20), 638);
  const auto layout = json::parse(std::ifstream(run.folder() / "faces" / "layout.json"));
  for (const char* field : {"nik", "name", "portrait"})
    EXPECT_EQ(layout.at("front").at(field).size(), 4u) << field;
}

TEST(CommandLine, InspectJudgesPicturesAndNamesTheRowItCannotRead) {
  StationRun run("seed: 1\nblanks: 20\nfaults: \"half-print@2:0.5\"");
  const auto batch = run.make_batch(2, 46);
  ASSERT_EQ(run.produce(batch).exit_code, 0);
  std::string order;
  for (const auto& card : run.rows("cards"))
    if (card.at("card") == "C0000002") order = card.at("order_id");
  ASSERT_EQ(run.command({"person", "export", order, "--to", run.folder() / "given", "--by", "siti",
                         "--reason", "to be looked at"})
                .exit_code,
            0);
  std::ofstream(run.folder() / "cases.csv")
      << "id,side,expected,captured\n"
      << "bad,front,given/pictures/C0000002-front-expected.png,given/pictures/C0000002-front-photograph.png\n"
      << "none,front,given/pictures/C0000002-front-expected.png,missing.png\n"
      << "fine,back,given/pictures/C0000002-back-expected.png,given/pictures/C0000002-back-photograph.png\n";
  const Ended ended = Process({station_program(), "inspect", "--cases", (run.folder() / "cases.csv").string(),
                               "--profile", KTP_SOURCE_DIR "/config/inspection/ektp.yaml", "--out",
                               (run.folder() / "verdicts.csv").string()},
                              run.folder())
                          .wait(std::chrono::seconds(60));
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.err.find("row 2"), std::string::npos) << ended.err;
  std::ifstream in(run.folder() / "verdicts.csv");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  EXPECT_EQ(lines.at(0), "id,side,verdict,score,kind,x,y,w,h,confidence");
  EXPECT_TRUE(std::ranges::any_of(lines, [](const std::string& line) {
    return line.starts_with("bad,front,damaged,") && line.find(",half-print,") != std::string::npos;
  }));
  EXPECT_TRUE(std::ranges::any_of(
      lines, [](const std::string& line) { return line.starts_with("none,front,review,"); }));
}

}  // namespace
}  // namespace ktp::test
