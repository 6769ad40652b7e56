// SPDX-License-Identifier: Apache-2.0
// What the addresses of the sort desk and of the cameras' live pictures take and give.
#include "web/station_fixture.hpp"

namespace ktp::web::test {
namespace {

using DeskSort = OperatorTest;

TEST_F(DeskSort, ABoxIsBegunAsItWasAskedForByWhoIsLoggedIn) {
  const auto begin = [&](const std::string& body) {
    return post("/api/sort/begin", body, siti_.headers()).status;
  };
  EXPECT_EQ(begin("{}"), 200);
  EXPECT_EQ(decided_, "box  again  at  of 0 both by siti");
  EXPECT_EQ(begin(R"({"box":"B1","again":"B0","printer":"2","cards":"40","sides":"front","user":"kepala"})"),
            200);
  EXPECT_EQ(decided_, "box B1 again B0 at 2 of 40 front by siti");
  decided_.clear();
  for (const char* wrong : {"0", "-1", "1.5", "forty", "40 ", "1000001", "99999999999999999999999"})
    EXPECT_EQ(begin(R"({"cards":")" + std::string(wrong) + "\"}"), 400) << wrong;
  EXPECT_EQ(decided_, "");
}

TEST_F(DeskSort, ItIsEndedAndItsCountIsANumberOfCards) {
  EXPECT_EQ(post("/api/sort/end", "{}", siti_.headers()).status, 200);
  EXPECT_EQ(decided_, "ended by siti");
  EXPECT_EQ(post("/api/sort/close", R"({"box":"B1","counted":"12"})", siti_.headers()).status, 200);
  EXPECT_EQ(decided_, "B1 counted 12 by siti");
  decided_.clear();
  for (const char* wrong : {"", "0", "-1", "twelve"})
    EXPECT_EQ(
        post("/api/sort/close", R"({"box":"B1","counted":")" + std::string(wrong) + "\"}", siti_.headers())
            .status,
        400)
        << wrong;
  EXPECT_EQ(decided_, "");
}

TEST_F(DeskSort, APhotographIsInTheLogAsALookFirstAndIsKeptByNobody) {
  const std::string address = "/api/sort/picture?sighting=S0000001&side=front";
  const Answer shown = get(address, siti_.only_cookie());
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.header("Content-Type"), "image/jpeg");
  EXPECT_EQ(shown.header("Cache-Control"), "no-store");
  EXPECT_EQ(shown.body, "the photograph");
  EXPECT_EQ(looks_, std::vector<std::string>{"S0000001 by siti"});
  EXPECT_EQ(get("/api/sort/picture?sighting=S0000002&side=front", siti_.only_cookie()).status, 404);
  log_is_full_ = true;
  EXPECT_EQ(get(address, siti_.only_cookie()).status, 500);
}

TEST_F(DeskSort, ALivePictureSaysItsNumberAndNothingWhereThereIsNoneNewer) {
  const Answer first = get("/api/camera/picture?camera=camera", siti_.only_cookie());
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.header("Content-Type"), "image/jpeg");
  EXPECT_EQ(first.header("X-KTP-Picture"), "7");
  EXPECT_EQ(first.header("Cache-Control"), "no-store");
  EXPECT_EQ(first.body, "the live picture");
  const Answer same = get("/api/camera/picture?camera=camera&after=7", siti_.only_cookie());
  EXPECT_EQ(same.status, 204);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(same.header("X-KTP-Picture"), "");
  const Answer nothing_there = get("/api/camera/picture?camera=camera&after=6", siti_.only_cookie());
  EXPECT_EQ(nothing_there.status, 204);
  EXPECT_EQ(nothing_there.header("X-KTP-Picture"), "7");
  EXPECT_EQ(get("/api/camera/picture?camera=printer", siti_.only_cookie()).status, 404);
  EXPECT_EQ(get("/api/camera/picture?camera=camera&after=-1", siti_.only_cookie()).status, 400);
  log_is_full_ = true;
  EXPECT_EQ(get("/api/camera/picture?camera=camera", siti_.only_cookie()).status, 500);
}

TEST_F(DeskSort, AnAuditorSeesWhatPassedButNoPicture) {
  const Login auditor = log_in("auditor");
  EXPECT_EQ(get("/api/sort", auditor.only_cookie()).status, 200);
  EXPECT_EQ(get("/api/sort/picture?sighting=S0000001&side=front", auditor.only_cookie()).status, 403);
  EXPECT_EQ(get("/api/camera/picture?camera=camera", auditor.only_cookie()).status, 403);
  EXPECT_EQ(post("/api/sort/begin", "{}", auditor.headers()).status, 403);
  EXPECT_TRUE(looks_.empty());
  EXPECT_EQ(get("/api/sort").status, 401);
}

}  // namespace
}  // namespace ktp::web::test
