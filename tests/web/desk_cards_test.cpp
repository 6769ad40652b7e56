// SPDX-License-Identifier: Apache-2.0
// What the addresses about single cards take: who signs, who is the second person, what is refused.
#include "web/station_fixture.hpp"

namespace ktp::web::test {
namespace {

class DeskCards : public StationTest {
 protected:
  void SetUp() override {
    StationTest::SetUp();
    add("tono", Role::operator_);
    add("siti", Role::inspector);
    add("budi", Role::supervisor);
    add("rina", Role::supervisor);
    add("ani", Role::auditor);
    tono_ = log_in("tono");
    budi_ = log_in("budi");
  }
  int destroy(const std::string& second, const std::string& more, const Login& login) {
    return post("/api/cards/destroy",
                R"({"place":"halaman","manner":"dibakar","second_name":")" + second +
                    R"(","second_password":")" + kPassword + "\"" + more + "}",
                login.headers())
        .status;
  }
  Login tono_, budi_;
};

TEST_F(DeskCards, ADestructionNeedsASupervisorASecondPersonAndACount) {
  const std::string cards = R"(,"cards":"C0000001\nC0000002","counted":"2")";
  EXPECT_EQ(destroy("siti", cards, tono_), 403) << "an operator";
  EXPECT_EQ(destroy("budi", cards, budi_), 403) << "himself once more";
  EXPECT_EQ(destroy("tono", cards, budi_), 403) << "an operator as the second one";
  EXPECT_EQ(destroy("", cards, budi_), 403) << "nobody";
  EXPECT_EQ(destroy("siti", R"(,"cards":"","counted":"0")", budi_), 400)
      << "no card named: never all of them";
  EXPECT_EQ(destroy("siti", R"(,"cards":"C0000001","counted":"one")", budi_), 400);
  EXPECT_EQ(destroy("siti", R"(,"cards":"C0000001")", budi_), 400) << "nobody counted";
  EXPECT_EQ(decided_, "");
  EXPECT_EQ(destroy("siti", cards + R"(,"witnesses":"Pak Camat\n")", budi_), 200);
  EXPECT_EQ(decided_, "2 of 2 destroyed at halaman, dibakar, by budi: budi siti Pak Camat");
}

TEST_F(DeskCards, NamesOfPeopleWhoGaveNoPasswordNeverComeFirst) {
  EXPECT_EQ(destroy("siti", R"(,"cards":"C1","counted":"1","names":"eve","user":"eve")", budi_), 200);
  EXPECT_EQ(decided_, "1 of 1 destroyed at halaman, dibakar, by budi: budi siti");
}

TEST_F(DeskCards, ARecordIsShownByItsNumberAloneAndNotToAnAuditor) {
  const Answer pdf = get("/api/cards/record?number=BA-000001", tono_.only_cookie());
  EXPECT_EQ(pdf.status, 200);
  EXPECT_EQ(pdf.header("Content-Type"), "application/pdf");
  EXPECT_EQ(pdf.header("Content-Disposition"), "inline; filename=\"BA-000001.pdf\"");
  EXPECT_EQ(get("/api/cards/record?number=../../key", tono_.only_cookie()).status, 404);
  const Login ani = log_in("ani");
  EXPECT_EQ(get("/api/cards/record?number=BA-000001", ani.only_cookie()).status, 403);
  EXPECT_EQ(get("/api/cards", ani.only_cookie()).status, 200);
}

TEST_F(DeskCards, ReturnedAndWithdrawnCardsAreSignedFor) {
  const auto sent = [&](const std::string& what, const std::string& body, const Login& login) {
    return post("/api/cards/" + what, body, login.headers()).status;
  };
  EXPECT_EQ(sent("receive-back", R"({"card":"C1"})", tono_), 200);
  EXPECT_EQ(decided_, "C1 back by tono");
  EXPECT_EQ(sent("redistribute", R"({"card":"C1","to":"Desa A","signed_by":"Kades"})", tono_), 200);
  EXPECT_EQ(decided_, "C1 to Desa A signed by Kades by tono");
  EXPECT_EQ(sent("locate", R"({"card":"C1","at":"lemari 2","signed_by":"Rudi"})", tono_), 200);
  EXPECT_EQ(decided_, "C1 at lemari 2 signed by Rudi by tono");
  EXPECT_EQ(sent("withdraw", R"({"card":"C1","reason":"moved"})", tono_), 403);
  EXPECT_EQ(sent("withdraw", R"({"card":"C1","reason":"moved"})", budi_), 200);
  EXPECT_EQ(decided_, "C1 withdrawn because moved by budi");
}

TEST_F(DeskCards, AReprintIsConfirmedByASupervisorWithHisOwnPassword) {
  const auto confirm = [&](const std::string& second, const Login& login,
                           const std::string& password = kPassword) {
    return post("/api/cards/reprint/confirm",
                R"({"card":"C1","second_name":")" + second + R"(","second_password":")" + password + R"("})",
                login.headers());
  };
  EXPECT_EQ(post("/api/cards/reprint/ask", R"({"card":"C1","reason":"wrong photo"})", tono_.headers()).status,
            200);
  EXPECT_EQ(decided_, "C1 asked because wrong photo by tono");
  decided_.clear();
  EXPECT_EQ(confirm("", tono_).status, 403);
  EXPECT_EQ(confirm("tono", tono_).status, 403);
  EXPECT_NE(confirm("siti", tono_).body.find("second-supervisor"), std::string::npos);
  EXPECT_EQ(confirm("budi", tono_, "wrong").status, 403);
  EXPECT_EQ(decided_, "");
  EXPECT_EQ(confirm("budi", tono_).status, 200);
  EXPECT_EQ(decided_, "C1 confirmed by budi");
  EXPECT_EQ(confirm("rina", budi_).status, 200) << "another supervisor at the first one's screen";
  EXPECT_EQ(decided_, "C1 confirmed by rina");
  EXPECT_EQ(confirm("", budi_).status, 200) << "the supervisor who is logged in";
  EXPECT_EQ(decided_, "C1 confirmed by budi");
  EXPECT_EQ(post("/api/cards/reprint/drop", R"({"card":"C1","reason":"found"})", tono_.headers()).status,
            403);
}

TEST_F(DeskCards, LabelsAreOfOneBatchOrOfAllThatWait) {
  const auto labels = [&](const std::string& more) {
    return get("/api/handover/labels" + more, tono_.only_cookie());
  };
  EXPECT_EQ(labels("?seal=S000001&boxes=3").body, "labels of S000001 3");
  EXPECT_EQ(labels("?seal=S000001&boxes=3").header("Content-Disposition"),
            "inline; filename=\"labels-S000001.pdf\"");
  EXPECT_EQ(labels("").body, "labels of  1");
  for (const char* wrong : {"0", "-1", "100", "1.5", "two", "1x"})
    EXPECT_EQ(labels("?seal=S000001&boxes=" + std::string(wrong)).status, 400) << wrong;
  EXPECT_EQ(labels("?seal=S000009").status, 404);
  EXPECT_EQ(get("/api/handover/labels?seal=S000001").status, 401);
}

}  // namespace
}  // namespace ktp::web::test
