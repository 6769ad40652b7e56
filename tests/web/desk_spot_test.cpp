// SPDX-License-Identifier: Apache-2.0
// Which cards have the same finding at the same spot, and who may accept them together.
#include "web/station_fixture.hpp"

namespace ktp::web::test {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

class DeskSpot : public StationTest {
 protected:
  void SetUp() override {
    StationTest::SetUp();
    add("siti", Role::inspector);
    add("budi", Role::supervisor);
    add("ani", Role::auditor);
    siti_ = log_in("siti");
    happens({.type = "blanks-received", .data = {{"count", 20}}});
    happens({.type = "blanks-loaded", .data = {{"count", 20}}});
  }
  void happens(ledger::Event event) {
    const auto appended = ledger_->append({std::move(event)});
    ASSERT_TRUE(appended) << appended.error().message;
  }
  static ordered_json finding(const char* kind, const char* side, int x, int y, int w, int h) {
    return {{"kind", kind}, {"side", side}, {"box", {x, y, w, h}}, {"score", 2.0}, {"limit", 1.0}};
  }
  void reject(int n, const ordered_json& findings, bool hold = true) {
    const std::string one = std::to_string(n);
    const auto about = [&](const char* type, ordered_json data = ordered_json::object()) {
      happens({.type = type,
               .order_id = "B-" + one,
               .card = "C000000" + one,
               .token = "t" + one,
               .data = std::move(data)});
    };
    happens(
        {.type = "order-accepted",
         .order_id = "B-" + one,
         .batch = "1",
         .data = {{"row", n}, {"person", "p" + one}, {"content", "c" + one}, {"region", "32.16.01.2001"}}});
    about("blank-committed");
    about("print-started");
    about("print-ended", {{"outcome", "printed"}, {"number", n}});
    about("inspected", {{"findings", findings}});
    about("judged", {{"verdict", "review"}});
    about("sorted", {{"bin", "review"}, {"confirmed_by", "printer"}});
    if (hold) happens({.type = "order-held", .order_id = "B-" + one, .data = {{"reason", "card: look"}}});
    ASSERT_TRUE(review_->refresh());
  }
  std::vector<std::string> same(const std::string& card) const {
    std::vector<std::string> names;
    for (const auto& one : json::parse(*review_->same_spot_json(card))) names.push_back(one.at("card"));
    return names;
  }
  Answer accept(const std::string& cards, const std::string& second = "budi") {
    return post("/api/review/accept-same",
                R"({"card":"C0000001","cards":")" + cards + R"(","reason":"dust","second_name":")" + second +
                    R"(","second_password":")" + kPassword + R"("})",
                siti_.headers());
  }
  Login siti_;
};

TEST_F(DeskSpot, OnlyTheSameKindOnTheSameSpotAndNothingElseIsTheSame) {
  const auto spot = [](const char* kind, const char* side, int x) {
    return finding(kind, side, x, 100, 40, 40);
  };
  reject(1, ordered_json::array({spot("stain", "front", 100)}));
  reject(2, ordered_json::array({spot("stain", "front", 120)}));  // the same
  reject(3, ordered_json::array(
                {spot("stain", "front", 100), finding("stain", "front", 110, 110, 9, 9)}));  // in parts
  reject(4, ordered_json::array({spot("scratch", "front", 100)}));                           // another kind
  reject(5, ordered_json::array({spot("stain", "back", 100)}));                              // the other side
  reject(6, ordered_json::array({spot("stain", "front", 138)}));                             // beside it
  reject(7,
         ordered_json::array({spot("stain", "front", 100), spot("stain", "front", 600)}));  // and elsewhere
  reject(8, ordered_json::array());                                                         // nothing found
  reject(9, ordered_json::array({finding("stain", "front", 0, 0, 0, 0)}));                  // no place
  EXPECT_EQ(same("C0000001"), (std::vector<std::string>{"C0000001", "C0000002", "C0000003"}));
  EXPECT_EQ(same("C0000007"), std::vector<std::string>{"C0000007"});
  EXPECT_EQ(same("C0000008"), std::vector<std::string>{"C0000008"});
  EXPECT_EQ(same("C0000009"), std::vector<std::string>{"C0000009"});
  EXPECT_FALSE(review_->same_spot_json("C0000042"));
}

TEST_F(DeskSpot, ACardThatWasDecidedOrWhoseOrderGoesOnCannotBeAccepted) {
  const auto stain = ordered_json::array({finding("stain", "front", 100, 100, 40, 40)});
  for (const int n : {1, 2, 3}) reject(n, stain, n != 3);
  const json all = json::parse(get("/api/review/same?card=C0000001", siti_.only_cookie()).body);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all.at(0).at("can"), true);
  EXPECT_EQ(all.at(2).at("can"), false) << "its order is not held";
  happens({.type = "overridden",
           .actor = "siti",
           .order_id = "B-2",
           .card = "C0000002",
           .token = "t2",
           .data = {{"verdict", "damaged"}, {"was", "review"}, {"reason", "seen"}}});
  ASSERT_TRUE(review_->refresh());
  EXPECT_EQ(same("C0000001"), (std::vector<std::string>{"C0000001", "C0000003"}));
}

TEST_F(DeskSpot, TwoPeopleAcceptWhatTheQueueItselfFindsTheSame) {
  const auto stain = ordered_json::array({finding("stain", "front", 100, 100, 40, 40)});
  reject(1, stain);
  reject(2, stain);
  reject(3, ordered_json::array({finding("scratch", "front", 100, 100, 40, 40)}));
  EXPECT_NE(accept(R"(C0000001\nC0000003)").body.find("not-the-same"), std::string::npos);
  EXPECT_EQ(accept(R"(C0000001\nC0000009)").status, 400);
  EXPECT_EQ(accept("").status, 400);
  EXPECT_EQ(accept("C0000001", "siti").status, 403);
  EXPECT_EQ(accept("C0000001", "ani").status, 403);
  EXPECT_EQ(decided_, "");
  EXPECT_EQ(accept(R"(C0000001\nC0000002)").status, 200);
  EXPECT_EQ(decided_, "C0000001 C0000002 accepted because dust by siti and budi");
}

TEST_F(DeskSpot, ASpotOfAGoodCardIsALookThatIsInTheLog) {
  const auto spot = [&](const std::string& more) {
    return get("/api/review/spot?card=C0000009&side=front" + more, siti_.only_cookie());
  };
  EXPECT_EQ(get("/api/review/good", siti_.only_cookie()).body, R"(["C0000009"])");
  const Answer answer = spot("&x=10&y=20&w=30&h=40");
  EXPECT_EQ(answer.header("Content-Type"), "image/jpeg");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(answer.body, "C0000009front10 40");
  EXPECT_EQ(looks_, std::vector<std::string>{"C0000009 by siti"});
  for (const char* wrong :
       {"&x=-1&y=0&w=1&h=1", "&x=0&y=0&w=0&h=1", "&x=0&y=0&w=99999&h=1", "&x=a&y=0&w=1&h=1", ""})
    EXPECT_EQ(spot(wrong).status, 400) << wrong;
  EXPECT_EQ(get("/api/review/spot?card=C1&side=front&x=0&y=0&w=1&h=1", siti_.only_cookie()).status, 404);
  log_is_full_ = true;
  EXPECT_EQ(spot("&x=1&y=1&w=1&h=1").status, 500);
}

}  // namespace
}  // namespace ktp::web::test
