// SPDX-License-Identifier: Apache-2.0
#include "web/http.hpp"

#include <gtest/gtest.h>

namespace ktp::web {
namespace {

TEST(Target, IsTakenApart) {
  const auto target = parse_target("/api/card?card=C0000001&side=front", 1024);
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->path, "/api/card");
  EXPECT_EQ(target->query.at("card"), "C0000001");
  EXPECT_EQ(target->query.at("side"), "front");
  EXPECT_EQ(parse_target("/a%20b", 1024)->path, "/a b");
  EXPECT_TRUE(parse_target("/", 1024));
  EXPECT_TRUE(parse_target("/kelompok/", 1024));
}

TEST(Target, RefusesWhatCouldNameAnotherFile) {
  for (const char* bad : {"",
                          "api",
                          "http://elsewhere/",
                          "*",
                          "/..",
                          "/../etc/passwd",
                          "/a/../b",
                          "/%2e%2e/etc/passwd",
                          "/.%2e/x",
                          "/./a",
                          "//etc/passwd",
                          "/a//b",
                          "/a\\b",
                          "/%5c..%5cx",
                          "/%00",
                          "/a%00b",
                          "/a%0d%0ab",
                          "/a%",
                          "/a%4",
                          "/a%zz",
                          "/%ff",
                          "/%c0%ae%c0%ae/",
                          "/%ed%a0%80"})
    EXPECT_FALSE(parse_target(bad, 1024)) << bad;
}

TEST(Target, HoldsNoNik) {
  const std::string nik =
      "321699"
      "1708900001";
  EXPECT_FALSE(parse_target("/card/" + nik, 1024));
  EXPECT_FALSE(parse_target("/card?nik=" + nik, 1024));
  EXPECT_FALSE(parse_target("/card?" + nik + "=x", 1024));
  EXPECT_TRUE(parse_target("/card?n=" + nik.substr(0, 15), 1024));
}

TEST(Target, HasLimits) {
  EXPECT_FALSE(parse_target("/" + std::string(2000, 'a'), 1024));
  std::string many = "/?";
  for (int i = 0; i < 40; ++i) many += "a" + std::to_string(i) + "=1&";
  EXPECT_FALSE(parse_target(many, 1024));
  EXPECT_FALSE(parse_target("/?a=1&a=2", 1024)) << "one name twice would let two readers disagree";
}

TEST(Cookie, IsFoundByItsWholeName) {
  Request request;
  request.cookie = "other-ktp-session=x; ktp-session=abc; more=1";
  EXPECT_EQ(cookie_of(request, "ktp-session"), "abc");
  request.cookie = "ktp-sessio=1";
  EXPECT_EQ(cookie_of(request, "ktp-session"), "");
}

TEST(Header, CannotBeEndedFromWithin) {
  EXPECT_EQ(header_safe("a\r\nSet-Cookie: b\n\tc\x7f\x80"), "aSet-Cookie: bc");
}

}  // namespace
}  // namespace ktp::web
