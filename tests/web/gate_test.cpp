// SPDX-License-Identifier: Apache-2.0
#include "web/gate.hpp"

#include <gtest/gtest.h>

namespace ktp::web {
namespace {

const HostNames kOurs{"127.0.0.1:8377", "localhost:8377"};

Request request(const char* method, const char* path) {
  Request asked;
  asked.method = method;
  asked.target.path = path;
  asked.host = "127.0.0.1:8377";
  if (asked.method == "POST") {
    asked.origin = "http://127.0.0.1:8377";
    asked.content_type = "application/json";
  }
  return asked;
}
int status(const Request& asked) {
  const auto refused = refused_at_the_gate(asked, kOurs);
  return refused ? refused->status : 0;
}

TEST(Gate, LetsThePageThrough) {
  EXPECT_EQ(status(request("GET", "/")), 0);
  EXPECT_EQ(status(request("POST", "/api/login")), 0);
  Request by_name = request("POST", "/api/login");
  by_name.host = "localhost:8377";
  by_name.origin = "http://localhost:8377";
  EXPECT_EQ(status(by_name), 0);
}

TEST(Gate, RefusesAForeignNameThatPointsHere) {
  for (const char* host : {"", "evil.example", "evil.example:8377", "127.0.0.1", "127.0.0.1:80",
                           "127.0.0.1:8377.evil.example"}) {
    Request asked = request("GET", "/api/board");
    asked.host = host;
    EXPECT_EQ(status(asked), 421) << host;
  }
  Request twice = request("GET", "/");
  twice.repeated_host = true;
  EXPECT_EQ(status(twice), 421);
}

TEST(Gate, RefusesAnotherSitesPage) {
  for (const char* origin : {"http://evil.example", "null", "https://127.0.0.1:8377", "http://127.0.0.1:9999",
                             "http://localhost:8377"}) {
    Request asked = request("POST", "/api/run/start");
    asked.origin = origin;
    EXPECT_EQ(status(asked), 403) << origin;
    Request read = request("GET", "/api/board");
    read.origin = origin;
    EXPECT_EQ(status(read), 403) << origin;
  }
  Request none = request("POST", "/api/run/start");
  none.origin = "";
  EXPECT_EQ(status(none), 403);
  Request embedded = request("GET", "/api/board");
  embedded.fetch_site = "cross-site";
  EXPECT_EQ(status(embedded), 403);
  Request link = request("GET", "/");
  link.fetch_site = "cross-site";
  EXPECT_EQ(status(link), 0) << "a link may open the page";
}

TEST(Gate, RefusesAFormAndOddMethods) {
  Request form = request("POST", "/api/run/start");
  form.content_type = "application/x-www-form-urlencoded";
  EXPECT_EQ(status(form), 415);
  form.content_type = "text/plain";
  EXPECT_EQ(status(form), 415);
  for (const char* method : {"PUT", "DELETE", "TRACE", "OPTIONS", "CONNECT", "get"})
    EXPECT_EQ(status(request(method, "/")), 405) << method;
}

TEST(Gate, AllowsNoScriptButOurFiles) {
  std::string policy;
  for (const auto& [name, value] : security_headers())
    if (name == "Content-Security-Policy") policy = value;
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(policy.find("script-src 'self';"), std::string::npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
}

}  // namespace
}  // namespace ktp::web
