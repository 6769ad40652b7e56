// SPDX-License-Identifier: Apache-2.0
// One camera, and a person who turns the card over when he is asked: a real camera worker over a world
// folder.
#include "pipeline/turn_over.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <mutex>
#include <thread>

#include "inspection/profile.hpp"
#include "inspection/sample_cards.hpp"
#include "sim-world/world.hpp"
#include "temp_folder.hpp"

namespace ktp::pipeline {
namespace {

using namespace std::chrono_literals;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

class TurningOver : public testing::Test {
 protected:
  void SetUp() override {
    const samples::Card card = samples::CardMaker().make(7);
    auto job = std::make_shared<Job>();
    job->order_id = "O1";
    job->front = card.front;
    job->back = card.back;
    const auto profile = must(inspection::load_profile(KTP_SOURCE_DIR "/config/inspection/ektp.yaml"));
    job->front_reference = must(inspection::prepare(job->front, profile, &job->back));
    job->back_reference = must(inspection::prepare(job->back, profile, &job->front));
    const auto blank = world_.feed("TOKEN1");
    for (const auto& [side, face] :
         {std::pair{sim::Side::front, &job->front}, std::pair{sim::Side::back, &job->back}})
      world_.put_face(blank.number, side,
                      {face->image.pixels.data(), face->image.width, face->image.height,
                       static_cast<std::size_t>(face->image.width) * 3});
    world_.finish(blank.number, sim::State::printed);
    world_.move(blank.number, sim::kAtCamera);
    attempt_ = {.job = job, .card = "C0000001", .token = "TOKEN1", .uid = "", .number = blank.number};
    station_.notice = [this](const Notice& notice) {
      const std::lock_guard lock(mutex_);
      told_ += notice.text + "\n";
    };
    machine_.waiting = [this](const std::string& words) {
      const std::lock_guard lock(mutex_);
      waits_ += "[" + words + "]";
    };
    machine_.turning = [this](const std::optional<Turn>& turn) {
      const std::lock_guard lock(mutex_);
      if (!turn) {
        turns_ += "over";
        return;
      }
      turns_ += turn->card + " " + to_string(turn->up) + " " + std::string(to_string(turn->seen)) + ", ";
      left_ = turn->until - std::chrono::steady_clock::now();
    };
  }
  [[nodiscard]] std::string told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  void until_told(const std::string& words) {
    for (int i = 0; i < 2'000 && told().find(words) == std::string::npos; ++i)
      std::this_thread::sleep_for(10ms);
  }
  void lay(bool back_up) const {
    std::ofstream(folder_ / "turned.new") << (back_up ? attempt_.number : 0) << '\n';
    std::filesystem::rename(folder_ / "turned.new", folder_ / "world/turned");
  }
  void lift_and_lay_down_as_it_was() {
    until_told("TURN IT OVER");
    world_.move(attempt_.number, sim::kInside);
    std::this_thread::sleep_for(1s);
    world_.move(attempt_.number, sim::kAtCamera);
    until_told("still shows its FRONT");
  }
  [[nodiscard]] bool shows(Side side, const Shot& shot) const {
    const auto& reference =
        side == Side::front ? attempt_.job->front_reference : attempt_.job->back_reference;
    const auto report = inspection::inspect(*reference, shot.image.view());
    return report.verdict == Verdict::good;
  }
  devices::DeviceConfig device(const std::string& plugin, const std::string& world) {
    devices::DeviceConfig config;
    config.name = plugin;
    config.plugin = std::string(KTP_PLUGIN_DIR) + "/" + plugin + ".so";
    config.worker = WORKER;
    config.settings = {{"world", (folder_ / world).string()}};
    return config;
  }

  test::TempFolder folder_;
  sim::World world_{{.folder = folder_ / "world", .wait_a_little = {}, .before_change = {}, .warn = {}}};
  std::unique_ptr<ledger::Ledger> ledger_ = must(ledger::Ledger::open(folder_ / "data", true));
  const ledger::PersonalKey key_ = must(ledger::PersonalKey::load(folder_ / "data", true));
  std::unique_ptr<devices::Printer> printer_ =
      must(devices::Printer::open(device("sim-printer", "other"), [](auto&) {}));
  std::unique_ptr<devices::Camera> camera_ =
      must(devices::Camera::open(device("sim-camera", "world"), [](auto&) {}));
  StopSwitch stop_;
  StageClock clock_;
  Station station_{.ledger = *ledger_,
                   .key = key_,
                   .lanes = {},
                   .art = nullptr,
                   .profile = nullptr,
                   .settings = {.operator_wait = 30s},
                   .evidence = folder_ / "evidence",
                   .stop = stop_,
                   .clock = clock_};
  Machine machine_{.station = station_, .printer = *printer_, .camera = *camera_, .turn_over = true};
  Attempt attempt_;
  std::mutex mutex_;
  std::string told_, waits_, turns_;
  std::chrono::steady_clock::duration left_{};
};

TEST_F(TurningOver, ACardThatNobodyHasTouchedIsNotSaidToLieWronglyHoweverQuickTheCamera) {
  const auto front = wait_for_side(machine_, attempt_, Side::front, {});
  ASSERT_EQ(front.not_shown, "");
  std::string untouched;
  std::thread person([&] {
    until_told("TURN IT OVER");
    std::this_thread::sleep_for(2s);
    untouched = told();
    lay(true);
  });
  const auto back = wait_for_side(machine_, attempt_, Side::back, front.shot.image);
  person.join();
  ASSERT_EQ(back.not_shown, "");
  EXPECT_EQ(untouched.find("still shows"), std::string::npos) << untouched;
  EXPECT_TRUE(turns_.starts_with("C0000001 back untouched, ")) << turns_;
  EXPECT_EQ(turns_.find("wrong"), std::string::npos) << turns_;
}

TEST_F(TurningOver, TheOperatorIsAskedInBothLanguagesAndTheOtherSideIsPhotographed) {
  const auto front = wait_for_side(machine_, attempt_, Side::front, {});
  ASSERT_EQ(front.not_shown, "");
  EXPECT_TRUE(shows(Side::front, front.shot));
  EXPECT_EQ(told(), "") << "a card that lies rightly is not talked about";
  std::thread person([&] {
    until_told("TURN IT OVER");
    lay(true);
  });
  const auto back = wait_for_side(machine_, attempt_, Side::back, front.shot.image);
  person.join();
  ASSERT_EQ(back.not_shown, "");
  EXPECT_TRUE(shows(Side::back, back.shot));
  EXPECT_NE(told().find("kartu C0000001: BALIK"), std::string::npos) << told();
  EXPECT_TRUE(waits_.ends_with("[]")) << "it waits no more: " << waits_;
}

TEST_F(TurningOver, ACardLaidWithItsBackUpIsNotTakenForItsFront) {
  lay(true);
  std::thread person([&] {
    until_told("it shows its BACK");
    lay(false);
  });
  const auto front = wait_for_side(machine_, attempt_, Side::front, {});
  person.join();
  ASSERT_EQ(front.not_shown, "") << told();
  EXPECT_TRUE(shows(Side::front, front.shot));
  EXPECT_NE(told().find("yang terlihat sisi BELAKANG"), std::string::npos) << told();
}

TEST_F(TurningOver, ACardLiftedAndLaidDownAgainAsItWasIsToldOnce) {
  const auto front = wait_for_side(machine_, attempt_, Side::front, {});
  std::thread person([&] {
    lift_and_lay_down_as_it_was();
    std::this_thread::sleep_for(1s);  // it goes on lying there
    lay(true);
  });
  const auto back = wait_for_side(machine_, attempt_, Side::back, front.shot.image);
  person.join();
  ASSERT_EQ(back.not_shown, "") << told();
  EXPECT_TRUE(shows(Side::back, back.shot));
  const std::string all = told();
  const auto first = all.find("still shows its FRONT");
  ASSERT_NE(first, std::string::npos) << all;
  EXPECT_EQ(all.find("still shows its FRONT", first + 1), std::string::npos) << all;
}

TEST_F(TurningOver, WhatTheCameraSeesMeanwhileIsTold) {
  const auto front = wait_for_side(machine_, attempt_, Side::front, {});
  EXPECT_EQ(turns_, "") << "nobody was asked anything";
  std::thread person([&] {
    lift_and_lay_down_as_it_was();
    lay(true);
  });
  const auto back = wait_for_side(machine_, attempt_, Side::back, front.shot.image);
  person.join();
  ASSERT_EQ(back.not_shown, "") << told();
  EXPECT_TRUE(turns_.starts_with("C0000001 back untouched, C0000001 back nothing, ")) << turns_;
  EXPECT_NE(turns_.find("C0000001 back wrong, "), std::string::npos) << turns_;
  EXPECT_TRUE(turns_.ends_with("over")) << turns_;
  EXPECT_GT(left_, 15s);
  EXPECT_LE(left_, 30s);
}

TEST_F(TurningOver, NobodyThereEndsTheWaitInItsTime) {
  const auto front = wait_for_side(machine_, attempt_, Side::front, {});
  station_.settings.operator_wait = 1s;
  const auto back = wait_for_side(machine_, attempt_, Side::back, front.shot.image);
  EXPECT_NE(back.not_shown.find("was not shown with its back up within 1 s"), std::string::npos)
      << back.not_shown;
  EXPECT_TRUE(back.shot.image.empty());
  EXPECT_TRUE(waits_.ends_with("[]"));
}

TEST_F(TurningOver, AStopAtOnceEndsTheWait) {
  const auto front = wait_for_side(machine_, attempt_, Side::front, {});
  std::thread person([&] {
    until_told("TURN IT OVER");
    stop_.level = 2;
  });
  const auto back = wait_for_side(machine_, attempt_, Side::back, front.shot.image);
  person.join();
  EXPECT_NE(back.not_shown.find("stopped before the other side"), std::string::npos) << back.not_shown;
}

}  // namespace
}  // namespace ktp::pipeline
