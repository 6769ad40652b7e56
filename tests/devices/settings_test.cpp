// SPDX-License-Identifier: Apache-2.0
#include "devices/settings.hpp"

#include <gtest/gtest.h>
#include <station/abi.h>

namespace ktp::devices::test {

const std::vector<wire::Option> kOptions{
    {0, STN_OPT_PATH, 1, "folder", "", "", "", "Where the cards go.", 0, 0},
    {0, STN_OPT_INTEGER, 0, "delay", "ms", "10", "", "How long.", -5, 100},
    {0, STN_OPT_NUMBER, 0, "scale", "", "1.0", "", "How large.", 0.5, 2},
    {0, STN_OPT_BOOLEAN, 0, "loud", "", "false", "", "How loud.", 0, 0},
    {0, STN_OPT_CHOICE, 0, "colour", "", "red", "red|green", "Which.", 0, 0},
    {0, STN_OPT_TEXT, 0, "label", "", "none", "", "What.", 0, 0},
    {0, STN_OPT_INTEGER, 0, "any", "", "0", "", "No range.", 0, 0},
};

auto check(std::map<std::string, std::string> given) {
  given.emplace("folder", "/tmp");
  return check_settings("printer", "driver", kOptions, given);
}

TEST(Settings, DefaultsAreFilledIn) {
  const auto settings = check({});
  ASSERT_TRUE(settings);
  ASSERT_EQ(settings->size(), kOptions.size());
  EXPECT_EQ((*settings)[0].value, "/tmp");
  EXPECT_EQ((*settings)[1].value, "10");
}

TEST(Settings, AllowedValuesPassAndBooleansBecomeTrueOrFalse) {
  for (const auto& [key, value] : std::map<std::string, std::string>{{"delay", "-5"},
                                                                     {"scale", "0.5"},
                                                                     {"colour", "green"},
                                                                     {"any", "-99999"},
                                                                     {"label", "\xC3\xA9"}}) {
    EXPECT_TRUE(check({{key, value}})) << key;
  }
  EXPECT_EQ((*check({{"loud", "on"}}))[3].value, "true");
}

TEST(Settings, WhatIsNotAllowedIsNamedWithDeviceKeyValueAndRange) {
  const std::vector<std::pair<std::string, std::string>> wrong{{"delay", "101"},
                                                               {"delay", "-6"},
                                                               {"delay", ""},
                                                               {"delay", "5 "},
                                                               {"delay", "0x5"},
                                                               {"delay", "5.0"},
                                                               {"scale", "nan"},
                                                               {"scale", "2.01"},
                                                               {"scale", "inf"},
                                                               {"loud", "True"},
                                                               {"loud", "1"},
                                                               {"colour", "red|green"},
                                                               {"colour", ""},
                                                               {"colour", "re"},
                                                               {"folder", ""},
                                                               {"label", "a\nb"},
                                                               {"label", std::string(4'097, 'x')},
                                                               {"delay", "99999999999999999999"}};
  for (const auto& [key, value] : wrong) {
    std::map<std::string, std::string> given{{key, value}};
    const auto settings = check(given);
    ASSERT_FALSE(settings) << key << "=" << value;
    EXPECT_EQ(settings.error().code, ErrorCode::configuration);
    for (const std::string& word :
         {std::string("device \"printer\""), "\"" + key + "\"", std::string("not allowed: ")}) {
      EXPECT_NE(settings.error().message.find(word), std::string::npos) << settings.error().message;
    }
  }
  EXPECT_NE(check({{"delay", "101"}}).error().message.find("a whole number from -5 to 100 ms"),
            std::string::npos);
  EXPECT_NE(check({{"colour", "blue"}}).error().message.find("one of red|green"), std::string::npos);
}

TEST(Settings, AnUnknownKeyIsNamedWithTheKnownOnes) {
  const auto settings = check({{"dealy", "5"}});
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().message,
            "device \"printer\": setting \"dealy\" = \"5\" is unknown to driver; it knows folder, delay, "
            "scale, loud, colour, label, any");
}

TEST(Settings, ARequiredSettingThatIsMissingIsNamed) {
  const auto settings = check_settings("printer", "driver", kOptions, {});
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().message,
            "device \"printer\": setting \"folder\" is missing: a path (Where the cards go.)");
}

}  // namespace ktp::devices::test
