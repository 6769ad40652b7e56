// SPDX-License-Identifier: Apache-2.0
// Plugins that cannot be used, settings that are not allowed, and what a plugin says of itself.
#include <algorithm>

#include "devices/fixture.hpp"

namespace ktp::devices::test {

class Loading : public DeviceTest {};

struct Odd {
  const char* name;
  const char* words;
  ErrorCode code = ErrorCode::configuration;
};
class OddPlugins : public DeviceTest, public ::testing::WithParamInterface<Odd> {};

// A plugin that says no, or is none, is a matter of configuration. A worker that dies while loading proves
// nothing about the plugin (it may have been killed): internal, so that the station may try again.
TEST_P(OddPlugins, AreErrorsThatSayWhy) {
  DeviceConfig config = obedient();
  config.plugin = plugin(std::string("test-") + GetParam().name);
  const auto device = Printer::open(config, nullptr);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, GetParam().code);
  EXPECT_NE(device.error().message.find(GetParam().words), std::string::npos) << device.error().message;
  EXPECT_NE(device.error().message.find(config.plugin.string()), std::string::npos) << device.error().message;
  EXPECT_FALSE(describe(config.plugin, config.worker));
}

INSTANTIATE_TEST_SUITE_P(each, OddPlugins,
                         ::testing::Values(Odd{"wrong-abi", "it needs plugin ABI 9.0"},
                                           Odd{"wrong-magic", "wrong magic number"},
                                           Odd{"no-info", "exports no station_module_info"},
                                           Odd{"no-module", "exports no station_module"},
                                           Odd{"dies-at-load", "while loading it", ErrorCode::internal},
                                           Odd{"dies-in-init", "while loading it", ErrorCode::internal},
                                           Odd{"lacks-a-symbol", "symbol_that_nobody_has"},
                                           Odd{"init-fails", "its init failed with code 32"},
                                           Odd{"is-not-there", "cannot be found"}),
                         [](const auto& instance) {
                           std::string name = instance.param.name;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST_F(Loading, AFileThatIsNoLibraryIsAConfigurationError) {
  DeviceConfig config = obedient();
  config.plugin = folder_.path() / "text.so";
  std::ofstream(config.plugin) << "not a library";
  const auto device = Printer::open(config, nullptr);
  ASSERT_FALSE(device);
  EXPECT_NE(device.error().message.find("not an ELF file"), std::string::npos) << device.error().message;
}

TEST_F(Loading, ALinkOutOfThePluginFolderIsRefused) {
  DeviceConfig config = obedient_printer();
  config.plugin = folder_.path() / "link.so";
  std::filesystem::create_symlink(plugin("test-obedient"), config.plugin);
  const auto device = Printer::open(config, nullptr);
  ASSERT_FALSE(device);
  EXPECT_NE(device.error().message.find("leaves its folder"), std::string::npos) << device.error().message;
}

TEST_F(Loading, ARelativePathIsRefused) {
  DeviceConfig config = obedient_printer();
  config.plugin = "test-obedient.so";
  const auto device = Printer::open(config, nullptr);
  ASSERT_FALSE(device);
  EXPECT_NE(device.error().message.find("not absolute"), std::string::npos);
}

TEST_F(Loading, AMissingWorkerProgramIsAConfigurationError) {
  DeviceConfig config = obedient_printer();
  config.worker = folder_.path() / "no-such-worker";
  const auto device = Printer::open(config, nullptr);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, ErrorCode::configuration);
  EXPECT_NE(device.error().message.find("no-such-worker"), std::string::npos);
}

TEST_F(Loading, AnUnknownDriverIsAnErrorThatNamesTheKnownOnes) {
  DeviceConfig config = obedient_printer();
  config.driver = "laser";
  const auto device = Printer::open(config, nullptr);
  ASSERT_FALSE(device);
  EXPECT_NE(device.error().message.find("obedient-printer (printer), obedient-camera (camera)"),
            std::string::npos)
      << device.error().message;
}

TEST_F(Loading, AWrongSettingIsRefusedBeforeTheDriverSeesIt) {
  DeviceConfig config = obedient_printer();
  config.settings["print_ms"] = "-1";
  const auto device = Printer::open(config, nullptr);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, ErrorCode::configuration);
  EXPECT_EQ(
      device.error().message,
      "device \"device\": setting \"print_ms\" = \"-1\" is not allowed: a whole number from 0 to 60000 ms");
}

TEST_F(Loading, DescribeTellsDriversAndOptionsWithoutOpeningADevice) {
  const auto description = describe(plugin("test-obedient"), WORKER);
  ASSERT_TRUE(description) << description.error().message;
  EXPECT_EQ(description->id, "id.ktp-station.test.obedient");
  EXPECT_EQ(description->version, "1.2.3");
  EXPECT_EQ(description->vendor, "KTP Station tests");
  ASSERT_EQ(description->drivers.size(), 3u);
  EXPECT_EQ(description->drivers[0].kind, "printer");
  EXPECT_EQ(description->drivers[1].kind, "camera");
  EXPECT_TRUE(description->drivers[2].options.empty());
  const auto& options = description->drivers[0].options;
  ASSERT_EQ(options.size(), 6u);
  EXPECT_EQ(options[0].key, "folder");
  EXPECT_EQ(options[0].type, "path");
  EXPECT_TRUE(options[0].required);
  EXPECT_EQ(options[1].unit, "ms");
  EXPECT_EQ(options[1].max, 60'000);
  EXPECT_FALSE(options[1].required);
  EXPECT_EQ(options[4].choices, "full|grey|none");
}

}  // namespace ktp::devices::test
