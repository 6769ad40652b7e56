// SPDX-License-Identifier: Apache-2.0
// Key files that cannot be read without a key from outside of the data folder: a systemd credential or a
// file.
#include "ledger/key_seal.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "ledger/key_rotation.hpp"
#include "ledger/personal.hpp"
#include "temp_folder.hpp"

namespace ktp::ledger {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

Bytes bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class KeySeal : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : kVariables) ::unsetenv(name);
    fs::create_directories(data());
  }
  void TearDown() override {
    for (const char* name : kVariables) ::unsetenv(name);
  }
  fs::path data() const { return folder_ / "data"; }
  void outer(const std::string& name, char fill, std::size_t size = 32) const {
    fs::create_directories(folder_ / "credentials");
    std::ofstream(folder_ / "credentials" / name, std::ios::binary) << std::string(size, fill);
    ::setenv("CREDENTIALS_DIRECTORY", (folder_ / "credentials").c_str(), 1);
  }
  void open() {
    ledger_.reset();
    auto opened = Ledger::open(data(), true);
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
  }
  static constexpr const char* kVariables[] = {"CREDENTIALS_DIRECTORY", "KTP_STATION_KEY",
                                               "KTP_STATION_KEY_OLD"};
  test::TempFolder folder_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(KeySeal, NewKeyFilesAreSealedWhereACredentialIsGivenAndUselessWithoutIt) {
  outer("ktp-station-key", 'k');
  const auto key = PersonalKey::load(data(), true);
  ASSERT_TRUE(key) << key.error().message;
  const auto sealed = key->seal_record(bytes("SPESIMEN"), "A");
  ASSERT_TRUE(sealed);
  open();
  ASSERT_TRUE(ledger_->append({{.type = "blanks-received", .data = {{"count", 1}}}}));
  for (const char* name : {"key", "head-key"})
    EXPECT_TRUE(is_sealed_key(bytes(text_of(data() / name)))) << name;
  EXPECT_EQ(text_of(data() / "head-key").find("PRIVATE"), std::string::npos);
  EXPECT_EQ(PersonalKey::load(data(), false)->open(*sealed, "A").value_or(Bytes{}), bytes("SPESIMEN"));
  ledger_.reset();

  ::unsetenv("CREDENTIALS_DIRECTORY");
  const auto without = PersonalKey::load(data(), true);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, ErrorCode::configuration);
  EXPECT_NE(without.error().message.find("ktp-station-key"), std::string::npos) << without.error().message;
  EXPECT_FALSE(Ledger::open(data(), true)) << "nothing can be signed";
  EXPECT_TRUE(Ledger::open(data(), false)) << "whoever only counts needs no key";
  outer("ktp-station-key", 'x');
  EXPECT_NE(PersonalKey::load(data(), false).error().message.find("another key"), std::string::npos);
}

TEST_F(KeySeal, AStationOfEarlierIsSealedItsOuterKeyChangedAndItsSealTakenOff) {
  const auto key = PersonalKey::load(data(), true);
  ASSERT_TRUE(key);
  const auto sealed = key->seal_record(bytes("SPESIMEN"), "A");
  open();
  EXPECT_EQ(seal_key_files(*ledger_, data(), true, "siti").error().code, ErrorCode::configuration);
  EXPECT_FALSE(key_state(*ledger_, data())->files_sealed);
  outer("ktp-station-key", 'k');
  EXPECT_TRUE(PersonalKey::load(data(), false)) << "plain files are read all the while";
  ASSERT_TRUE(seal_key_files(*ledger_, data(), true, "siti"));
  EXPECT_TRUE(key_state(*ledger_, data())->files_sealed);

  // The keys inside change as before; the file stays sealed.
  ASSERT_TRUE(rotate_personal_key(*ledger_, data(), "siti"));
  ASSERT_TRUE(ledger_->rotate_head_key("siti"));
  EXPECT_TRUE(key_state(*ledger_, data())->files_sealed);

  // The key from outside changes: the old one opens, the new one seals.
  outer("ktp-station-key", 'n');
  EXPECT_FALSE(PersonalKey::load(data(), false));
  outer("ktp-station-key-old", 'k');
  open();
  ASSERT_TRUE(seal_key_files(*ledger_, data(), true, "siti"));
  fs::remove(folder_ / "credentials/ktp-station-key-old");
  open();
  EXPECT_EQ(PersonalKey::load(data(), false)->open(*sealed, "A").value_or(Bytes{}), bytes("SPESIMEN"));

  ASSERT_TRUE(seal_key_files(*ledger_, data(), false, "siti"));
  ::unsetenv("CREDENTIALS_DIRECTORY");
  open();
  EXPECT_EQ(PersonalKey::load(data(), false)->open(*sealed, "A").value_or(Bytes{}), bytes("SPESIMEN"));
  EXPECT_EQ(ledger_->lines_of_type("key-files-sealed")->size(), 2u);
  EXPECT_EQ(ledger_->lines_of_type("key-files-opened")->size(), 1u);
  EXPECT_EQ(ledger_->verify()->value_or(""), "");
}

TEST_F(KeySeal, AnOuterKeyThatIsNoneIsRefusedByName) {
  for (const std::size_t size : {0u, 31u, 33u}) {
    outer("ktp-station-key", 'k', size);
    const auto key = PersonalKey::load(data(), true);
    ASSERT_FALSE(key) << size;
    EXPECT_NE(key.error().message.find("exactly 32 bytes"), std::string::npos) << key.error().message;
    EXPECT_FALSE(fs::exists(data() / "key")) << "nothing is made that the next start could not read";
  }
  ::unsetenv("CREDENTIALS_DIRECTORY");
  const fs::path file = folder_ / "outer";
  ::setenv("KTP_STATION_KEY", file.c_str(), 1);
  EXPECT_NE(PersonalKey::load(data(), true).error().message.find(file.string()), std::string::npos);
  std::ofstream(file, std::ios::binary) << std::string(32, 'k');
  ::chmod(file.c_str(), 0644);
  EXPECT_NE(PersonalKey::load(data(), true).error().message.find("chmod 600"), std::string::npos);
  ::chmod(file.c_str(), 0600);
  EXPECT_TRUE(PersonalKey::load(data(), true));
  EXPECT_TRUE(is_sealed_key(bytes(text_of(data() / "key"))));
}

}  // namespace
}  // namespace ktp::ledger
