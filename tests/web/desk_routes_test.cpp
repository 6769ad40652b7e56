// SPDX-License-Identifier: Apache-2.0
// What the addresses of the handover desk, the books and the log take and give.
#include "web/station_fixture.hpp"

namespace ktp::web::test {
namespace {

using DeskRoutes = OperatorTest;

TEST_F(DeskRoutes, APaperIsShownAndDataIsStoredUnderTheBatchsName) {
  const Answer pdf = get("/api/handover/paper?seal=S000001&form=pdf", siti_.only_cookie());
  EXPECT_EQ(pdf.status, 200);
  EXPECT_EQ(pdf.header("Content-Type"), "application/pdf");
  EXPECT_EQ(pdf.header("Content-Disposition"), "inline; filename=\"S000001.pdf\"");
  EXPECT_EQ(pdf.header("Cache-Control"), "no-store");
  EXPECT_EQ(pdf.body, "the pdf");
  const Answer csv = get("/api/handover/paper?seal=S000001&form=csv", siti_.only_cookie());
  EXPECT_EQ(csv.header("Content-Disposition"), "attachment; filename=\"S000001.csv\"");
  EXPECT_EQ(get("/api/handover/paper?seal=../../users.json&form=pdf", siti_.only_cookie()).status, 404);
  EXPECT_EQ(get("/api/handover/paper?seal=S000001%0d%0aSet-Cookie:a&form=pdf", siti_.only_cookie()).status,
            400);
}

TEST_F(DeskRoutes, WhoSeesAListIsInTheLogFirstAndSeesNothingWhereThatCannotBe) {
  ASSERT_EQ(get("/api/handover/paper?seal=S000001&form=csv", siti_.only_cookie()).status, 200);
  EXPECT_EQ(looks_, std::vector<std::string>{"S000001 csv by siti"});
  log_is_full_ = true;
  const Answer refused = get("/api/handover/paper?seal=S000001&form=pdf", siti_.only_cookie());
  EXPECT_EQ(refused.status, 500);
  EXPECT_EQ(refused.body.find("the pdf"), std::string::npos);
}

TEST_F(DeskRoutes, AnAuditorSeesBatchesButNoNamesAndAddresses) {
  const Login auditor = log_in("auditor");
  EXPECT_EQ(get("/api/handover", auditor.only_cookie()).status, 200);
  EXPECT_EQ(get("/api/handover/batch?seal=S000001", auditor.only_cookie()).status, 200);
  EXPECT_EQ(get("/api/handover/paper?seal=S000001&form=pdf", auditor.only_cookie()).status, 403);
  EXPECT_EQ(post("/api/handover/seal", R"({"region":""})", auditor.headers()).status, 403);
}

TEST_F(DeskRoutes, WhoIsLoggedInIsWhoDoesIt) {
  EXPECT_EQ(post("/api/handover/seal", R"({"region":"32.16","user":"kepala"})", siti_.headers()).status, 200);
  EXPECT_EQ(decided_, "sealed 32.16 by siti");
  EXPECT_EQ(post("/api/handover/unseal", R"({"card":"C0000001","reason":"bent"})", siti_.headers()).status,
            200);
  EXPECT_EQ(decided_, "C0000001 unsealed because bent by siti");
}

TEST_F(DeskRoutes, APausedLaneIsResumedByAnOperatorWhoIsNamed) {
  const std::string body = R"({"camera":"camera","user":"kepala"})";
  EXPECT_EQ(post("/api/run/resume-lane", body, log_in("auditor").headers()).status, 403);
  EXPECT_EQ(post("/api/run/resume-lane", body, siti_.only_cookie()).status, 403) << "another page's request";
  EXPECT_EQ(decided_, "");
  EXPECT_EQ(post("/api/run/resume-lane", body, siti_.headers()).status, 200);
  EXPECT_EQ(decided_, "camera resumed by siti");
  EXPECT_EQ(post("/api/run/resume-lane", R"({"camera":"camera-2"})", siti_.headers()).status, 404);
}

TEST_F(DeskRoutes, ABatchIsCountersignedByANumberOrByItsItems) {
  const auto sign = [&](const std::string& more) {
    return post("/api/handover/sign", R"({"seal":"S000001","taken_by":"Pos")" + more + "}", siti_.headers())
        .status;
  };
  EXPECT_EQ(sign(R"(,"counted":"12")"), 200);
  EXPECT_EQ(decided_, "S000001 to Pos by siti: 12");
  EXPECT_EQ(sign(R"(,"scanned":"ZA1\nZA2")"), 200);
  EXPECT_EQ(decided_, "S000001 to Pos by siti: ZA1\nZA2");
  decided_.clear();
  for (const char* wrong : {"-1", "1.5", "twelve", "12 ", "99999999999999999999999"})
    EXPECT_EQ(sign(R"(,"counted":")" + std::string(wrong) + "\""), 400) << wrong;
  EXPECT_EQ(decided_, "");
}

TEST_F(DeskRoutes, ACountSettlesAnUnknownCardOnlyWithASecondPersonWhoMay) {
  add("budi", Role::supervisor);
  const auto count = [&](const std::string& counted, const std::string& second) {
    return post("/api/unknown/count",
                R"({"card":"C0000001","counted":")" + counted + R"(","second_name":")" + second +
                    R"(","second_password":")" + kPassword + R"("})",
                siti_.headers());
  };
  EXPECT_EQ(count("12", "").body, R"({"says":"none-fed","settled":false})");
  EXPECT_EQ(count("11", "budi").body, R"({"says":"all-fed","settled":false})");
  EXPECT_EQ(count("12", "siti").status, 403);
  EXPECT_EQ(count("12", "auditor").status, 403);
  EXPECT_EQ(count("-1", "budi").status, 400);
  EXPECT_EQ(decided_, "");
  EXPECT_EQ(count("12", "budi").body, R"({"says":"none-fed","settled":true})");
  EXPECT_EQ(decided_, "C0000001 not fed: 12 by siti and budi");
}

TEST_F(DeskRoutes, APostFileIsLookedAtBeforeItIsBooked) {
  EXPECT_EQ(post("/api/post/preview", "{\"a\":1}", siti_.headers()).body, R"({"bytes":7})");
  EXPECT_EQ(decided_, "");
  EXPECT_EQ(post("/api/post/import", "{\"a\":1}", siti_.headers()).status, 200);
  EXPECT_EQ(decided_, "7 bytes by siti");
}

TEST_F(DeskRoutes, ARecallIsASupervisorsAndOnlyTheWordDoesIt) {
  add("budi", Role::supervisor);
  const Login budi = log_in("budi");
  const std::string form = R"({"region":"32.16.06","reason":"houses cleared")";
  EXPECT_EQ(post("/api/handover/recall", form + R"(,"do":"recall"})", siti_.headers()).status, 403);
  EXPECT_EQ(post("/api/handover/recall", form + "}", budi.headers()).status, 200);
  EXPECT_EQ(post("/api/handover/recall", form + R"(,"do":"look"})", budi.headers()).status, 200);
  EXPECT_EQ(decided_, "");
  EXPECT_EQ(post("/api/handover/recall", form + R"(,"do":"recall"})", budi.headers()).status, 200);
  EXPECT_EQ(decided_, "32.16.06 recalled because houses cleared by budi");
}

TEST_F(DeskRoutes, AnAuditorReadsTheBooksOfAnyMoment) {
  const Login auditor = log_in("auditor");
  EXPECT_EQ(get("/api/balance?at=2026-11-23", auditor.only_cookie()).body, R"({"at":"2026-11-23"})");
  EXPECT_EQ(get("/api/report", auditor.only_cookie()).status, 200);
  EXPECT_EQ(get("/api/open", auditor.only_cookie()).status, 200);
  EXPECT_EQ(post("/api/post/import", "{}", auditor.headers()).status, 403);
  EXPECT_EQ(get("/api/balance").status, 401);
}

TEST_F(DeskRoutes, TheQueueIsTheOperatorsAndAsksForAClearWord) {
  const auto sent = [&](const std::string& path, const std::string& body) {
    return post("/api/queue/" + path, body, siti_.headers()).status;
  };
  EXPECT_EQ(sent("move", R"({"batch":"2","up":"yes"})"), 200);
  EXPECT_EQ(decided_, "2 up by siti");
  EXPECT_EQ(sent("aside", R"({"batch":"2","aside":"no"})"), 200);
  EXPECT_EQ(decided_, "2 back by siti");
  decided_.clear();
  EXPECT_EQ(sent("move", R"({"batch":"2"})"), 400);
  EXPECT_EQ(sent("aside", R"({"batch":"2","aside":"maybe"})"), 400);
  EXPECT_EQ(decided_, "");
}

TEST_F(DeskRoutes, SettingsAreTheAdministrators) {
  add("kepala", Role::administrator);
  add("budi", Role::supervisor);
  const std::string body = R"({"limits.cards-per-order":"2"})";
  EXPECT_EQ(post("/api/settings", body, log_in("budi").headers()).status, 403);
  EXPECT_EQ(get("/api/settings", siti_.only_cookie()).status, 403);
  EXPECT_EQ(post("/api/settings", body, log_in("kepala").headers()).status, 200);
  EXPECT_EQ(decided_, "set by kepala limits.cards-per-order=2");
}

TEST_F(DeskRoutes, TheLogIsAskedByCardByOrderOrBackwards) {
  const Login auditor = log_in("auditor");
  const auto asked = [&](const std::string& more) { return get("/api/audit" + more, auditor.only_cookie()); };
  EXPECT_EQ(asked("?card=C0000001").body, "\"C00000010\"");
  EXPECT_EQ(asked("?order=B-1").body, "\"B-10\"");
  EXPECT_EQ(asked("?before=500").body, "\"500\"");
  EXPECT_EQ(asked("?before=-1").status, 400);
  EXPECT_EQ(get("/api/doctor", auditor.only_cookie()).status, 403) << "paths of this machine";
}

}  // namespace
}  // namespace ktp::web::test
