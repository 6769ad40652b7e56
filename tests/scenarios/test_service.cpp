// SPDX-License-Identifier: Apache-2.0
// The station as systemd is told of it: the unit file as systemd reads it, and key files behind a credential
// that systemd-creds sealed for this machine, as `LoadCredentialEncrypted=` opens it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Ended ran(const std::vector<std::string>& words, const fs::path& scratch) {
  return Process(words, scratch).wait(std::chrono::seconds(60));
}

TEST(Service, TheUnitFileSaysNothingThatSystemdDoesNotUnderstand) {
  if (!fs::exists("/usr/bin/systemd-analyze")) GTEST_SKIP() << "NOT TESTED: systemd is not installed";
  const TempFolder folder;
  const std::string unit = text_of(KTP_SOURCE_DIR "/config/systemd/ktp-station.service");
  const std::string program = "/usr/bin/ktp-station";
  const std::size_t at = unit.find("ExecStart=" + program);
  ASSERT_NE(at, std::string::npos);
  const auto said = [&](const std::string& more) {
    std::string here = unit;
    here.replace(here.find(program, at), program.size(), station_program());
    std::ofstream(folder / "ktp-station.service") << here << more;
    return ran({"/usr/bin/systemd-analyze", "verify", folder / "ktp-station.service"}, folder.path());
  };
  const Ended good = said("");
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(good.err.find("ktp-station.service"), std::string::npos) << good.err;
  // It does look: a word that it does not know is named.
  const Ended bad = said("\n[Service]\nProtectEverything=yes\n");
  EXPECT_NE(bad.err.find("ProtectEverything"), std::string::npos) << bad.err;
}

TEST(Service, KeyFilesBehindACredentialOfThisMachineOpenWithItAndNotWithAnotherMachines) {
  const std::string creds = "/usr/bin/systemd-creds";
  if (!fs::exists(creds)) GTEST_SKIP() << "NOT TESTED: systemd is not installed";
  StationRun run;
  const auto batch = run.make_batch(1, 64);
  const fs::path folder = run.folder(), given = folder / "credentials", sealed = folder / "sealed";
  fs::create_directories(given);
  const auto on_machine = [&](const char* name, const std::vector<std::string>& words) {
    ::setenv("SYSTEMD_CREDENTIAL_SECRET", (folder / name).c_str(), 1);
    std::vector<std::string> all{creds};
    all.insert(all.end(), words.begin(), words.end());
    const Ended ended = ran(all, folder);
    ::unsetenv("SYSTEMD_CREDENTIAL_SECRET");
    return ended;
  };
  const std::string name = "--name=ktp-station-key";
  std::ofstream(folder / "plain", std::ios::binary) << std::string(32, 's');
  const Ended made =
      on_machine("this-machine", {"encrypt", "--with-key=host", name, folder / "plain", sealed});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  fs::remove(folder / "plain");
  EXPECT_EQ(text_of(sealed).find("ssss"), std::string::npos);
  // Another machine cannot open it, nor this one under another name.
  ASSERT_EQ(on_machine("other-machine", {"setup"}).exit_code, 0);
  EXPECT_NE(on_machine("other-machine", {"decrypt", name, sealed, given / "ktp-station-key"}).exit_code, 0);
  EXPECT_NE(on_machine("this-machine", {"decrypt", "--name=other", sealed, given / "x"}).exit_code, 0);
  const Ended opened = on_machine("this-machine", {"decrypt", name, sealed, given / "ktp-station-key"});
  ASSERT_EQ(opened.exit_code, 0) << opened.err;

  ::setenv("CREDENTIALS_DIRECTORY", given.c_str(), 1);
  EXPECT_EQ(run.produce(batch).exit_code, 0);
  const Ended proved = run.command({"ledger", "verify"});
  EXPECT_EQ(proved.exit_code, 0) << proved.err;
  EXPECT_NE(proved.out.find("1 personal records open"), std::string::npos) << proved.out;
  ::unsetenv("CREDENTIALS_DIRECTORY");
  // Whoever took the disk has the log, and nobody's data.
  const Ended taken = run.command({"ledger", "verify"});
  EXPECT_NE(taken.out.find("personal records were not looked at"), std::string::npos) << taken.out;
  const Ended shown = run.command({"person", "show", run.rows("orders").at(0).at("order_id"), "--by", "siti",
                                   "--reason", "the disk was taken"});
  EXPECT_EQ(shown.exit_code, 78) << shown.out;
  EXPECT_NE(shown.err.find("ktp-station-key"), std::string::npos) << shown.err;
  EXPECT_EQ(run.produce(run.make_batch(1, 65)).exit_code, 78);
}

}  // namespace
}  // namespace ktp::test
