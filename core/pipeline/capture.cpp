// SPDX-License-Identifier: Apache-2.0
#include "pipeline/capture.hpp"

#include <thread>

namespace ktp::pipeline {

namespace {
constexpr auto kLookAgain = std::chrono::milliseconds(200);
constexpr int kMostLost = 20;
}  // namespace

Shot capture_side(Machine& machine, Side side, std::uint64_t card_number, std::uint64_t not_before_ns) {
  return capture_side(machine.station, machine.camera, side, card_number, not_before_ns);
}

Shot capture_side(const Station& station, devices::Camera& camera, Side side, std::uint64_t card_number,
                  std::uint64_t not_before_ns) {
  const auto timed = station.clock.time(StageClock::photograph);
  Shot shot;
  int attempts = 0, lost = 0;
  std::optional<std::chrono::steady_clock::time_point> waiting_since;
  const auto tell_problem = [&] {
    station.tell(Notice::Kind::warning,
                 "camera " + camera.name() + ", " + to_string(side) + ": " + shot.problem);
  };
  while (attempts < station.settings.grab_attempts && !station.stop.now()) {
    devices::Frame frame;
    const auto grabbed = camera.grab(side, card_number, not_before_ns, frame);
    if (grabbed.ok() && !frame.image.empty()) {
      shot.image = std::move(frame.image);
      shot.sha256 = ledger::sha256_text(shot.image.pixels);
      shot.problem.clear();
      shot.camera_failed = false;
      return shot;
    }
    shot.camera_failed = grabbed.worker_lost || grabbed.action == devices::Action::stop_device ||
                         grabbed.action == devices::Action::gone;
    shot.problem = grabbed.violation.empty() ? grabbed.message : grabbed.violation;
    // The card lies where it is; it waits for the plug, or for the end of a quarantine, as it would for a
    // person.
    const bool gone = grabbed.action == devices::Action::gone;
    if (gone || camera.last_status().quarantine == devices::Quarantine::timed) {
      const auto now = std::chrono::steady_clock::now();
      if (!waiting_since) tell_problem();
      waiting_since = waiting_since.value_or(now);
      if (gone && now - *waiting_since > station.settings.operator_wait) break;
      std::this_thread::sleep_for(kLookAgain);
      continue;
    }
    tell_problem();
    // A lost worker says nothing of card or picture, and the next one is up at once; how often that may be is
    // the restart budget's affair.
    if (!grabbed.worker_lost || ++lost >= kMostLost) ++attempts;
  }
  return shot;
}

ledger::Event captured_event(const Attempt& attempt, const Shot& front, const Shot& back,
                             const std::string& camera) {
  ledger::Event event{
      .type = "captured", .order_id = attempt.job->order_id, .card = attempt.card, .token = attempt.token};
  event.data["camera"] = camera;
  if (!front.image.empty()) event.data["front_sha256"] = front.sha256;
  if (!back.image.empty()) event.data["back_sha256"] = back.sha256;
  if (!front.problem.empty() || !back.problem.empty())
    event.data["problem"] = front.problem.empty() ? back.problem : front.problem;
  return event;
}

}  // namespace ktp::pipeline
