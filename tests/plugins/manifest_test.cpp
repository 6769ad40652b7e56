// SPDX-License-Identifier: Apache-2.0
#include "plugins/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ktp::plugins::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kWhole = R"(manifest: 1
id: id.example.acme-x
version: 2.0.1
vendor: Acme
library: acme-x.so
needs: [network]
transcript: commands
check:
  model: [./acme_model, --port, "0"]
  settings: {address: "@TEMP@/x", speed: 3}
  fault: {model: [--jam, "1"], settings: {speed: 9}}
)";

TEST(Manifest, SaysWhatAPluginNeedsAndHowItIsChecked) {
  const auto manifest = parse_manifest(kWhole, "m.yaml");
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->id, "id.example.acme-x");
  EXPECT_EQ(manifest->library, "acme-x.so");
  EXPECT_TRUE(manifest->needs_network);
  EXPECT_FALSE(manifest->needs_own_usb);
  EXPECT_TRUE(manifest->shows_commands);
  EXPECT_THAT(manifest->check_model, ::testing::ElementsAre("./acme_model", "--port", "0"));
  EXPECT_EQ(manifest->check_settings.at("speed"), "3");
  EXPECT_THAT(manifest->fault_model, ::testing::ElementsAre("--jam", "1"));
  EXPECT_EQ(manifest->fault_settings.at("speed"), "9");
}

struct Bad {
  const char* name;
  const char* from;
  const char* to;
  const char* says;
};
class ManifestMistakes : public ::testing::TestWithParam<Bad> {};

TEST_P(ManifestMistakes, AreNamedWithFileLineAndWhatIsAllowed) {
  std::string text = kWhole;
  const auto at = text.find(GetParam().from);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string(GetParam().from).size(), GetParam().to);
  const auto manifest = parse_manifest(text, "m.yaml");
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, ErrorCode::configuration);
  EXPECT_THAT(manifest.error().message, HasSubstr("m.yaml:"));
  EXPECT_THAT(manifest.error().message, HasSubstr(GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(
    Each, ManifestMistakes,
    ::testing::Values(
        Bad{"unknown_key", "vendor: Acme", "vendr: Acme", "m.yaml:4: key \"vendr\" is unknown"},
        Bad{"missing_key", "version: 2.0.1\n", "", "key \"version\" is missing"},
        Bad{"key_twice", "vendor: Acme", "id: other", "stands there twice"},
        Bad{"unknown_form", "manifest: 1", "manifest: 2", "this station reads form 1"},
        Bad{"unknown_need", "[network]", "[root]", "allowed are network, pcsc, own-usb"},
        Bad{"transcript_whole", "transcript: commands", "transcript: whole",
            "transcript: allowed is commands"},
        Bad{"needs_no_list", "[network]", "network", "needs: must be a list"},
        Bad{"library_elsewhere", "acme-x.so", "../acme-x.so", "library: must be the name of a file"},
        Bad{"value_is_a_map", "vendor: Acme", "vendor: {a: b}", "vendor: must be one value"},
        Bad{"model_is_text", "[./acme_model, --port, \"0\"]", "./acme_model", "check.model: must be a list"},
        Bad{"fault_is_a_word", "{model: [--jam, \"1\"], settings: {speed: 9}}", "jam",
            "check.fault: must be a map"},
        Bad{"fault_has_more", "settings: {speed: 9}", "setting: {speed: 9}",
            "\"check.fault.setting\" is unknown"},
        Bad{"broken_yaml", "needs: [network]", "needs: [network", "m.yaml:"}),
    [](const auto& named) { return named.param.name; });

TEST(Manifest, OneThatIsTooLargeIsRefusedUnread) {
  const auto manifest = parse_manifest(std::string(kMaxManifest + 1, 'a'), "m.yaml");
  ASSERT_FALSE(manifest);
  EXPECT_THAT(manifest.error().message, HasSubstr("allowed are 65536"));
}

}  // namespace
}  // namespace ktp::plugins::test
