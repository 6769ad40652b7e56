// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "inspection/inspection.hpp"

namespace {

namespace insp = ktp::inspection;
using testing::HasSubstr;

class ProfileFile : public testing::Test {
 protected:
  ~ProfileFile() override { std::filesystem::remove(file_); }
  auto load(const std::string& text) {
    std::ofstream(file_) << text;
    return insp::load_profile(file_);
  }
  const std::filesystem::path file_ =
      std::filesystem::temp_directory_path() / ("ktp-profile-" + std::to_string(::getpid()) + ".yaml");
};

TEST_F(ProfileFile, ShippedProfilesLoadAndNameTheirVersion) {
  for (const char* name : {"ektp", "aligned-print"}) {
    const auto profile = insp::load_profile(std::string(KTP_SOURCE_DIR "/config/inspection/") + name + ".yaml");
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_THAT(insp::version(**profile), HasSubstr(name));
  }
}

TEST_F(ProfileFile, UnknownKeyIsRefusedWithItsLine) {
  const auto profile = load("version: t\nlimits:\n  stain_mm2: 0.5\n  stian_mm2: 0.5\n");
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, ktp::ErrorCode::configuration);
  EXPECT_THAT(profile.error().message, HasSubstr(":4: unknown key 'stian_mm2' in limits"));
}

TEST_F(ProfileFile, LimitOutOfRangeIsRefusedWithTheAllowedRange) {
  const auto profile = load("version: t\nlimits:\n  stain_mm2: 500\n");
  ASSERT_FALSE(profile);
  EXPECT_THAT(profile.error().message, testing::AllOf(HasSubstr(":3: "), HasSubstr("500"), HasSubstr("0.02 to 20")));
}

TEST_F(ProfileFile, DoubleKeysWrongTypesAndMissingVersionAreRefused) {
  EXPECT_FALSE(load("version: t\nversion: u\n"));
  EXPECT_FALSE(load("version: t\nworking_dpi: many\n"));
  EXPECT_FALSE(load("version: t\nworking_dpi: .nan\n"));
  EXPECT_FALSE(load("version: t\nmode: sideways\n"));
  EXPECT_FALSE(load("mode: card\n"));
  EXPECT_FALSE(load("version: t\nlimits: [1]\n"));
  EXPECT_FALSE(load("version: [\n"));
  EXPECT_FALSE(load("version: t\n? [a, b]\n: 1\n"));
  EXPECT_FALSE(load(""));
}

TEST_F(ProfileFile, ZoneOutsideTheCardIsRefused) {
  EXPECT_TRUE(load("version: t\nzones:\n  portrait: [62, 14, 21, 27]\n"));
  const auto profile = load("version: t\nzones:\n  portrait: [70, 14, 21, 27]\n");
  ASSERT_FALSE(profile);
  EXPECT_THAT(profile.error().message, HasSubstr("outside the card"));
}

TEST_F(ProfileFile, FileThatIsNotThereIsAMissingInput) {
  const auto profile = insp::load_profile("/nonexistent/profile.yaml");
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code, ktp::ErrorCode::input_missing);
}

}  // namespace
