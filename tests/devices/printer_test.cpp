// SPDX-License-Identifier: Apache-2.0
// A printer that keeps the rules: every call arrives, every answer comes back whole.
#include <station/abi.h>

#include "devices/fixture.hpp"

namespace ktp::devices::test {

class PrinterCalls : public DeviceTest {};

std::uint64_t sum(const Image& image) {
  std::uint64_t total = 0;
  for (const std::uint8_t byte : image.pixels) total = total * 31 + byte;
  return total;
}

Image pattern(int width, int height, int seed) {
  Image image(width, height);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>(i * 7 + i / 251 + seed);
  return image;
}

TEST_F(PrinterCalls, APrintBringsBothPicturesWholeToTheDriver) {
  auto device = printer(obedient_printer());
  const Image front = pattern(1011, 638, 1), back = pattern(1011, 638, 2);
  const CallResult result = device->print("TOKENA", front, &back, 300);
  EXPECT_TRUE(result.ok()) << result.message;
  EXPECT_EQ(result.outcome, CardOutcome::printed);
  EXPECT_EQ(result.at, CardAt::inside);
  EXPECT_EQ(result.counter_before, 0u);
  EXPECT_EQ(result.counter_after, 1u);
  EXPECT_EQ(result.violation, "");
  std::uint64_t number = 0, front_sum = 0, back_sum = 0;
  std::ifstream(folder_.path() / "TOKENA") >> number >> front_sum >> back_sum;
  EXPECT_EQ(number, 1u);
  EXPECT_EQ(front_sum, sum(front));
  EXPECT_EQ(back_sum, sum(back));
}

TEST_F(PrinterCalls, ALargerPrintAfterASmallOneArrivesWholeToo) {
  auto device = printer(obedient_printer());
  ASSERT_TRUE(device->print("SMALL", pattern(10, 10, 0), nullptr, 300).ok());
  const Image front = pattern(2022, 1275, 3), back = pattern(2022, 1275, 4);
  ASSERT_TRUE(device->print("LARGE", front, &back, 600).ok());
  std::uint64_t number = 0, front_sum = 0, back_sum = 0;
  std::ifstream(folder_.path() / "LARGE") >> number >> front_sum >> back_sum;
  EXPECT_EQ(front_sum, sum(front));
  EXPECT_EQ(back_sum, sum(back));
}

TEST_F(PrinterCalls, TheChipUidReadDuringAPrintIsInItsResult) {
  auto device = printer(obedient_printer());
  EXPECT_EQ(print(*device).uid, "04A1B2C311");
  EXPECT_EQ(print(*device).uid, "04A1B2C312");
  EXPECT_EQ(device->counter().uid, "");
}

TEST_F(PrinterCalls, ProgressReachesTheSinkInOrder) {
  auto device = printer(obedient_printer());
  ASSERT_TRUE(print(*device).ok());
  ASSERT_TRUE(events_.wait_for(Kind::chip_uid));
  std::vector<std::int64_t> steps;
  for (const DeviceEvent& event : events_.all()) {
    if (event.kind == Kind::progress) steps.push_back(event.a);
    EXPECT_EQ(event.device, "device");
  }
  EXPECT_EQ(steps, (std::vector<std::int64_t>{STN_STEP_FEEDING, STN_STEP_FRONT, STN_STEP_DONE}));
}

TEST_F(PrinterCalls, MovesCounterAndLookupAnswer) {
  auto device = printer(obedient_printer());
  ASSERT_TRUE(device->print("TOKENB", card_, nullptr, 300).ok());
  EXPECT_EQ(device->to_camera("TOKENB").at, CardAt::camera);
  EXPECT_EQ(device->route("TOKENB", "good").at, CardAt::output);
  const CallResult nowhere = device->route("TOKENB", "nowhere");
  EXPECT_EQ(nowhere.code, STN_E_BAD_INPUT);
  EXPECT_EQ(nowhere.action, Action::reject_job);
  EXPECT_EQ(nowhere.message, "no bin of that name");
  EXPECT_EQ(device->counter().counter_after, 1u);

  std::optional<CardRecord> card;
  EXPECT_TRUE(device->lookup("TOKENB", card).ok());
  ASSERT_TRUE(card);
  EXPECT_EQ(card->outcome, CardOutcome::printed);
  EXPECT_EQ(card->at, CardAt::output);
  EXPECT_EQ(card->number, 1u);
  EXPECT_EQ(card->uid, "04A1B2C3D4");
  EXPECT_EQ(card->bin, "good");
  const CallResult never = device->lookup("NEVER", card);
  EXPECT_EQ(never.code, 0);
  EXPECT_FALSE(card);
}

TEST_F(PrinterCalls, CapabilitiesComeFromTheOpenDevice) {
  auto device = printer(obedient_printer());
  EXPECT_EQ(device->native_dpi(), 300);
  EXPECT_TRUE((device->caps() & STN_CAP_COUNTER) != 0);
  EXPECT_EQ(device->name(), "device");
}

TEST_F(PrinterCalls, ReasonsAndSuppliesAreThoseOfTheLastStatusCall) {
  auto config = obedient_printer();
  config.settings["label"] = "left";
  config.settings["colour"] = "grey";
  config.settings["warmth"] = "0.25";
  config.settings["chatty"] = "yes";
  config.serial = "S-1";
  auto device = printer(config);
  DeviceStatus status;
  ASSERT_TRUE(device->status(status).ok());
  ASSERT_EQ(status.reasons.size(), 1u);
  EXPECT_EQ(status.reasons[0].keyword, "media-low");
  EXPECT_EQ(status.reasons[0].severity, Severity::warning);
  EXPECT_EQ(status.reasons[0].text, "left/grey/0.250000/chatty/S-1");
  EXPECT_EQ(status.supplies["ribbon"].level, 100);
  EXPECT_EQ(status.supplies["ribbon"].unit, "cards");
  EXPECT_EQ(status.card_at, CardAt::hopper);
  EXPECT_TRUE(status.ready());
  EXPECT_TRUE(status.worker_alive);
  EXPECT_GT(status.worker_pid, 0);

  ASSERT_TRUE(print(*device).ok());
  ASSERT_TRUE(device->status(status).ok());  // this one posts no reason any more
  EXPECT_TRUE(status.reasons.empty());
  EXPECT_EQ(status.supplies["ribbon"].level, 99);
}

TEST_F(PrinterCalls, AStatusWithAnErrorReasonIsNotReady) {
  auto device = printer(misbehaving("stopped"));
  DeviceStatus status;
  ASSERT_TRUE(device->status(status).ok());
  EXPECT_EQ(status.state, State::stopped);
  EXPECT_FALSE(status.ready());
}

TEST_F(PrinterCalls, ACancelledPrintEndsEarlyAndWasNotStarted) {
  auto config = obedient_printer();
  config.settings["print_ms"] = "20000";
  auto device = printer(config);
  const auto begin = std::chrono::steady_clock::now();
  std::thread other([&] {
    std::this_thread::sleep_for(200ms);
    device->cancel();
  });
  const CallResult result = print(*device);
  other.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_EQ(result.code, STN_E_CANCELLED);
  EXPECT_EQ(result.action, Action::cancelled);
  EXPECT_EQ(result.outcome, CardOutcome::not_started);
  EXPECT_FALSE(result.worker_lost);
}

TEST_F(PrinterCalls, ACancelOfAnEarlierPrintDoesNotTouchTheNext) {
  auto device = printer(obedient_printer());
  ASSERT_TRUE(print(*device).ok());
  device->cancel();
  EXPECT_TRUE(print(*device).ok());
}

TEST_F(PrinterCalls, CallsFromSeveralThreadsTakeTurns) {
  auto device = printer(obedient_printer());
  std::vector<std::thread> threads;
  std::atomic<int> printed{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 5; ++k) {
        printed += device->print("T" + std::to_string(i * 10 + k), card_, nullptr, 300).ok() ? 1 : 0;
        static_cast<void>(device->last_status());
        device->cancel();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // A cancel may strike a print of another thread, before its feed; none is ever counted wrongly.
  EXPECT_EQ(device->counter().counter_after, static_cast<std::uint64_t>(printed.load()));
  EXPECT_EQ(events_.count(Kind::violation), 0);
}

TEST_F(PrinterCalls, APictureThatIsNotRgbIsRefusedBeforeAnythingMoves) {
  auto device = printer(obedient_printer());
  const CallResult grey = device->print("G", Image(10, 10, 1), nullptr, 300);
  EXPECT_EQ(grey.code, STN_E_BAD_INPUT);
  EXPECT_EQ(grey.outcome, CardOutcome::not_started);
  EXPECT_EQ(device->print("E", Image(), nullptr, 300).outcome, CardOutcome::not_started);
  EXPECT_EQ(device->counter().counter_after, 0u);
}

TEST_F(PrinterCalls, ATokenThatCouldBeAPathIsRefusedBeforeTheDriverSeesIt) {
  auto device = printer(obedient_printer());
  std::optional<CardRecord> card;
  for (const std::string& token :
       {std::string("../escape"), std::string(), std::string(65, 'A'), std::string("a\0b", 3)}) {
    EXPECT_EQ(device->print(token, card_, nullptr, 300).outcome, CardOutcome::not_started);
    EXPECT_EQ(device->to_camera(token).code, STN_E_BAD_INPUT);
    EXPECT_EQ(device->lookup(token, card).code, STN_E_BAD_INPUT);
    EXPECT_EQ(device->route("T", token).code, STN_E_BAD_INPUT);
  }
  EXPECT_EQ(device->counter().counter_after, 0u);
}

TEST_F(PrinterCalls, AnExceptionOfADriverStopsAtTheEdge) {
  auto config = obedient();
  config.driver = "throwing-printer";
  auto device = printer(config);
  const int pid = device->last_status().worker_pid;
  const CallResult result = print(*device);
  EXPECT_EQ(result.code, STN_E_INTERNAL);
  EXPECT_EQ(result.action, Action::stop_device);
  EXPECT_EQ(result.outcome, CardOutcome::unknown);
  EXPECT_EQ(result.message, "exception in print: out of ideas");
  EXPECT_EQ(device->to_camera("T").message, "exception in to_camera: not a std::exception");
  DeviceStatus status;
  const CallResult cover = device->status(status);
  EXPECT_EQ(cover.code, STN_E_COVER);
  EXPECT_EQ(cover.action, Action::op_needed);
  EXPECT_EQ(device->last_status().worker_pid, pid);  // the worker lives on
}

TEST_F(PrinterCalls, AnExceptionInOpenIsAnErrorWithItsWords) {
  auto config = obedient();
  config.driver = "throwing-printer";
  config.serial = "broken";
  const auto device = Printer::open(config, nullptr);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().message, "device \"device\": exception in open: no luck");
}

TEST_F(PrinterCalls, ADeviceInUseIsAnErrorThatNamesTheOther) {
  std::ofstream(folder_.path() / "taken") << 1;
  const auto device = Printer::open(obedient_printer(), nullptr);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, ErrorCode::in_use);
  EXPECT_EQ(device.error().message, "device \"device\": the folder belongs to process 4711");
}

}  // namespace ktp::devices::test
