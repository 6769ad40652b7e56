// SPDX-License-Identifier: Apache-2.0
#include "plugins/may_use.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "plugins/plugin_file.hpp"
#include "temp_folder.hpp"

namespace ktp::plugins::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
constexpr Abi kAbi{1, 0};

/// A vendor's plugin as it should lie in an office. The library is no library: nothing here loads it.
class VendorPlugin : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
    write(library_, "not really a library");
    write(folder_.path() / "acme.manifest.yaml",
          "manifest: 1\nid: id.example.acme\nversion: 1.0\nvendor: Acme\nlibrary: acme.so\n");
    report_.plugin = "acme.so";
    report_.sha256 = sha256_of(library_).value();
    report_.id = "id.example.acme";
    report_.version = "1.0";
    report_.abi_major = report_.plugin_abi_major = 1;
    report_.results = {{"life.open", "opens", CheckStatus::pass, "", 3}};
    store();
  }
  static void write(const fs::path& file, const std::string& text) {
    std::ofstream(file) << text;
    ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  }
  void store() { ASSERT_TRUE(store_check_report(library_, report_)); }
  std::string refusal() {
    const auto approved = may_use(library_, "/nowhere", kAbi);
    return approved ? std::string("(allowed)") : approved.error().message;
  }

  ktp::test::TempFolder folder_;
  fs::path library_ = folder_.path() / "acme.so";
  CheckReport report_;
};

TEST_F(VendorPlugin, WithManifestAndCleanReportMayBeUsed) {
  const auto approved = may_use(library_, "/nowhere", kAbi);
  ASSERT_TRUE(approved) << approved.error().message;
  EXPECT_FALSE(approved->shipped);
  EXPECT_EQ(approved->manifest.vendor, "Acme");
  EXPECT_EQ(approved->report.results.size(), 1u);
}

TEST_F(VendorPlugin, WithoutAReportIsRefusedWithTheCommandThatMakesOne) {
  fs::remove(folder_.path() / "acme.check.json");
  EXPECT_THAT(refusal(), HasSubstr("never checked"));
  EXPECT_THAT(refusal(), HasSubstr("ktp-station plugin check " + library_.string()));
}

TEST_F(VendorPlugin, ThatChangedSinceItsCheckIsRefused) {
  std::ofstream(library_, std::ios::app) << "!";
  EXPECT_THAT(refusal(), HasSubstr("another build"));
}

TEST_F(VendorPlugin, WithAFailedTestIsRefusedAndTheTestNamed) {
  report_.results.push_back(
      {"printer.print", "prints", CheckStatus::crash, "Segmentation fault in print", 1});
  store();
  EXPECT_THAT(refusal(), HasSubstr("crash in printer.print (Segmentation fault in print)"));
}

TEST_F(VendorPlugin, WhoseReportHasOnlySkippedTestsIsRefused) {
  report_.results = {{"life.open", "opens", CheckStatus::skip, "no device", 0}};
  store();
  EXPECT_THAT(refusal(), HasSubstr("no test of its check passed"));
}

TEST_F(VendorPlugin, CheckedForAnotherAbiIsRefused) {
  report_.abi_major = 2;
  store();
  EXPECT_THAT(refusal(), HasSubstr("of plugin ABI 2.0, this station has 1.0"));
}

TEST_F(VendorPlugin, BuiltForANewerMinorThanItsReportKnowsIsRefused) {
  report_.plugin_abi_minor = 3;
  store();
  EXPECT_THAT(refusal(), HasSubstr("its check report is of plugin ABI 1.0"));
}

TEST_F(VendorPlugin, WithoutAManifestIsRefused) {
  fs::remove(folder_.path() / "acme.manifest.yaml");
  EXPECT_THAT(refusal(), HasSubstr("no manifest acme.manifest.yaml"));
}

TEST_F(VendorPlugin, ThatOthersMayWriteToIsRefusedWithTheCommandThatMendsIt) {
  for (const char* name : {"acme.so", "acme.manifest.yaml", "acme.check.json"}) {
    const fs::path file = folder_.path() / name;
    for (const mode_t open : {0664u, 0646u}) {
      ASSERT_EQ(::chmod(file.c_str(), open), 0);
      EXPECT_THAT(refusal(), HasSubstr("chmod go-w " + file.string())) << name;
    }
    ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  }
  EXPECT_EQ(refusal(), "(allowed)");
}

TEST_F(VendorPlugin, InAFolderThatOthersMayWriteToIsRefused) {
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  EXPECT_THAT(refusal(), HasSubstr("others may write"));
  ASSERT_EQ(::chmod(folder_.path().c_str(), 01777),
            0);  // sticky helps a folder above, not the one it lies in
  EXPECT_THAT(refusal(), HasSubstr("others may write"));
}

TEST_F(VendorPlugin, ThatIsALinkIsRefused) {
  fs::rename(library_, folder_.path() / "real.so");
  fs::create_symlink("real.so", library_);
  EXPECT_THAT(refusal(), HasSubstr("is a link"));
}

TEST_F(VendorPlugin, OfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(::chown(library_.c_str(), 12'345, 0), 0);
  EXPECT_THAT(refusal(), HasSubstr("belongs to user 12345"));
}

TEST(ShippedPlugin, HasWhatItsManifestAsksForWithoutAReport) {
  ktp::test::TempFolder own;
  std::ofstream(own.path() / "ipp.so") << "not really a library";
  std::ofstream(own.path() / "ipp.manifest.yaml")
      << "manifest: 1\nid: id.example.ipp\nversion: 1.0\nvendor: Us\nlibrary: ipp.so\nneeds: [network]\n";
  const auto approved = may_use(own.path() / "ipp.so", own.path(), kAbi);
  ASSERT_TRUE(approved) << approved.error().message;
  EXPECT_TRUE(approved->shipped);
  EXPECT_TRUE(approved->manifest.needs_network);
  std::ofstream(own.path() / "sim-printer.so") << "not really a library";
  const auto plain = may_use(own.path() / "sim-printer.so", own.path(), kAbi);
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_FALSE(plain->manifest.needs_network);
}

TEST(ShippedPlugin, IsKnownByNameAndFolderTogether) {
  const ktp::test::TempFolder own;
  EXPECT_TRUE(is_shipped(own.path() / "sim-printer.so", own.path()));
  EXPECT_FALSE(is_shipped(own.path() / "acme.so", own.path()));
  EXPECT_FALSE(is_shipped("/elsewhere/sim-printer.so", own.path()));
}

TEST(CheckReportFile, SaysAfterReadingWhatWasWritten) {
  CheckReport report;
  report.sha256 = std::string(64, 'a');
  report.abi_major = 1;
  report.plugin_abi_major = 1;
  report.plugin_abi_minor = 2;
  report.checked = "2026-01-02T03:04:05Z";
  report.results = {{"a.b", "about", CheckStatus::warn, "caf\xC3\xA9 \"quoted\"", 12}};
  const auto read = parse_check_report(to_json(report), "r");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->plugin_abi_minor, 2u);
  EXPECT_EQ(read->checked, report.checked);
  ASSERT_EQ(read->results.size(), 1u);
  EXPECT_EQ(read->results[0].message, report.results[0].message);
  EXPECT_EQ(read->results[0].status, CheckStatus::warn);
}

TEST(CheckReportFile, ThatIsCutOrOddIsRefused) {
  CheckReport report;
  report.sha256 = std::string(64, 'a');
  report.results = {{"a.b", "about", CheckStatus::pass, "", 1}};
  const std::string whole = to_json(report);
  for (std::size_t cut = 0; cut + 2 < whole.size(); cut += 7)
    EXPECT_FALSE(parse_check_report(whole.substr(0, cut), "r"));
  for (const char* odd : {"", "null", "[]", "{}", "{\"report\": 2}", "\xFF\xFE"})
    EXPECT_FALSE(parse_check_report(odd, "r"));
}

}  // namespace
}  // namespace ktp::plugins::test
