// SPDX-License-Identifier: Apache-2.0
#include "web/users.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "temp_folder.hpp"
#include "web/passwords.hpp"
#include "web/sessions.hpp"

namespace ktp::web {
namespace {

using namespace std::chrono_literals;

TEST(Users, AreKeptWithoutTheirPasswords) {
  const ktp::test::TempFolder folder;
  {
    const auto users = Users::load(folder.path());
    ASSERT_TRUE(users);
    EXPECT_TRUE((*users)->empty());
    ASSERT_TRUE((*users)->add("siti", Role::inspector, "kata sandi panjang"));
  }
  const auto users = Users::load(folder.path());
  ASSERT_TRUE(users) << users.error().message;
  const auto checked = (*users)->check("siti", "kata sandi panjang");
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->role, Role::inspector);
  std::ifstream in(folder.path() / "users.json");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(text.find("kata sandi"), std::string::npos);
  EXPECT_NE(text.find("$argon2id$v=19$m=65536,t=3"), std::string::npos);
  struct stat about{};
  ASSERT_EQ(::stat((folder.path() / "users.json").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST(Users, RefuseAFileThatOthersMayReadOrThatIsNone) {
  const ktp::test::TempFolder folder;
  const auto file = folder.path() / "users.json";
  std::ofstream(file) << "[]";
  ::chmod(file.c_str(), 0644);
  EXPECT_FALSE(Users::load(folder.path()));
  ::chmod(file.c_str(), 0600);
  EXPECT_TRUE(Users::load(folder.path()));
  for (const char* wrong : {"", "{}", "[1]", "[{}]", R"([{"name":"a b","role":"operator","hash":"x"}])",
                            R"([{"name":"siti","role":"king","hash":"x"}])"}) {
    std::ofstream(file, std::ios::trunc) << wrong;
    EXPECT_FALSE(Users::load(folder.path())) << wrong;
  }
}

TEST(Users, NamesAndPasswordsHaveRules) {
  const ktp::test::TempFolder folder;
  const auto users = Users::load(folder.path());
  ASSERT_TRUE(users);
  for (const char* name : {"", "a", "station", "siti aminah", "../x", "<b>",
                           "321699"
                           "1708900001",
                           "siti\n"})
    EXPECT_FALSE((*users)->add(name, Role::operator_, "kata sandi panjang")) << name;
  for (const char* password : {"", "pendek", "aaaaaaaaaaaaaaa", "siti.aminah"})
    EXPECT_FALSE((*users)->add("siti.aminah", Role::operator_, password)) << password;
  EXPECT_FALSE((*users)->add("siti", Role::nobody, "kata sandi panjang"));
  ASSERT_TRUE((*users)->add("siti", Role::administrator, "kata sandi panjang"));
  EXPECT_FALSE((*users)->add("siti", Role::operator_, "kata sandi panjang"));
  EXPECT_FALSE((*users)->set_active("siti", false)) << "somebody has to be able to let people in";
}

TEST(Users, ANameRestsAfterFiveWrongPasswords) {
  const ktp::test::TempFolder folder;
  const auto users = Users::load(folder.path());
  ASSERT_TRUE(users);
  ASSERT_TRUE((*users)->add("siti", Role::inspector, "kata sandi panjang"));
  auto now = Users::Clock::now();
  for (const char* name : {"siti", "nobody-of-that-name"}) {
    for (int i = 0; i < 5; ++i)
      EXPECT_EQ((*users)->check(name, "salah salah salah", now).error().message, "login");
    EXPECT_EQ((*users)->check(name, "kata sandi panjang", now).error().message, "locked") << name;
  }
  now += 61s;
  ASSERT_TRUE((*users)->check("siti", "kata sandi panjang", now));
  EXPECT_EQ((*users)->check("siti", "salah salah salah", now).error().message, "login")
      << "a right one forgets the wrong ones";
}

TEST(Users, SomebodyWhoWasPutOutIsOut) {
  const ktp::test::TempFolder folder;
  const auto users = Users::load(folder.path());
  ASSERT_TRUE(users);
  ASSERT_TRUE((*users)->add("admin", Role::administrator, "kata sandi panjang"));
  ASSERT_TRUE((*users)->add("siti", Role::inspector, "kata sandi panjang"));
  ASSERT_TRUE((*users)->set_active("siti", false));
  EXPECT_FALSE((*users)->check("siti", "kata sandi panjang"));
  EXPECT_FALSE((*users)->find("siti")->active);
}

TEST(Sessions, EndByThemselves) {
  Sessions sessions;
  const auto now = Sessions::Clock::now();
  const std::string name = sessions.begin("siti", now);
  EXPECT_GE(name.size(), 40u);
  EXPECT_EQ(sessions.find(name, false, now)->user, "siti");
  EXPECT_TRUE(sessions.find(name, true, now + 29min)) << "looked at quietly: does not count as use";
  EXPECT_FALSE(sessions.find(name, false, now + 31min));
  const std::string busy = sessions.begin("siti", now);
  for (auto at = now; at < now + 12h; at += 20min) ASSERT_TRUE(sessions.find(busy, false, at));
  EXPECT_FALSE(sessions.find(busy, false, now + 12h + 1min)) << "nobody stays for ever";
  EXPECT_FALSE(sessions.find("", false, now));
  EXPECT_FALSE(sessions.find("made up by the browser", false, now));
}

TEST(Passwords, CodesAreOfClearLetters) {
  const std::string code = one_time_code();
  EXPECT_EQ(code.size(), 14u);
  for (const char c : code) EXPECT_EQ(std::string_view("01IO").find(c), std::string_view::npos) << code;
  EXPECT_NE(code, one_time_code());
}

}  // namespace
}  // namespace ktp::web
