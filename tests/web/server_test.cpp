// SPDX-License-Identifier: Apache-2.0
// The server as somebody with a socket and bad intentions sees it.
#include <fstream>
#include <thread>

#include "web/station_fixture.hpp"

namespace ktp::web::test {
namespace {

using namespace std::chrono_literals;
using Server_ = StationTest;

TEST_F(Server_, GivesThePageAndItsFiles) {
  const Answer page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("<title>page</title>"), std::string::npos);
  EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.header("Cache-Control"), "no-store");
  EXPECT_EQ(page.header("X-Content-Type-Options"), "nosniff");
  EXPECT_NE(page.header("Content-Security-Policy").find("default-src 'none'"), std::string::npos);
  EXPECT_NE(get("/assets/index-abc.js").header("Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(get("/nothing").status, 404);
}

TEST_F(Server_, ListensOnLoopbackOnly) {
  // What the kernel says of the listening socket: 0100007F is 127.0.0.1.
  char place[16];
  std::snprintf(place, sizeof place, ":%04X", port());
  std::ifstream sockets("/proc/net/tcp");
  int found = 0;
  for (std::string line; std::getline(sockets, line);) {
    const std::string local = line.size() > 20 ? line.substr(line.find(": ") + 2, 13) : "";
    if (!local.ends_with(place) || line.find(" 0A ") == std::string::npos) continue;
    ++found;
    EXPECT_TRUE(local.starts_with("0100007F")) << line;
  }
  EXPECT_EQ(found, 1);
}

TEST_F(Server_, NoPathLeadsOutOfThePage) {
  for (const char* path :
       {"/../secret", "/..%2fsecret", "/%2e%2e/secret", "/assets/../../secret", "/....//secret",
        "/assets/%2e%2e/%2e%2e/secret", "/secret", "/%2fetc/passwd", "//etc/passwd",
        "/assets\\..\\..\\secret", "/data/users.json", "/index.html%00.js"}) {
    const Answer answer = get(path);
    EXPECT_TRUE(answer.status == 400 || answer.status == 404) << path << " " << answer.status;
    EXPECT_EQ(answer.body.find("not for the page"), std::string::npos) << path;
    EXPECT_EQ(answer.body.find("root:"), std::string::npos) << path;
  }
}

TEST_F(Server_, AForeignNameIsNotAnswered) {
  const Answer answer =
      ask(port(), "GET /api/board HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer.status, 421);
  const Answer two = ask(port(), "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port()) +
                                     "\r\nHost: evil.example\r\n\r\n");
  EXPECT_TRUE(two.status == 421 || two.status == 400) << two.status;
}

TEST_F(Server_, AHalfHeadIsNotWaitedForForever) {
  const RawClient client(port());
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: 127"));
  EXPECT_TRUE(client.closed_within(3s));
}

TEST_F(Server_, OneByteAtATimeDoesNotKeepAConnection) {
  const RawClient client(port());
  const std::string request = test::get(port(), "/");
  const auto begun = std::chrono::steady_clock::now();
  bool open = true;
  for (const char c : request) {
    if (!client.send(std::string_view(&c, 1))) {
      open = false;
      break;
    }
    std::this_thread::sleep_for(100ms);
    if (std::chrono::steady_clock::now() - begun > 3s) break;
  }
  EXPECT_TRUE(!open || client.closed_within(2s)) << "still being listened to after three times the limit";
}

TEST_F(Server_, ASlowBodyIsNotWaitedForForever) {
  const RawClient client(port());
  const std::string own = "127.0.0.1:" + std::to_string(port());
  ASSERT_TRUE(client.send("POST /api/login HTTP/1.1\r\nHost: " + own + "\r\nOrigin: http://" + own +
                          "\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"name\":"));
  EXPECT_TRUE(client.closed_within(3s));
}

TEST_F(Server_, OneWhoDoesNotReadHisEventsIsCutOff) {
  const RawClient deaf(port());
  ASSERT_TRUE(deaf.send(test::get(port(), "/api/events")));
  const std::string large(4 << 20, 'x');
  for (int i = 0; i < 8; ++i) {  // more than all socket buffers hold; kept once, not eight times
    server_->publish(large);
    std::this_thread::sleep_for(50ms);
  }
  std::this_thread::sleep_for(2500ms);  // past the deadline for writing
  std::size_t taken = 0;
  deaf.patience(3s);
  taken = deaf.read_all().size();
  EXPECT_LT(taken, 2 * large.size()) << "it was cut off in the first event, and never sent the rest";
}

TEST_F(Server_, TooLargeIsSaidBeforeItIsRead) {
  const std::string own = "127.0.0.1:" + std::to_string(port());
  const Answer declared =
      ask(port(), "POST /api/login HTTP/1.1\r\nHost: " + own + "\r\nOrigin: http://" + own +
                      "\r\nContent-Type: application/json\r\nContent-Length: 5000000000\r\n\r\n{}");
  EXPECT_EQ(declared.status, 413);
  std::string chunks;
  for (int i = 0; i < 100; ++i) chunks += "400\r\n" + std::string(1024, 'a') + "\r\n";
  const Answer undeclared =
      ask(port(), "POST /api/login HTTP/1.1\r\nHost: " + own + "\r\nOrigin: http://" + own +
                      "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks +
                      "0\r\n\r\n");
  EXPECT_TRUE(undeclared.status == 413 || undeclared.status == 0)
      << undeclared.status;  // 0: closed while we still sent
  const Answer head = ask(port(), test::get(port(), "/", "X-Large: " + std::string(40'000, 'a') + "\r\n"));
  EXPECT_TRUE(head.status == 431 || head.status == 0) << head.status;
}

TEST_F(Server_, WhatIsNoRequestIsRefused) {
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string("GET\r\n\r\n"),
        std::string("\r\n\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost : x\r\n\r\n"), std::string(1, '\0'),
        std::string("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\nGET "
                    "/api/board HTTP/1.1\r\n\r\n")}) {
    const RawClient client(port());
    client.send(bytes);
    const std::string said = client.read_all();
    EXPECT_TRUE(said.empty() || said.starts_with("HTTP/1.1 4")) << said.substr(0, 40);
    EXPECT_EQ(said.find("\"devices\""), std::string::npos);
  }
  EXPECT_EQ(get("/").status, 200) << "it still answers";
}

TEST_F(Server_, MoreConnectionsThanAllowedAreClosed) {
  open(Limits{.connections = 4, .head_seconds = 5});
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (int i = 0; i < 12; ++i) waiting.push_back(std::make_unique<RawClient>(port()));
  std::this_thread::sleep_for(300ms);
  int closed = 0;
  for (const auto& client : waiting) closed += client->closed_within(20ms) ? 1 : 0;
  EXPECT_GE(closed, 8);
  waiting.clear();
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(get("/").status, 200) << "and when they have gone there is room again";
}

TEST_F(Server_, TheNextStateReachesAPageThatListens) {
  const RawClient page(port());
  ASSERT_TRUE(page.send(test::get(port(), "/api/events")));
  EXPECT_NE(page.read_until("retry: 1000\n\n").find("text/event-stream"), std::string::npos);
  server_->publish(R"({"a":1})");
  EXPECT_NE(page.read_until("\"a\":1}\n\n").find("event: board\nid: 1\n"), std::string::npos);
  server_->publish(R"({"a":2})");
  EXPECT_NE(page.read_until("\"a\":2}\n\n").find("id: 2\n"), std::string::npos);
}

// ---- people
// ---------------------------------------------------------------------------------------------------

TEST_F(Server_, TheFirstAdministratorNeedsTheCodeFromTheConsole) {
  EXPECT_TRUE(nlohmann::json::parse(get("/api/session").body).at("first_start"));
  const std::string wrong = R"({"code":"AAAA-AAAA-AAAA","name":"kepala","password":")" + kPassword + R"("})";
  EXPECT_EQ(post("/api/first", wrong).status, 403);
  EXPECT_EQ(post("/api/first", R"({"name":"kepala","password":")" + kPassword + R"("})").status, 403)
      << "no code is not the empty code";
  const std::string right =
      R"({"code":")" + desk_->first_start_code() + R"(","name":"kepala","password":")" + kPassword + R"("})";
  EXPECT_EQ(post("/api/first", right, "", "http://evil.example").status, 403);
  EXPECT_EQ(post("/api/first", right).status, 200);
  EXPECT_EQ(post("/api/first", right).status, 409) << "once";
  EXPECT_FALSE(nlohmann::json::parse(get("/api/session").body).at("first_start"));
  EXPECT_EQ(users_->find("kepala")->role, Role::administrator);
}

TEST_F(Server_, TheCodeCannotBeTriedForever) {
  const std::string wrong = R"({"code":"AAAA-AAAA-AAAA","name":"kepala","password":")" + kPassword + R"("})";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(post("/api/first", wrong).status, 403);
  const std::string right =
      R"({"code":")" + desk_->first_start_code() + R"(","name":"kepala","password":")" + kPassword + R"("})";
  EXPECT_EQ(post("/api/first", right).status, 429);
}

TEST_F(Server_, TheSessionsNameIsMadeHereAndNeverTakenUp) {
  add("siti", Role::operator_);
  const std::string planted = "ktp-session=planted-by-somebody-else";
  const Login login = log_in("siti", "Cookie: " + planted + "\r\n");
  EXPECT_NE(login.cookie, planted);
  EXPECT_EQ(nlohmann::json::parse(get("/api/session", "Cookie: " + planted + "\r\n").body).at("user"), "");
  const Login again = log_in("siti", login.only_cookie());
  EXPECT_NE(again.cookie, login.cookie) << "a new name at every log-in";
  EXPECT_EQ(nlohmann::json::parse(get("/api/session", login.only_cookie()).body).at("user"), "")
      << "and the old one ends";
  const Answer answer = post("/api/login", R"({"name":"siti","password":")" + kPassword + R"("})");
  const std::string cookie = answer.header("Set-Cookie");
  EXPECT_NE(cookie.find("HttpOnly"), std::string::npos);
  EXPECT_NE(cookie.find("SameSite=Strict"), std::string::npos);
}

TEST_F(Server_, APostNeedsTheSessionsToken) {
  add("siti", Role::operator_);
  const Login login = log_in("siti");
  EXPECT_EQ(post("/api/run/start", "{}", login.only_cookie()).status, 403);
  EXPECT_EQ(post("/api/run/start", "{}", login.only_cookie() + "X-KTP-CSRF: guessed\r\n").status, 403);
  EXPECT_EQ(post("/api/run/start", "{}", login.headers(), "http://evil.example").status, 403);
  EXPECT_EQ(post("/api/run/start", "{}", login.headers(), "").status, 403);
  EXPECT_EQ(started_by_, "");
  EXPECT_EQ(post("/api/run/start", "{}", login.headers()).status, 200);
  EXPECT_EQ(started_by_, "siti");
  EXPECT_EQ(get("/api/run/start", login.headers()).status, 405);
}

TEST_F(Server_, EveryRouteAsksForItsRole) {
  const std::vector<std::pair<std::string, Role>> people{{"auditor", Role::auditor},
                                                         {"operator", Role::operator_},
                                                         {"inspector", Role::inspector},
                                                         {"supervisor", Role::supervisor},
                                                         {"admin", Role::administrator}};
  for (const auto& [name, role] : people) add(name, role);
  std::vector<Login> logins;
  for (const auto& [name, role] : people) logins.push_back(log_in(name));
  ASSERT_GT(desk_->routes().size(), 8u);
  for (const Route& route : desk_->routes()) {
    if (route.path == "/api/logout" || route.path == "/api/events") continue;
    const std::string path(route.path);
    const auto status = [&](const std::string& headers) {
      return route.method == "GET" ? get(path, headers).status : post(path, "{}", headers).status;
    };
    if (route.least > Role::nobody) {
      EXPECT_EQ(status(""), 401) << path;
    }
    for (std::size_t i = 0; i < people.size(); ++i) {
      const Role role = people[i].second;
      const bool allowed = role >= route.least &&
                           (route.method == "GET" || role != Role::auditor || route.least == Role::nobody);
      const int got = status(logins[i].headers());
      if (allowed)
        EXPECT_NE(got, 401) << path << " as " << people[i].first;
      else
        EXPECT_EQ(got, 403) << path << " as " << people[i].first;
      if (allowed && !route.without_csrf) {
        EXPECT_NE(got, 403) << path << " as " << people[i].first;
      }
    }
  }
}

TEST_F(Server_, SomebodyPutOutIsOutAtOnce) {
  add("admin", Role::administrator);
  add("siti", Role::operator_);
  const Login admin = log_in("admin"), siti = log_in("siti");
  EXPECT_EQ(post("/api/users/active", R"({"name":"siti","active":"no"})", admin.headers()).status, 200);
  EXPECT_EQ(post("/api/run/start", "{}", siti.headers()).status, 401);
}

TEST_F(Server_, LoggingOutEndsTheSession) {
  add("siti", Role::operator_);
  const Login login = log_in("siti");
  EXPECT_EQ(post("/api/logout", "{}", login.headers()).status, 200);
  EXPECT_EQ(post("/api/run/start", "{}", login.headers()).status, 401);
}

TEST_F(Server_, ANikInAnAddressIsRefused) {
  const std::string nik =
      "321699"
      "1708900001";
  const Answer answer = get("/api/card?nik=" + nik);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body.find(nik), std::string::npos) << "and not repeated";
}

}  // namespace
}  // namespace ktp::web::test
