// SPDX-License-Identifier: Apache-2.0
// `sort` through the unmodified program: cards that were printed by it pass under a camera once more, as
// photographs in a folder and by a simulated hand.
#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <opencv2/imgproc.hpp>
#include <sstream>
#include <thread>

#include "artwork/picture.hpp"
#include "inspection/sample_cards.hpp"
#include "inspection/simulated_photograph.hpp"
#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using nlohmann::json;

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && !in.eof()) lines.push_back(json::parse(line));
  return lines;
}

// A station that has printed a batch, and photographs of its cards that come into a folder.
class SortMode : public ::testing::Test {
 protected:
  static constexpr int kCards = 5;
  static std::vector<StationRun::Lane> folder_lane(const fs::path& folder) {
    return {{.printer = "seed: 1",
             .camera = "folder: " + folder.string() + "\ntimeout-ms: 700",
             .camera_plugin = "folder-camera"}};
  }
  void SetUp() override {
    const Ended made = run.produce(run.make_batch(kCards, 41));
    ASSERT_EQ(made.exit_code, 0) << made.err;
    for (const auto& [token, body] : run.world_cards()) cards[body.n] = body;
    ASSERT_EQ(cards.size(), static_cast<std::size_t>(kCards));
    for (const auto& row : run.rows("cards")) order_of[row["card"]] = row["order_id"];
    for (const auto& event : run.events())
      if (event["type"] == "print-ended") {
        card_of[event["number"].get<std::uint64_t>()] = event["card"];
        printed[event["number"].get<std::uint64_t>()] = event["order_id"];
      }
    fs::create_directories(photos);
  }
  cv::Mat face(std::uint64_t card, Side side) const {
    auto picture = artwork::read_picture(run.world() / "bins" / cards.at(card).place /
                                         (std::to_string(card) + "-" + to_string(side) + ".png"));
    EXPECT_TRUE(picture);
    return samples::to_mat(*picture).clone();
  }
  // One side under a camera in a way that the station is meant for; `seed` is the way.
  void photograph(std::uint64_t number, Side side, const cv::Mat& picture, std::uint64_t seed) const {
    cv::RNG rng(seed * 77 + (side == Side::back ? 1 : 0));
    const Image photo = samples::photograph(picture, 300 / kMmPerInch, samples::any_camera(rng), rng);
    put(number, side, photo);
  }
  void put(std::uint64_t number, Side side, const Image& photo) const {
    const fs::path file = photos / (std::to_string(number) + "-" + to_string(side) + ".png");
    const fs::path hidden = photos / ("." + file.filename().string());
    ASSERT_TRUE(artwork::write_png(hidden, photo.view()));
    fs::rename(hidden, file);
  }
  void photograph(std::uint64_t number, std::uint64_t card, std::uint64_t seed) const {
    photograph(number, Side::back, face(card, Side::back), seed);
    photograph(number, Side::front, face(card, Side::front), seed);
  }
  std::vector<std::string> words(const std::vector<std::string>& more) const {
    std::vector<std::string> all{"sort", "--json", "--idle", "2.5"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Ended sort(const std::vector<std::string>& more) {
    run.configure(folder_lane(photos), StationRun::kManyRestarts, "stock: from-hopper\n");
    return run.command(words(more));
  }

  // The simulated camera over the simulated table, and the hand.
  std::vector<std::string> live(const std::string& count) const {
    return {station_program(),
            "sort",
            "--json",
            "--box",
            "B1",
            "--cards",
            count,
            "--idle",
            "60",
            "--data",
            run.data().string(),
            "--config",
            run.config().string(),
            "--world",
            run.world().string()};
  }
  void move(std::uint64_t card, const fs::path& from, const fs::path& to) const {
    for (const char* part : {"-front.png", "-back.png", ".json"})
      fs::rename(from / (std::to_string(card) + part), to / (std::to_string(card) + part));
  }
  void lay(std::uint64_t card) const {
    move(card, run.world() / "bins" / cards.at(card).place, run.world() / "at-camera");
  }
  void lift(std::uint64_t card) const {
    move(card, run.world() / "at-camera", run.world() / "bins" / cards.at(card).place);
  }
  static bool soon(const std::function<bool()>& is) {
    for (int i = 0; i < 1'500 && !is(); ++i) std::this_thread::sleep_for(20ms);
    return is();
  }

  TempFolder folder;
  const fs::path photos = folder.path() / "photographs";
  StationRun run;
  std::map<std::uint64_t, StationRun::WorldCard> cards;  // by number
  std::map<std::string, std::string> order_of;
  std::map<std::uint64_t, std::string> card_of, printed;  // ledger's card and order by number
};

TEST_F(SortMode, EveryCardOfABoxIsRecognisedJudgedAndRecordedAndTheBoxIsClosedByItsCount) {
  for (std::uint64_t n = 1; n <= kCards; ++n) photograph(n, n, n);
  const auto before = run.balance();
  const Ended ended = sort({"--box", "B1", "--cards", std::to_string(kCards)});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = lines_of(ended.out);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kCards)) << ended.err;
  for (std::uint64_t n = 1; n <= kCards; ++n) {
    const json& card = lines[n - 1];
    EXPECT_EQ(card["box"], "B1");
    EXPECT_EQ(card["number"], n);
    EXPECT_EQ(card["who"], "known") << card;
    EXPECT_EQ(card["order_id"], printed.at(n)) << card;
    EXPECT_EQ(card["card"], card_of.at(n)) << card;
    EXPECT_EQ(card["verdict"], "good") << card;
    EXPECT_EQ(card["bin"], "good");
    EXPECT_EQ(card["digits"].size(), 16u);
    const std::string nik = card["nik"];
    EXPECT_EQ(nik.substr(0, 12), "************") << "personal";
  }
  EXPECT_EQ(run.balance(), before) << "looking at cards moves no blank";
  EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);
  EXPECT_EQ(sort({"--box", "B1"}).exit_code, 65) << "it is closed";
}

TEST_F(SortMode, SecondCopiesStrangersDamageAndWhatNobodyCanReadGoToTheirBins) {
  StationRun other;
  const auto strangers = other.make_batch(1, 97);
  const fs::path drawn = folder.path() / "drawn";
  ASSERT_EQ(other.command({"render", strangers.string(), "--out", drawn.string()}).exit_code, 0);
  photograph(1, 1, 1);
  photograph(2, 1, 2);  // the same person's card once more, photographed another way
  const auto stranger = [&](Side side) {
    const auto picture = artwork::read_picture(drawn / ("B97-0001-" + std::string(to_string(side)) + ".png"));
    EXPECT_TRUE(picture);
    return samples::to_mat(*picture).clone();
  };
  photograph(3, Side::front, stranger(Side::front), 3);
  photograph(3, Side::back, stranger(Side::back), 3);
  cv::Mat torn = face(2, Side::front);
  cv::line(torn, {620, 300}, {300, 560}, {250, 250, 250}, 7, cv::LINE_AA);
  photograph(4, Side::front, torn, 4);
  photograph(4, Side::back, face(2, Side::back), 4);
  cv::Mat nameless = face(3, Side::front);
  cv::rectangle(nameless, {100, 90}, {700, 190}, {40, 38, 36}, cv::FILLED);
  cv::rectangle(nameless, {730, 160}, {990, 490}, {40, 38, 36}, cv::FILLED);
  photograph(5, Side::front, nameless, 5);
  photograph(5, Side::back, face(3, Side::back), 5);
  // Another person's digits over the portrait of card 4: neither is believed.
  cv::Mat forged = face(4, Side::front);
  const cv::Rect line(140, 110, 560, 75);
  face(5, Side::front)(line).copyTo(forged(line));
  photograph(6, Side::front, forged, 6);
  photograph(6, Side::back, face(4, Side::back), 6);
  // Laid down the wrong way round.
  photograph(7, Side::back, face(5, Side::front), 7);
  photograph(7, Side::front, face(5, Side::back), 7);

  const Ended ended = sort({"--box", "B1", "--cards", "7"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = lines_of(ended.out);
  ASSERT_EQ(lines.size(), 7u) << ended.err;
  const auto at = [&](std::size_t n) { return lines.at(n - 1); };
  EXPECT_EQ(at(1)["verdict"], "good") << at(1);
  EXPECT_EQ(at(2)["verdict"], "duplicate") << at(2);
  ASSERT_EQ(at(2)["seen"].size(), 1u);
  EXPECT_EQ(at(2)["seen"][0]["box"], "B1");
  EXPECT_EQ(at(2)["seen"][0]["number"], 1);
  EXPECT_EQ(at(3)["who"], "unknown") << at(3);
  EXPECT_EQ(at(3)["verdict"], "review");
  EXPECT_EQ(at(4)["who"], "known") << at(4);
  EXPECT_EQ(at(4)["verdict"], "damaged") << at(4);
  EXPECT_EQ(at(4)["order_id"], printed.at(2));
  EXPECT_FALSE(at(4)["findings"].empty());
  EXPECT_EQ(at(5)["who"], "cannot-tell") << at(5);
  EXPECT_EQ(at(5)["verdict"], "review");
  EXPECT_EQ(at(6)["who"], "contradiction") << at(6);
  EXPECT_EQ(at(6)["verdict"], "mismatch") << at(6);
  EXPECT_EQ(at(7)["who"], "known") << at(7);
  EXPECT_EQ(at(7)["verdict"], "good") << at(7);

  // The damaged one was among those that may be sealed: it is not, and it is not withdrawn by a picture
  // either.
  const auto state_of = [&](const std::string& name) {
    for (const auto& card : run.rows("cards"))
      if (card["card"] == name) return card["state"].get<std::string>();
    return std::string();
  };
  EXPECT_TRUE(at(4)["doubt"].get<bool>());
  EXPECT_EQ(state_of(card_of.at(2)), "sorted");
  const auto doubts = run.command({"doubt", "list", "--json"});
  EXPECT_EQ(json::parse(doubts.out)["card"], card_of.at(2)) << doubts.err;
  const Ended alone = run.command(
      {"doubt", "clear", card_of.at(2), "--reason", "dust", "--by", "siti", "--confirmed-by", "Siti"});
  EXPECT_EQ(alone.exit_code, 65) << alone.err;
  ASSERT_EQ(run.command({"doubt", "confirm", card_of.at(2), "--by", "siti"}).exit_code, 0);
  EXPECT_EQ(state_of(card_of.at(2)), "withdrawn");
  EXPECT_EQ(run.command({"doubt", "list", "--json"}).out, "");
  EXPECT_EQ(run.balance()["good"], kCards - 1);
  EXPECT_EQ(run.balance()["withdrawn"], 1);
  EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(run.data() / "evidence/S0000003-front-photograph.png.sealed"));
  EXPECT_TRUE(fs::exists(run.data() / "evidence/S0000004-front-marked.jpg.sealed"));
  EXPECT_EQ(run.command({"inspect", "--evidence", (run.data() / "evidence").string(), "--profile",
                         std::string(KTP_SOURCE_DIR) + "/config/inspection/ektp.yaml", "--out",
                         (folder.path() / "again.csv").string()})
                .exit_code,
            0)
      << "what was judged can be judged again";

  // What that person has a right to: the pictures go with the data, also those of sort mode.
  const Ended exported = run.command({"person", "export", printed.at(2), "--by", "siti", "--reason",
                                      "asked for it", "--to", (folder.path() / "person").string()});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_TRUE(fs::exists(folder.path() / "person/pictures/S0000004-front-marked.jpg")) << exported.out;

  // The other station sends its records: now the stranger is somebody.
  EXPECT_EQ(run.command({"sort", "--records", strangers.string()}).exit_code, 64);
  EXPECT_EQ(run.command({"sort", "--records", strangers.string(), "--source", "../x"}).exit_code, 65);
  const std::vector<std::string> import{"sort",     "--records", strangers.string(),
                                        "--source", "cikarang",  "--json"};
  EXPECT_EQ(json::parse(run.command(import).out)["added"], 1);
  const auto once_more = json::parse(run.command(import).out);
  EXPECT_EQ(once_more["added"], 0);
  EXPECT_EQ(once_more["known"], 1);
  photograph(20, Side::front, stranger(Side::front), 20);
  photograph(20, Side::back, stranger(Side::back), 20);
  const Ended known = sort({"--box", "B9", "--first", "20", "--cards", "1"});
  ASSERT_EQ(lines_of(known.out).size(), 1u) << known.err;
  EXPECT_EQ(lines_of(known.out)[0]["who"], "known") << known.out;
  EXPECT_EQ(lines_of(known.out)[0]["record"], "cikarang/B97-0001") << known.out;
  EXPECT_EQ(lines_of(known.out)[0]["verdict"], "duplicate")
      << "it lay in box B1, where nobody knew it: " << known.out;

  // Another box, later: the first is still remembered. Then the first box once more: it is not.
  photograph(8, 1, 8);
  const Ended later = sort({"--box", "B2", "--first", "8", "--cards", "1"});
  ASSERT_EQ(lines_of(later.out).size(), 1u) << later.err;
  EXPECT_EQ(lines_of(later.out)[0]["verdict"], "duplicate");
  const Ended again = sort({"--box", "B3", "--again", "B2", "--first", "8", "--cards", "1"});
  ASSERT_EQ(lines_of(again.out).size(), 1u) << again.err;
  EXPECT_EQ(lines_of(again.out)[0]["seen"].size(), 2u) << again.out;
}

TEST_F(SortMode, KilledAtAnyMomentTheBoxGoesOnWithTheNextCardAndNoneIsRecordedTwice) {
  for (std::uint64_t n = 1; n <= kCards; ++n) photograph(n, n, n);
  run.configure(folder_lane(photos), StationRun::kManyRestarts, "stock: from-hopper\n");
  std::size_t kills = 0;
  for (int attempt = 0; attempt < 12; ++attempt) {
    std::vector<std::string> command{station_program()};
    for (const std::string& word :
         words({"--box", "B1", "--data", run.data().string(), "--config", run.config().string()}))
      command.push_back(word);
    const TempFolder scratch;
    Process process(command, scratch.path());
    std::this_thread::sleep_for(300ms + 230ms * attempt);
    if (!process.running()) break;
    process.signal(SIGKILL);
    process.wait(20s);
    ++kills;
  }
  EXPECT_GT(kills, 2u);
  const Ended ended = sort({"--box", "B1", "--cards", std::to_string(kCards)});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  std::map<std::uint64_t, int> recorded;
  for (const auto& event : run.events())
    if (event["type"] == "sighted") {
      ++recorded[event["number"].get<std::uint64_t>()];
      EXPECT_EQ(event["verdict"], "good") << event;
    }
  EXPECT_EQ(recorded.size(), static_cast<std::size_t>(kCards));
  for (const auto& [number, times] : recorded) EXPECT_EQ(times, 1) << number;
  EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);
}

TEST_F(SortMode, ACountThatIsNotMetIsSaidAndTheBoxStaysOpen) {
  photograph(1, 1, 1);
  const Ended short_of = sort({"--box", "B1", "--cards", "2"});
  EXPECT_EQ(short_of.exit_code, 70) << short_of.err;
  EXPECT_NE(short_of.err.find("counted are 2 cards, seen 1"), std::string::npos) << short_of.err;
  photograph(2, 2, 2);
  const Ended rest = sort({"--cards", "2"});
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  ASSERT_EQ(lines_of(rest.out).size(), 1u);
  EXPECT_EQ(lines_of(rest.out)[0]["box"], "B1") << "the box that is open goes on";
  EXPECT_EQ(lines_of(rest.out)[0]["number"], 2);
}

TEST_F(SortMode, BadWordsAreRefusedWithWhatIsAllowed) {
  EXPECT_EQ(sort({"--box", "../etc"}).exit_code, 65);
  EXPECT_EQ(sort({"--box", "12345678"}).exit_code, 65);
  EXPECT_EQ(sort({"--box", "B2", "--again", "B1"}).exit_code, 65);
  EXPECT_EQ(sort({"--printer", "nobody"}).exit_code, 78);
  EXPECT_EQ(sort({"--sides", "back"}).exit_code, 64);
}

TEST_F(SortMode, AHandLaysCardAfterCardUnderTheCameraAndNobodyPressesAButton) {
  const auto command = live("3");
  const TempFolder scratch;
  Process process(command, scratch.path());
  // What lies there before it has seen the place empty is not taken.
  ASSERT_TRUE(soon([&] { return process.err_so_far().find("ready for") != std::string::npos; }))
      << process.err_so_far();
  for (std::uint64_t n = 1; n <= 3; ++n) {
    const auto recorded = [&] { return lines_of(process.out_so_far()).size(); };
    std::this_thread::sleep_for(400ms);
    lay(n);
    for (int i = 0; i < 1'500 && recorded() < n && process.running(); ++i) std::this_thread::sleep_for(20ms);
    ASSERT_EQ(recorded(), n) << process.err_so_far();
    std::this_thread::sleep_for(700ms);
    EXPECT_EQ(recorded(), n) << "once for each card";
    lift(n);
  }
  const Ended ended = process.wait(30s);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = lines_of(ended.out);
  ASSERT_EQ(lines.size(), 3u);
  for (std::uint64_t n = 1; n <= 3; ++n) {
    EXPECT_EQ(lines[n - 1]["order_id"], printed.at(n));
    EXPECT_EQ(lines[n - 1]["verdict"], "good") << lines[n - 1];
  }
}

TEST_F(SortMode, ACardThatStillLiesThereAfterAPowerCutIsNotTakenForAnother) {
  {
    const TempFolder scratch;
    Process process(live("2"), scratch.path());
    ASSERT_TRUE(soon([&] { return process.err_so_far().find("ready for") != std::string::npos; }));
    lay(1);
    ASSERT_TRUE(soon([&] { return lines_of(process.out_so_far()).size() == 1; })) << process.err_so_far();
    process.signal(SIGKILL);
    process.wait(20s);
  }
  const TempFolder scratch;
  Process process(live("2"), scratch.path());
  ASSERT_TRUE(soon([&] { return process.err_so_far().find("take away") != std::string::npos; }))
      << process.err_so_far();
  std::this_thread::sleep_for(1s);
  EXPECT_TRUE(lines_of(process.out_so_far()).empty()) << process.out_so_far();
  lift(1);
  std::this_thread::sleep_for(500ms);
  lay(2);
  const Ended ended = process.wait(40s);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const auto lines = lines_of(ended.out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["number"], 2);
  EXPECT_EQ(lines[0]["order_id"], printed.at(2));
  EXPECT_EQ(lines[0]["verdict"], "good") << lines[0];
}

}  // namespace
}  // namespace ktp::test
