// SPDX-License-Identifier: Apache-2.0
#include "pipeline/examine.hpp"

#include <future>

#include "pipeline/capture.hpp"
#include "pipeline/evidence.hpp"
#include "pipeline/identify.hpp"
#include "pipeline/inspect.hpp"
#include "pipeline/verdict.hpp"

namespace ktp::pipeline {

namespace {

inspection::Report timed_inspection(Machine& machine, const inspection::Reference& reference,
                                    const Shot& shot, Side side, const std::string& order_id) {
  const auto timed = machine.station.clock.time(StageClock::inspect);
  std::vector<Image> others;
  if (side == Side::front) others = machine.station.portraits->others(order_id);
  return inspect_side(reference, shot, side, others);
}

}  // namespace

Result<Examination> examine(Machine& machine, const Attempt& attempt, std::uint64_t at_camera_since_ns) {
  Shot front_shot = capture_side(machine, Side::front, attempt.number, at_camera_since_ns);
  auto front_report = std::async(std::launch::async, [&] {
    return timed_inspection(machine, *attempt.job->front_reference, front_shot, Side::front,
                            attempt.job->order_id);
  });
  Shot back_shot = capture_side(machine, Side::back, attempt.number, at_camera_since_ns);
  inspection::Report back =
      timed_inspection(machine, *attempt.job->back_reference, back_shot, Side::back, attempt.job->order_id);
  inspection::Report front = front_report.get();
  // A dead camera says nothing about the card: it stays where it is, and no further one is printed that
  // nobody can look at.
  Examination examination;
  if (front_shot.camera_failed || back_shot.camera_failed) {
    examination.not_seen = "camera " + machine.camera.name() +
                           " stopped: " + (front_shot.camera_failed ? front_shot : back_shot).problem +
                           "; see to it and start again, card " + attempt.card + " waits at the camera";
    return examination;
  }
  if (machine.station.stop.now() && (front_shot.image.empty() || back_shot.image.empty())) {
    examination.not_seen =
        "stopped before the card could be photographed; it is known and will be photographed at the next "
        "start";
    return examination;
  }

  auto identity = identify(machine.station, attempt, front);
  if (!identity) return std::unexpected(identity.error());
  examination.verdict = judge(front, back, *identity);
  examination.summary = summary_of(front, back, *identity);
  examination.score = std::max(front.score, back.score);
  if (examination.verdict != Verdict::good) {
    // Before the verdict is recorded: whoever reads the verdict must find the pictures.
    if (auto kept = keep_evidence(machine.station.evidence, attempt, {&front_shot.image, &back_shot.image},
                                  {&front, &back});
        !kept)
      machine.station.tell(Notice::Kind::warning, "evidence of card " + attempt.card +
                                                      " could not be kept: " + kept.error().message);
  }
  if (auto appended = machine.station.ledger.append(
          {captured_event(attempt, front_shot, back_shot, machine.camera.name()),
           inspected_event(attempt, front, back, inspection::version(*machine.station.profile)),
           identity->event, judged_event(attempt, examination.verdict, examination.summary)});
      !appended)
    return std::unexpected(appended.error());
  for (const inspection::Report* report : {&front, &back})
    examination.findings.insert(examination.findings.end(), report->findings.begin(), report->findings.end());
  return examination;
}

}  // namespace ktp::pipeline
