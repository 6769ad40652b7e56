// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "ledger/data_lock.hpp"
#include "ledger/personal.hpp"
#include "temp_folder.hpp"

namespace ktp::ledger {
namespace {

std::vector<std::uint8_t> bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

TEST(PersonalKeys, ASealedRecordOpensOnlyWithItsKeyAndItsContext) {
  const test::TempFolder here, there;
  const auto key = PersonalKey::load(here.path(), true), other = PersonalKey::load(there.path(), true);
  ASSERT_TRUE(key && other);
  auto sealed = key->seal(bytes("SPESIMEN"), "order-1");
  EXPECT_EQ(key->open(sealed, "order-1"), bytes("SPESIMEN"));
  EXPECT_FALSE(key->open(sealed, "order-2"));
  EXPECT_FALSE(other->open(sealed, "order-1"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] ^= 1;
    EXPECT_FALSE(key->open(changed, "order-1")) << "byte " << i;
  }
}

TEST(PersonalKeys, TheSameKeyIsReadAgainAndHashesStayTheSame) {
  const test::TempFolder here;
  const auto first = PersonalKey::load(here.path(), true), second = PersonalKey::load(here.path(), false);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->hash("person", "x"), second->hash("person", "x"));
  EXPECT_NE(first->hash("person", "x"), first->hash("order", "x"));
  EXPECT_NE(first->hash("person", "x"), first->hash("person", "y"));
}

TEST(PersonalKeys, AKeyThatOthersCanReadOrOfAnotherSizeIsRefused) {
  const test::TempFolder here;
  ASSERT_TRUE(PersonalKey::load(here.path(), true));
  ::chmod((here / "key").c_str(), 0644);
  const auto open = PersonalKey::load(here.path(), false);
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().message.find("chmod 600"), std::string::npos);
  ::chmod((here / "key").c_str(), 0600);
  std::ofstream(here / "key") << "short";
  EXPECT_FALSE(PersonalKey::load(here.path(), false));
}

TEST(PersonalKeys, AMissingKeyIsNeverMadeUnlessAsked) {
  const test::TempFolder here;
  EXPECT_FALSE(PersonalKey::load(here.path(), false));
  EXPECT_FALSE(std::filesystem::exists(here / "key"));
}

TEST(PrintTokens, AreUniqueAndHoldNoDigit) {
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const std::string token = new_token();
    EXPECT_EQ(token.size(), 32u);
    EXPECT_EQ(token.find_first_of("0123456789"), std::string::npos);
    EXPECT_TRUE(seen.insert(token).second);
  }
}

TEST(DataLocks, ASecondHolderIsRefusedAndTheFirstIsNamed) {
  const test::TempFolder here;
  {
    const auto first = DataLock::acquire(here.path(), std::chrono::milliseconds(0));
    ASSERT_TRUE(first);
    const auto second = DataLock::acquire(here.path(), std::chrono::milliseconds(120));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::in_use);
    EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos)
        << second.error().message;
  }
  EXPECT_TRUE(DataLock::acquire(here.path(), std::chrono::milliseconds(0)));
}

}  // namespace
}  // namespace ktp::ledger
