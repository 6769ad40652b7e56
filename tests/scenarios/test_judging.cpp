// SPDX-License-Identifier: Apache-2.0
// What stands round the inspection: the second look, evidence that can be judged again, thousands of cases,
// and calibration, each by the real program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "artwork/picture.hpp"
#include "inspection/sample_cards.hpp"
#include "inspection/simulated_photograph.hpp"
#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

const std::string kProfile = KTP_SOURCE_DIR "/config/inspection/ektp.yaml";

json event_of(std::vector<json> events, const std::string& type, const std::string& card) {
  for (const json& event : events)
    if (event.value("type", "") == type && event.value("card", "") == card) return event;
  return {};
}

std::string card_number(int n) {
  char text[16];
  std::snprintf(text, sizeof text, "C%07d", n);
  return text;
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Judging, DustThatIsGoneInASecondPhotographRejectsNothingAndAStainThatStaysDoes) {
  StationRun run("seed: 5\nblanks: 40",
                 "seed: 5\ndamage: \"loose@2:1.4,0.7; stain@3:1.4,0.7; stain@4:1.4,0.7; stain@5:1.4,0.7; "
                 "stain@6:1.4,0.7; stain@7:1.4,0.7\"");
  const Ended ended = run.produce(run.make_batch(6, 5));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto events = run.events();

  const json judged = event_of(events, "judged", card_number(2)),
             captured = event_of(events, "captured", card_number(2)),
             inspected = event_of(events, "inspected", card_number(2));
  EXPECT_EQ(judged.value("verdict", ""), "good") << judged << inspected;
  ASSERT_TRUE(captured.contains("front_again_sha256")) << captured;
  EXPECT_NE(captured["front_again_sha256"], captured["front_sha256"]);
  EXPECT_EQ(inspected["second_look"]["front"]["outcome"], "cleared");
  EXPECT_FALSE(inspected["second_look"]["front"]["other_findings"].empty());
  const fs::path evidence = run.data() / "evidence";
  EXPECT_TRUE(fs::exists(evidence / (card_number(2) + "-front-photograph.png.sealed")));
  EXPECT_TRUE(fs::exists(evidence / (card_number(2) + "-front-photograph-2.png.sealed")));

  // The simulated camera shows a card that did not change the same way again: nothing new, one more was
  // enough. Where a stain lies decides whether it could be dust, so several cards have one.
  int looked_again = 0;
  for (int n = 3; n <= 7; ++n) {
    const json looks = event_of(events, "inspected", card_number(n)).value("second_look", json::object());
    if (!looks.contains("front")) continue;
    ++looked_again;
    EXPECT_EQ(looks["front"]["outcome"], "same-picture") << n;
    EXPECT_EQ(event_of(events, "judged", card_number(n)).value("verdict", ""), "damaged") << n;
  }
  EXPECT_GE(looked_again, 1);
  // Good cards leave no pictures behind.
  EXPECT_FALSE(fs::exists(evidence / (card_number(1) + "-record.json.sealed")));
}

TEST(Judging, StoredEvidenceIsJudgedAgainExactlyAsItWasRecorded) {
  StationRun run(
      "seed: 9\nblanks: 60\nfaults: \"half-print@2:0.5; ghost@4:1.2,0.35; swap-portrait@6; swap-digit@8\"",
      "seed: 9\ndamage: \"scratch@3:20x0.4; stain@5:1.4,0.7; loose@7:1.4,0.7; chip@9:2\"");
  const Ended ended = run.produce(run.make_batch(9, 9));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const fs::path evidence = run.data() / "evidence", out = run.folder() / "again.csv";
  std::size_t records = 0;
  for (const auto& entry : fs::directory_iterator(evidence))
    records += entry.path().filename().string().ends_with("-record.json.sealed");
  ASSERT_GE(records, 7u);
  for (const char* what : {"expected.png", "photograph.png", "difference.jpg", "marked.jpg"})
    EXPECT_TRUE(fs::exists(evidence / (card_number(3) + "-front-" + what + ".sealed"))) << what;
  for (const auto& entry : fs::directory_iterator(evidence))
    EXPECT_TRUE(entry.path().filename().string().ends_with(".sealed")) << entry.path();

  const std::vector<std::string> replay{"inspect", "--evidence", evidence, "--profile",
                                        kProfile,  "--out",      out};
  const Ended same = run.command(replay);
  EXPECT_EQ(same.exit_code, 0) << same.err;
  EXPECT_THAT(same.err, HasSubstr(std::to_string(2 * records) + " exactly as recorded, 0 not"));
  EXPECT_THAT(lines_of(out).size(), testing::Ge(2 * records + 1));

  // A byte changed in a sealed picture is no picture any more.
  const fs::path sealed = evidence / (card_number(3) + "-front-photograph.png.sealed");
  const fs::path kept = run.folder() / "kept";
  fs::copy(sealed, kept);
  {
    std::fstream bytes(sealed, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(1000);
    bytes.put('x').put('y').put('z');
  }
  const Ended broken = run.command(replay);
  EXPECT_EQ(broken.exit_code, 65);
  EXPECT_THAT(broken.err, HasSubstr(card_number(3) + "-front-photograph.png"));
  fs::copy(kept, sealed, fs::copy_options::overwrite_existing);

  // What is given out can be judged without the station; one number changed in its record: the replay names
  // it.
  std::string order;
  for (const json& card : run.rows("cards"))
    if (card.at("card") == card_number(3)) order = card.at("order_id");
  const fs::path given = run.folder() / "given";
  ASSERT_EQ(
      run.command({"person", "export", order, "--to", given, "--by", "siti", "--reason", "test"}).exit_code,
      0);
  const std::vector<std::string> replay_given{
      "inspect", "--evidence", given / "pictures", "--profile", kProfile, "--out", out};
  EXPECT_EQ(run.command(replay_given).exit_code, 0);
  const fs::path record = given / "pictures" / (card_number(3) + "-record.json");
  std::stringstream text;
  text << std::ifstream(record).rdbuf();
  json changed = json::parse(text.str());
  changed["front"]["report"]["score"] =
      changed["front"]["report"]["score"].get<double>() * (1 + 1e-15) + 1e-12;
  std::ofstream(record) << changed.dump();
  const Ended differs = run.command(replay_given);
  EXPECT_EQ(differs.exit_code, 70);
  EXPECT_THAT(differs.err, HasSubstr(card_number(3) + ", front: differs: /score"));
}

// Good photographs of two cards, and CASES.csv.
class Cases : public testing::Test {
 protected:
  void photograph(int count, const std::function<const char*(int)>& defect = [](int) { return ""; }) {
    const samples::CardMaker maker;
    std::ofstream csv(folder_ / "CASES.csv");
    csv << "id,side,expected,captured\n";
    std::vector<samples::Card> cards;
    for (int i = 0; i < 2; ++i) {
      cards.push_back(maker.make(static_cast<std::uint64_t>(i) + 1));
      ASSERT_TRUE(
          artwork::write_png(folder_ / ("e" + std::to_string(i) + ".png"), cards.back().front.image.view()));
    }
    for (int i = 0; i < count; ++i) {
      cv::RNG rng(static_cast<std::uint64_t>(i) * 7919 + 5);
      const auto& card = cards[static_cast<std::size_t>(i % 2)];
      cv::Mat picture = samples::to_mat(card.front.image).clone();
      if (const char* kind = defect(i); *kind)
        samples::damage(picture, kind, card.front, cards[static_cast<std::size_t>((i + 1) % 2)].front, rng);
      const double s = 300 / kMmPerInch;
      const Image shot =
          samples::photograph(samples::print(picture, s, rng), s, samples::any_camera(rng), rng);
      const std::string name = "p" + std::to_string(i) + ".png";
      ASSERT_TRUE(artwork::write_png(folder_ / name, shot.view()));
      csv << "card-" << i << ",front,e" << i % 2 << ".png," << name << "\n";
    }
  }
  [[nodiscard]] fs::path at(const char* name) const { return folder_ / name; }
  Ended run(std::vector<std::string> words) {
    words.insert(words.begin(), station_program());
    return Process(words, folder_.path()).wait(std::chrono::seconds(300));
  }
  [[nodiscard]] std::vector<std::string> inspect_words() const {
    return {"inspect", "--cases", at("CASES.csv"), "--profile", kProfile, "--out", at("V.csv")};
  }
  TempFolder folder_;
};

TEST_F(Cases, UnreadablePicturesAreNamedAndTheOthersJudgedInTheOrderOfTheRows) {
  photograph(8, [](int i) { return i == 5 ? "scratch" : ""; });
  std::ofstream(at("p2.png"), std::ios::binary) << "no picture";
  fs::remove(at("p6.png"));
  auto words = inspect_words();
  words.insert(words.end(), {"--pictures", at("why")});
  const Ended ended = run(words);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  std::vector<std::string> ids;
  for (const std::string& line : lines_of(at("V.csv")))
    if (const std::string id = line.substr(0, line.find(',')); ids.empty() || ids.back() != id)
      ids.push_back(id);
  EXPECT_THAT(ids, testing::ElementsAre("id", "card-0", "card-1", "card-2", "card-3", "card-4", "card-5",
                                        "card-6", "card-7"));
  EXPECT_THAT(lines_of(at("V.csv")), testing::Contains("card-2,front,review,0,unreadable-picture,,,,,0"));
  EXPECT_THAT(lines_of(at("V.csv")), testing::Contains("card-6,front,review,0,unreadable-picture,,,,,0"));
  EXPECT_THAT(ended.err, HasSubstr("CASES.csv:row 3: id card-2: captured:"));
  EXPECT_THAT(ended.err, HasSubstr("CASES.csv:row 7: id card-6: captured:"));
  EXPECT_THAT(ended.err, HasSubstr("8/8 pictures"));
  for (const char* what : {"expected", "photograph", "difference", "overlay"})
    EXPECT_TRUE(fs::exists(at("why") / ("000006-front-" + std::string(what) + ".jpg"))) << what;
  const auto why = lines_of(at("why") / "findings.jsonl");
  ASSERT_EQ(why.size(), 1u);
  const json finding = json::parse(why[0])["findings"][0];
  EXPECT_EQ(finding["kind"], "scratch");
  EXPECT_GT(finding["size_mm"].get<double>(), 3);
  EXPECT_GE(finding["score"].get<double>(), finding["limit"].get<double>());
  EXPECT_EQ(finding["box_mm"].size(), 4u);
}

TEST_F(Cases, StoppedByTheOperatorTheFileHoldsWholeRowsOfTheFirstCases) {
  photograph(6);
  std::ofstream csv(at("CASES.csv"), std::ios::app);
  constexpr int kMany = 4000;
  for (int i = 6; i < kMany; ++i) csv << "card-" << i << ",front,e" << i % 2 << ".png,p" << i % 6 << ".png\n";
  csv.close();
  auto words = inspect_words();
  words.insert(words.begin(), station_program());
  Process process(words, folder_.path());
  for (int i = 0; i < 600 && process.err_so_far().find("pictures") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  process.signal(SIGINT);
  const Ended ended = process.wait(std::chrono::seconds(60));
  EXPECT_EQ(ended.exit_code, 130) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("stopped by the operator: rows 1 to "));
  const auto lines = lines_of(at("V.csv"));
  ASSERT_GT(lines.size(), 1u);
  ASSERT_LT(lines.size(), static_cast<std::size_t>(kMany));
  const std::string last = "rows 1 to " + std::to_string(lines.size() - 1) + " of 4000";
  EXPECT_THAT(ended.err, HasSubstr(last));
  for (const std::string& line : lines) EXPECT_EQ(std::ranges::count(line, ','), 9) << line;
}

TEST_F(Cases, CalibrateWritesAProfileThatInspectUsesAndRefusesASetWithADamagedCard) {
  photograph(26);
  std::vector<std::string> words{"calibrate", "--cases",     at("CASES.csv"), "--profile", kProfile,
                                 "--out",     at("P2.yaml"), "--specimens",   "4"};
  const Ended learned = run(words);
  ASSERT_EQ(learned.exit_code, 0) << learned.err;
  EXPECT_THAT(learned.out, HasSubstr("Learned from 26 good pictures"));
  EXPECT_THAT(learned.out, HasSubstr("2969 more"));
  auto inspect = inspect_words();
  inspect[4] = at("P2.yaml");
  ASSERT_EQ(run(inspect).exit_code, 0);
  const auto first = lines_of(at("V.csv"));
  ASSERT_EQ(run(inspect).exit_code, 0);
  EXPECT_EQ(first, lines_of(at("V.csv")));
  for (std::size_t i = 1; i < first.size(); ++i) EXPECT_THAT(first[i], HasSubstr(",good,"));

  fs::remove(at("P2.yaml"));
  photograph(26, [](int i) { return i == 11 ? "scratch" : ""; });
  const Ended refused = run(words);
  EXPECT_EQ(refused.exit_code, 65);
  EXPECT_THAT(refused.err, HasSubstr("CASES.csv:row 12: id card-11: scratch"));
  EXPECT_THAT(refused.err, HasSubstr("1 of 26 cards look damaged"));
  EXPECT_FALSE(fs::exists(at("P2.yaml")));
}

TEST_F(Cases, CalibrateSaysHowManyCardsAreTooFew) {
  photograph(3);
  const Ended ended =
      run({"calibrate", "--cases", at("CASES.csv"), "--profile", kProfile, "--out", at("P2.yaml")});
  EXPECT_EQ(ended.exit_code, 65);
  EXPECT_THAT(ended.err, HasSubstr("has 3 pictures; calibrate needs at least 20"));
}

}  // namespace
}  // namespace ktp::test
