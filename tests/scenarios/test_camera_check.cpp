// SPDX-License-Identifier: Apache-2.0
// `camera check`: the unmodified program with a camera over a blank white card.
#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "artwork/picture.hpp"
#include "domain/face.hpp"
#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

class CameraCheck : public ::testing::Test {
 protected:
  /// A station whose camera is set so, with a white card under it.
  Ended check(const std::string& camera, const std::vector<std::string>& more = {}) {
    run.emplace("seed: 1", camera);
    const auto place = run->world() / "at-camera";
    std::filesystem::create_directories(place);
    const FaceSize size = face_size(300);
    const Image white(size.width, size.height, 3, 255);
    for (const char* side : {"1-front.png", "1-back.png"}) {
      EXPECT_TRUE(artwork::write_png(place / side, white.view()));
    }
    std::ofstream(place / "1.json") << R"({"n": 1, "uid": "", "token": "blank", "state": "printed"})" << '\n';
    std::vector<std::string> words{"camera", "check", "--world", run->world().string()};
    words.insert(words.end(), more.begin(), more.end());
    return run->command(words);
  }
  std::optional<StationRun> run;
};

TEST_F(CameraCheck, OfAGoodCameraSaysSoWithItsFiguresAndLeavesAPicture) {
  const Ended good = check("seed: 1", {"--json"});
  const auto told = nlohmann::json::parse(good.out);
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_TRUE(told["wrong"].empty()) << told;
  EXPECT_NEAR(told["px_per_mm"].get<double>(), 13, 0.4);
  const TempFolder folder;
  const auto picture = folder.path() / "setup.png";
  const Ended seen = check("seed: 1", {"--side", "back", "--looks", "2", "--picture", picture.string()});
  EXPECT_EQ(seen.exit_code, 0) << seen.err;
  EXPECT_NE(seen.out.find("scale"), std::string::npos);
  EXPECT_GT(std::filesystem::file_size(picture), 10'000u);
}

TEST_F(CameraCheck, OfOneThatIsTooCoarseOrOutOfFocusIsRefusedWithWhatToChange) {
  const Ended coarse = check("seed: 1\nscale: 7\nwidth: 900\nheight: 640");
  EXPECT_EQ(coarse.exit_code, 78) << coarse.out;
  EXPECT_NE(coarse.err.find("scale: "), std::string::npos) << coarse.err;
  EXPECT_NE(coarse.err.find("at least 10.0"), std::string::npos) << coarse.err;
  const Ended soft = check("seed: 1\nblur: 2.6");
  EXPECT_EQ(soft.exit_code, 78) << soft.out;
  EXPECT_NE(soft.err.find("focus ring"), std::string::npos) << soft.err;
}

TEST_F(CameraCheck, WithoutACardSaysWhatToLayThere) {
  run.emplace("seed: 1", "seed: 1");
  const Ended empty = run->command({"camera", "check", "--world", run->world().string()});
  EXPECT_NE(empty.exit_code, 0);
  EXPECT_NE(empty.err.find("card"), std::string::npos) << empty.err;
}

}  // namespace
}  // namespace ktp::test
