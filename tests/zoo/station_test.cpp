// SPDX-License-Identifier: Apache-2.0
// Animals of the zoo as devices of the real station: `produce` runs four orders on two printers, one lane
// with the animal as printer (or camera), the other all good. Under the animal's skin works the real
// simulated driver, so the world folders are the truth about every card, and the ledger is held against them:
//
//   1. The station ends by itself, with the exit code of station.txt and words that name what happened.
//   2. At that moment no card is lost, none is double, and whatever is not known is said to be `unknown`. The
//      other lane has finished every order that has no card in the animal's hands.
//   3. The same command with a good device in its place finishes the batch, and everything is settled.
//
// The animals pass their check by fraud: the test writes them a clean report. Rows of station.txt that begin
// with + run always, the others with KTP_ZOO=all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "plugins/check_report.hpp"
#include "plugins/plugin_file.hpp"
#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr int kOrders = 4, kBlanks = 12;
constexpr int kRefused = 78;    ///< exit code: the configuration is refused, nothing was printed
constexpr int kInItsHands = 2;  ///< orders: one being printed, one at the camera
constexpr auto kMost = std::chrono::seconds(120);  ///< ends a hang, measures nothing

/// One line of station.txt.
struct Expected {
  std::string animal;
  std::string kind;             ///< "printer" or "camera"
  std::string settings;         ///< "after=3 print-ms=300"
  std::vector<int> exit_codes;  ///< two where it hangs on which printer was quicker
  int unknown = 0;              ///< cards at most, after the run with the animal
  std::vector<std::string> words;
};

/// Named by the animal in lists of tests.
void PrintTo(const Expected& e, std::ostream* out) {
  *out << e.animal;
}

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(' '), to = text.find_last_not_of(' ');
  return from == std::string::npos ? "" : text.substr(from, to - from + 1);
}

std::vector<Expected> table() {
  std::vector<Expected> all;
  const char* const which = std::getenv("KTP_ZOO");
  const bool all_of_them = which != nullptr && std::string_view(which) == "all";
  std::ifstream in(STATION_TABLE);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> parts;
    std::istringstream fields(line);
    for (std::string part; std::getline(fields, part, '|');) parts.push_back(trimmed(part));
    if (parts.size() < 5) throw std::runtime_error("station.txt: " + line);
    if (parts[0].starts_with("+"))
      parts[0].erase(0, 1);
    else if (!all_of_them)
      continue;
    Expected e{parts[0], parts[1], parts[2], {}, std::stoi(parts[4]), {}};
    std::istringstream codes(parts[3]);
    for (int code = 0; codes >> code;) e.exit_codes.push_back(code);
    e.words.assign(parts.begin() + 5, parts.end());
    all.push_back(std::move(e));
  }
  return all;
}

/// A device of station.yaml.
struct Device {
  std::string plugin;  ///< shipped name or absolute path
  std::string settings;
  std::string deadlines{};  ///< YAML
};

/// One printer and its camera, or two; each lane has its own world.
void write_config(const StationRun& run, const std::vector<std::pair<Device, Device>>& lanes) {
  const fs::path source = fs::path(KTP_SOURCE_DIR) / "config";
  std::ofstream out(run.config());
  out << "version: 1\nstock: from-hopper\ntest-mode: true\ntemplate: "
      << (source / "templates/ektp.yaml").string()
      << "\nprofile: " << (source / "inspection/ektp.yaml").string()
      << "\nregions: " << (source / "regions").string()
      << "\nlimits:\n  operator-wait-s: 3\n  worker-restarts: 2\ndevices:\n";
  std::size_t lane = 0;
  const auto write = [&](const char* role, const Device& device) {
    out << "    " << role << ":\n      plugin: " << device.plugin << "\n";
    if (!device.deadlines.empty()) out << "      deadlines: " << device.deadlines << "\n";
    out << "      settings:\n";
    std::istringstream pairs("seed=1 world=" + run.world(lane).string() + " " + device.settings);
    for (std::string pair; pairs >> pair;)
      out << "        " << pair.substr(0, pair.find('=')) << ": \"" << pair.substr(pair.find('=') + 1)
          << "\"\n";
  };
  for (const auto& [printer, camera] : lanes) {
    out << "  -\n";
    write("printer", printer);
    write("camera", camera);
    ++lane;
  }
}

/// The animal at an office: its library, the real driver it covers, manifest and (forged) report.
fs::path install(const StationRun& run, const Expected& e) {
  const fs::path folder = run.folder() / "plugins";
  fs::create_directory(folder);
  const fs::path library = folder / ("zoo_" + e.animal + ".so");
  fs::copy_file(fs::path(ZOO_DIR) / library.filename(), library);
  fs::copy_file(fs::path(SHIPPED_PLUGINS) / ("sim-" + e.kind + ".so"), folder / "real.so");
  const std::string id = "id.ktp-station.zoo." + e.animal;
  std::ofstream(folder / ("zoo_" + e.animal + ".manifest.yaml"))
      << "manifest: 1\nid: " << id
      << "\nversion: \"1\"\nvendor: Zoo\nlibrary: " << library.filename().string() << "\n";
  plugins::CheckReport report;
  report.plugin = library.filename().string();
  report.sha256 = plugins::sha256_of(library).value();
  report.id = id;
  report.version = "1";
  report.abi_major = report.plugin_abi_major = 1;
  report.results = {{"life.open", "opens", plugins::CheckStatus::pass, "", 1}};
  EXPECT_TRUE(plugins::store_check_report(library, report));
  for (const auto& entry : fs::directory_iterator(folder))
    fs::permissions(entry.path(), fs::perms::group_write | fs::perms::others_write, fs::perm_options::remove);
  return library;
}

/// What must hold at any moment, also in the middle: the ledger verifies, every body in the world is a card
/// of the ledger that is not called not-started, no card claims a body it has not, no order has two live
/// cards, and the balance closes but for at most `unknown` cards. Empty, or the first difference.
std::string wrong_now(StationRun& run, std::int64_t unknown) {
  if (const auto verified = run.command({"ledger", "verify"}); verified.exit_code != 0) return verified.err;
  const auto world = run.world_cards();
  std::map<std::string, json> by_token;
  std::map<std::string, int> live;
  std::int64_t doubtful = 0;
  for (const json& card : run.rows("cards")) {
    const std::string token = card.at("token"), state = card.at("state"), name = card.at("card");
    if (!by_token.emplace(token, card).second) return "token of card " + name + " twice in the ledger";
    const auto body = world.find(token);
    if (state == "unknown") ++doubtful;
    if (state == "not-started" && body != world.end())
      return "card " + name + " is called not-started and lies " + body->second.place;
    if (state != "not-started" && state != "unknown" && body == world.end())
      return "card " + name + " is called " + state + " and has no body";
    if (state == "sorted" && body->second.place != card.at("bin"))
      return "card " + name + " is sorted to " + card.at("bin").get<std::string>() + " and lies " +
             body->second.place;
    const std::string verdict = card.at("verdict");
    if (state == "unknown" || state == "printed" || state == "printing" || verdict == "good" ||
        verdict == "review")
      ++live[card.at("order_id")];
  }
  for (const auto& [token, body] : world)
    if (!by_token.contains(token)) return "card " + std::to_string(body.n) + " of the world is in no ledger";
  for (const auto& [order, n] : live)
    if (n > 1) return "order " + order + " has " + std::to_string(n) + " live cards";
  const json balance = run.balance();
  if (balance.at("discrepancy") != 0) return "discrepancy " + balance.at("discrepancy").dump();
  if (balance.at("unknown") != doubtful || doubtful > unknown)
    return "unknown: balance " + balance.at("unknown").dump() + ", cards " + std::to_string(doubtful) +
           ", at most " + std::to_string(unknown);
  return "";
}

class StationSurvives : public ::testing::TestWithParam<Expected> {};

TEST_P(StationSurvives, AndSaysWhatHappenedAndLosesNothing) {
  const Expected& e = GetParam();
  StationRun run(std::vector<StationRun::Lane>(2));
  const auto batch = run.make_batch(kOrders, 77);
  const std::string blanks = "blanks=" + std::to_string(kBlanks);
  // The other printer takes its time, so that the animal gets orders too.
  const Device printer{"sim-printer", blanks}, other{"sim-printer", "print-ms=300 " + blanks};
  const Device camera{"sim-camera", ""};
  Device animal = e.kind == "printer" ? printer : camera;
  animal.plugin = install(run, e).string();
  animal.settings += " " + e.settings;
  // Short only where they are what ends the run: a busy machine must not look like a hanging driver.
  if (e.animal.starts_with("hang"))
    animal.deadlines = "{open-s: 4, print-s: 4, move-s: 4, grab-s: 4, status-s: 4}";

  write_config(
      run, {{e.kind == "printer" ? animal : printer, e.kind == "camera" ? animal : camera}, {other, camera}});
  const Ended bad = run.produce(batch, kMost);
  ASSERT_FALSE(bad.timed_out) << bad.err;
  EXPECT_THAT(e.exit_codes, Contains(bad.exit_code)) << bad.err;
  for (const std::string& words : e.words) EXPECT_THAT(bad.err, HasSubstr(words));
  EXPECT_EQ(wrong_now(run, bad.exit_code == 0 ? 0 : e.unknown), "") << bad.err;
  if (bad.exit_code != kRefused) {
    EXPECT_GE(run.balance().at("good"), kOrders - (bad.exit_code == 0 ? 0 : kInItsHands)) << bad.err;
  }

  // A good device in its place: what was left is settled, and the batch is finished.
  write_config(run, {{printer, camera}, {other, camera}});
  const Ended good = run.produce(batch, kMost);
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(run.difference(2 * kBlanks), "") << good.err;
  const json balance = run.balance();
  EXPECT_EQ(balance.at("good"), kOrders) << balance.dump();
  EXPECT_EQ(balance.at("unknown"), 0) << balance.dump();
  if (HasFailure() || std::getenv("KTP_ZOO_SHOW") != nullptr)
    std::printf("---- with the animal, exit %d ----\n%s---- afterwards ----\n%s", bad.exit_code,
                bad.err.c_str(), good.err.c_str());
}

INSTANTIATE_TEST_SUITE_P(Zoo, StationSurvives, ::testing::ValuesIn(table()),
                         [](const ::testing::TestParamInfo<Expected>& animal) {
                           std::string name = animal.param.animal;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace ktp::test
