// SPDX-License-Identifier: Apache-2.0
#include "ledger/signed_head.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <random>

#include "temp_folder.hpp"

namespace ktp::ledger {
namespace {

namespace fs = std::filesystem;

HeadKey key_in(const fs::path& dir) {
  auto key = HeadKey::load(dir, true);
  if (!key) throw std::runtime_error(key.error().message);
  return std::move(*key);
}

Head some_head() {
  Head head{.size = 1311, .root = {}};
  for (std::size_t i = 0; i < head.root.size(); ++i) head.root[i] = static_cast<std::uint8_t>(i * 7);
  return head;
}

TEST(SignedHead, IsOpenedByItsOwnKeyAndSaysWhatWasSigned) {
  const test::TempFolder dir;
  const HeadKey key = key_in(dir.path());
  const auto head = open_checkpoint(key.checkpoint(some_head()), key.verifier());
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->size, some_head().size);
  EXPECT_EQ(head->root, some_head().root);
}

TEST(SignedHead, TheKeyFileIsMadeOnceReadableByItsOwnerOnlyAndGivesTheSameKeyAgain) {
  const test::TempFolder dir;
  const HeadVerifier first = key_in(dir.path()).verifier();
  EXPECT_EQ(key_in(dir.path()).verifier(), first);
  const test::TempFolder other;
  EXPECT_NE(key_in(other.path()).verifier().name, first.name) << "two logs never share a name";
  struct stat info{};
  ASSERT_EQ(::stat((dir.path() / "head-key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(::chmod((dir.path() / "head-key").c_str(), 0640), 0);
  const auto open_to_others = HeadKey::load(dir.path(), true);
  ASSERT_FALSE(open_to_others);
  EXPECT_NE(open_to_others.error().message.find("chmod 600"), std::string::npos);
}

TEST(SignedHead, AMissingOrDamagedKeyFileIsNamed) {
  const test::TempFolder dir;
  EXPECT_EQ(HeadKey::load(dir.path(), false).error().code, ErrorCode::configuration);
  (void)key_in(dir.path());
  std::string line;
  std::getline(std::ifstream(dir.path() / "head-key"), line);
  for (std::size_t at = 0; at < line.size(); at += 3) {
    std::string changed = line;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    std::ofstream(dir.path() / "head-key", std::ios::trunc) << changed << "\n";
    const auto key = HeadKey::load(dir.path(), true);
    ASSERT_FALSE(key) << "byte " << at;
    EXPECT_NE(key.error().message.find("head-key"), std::string::npos);
  }
}

TEST(SignedHead, NoChangedByteOfACheckpointIsAccepted) {
  const test::TempFolder dir;
  const HeadKey key = key_in(dir.path());
  const std::string good = key.checkpoint(some_head());
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = good;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      ASSERT_FALSE(open_checkpoint(changed, key.verifier())) << "bit " << bit << " of byte " << at;
    }
  for (std::size_t size = 0; size < good.size(); ++size)
    ASSERT_FALSE(open_checkpoint(good.substr(0, size), key.verifier())) << "cut to " << size;
  EXPECT_FALSE(open_checkpoint(good + "\n", key.verifier()));
  EXPECT_FALSE(open_checkpoint(good + good.substr(good.find("\xe2")), key.verifier())) << "two signatures";
}

TEST(SignedHead, AnotherLogsKeyOpensNothing) {
  const test::TempFolder one, two;
  const HeadKey a = key_in(one.path()), b = key_in(two.path());
  EXPECT_FALSE(open_checkpoint(a.checkpoint(some_head()), b.verifier()));
  HeadVerifier same_name = b.verifier();
  same_name.name = a.verifier().name;
  EXPECT_FALSE(open_checkpoint(a.checkpoint(some_head()), same_name));
}

TEST(SignedHead, ThePublicKeyLineIsReadBackAndAnyChangeOfItIsRefused) {
  const test::TempFolder dir;
  const HeadVerifier verifier = key_in(dir.path()).verifier();
  const std::string line = verifier.to_line();
  const auto again = HeadVerifier::from_line(line + "\n");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, verifier);
  for (std::size_t at = 0; at < line.size(); ++at) {
    std::string changed = line;
    changed[at] = static_cast<char>(changed[at] ^ 2);
    EXPECT_FALSE(HeadVerifier::from_line(changed)) << "byte " << at;
  }
}

// The example of golang.org/x/mod/sumdb/note, signed by other software.
TEST(SignedHead, ReadsAPublicKeyOfOtherSoftware) {
  const auto key =
      HeadVerifier::from_line("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->name, "PeterNeumann");
}

}  // namespace
}  // namespace ktp::ledger
