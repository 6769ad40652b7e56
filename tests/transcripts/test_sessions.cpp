// SPDX-License-Identifier: Apache-2.0
// What passes over USB is written down by the unmodified worker behind its walls, and the unmodified driver
// meets it again without the printer. The recorded bytes are those of the models (usb_printer.hpp).
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "scenarios/usb_printer.hpp"

namespace ktp::test {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

struct Kind {
  const char* plugin;
  std::string settings;            ///< lines below `settings:`
  std::vector<std::string> model;  ///< the words that start it
  const char* mend;
  const char* fault;  ///< what goes wrong with card 2
  std::vector<std::string> set;
};

const Kind kEvolis{"evolis", "", {EVOLIS_USB_PEER}, "clear", "fault 2 Dbc;m ERROR RIBBON", {}};
const Kind kMagicard{"magicard",
                     "output-sensor: OUTPUT=1\ncounter: fed\npause-limit: 2\nprint-wait: 20",
                     {MAGICARD_USB_PEER, "--counts", "fed"},
                     "power",
                     "fault 2 R film",
                     {"--set", "output-sensor=OUTPUT=1", "--set", "counter=fed", "--set", "pause-limit=2",
                      "--set", "print-wait=20"}};

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

std::vector<nlohmann::json> lines_of(const fs::path& file) {
  std::istringstream in(text_of(file));
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

/// A station with that printer, whose transcripts lie in `transcripts`.
StationRun station_of(const Kind& kind, const std::string& bytes, const std::string& mode = "true") {
  return StationRun({{.printer = kind.settings,
                      .plugin = kind.plugin,
                      .printer_more = "transcript: {folder: transcripts, bytes: " + bytes + "}"}},
                    StationRun::kManyRestarts, "test-mode: " + mode + "\n");
}

/// Prints `orders` and gives the first session's transcript.
fs::path record(StationRun& run, const Kind& kind, const fs::path& batch, bool with_fault) {
  UsbPrinter printer(run, "", 10, kind.model, kind.mend);
  EXPECT_EQ(with_fault ? printer.ask(kind.fault) : "ok", "ok");
  EXPECT_EQ(run.command({"blanks", "receive", "10"}).exit_code, 0);
  EXPECT_EQ(run.command({"blanks", "load", "10"}).exit_code, 0);
  const Ended ended = printer.produce(run, batch);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  return run.folder() / "transcripts/printer-1.jsonl";
}

Ended replay(StationRun& run, const Kind& kind, const fs::path& transcript,
             const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{
      station_program(), "plugin", "replay",
      (fs::path(KTP_BINARY_DIR) / "lib/ktp-station/plugins" / (std::string(kind.plugin) + ".so")).string(),
      transcript.string()};
  words.insert(words.end(), kind.set.begin(), kind.set.end());
  words.insert(words.end(), more.begin(), more.end());
  Process process(words, run.folder());
  return process.wait(std::chrono::seconds(60));
}

/// The transcript with `from` replaced by `to` in its line `line`, counted from 0.
fs::path changed(const fs::path& transcript, std::size_t line, const std::string& from,
                 const std::string& to) {
  std::istringstream in(text_of(transcript));
  const fs::path file = transcript.parent_path() / "changed.jsonl";
  std::ofstream out(file, std::ios::binary);
  std::string one;
  for (std::size_t i = 0; std::getline(in, one); ++i) {
    if (i == line) {
      const auto at = one.find(from);
      EXPECT_NE(at, std::string::npos) << one;
      if (at != std::string::npos) one.replace(at, from.size(), to);
    }
    out << one << '\n';
  }
  return file;
}

class Transcripts : public ::testing::TestWithParam<const Kind*> {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "a sanitizer's runtime must be loaded before umockdev's";
  }
};

TEST_P(Transcripts, AWholeJobReplaysByteForByteAndOneOtherByteIsRefusedByItsTransfer) {
  const Kind& kind = *GetParam();
  StationRun run = station_of(kind, "whole");
  const auto batch = run.make_batch(1, 7);
  const fs::path transcript = record(run, kind, batch, false);
  ASSERT_EQ(run.command({"render", batch.string(), "--out", (run.folder() / "faces").string()}).exit_code, 0);
  std::vector<std::string> faces;
  for (const auto& file : fs::directory_iterator(run.folder() / "faces")) {
    const std::string name = file.path().filename().string();
    if (name.ends_with("-front.png")) faces.insert(faces.end(), {"--front", file.path().string()});
    if (name.ends_with("-back.png")) faces.insert(faces.end(), {"--back", file.path().string()});
  }
  const Ended same = replay(run, kind, transcript, faces);
  EXPECT_EQ(same.exit_code, 0) << same.out << same.err;
  EXPECT_NE(same.out.find("print: ok, printed"), std::string::npos) << same.out;
  EXPECT_NE(same.out.find(" 0 ended otherwise"), std::string::npos) << same.out;

  // One bit of the largest transfer: a dot of a picture.
  const auto lines = lines_of(transcript);
  const auto largest = std::ranges::max_element(lines, {}, [](const nlohmann::json& line) {
    return line.value("do", "") == "bulk-out" ? line["length"].get<int>() : 0;
  });
  const auto at = static_cast<std::size_t>(largest - lines.begin());
  ASSERT_TRUE(largest->contains("hex")) << *largest;
  std::string bytes = (*largest)["hex"];
  const std::string before = bytes.substr(0, 40'000);
  std::string after = before;
  after.back() = after.back() == '0' ? '1' : '0';
  const Ended other = replay(run, kind, changed(transcript, at, before, after), faces);
  EXPECT_EQ(other.exit_code, 65) << other.out << other.err;
  EXPECT_NE(other.err.find("transfer " + std::to_string((*largest)["n"].get<int>()) + ": recorded bulk-out"),
            std::string::npos)
      << other.err;
  EXPECT_NE(other.err.find("from byte 19999 on"), std::string::npos) << other.err;
  // Another picture than the recorded one is another picture.
  const Ended nobody = replay(run, kind, transcript);
  EXPECT_EQ(nobody.exit_code, 65) << nobody.out << nobody.err;
}

TEST_P(Transcripts, AStationsTranscriptHasNoPictureAndReplaysWithThatOfNobody) {
  const Kind& kind = *GetParam();
  StationRun run = station_of(kind, "commands");
  const auto batch = run.make_batch(2, 8);
  const fs::path transcript = record(run, kind, batch, true);
  EXPECT_EQ(fs::status(transcript).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_LT(fs::file_size(transcript), 400'000u);
  std::size_t hidden = 0, shown = 0;
  for (const auto& line : lines_of(transcript)) {
    if (!line.value("do", "").ends_with("-out")) continue;
    if (line.contains("hidden")) {
      ++hidden;
      EXPECT_FALSE(line.contains("hex") || line.contains("text")) << line;
      EXPECT_EQ(line["at-most"].get<int>() % 65'536, 0) << "a compressed picture is known by its length";
    } else {
      ++shown;
      EXPECT_LE(line["length"].get<int>(), 64) << line;
      EXPECT_TRUE(line.contains("text")) << line;
    }
  }
  EXPECT_GT(hidden, 20u);
  EXPECT_GT(shown, 20u);

  const Ended same = replay(run, kind, transcript);
  EXPECT_EQ(same.exit_code, 0) << same.out << same.err;
  EXPECT_NE(same.out.find("print: ok, printed"), std::string::npos) << same.out;
  EXPECT_NE(same.out.find("print: "), same.out.rfind("print: ")) << same.out;
  EXPECT_EQ(same.out.find("recorded: "), std::string::npos) << same.out;
}

// One byte of any command that is shown: enumerated over the kinds of commands that a session has.
TEST_P(Transcripts, AByteOfAnyKindOfCommandChangedIsRefusedByItsTransfer) {
  const Kind& kind = *GetParam();
  StationRun run = station_of(kind, "commands");
  const fs::path kept =
      fs::path(KTP_SOURCE_DIR) / "tests/transcripts" / (std::string(kind.plugin) + ".jsonl");
  const fs::path transcript = run.folder() / "kept.jsonl";
  fs::copy_file(kept, transcript);
  const auto lines = lines_of(transcript);
  std::set<std::string> tried;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].value("do", "") != "bulk-out" || !lines[i].contains("text")) continue;
    const std::string command = lines[i]["text"];
    if (!tried.insert(command).second) continue;
    const auto letter = std::ranges::find_if(command, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (letter == command.end()) continue;
    const auto at = static_cast<std::size_t>(letter - command.begin());
    std::string other = command;
    other[at] = command[at] == 'X' ? 'Y' : 'X';
    const auto written = [](const std::string& text) {
      const std::string json = nlohmann::json(text).dump();
      return json.substr(1, json.size() - 2);
    };
    const Ended refused = replay(run, kind, changed(transcript, i, written(command), written(other)));
    EXPECT_EQ(refused.exit_code, 65) << command << refused.out << refused.err;
    EXPECT_NE(refused.err.find("transfer " + std::to_string(lines[i]["n"].get<int>()) + ": recorded"),
              std::string::npos)
        << command << refused.err;
  }
  EXPECT_GE(tried.size(), 5u);
  std::cout << tried.size() << " commands\n";
}

// Recorded once and kept: a driver that speaks otherwise than it did is noticed without any model.
TEST_P(Transcripts, TheOneKeptInTheTreeStillReplays) {
  const Kind& kind = *GetParam();
  StationRun run = station_of(kind, "commands");
  const fs::path kept =
      fs::path(KTP_SOURCE_DIR) / "tests/transcripts" / (std::string(kind.plugin) + ".jsonl");
  const Ended same = replay(run, kind, kept);
  EXPECT_EQ(same.exit_code, 0) << same.out << same.err;
  EXPECT_EQ(same.out.find("recorded: "), std::string::npos) << same.out;

  // Its last line missing, then cut in the middle: what was there replays, and the driver's next is refused.
  const std::string text = text_of(kept);
  std::ofstream(run.folder() / "cut.jsonl", std::ios::binary) << text.substr(0, text.size() * 2 / 3);
  const Ended cut = replay(run, kind, run.folder() / "cut.jsonl");
  EXPECT_EQ(cut.exit_code, 65) << cut.out << cut.err;
  EXPECT_NE(cut.err.find("the last (cut off)"), std::string::npos) << cut.err;
}

INSTANTIATE_TEST_SUITE_P(Both, Transcripts, ::testing::Values(&kEvolis, &kMagicard),
                         [](const auto& kind) { return std::string(kind.param->plugin); });

TEST(TranscriptRules, PicturesAreKeptInTestModeAloneAndOnlyByThoseWhoseCommandsAreHarmless) {
  StationRun run = station_of(kEvolis, "whole", "false");
  const Ended real = run.command({"config", "check"});
  EXPECT_EQ(real.exit_code, 78) << real.err;
  EXPECT_NE(real.err.find("pictures of real people's cards"), std::string::npos) << real.err;

  StationRun camera({{.printer = "", .plugin = "ipp", .printer_more = "transcript: {folder: transcripts}"}},
                    StationRun::kManyRestarts, "test-mode: true\n");
  const Ended silent = camera.command({"produce", camera.make_batch(1, 3).string()});
  EXPECT_EQ(silent.exit_code, 78) << silent.err;
  EXPECT_NE(silent.err.find("transcript: commands"), std::string::npos) << silent.err;
}

TEST(TranscriptRules, WhatIsNoTranscriptIsRefusedWithItsLine) {
  StationRun run = station_of(kEvolis, "commands");
  const auto refused = [&](const std::string& text, const std::string& why) {
    std::ofstream(run.folder() / "bad.jsonl", std::ios::binary | std::ios::trunc) << text;
    const Ended ended = replay(run, kEvolis, run.folder() / "bad.jsonl");
    EXPECT_EQ(ended.exit_code, 65) << text << ended.err;
    EXPECT_NE(ended.err.find(why), std::string::npos) << ended.err;
  };
  const std::string header = "{\"transcript\":1,\"bytes\":\"commands\",\"descriptors\":\"\"}\n";
  refused("", "has not one whole line");
  refused("order_id,nik\n", "line 1 is no JSON object");
  refused("{\"transcript\":2,\"bytes\":\"commands\",\"descriptors\":\"\"}\n", "reads form 1");
  refused(header + "{\"n\":2,\"do\":\"clear-halt\",\"at\":0,\"took\":0,\"endpoint\":1,\"code\":\"ok\"}\n",
          "line 2 is transfer 2 where 1 must follow");
  refused(header + "{\"do\":\"dance\"}\n", "line 2 \"do\" is \"dance\"");
  refused(header + "{\"do\":\"end\",\"why\":\"closed\",\"at\":0}\n", "has no calls");
  const Ended missing = replay(run, kEvolis, run.folder() / "nothing.jsonl");
  EXPECT_EQ(missing.exit_code, 66) << missing.err;
}

}  // namespace
}  // namespace ktp::test
