// SPDX-License-Identifier: Apache-2.0
#include "pipeline/capture.hpp"

namespace ktp::pipeline {

Shot capture_side(Station& station, Side side, std::uint64_t card_number, std::uint64_t not_before_ns) {
  const auto timed = station.clock.time(StageClock::photograph);
  Shot shot;
  for (int attempt = 0; attempt < station.settings.grab_attempts && !station.stop.now(); ++attempt) {
    devices::Frame frame;
    const auto grabbed = station.camera.grab(side, card_number, not_before_ns, frame);
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
    station.tell(Notice::Kind::warning,
                 "camera " + station.camera.name() + ", " + to_string(side) + ": " + shot.problem);
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
