// SPDX-License-Identifier: Apache-2.0
// What the addresses of the inspection's limits take and give.
#include "web/station_fixture.hpp"

namespace ktp::web::test {
namespace {

class DeskLimits : public StationTest {
 protected:
  void SetUp() override {
    StationTest::SetUp();
    add("ani", Role::inspector);
    add("budi", Role::supervisor);
    add("siti", Role::operator_);
    ani_ = log_in("ani");
  }
  Answer apply(const std::string& second, const std::string& more = "") const {
    return post(
        "/api/limits/apply",
        R"({"cards":"C0000001\nC0000002","version":"ektp-6+12345678","reason":"dust","second_name":")" +
            second + R"(","second_password":")" + kPassword + "\"" + more + "}",
        ani_.headers());
  }
  Login ani_;
};

TEST_F(DeskLimits, ASupervisorHasToConfirmThem) {
  EXPECT_EQ(apply("").status, 403);
  EXPECT_EQ(apply("ani").status, 403);
  EXPECT_EQ(apply("siti").status, 403);
  EXPECT_EQ(decided_, "");
  EXPECT_EQ(apply("budi").status, 200);
  EXPECT_EQ(decided_, "ektp-6+12345678 of C0000001 C0000002 because dust by ani and budi");
}

TEST_F(DeskLimits, NothingIsPutIntoForceThatNobodyLookedAt) {
  EXPECT_EQ(post("/api/limits/apply", R"({"cards":"C0000001"})", ani_.headers()).status, 400);
  EXPECT_EQ(post("/api/limits/apply", R"({"version":"ektp-6+12345678"})", ani_.headers()).status, 400);
  EXPECT_EQ(post("/api/limits/preview", R"({"cards":"C0000001\n\nC0000002"})", ani_.headers()).body,
            R"({"n":2})");
  EXPECT_EQ(decided_, "");
}

TEST_F(DeskLimits, ThatACardIsWholeIsSaidByTwoPeople) {
  const auto mark = [&](const std::string& second) {
    return post("/api/limits/mark",
                R"({"card":"C0000001","reason":"dust","second_name":")" + second +
                    R"(","second_password":")" + kPassword + R"("})",
                ani_.headers())
        .status;
  };
  EXPECT_EQ(mark("ani"), 403);
  EXPECT_EQ(mark("siti"), 403);
  EXPECT_EQ(decided_, "");
  EXPECT_EQ(mark("budi"), 200);
  EXPECT_EQ(decided_, "C0000001 whole because dust by ani and budi");
}

TEST_F(DeskLimits, OnePersonGoesBackAndAnOperatorNeither) {
  const Login siti = log_in("siti");
  EXPECT_EQ(post("/api/limits/undo", R"({"reason":"too wide"})", siti.headers()).status, 403);
  EXPECT_EQ(post("/api/limits/preview", R"({"cards":"C0000001"})", siti.headers()).status, 403);
  EXPECT_EQ(get("/api/limits", siti.only_cookie()).status, 200);
  EXPECT_EQ(post("/api/limits/undo", R"({"reason":"too wide"})", ani_.headers()).status, 200);
  EXPECT_EQ(decided_, "undone because too wide by ani");
}

TEST_F(DeskLimits, OnePersonsDataIsASupervisorsAndGoesOutWithoutANameAndIsKeptByNobody) {
  const Login budi = log_in("budi");
  const std::string body = R"({"order":"B-1","reason":"asked by the person"})";
  for (const char* path : {"/api/person/show", "/api/person/export"})
    EXPECT_EQ(post(path, body, ani_.headers()).status, 403) << path;
  EXPECT_EQ(decided_, "");
  EXPECT_EQ(post("/api/person/show", body, budi.headers()).status, 200);
  EXPECT_EQ(decided_, "shown B-1 because asked by the person by budi");
  const Answer zip = post("/api/person/export", body, budi.headers());
  EXPECT_EQ(zip.body, "the zip");
  EXPECT_EQ(zip.header("Content-Type"), "application/zip");
  EXPECT_EQ(zip.header("Content-Disposition"), "attachment; filename=\"data.zip\"");
  EXPECT_EQ(zip.header("Cache-Control"), "no-store");
  EXPECT_EQ(get("/api/person/looks?order=B-1", ani_.only_cookie()).body, "\"B-1\"");
}

}  // namespace
}  // namespace ktp::web::test
