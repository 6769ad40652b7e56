// SPDX-License-Identifier: Apache-2.0
// `produce` with cameras that anybody can buy, which see what the simulated printer prints: two network
// cameras over RTSP, two still cameras over PTP/IP, and one network camera under which the operator turns the
// card over. The program is unmodified.
#include <gtest/gtest.h>

#include "models/own_machine.hpp"
#include "models/stream/peers.hpp"
#include "scenarios/turning_operator.hpp"

namespace ktp::test {
namespace {

constexpr const char* kDamage =
    "damage=scratch@4:30x0.5; stain@7/back:4; crack@11; chip@16/back:3; stain@19:4";
const Numbers kDamaged{4, 7, 11, 16, 19};
constexpr const char* kPrinterFaults = "faults: half-print@9:0.5; missing-panel@14";
const Numbers kPrintedWrong{9, 14};
constexpr int kOrders = 20;

class OrdinaryCameras : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string& why = model::own_machine(); !why.empty()) GTEST_SKIP() << "NOT TESTED: " << why;
  }
  static void expect_all_found_and_closed(StationRun& run, const Ended& ended) {
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    Numbers wrong = kDamaged;
    wrong.insert(kPrintedWrong.begin(), kPrintedWrong.end());
    EXPECT_EQ(rejected(run), wrong) << ended.err;
    EXPECT_EQ(run.difference(500), "");
    const auto balance = run.balance();
    EXPECT_EQ(balance["discrepancy"], 0);
    EXPECT_EQ(balance["unknown"], 0);
    std::size_t done = 0;
    for (const auto& order : run.rows("orders")) done += order["state"] == "done" ? 1 : 0;
    EXPECT_EQ(done, static_cast<std::size_t>(kOrders));
    EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);
  }
};

TEST_F(OrdinaryCameras, TwoNetworkCamerasFindEveryDamagedCard) {
  StationRun run({StationRun::Lane{.printer = kPrinterFaults,
                                   .camera = std::string("front-url: ") + model::RtspCameras::kFront +
                                             "\nback-url: " + model::RtspCameras::kBack,
                                   .camera_plugin = "opencv-camera"}});
  const auto batch = run.make_batch(kOrders, 61);
  const model::RtspCameras cameras(run.folder() / "cameras", run.world(),
                                   {"--fps", "8", "--setting", kDamage});
  expect_all_found_and_closed(run, run.produce(batch));
}

TEST_F(OrdinaryCameras, TwoStillCamerasFindEveryDamagedCard) {
  StationRun run({StationRun::Lane{.printer = kPrinterFaults,
                                   .camera = std::string("front: ") + model::StillCamera::kFront +
                                             "\nback: " + model::StillCamera::kBack + "\nset: iso=100",
                                   .camera_plugin = "gphoto2"}});
  const auto batch = run.make_batch(kOrders, 62);
  const model::StillCamera front(run.folder() / "front", run.world(), false, {"--setting", kDamage});
  const model::StillCamera back(run.folder() / "back", run.world(), true, {"--setting", kDamage});
  expect_all_found_and_closed(run, run.produce(batch));
}

TEST_F(OrdinaryCameras, OneNetworkCameraSeesBothSidesOfCardsThatAreTurnedOver) {
  const auto lane = [](const char* more) {
    return StationRun::Lane{.printer = kPrinterFaults,
                            .camera = std::string("front-url: ") + model::RtspCameras::kFront,
                            .camera_plugin = "opencv-camera",
                            .more = more};
  };
  StationRun run({lane("turn-over: true")});
  const auto batch = run.make_batch(kOrders, 63);
  const model::RtspCameras cameras(run.folder() / "cameras", run.world(),
                                   {"--fps", "8", "--setting", kDamage});
  TurningOperator at_work(run);
  at_work.lay_wrongly(8);
  expect_all_found_and_closed(run, at_work.produce(batch));
  EXPECT_EQ(at_work.told_wrong, 1);

  const auto cards = run.world_cards().size();
  run.configure({lane("")}, StationRun::kManyRestarts, "stock: from-hopper\n");
  const Ended refused = run.produce(run.make_batch(2, 64));
  EXPECT_EQ(refused.exit_code, 78) << refused.err;
  EXPECT_NE(refused.err.find("sees only the front of a card"), std::string::npos) << refused.err;
  EXPECT_EQ(run.world_cards().size(), cards) << "nothing is printed that cannot be judged";
}

}  // namespace
}  // namespace ktp::test
