// SPDX-License-Identifier: Apache-2.0
#include "pipeline/examine.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "pipeline/capture.hpp"
#include "pipeline/chip.hpp"
#include "pipeline/evidence.hpp"
#include "pipeline/identify.hpp"
#include "pipeline/inspect.hpp"
#include "pipeline/picture_safe.hpp"
#include "pipeline/second_look.hpp"
#include "pipeline/turn_over.hpp"
#include "pipeline/verdict.hpp"

namespace ktp::pipeline {

namespace {

// Only good cards tell what is usual.
Result<void> watch_drift(Machine& machine, std::initializer_list<const inspection::Report*> reports) {
  const auto found = machine.station.drift.find(machine.camera.name());
  if (found == machine.station.drift.end()) return {};
  for (const inspection::Report* report : reports)
    for (const inspection::DriftNotice& notice : found->second->add(*report)) {
      machine.station.tell(Notice::Kind::attention, "drift: " + notice.words);
      if (auto appended = machine.station.ledger.append({drift_event(notice)}); !appended) return appended;
    }
  return {};
}

}  // namespace

Result<Examination> examine(Machine& machine, const Attempt& attempt, std::uint64_t at_camera_since_ns) {
  Station& station = machine.station;
  const std::vector<Image> others = station.portraits->others(attempt.job->order_id);
  const auto photograph = [&](Side side) {
    return machine.turn_over ? capture_side(machine, Side::front, attempt.number,
                                            devices::monotonic_ns())  // the side that is up
                             : capture_side(machine, side, attempt.number, at_camera_since_ns);
  };
  const auto judge_side = [&](Side side, const Shot& shot) {
    const auto timed = station.clock.time(StageClock::inspect);
    const bool front = side == Side::front;
    return inspect_side(front ? *attempt.job->front_reference : *attempt.job->back_reference, shot, side,
                        front ? std::span<const Image>(others) : std::span<const Image>());
  };
  auto reading =
      std::async(std::launch::async, [&] { return read_chip(machine, attempt.number, at_camera_since_ns); });
  Look front, back;
  ChipReading chip;
  std::string not_shown;
  if (machine.turn_over) {
    const auto show = [&](Side side, Look& look, const Image& before) {
      ShownSide shown = wait_for_side(machine, attempt, side, before);
      not_shown = shown.not_shown;
      look.shot = std::move(shown.shot);
      look.report = judge_side(side, look.shot);
    };
    show(Side::front, front, {});
    // Whatever needs this side up, and the card in its place, comes before it is turned.
    if (not_shown.empty() && !front.shot.camera_failed)
      look_again(
          front, [&] { return photograph(Side::front); },
          [&](const Shot& shot) { return judge_side(Side::front, shot); });
    chip = reading.get();
    const bool no_card =
        std::ranges::any_of(front.report.findings, [](const Finding& f) { return f.kind == "no-card"; });
    if (not_shown.empty() && !front.shot.camera_failed && !chip.reader_failed && !no_card)
      show(Side::back, back, front.shot.image);
    else
      back.report = judge_side(Side::back, back.shot);
  } else {
    front.shot = photograph(Side::front);
    auto front_report = std::async(std::launch::async, [&] { return judge_side(Side::front, front.shot); });
    back.shot = photograph(Side::back);
    back.report = judge_side(Side::back, back.shot);
    front.report = front_report.get();
    chip = reading.get();
  }
  // A dead camera says nothing about the card: it stays where it is, and no further one is printed that
  // nobody can look at.
  Examination examination;
  if (front.shot.camera_failed || back.shot.camera_failed) {
    examination.not_seen = "camera " + machine.camera.name() +
                           " stopped: " + (front.shot.camera_failed ? front.shot : back.shot).problem +
                           "; see to it and start again, card " + attempt.card + " waits at the camera";
    return examination;
  }
  if (chip.reader_failed) {
    examination.not_seen = "chip reader " + machine.reader->name() + " stopped: " + chip.why +
                           "; see to it and start again, card " + attempt.card + " waits at the camera";
    return examination;
  }
  if (!not_shown.empty()) {
    examination.not_seen = not_shown;
    return examination;
  }
  if (station.stop.now() &&
      (chip.kind == ChipReading::Kind::stopped || front.shot.image.empty() || back.shot.image.empty())) {
    examination.not_seen =
        "stopped before the card could be photographed; it is known and will be photographed at the next "
        "start";
    return examination;
  }

  for (const auto& [side, look] : {std::pair{Side::front, &front}, std::pair{Side::back, &back}}) {
    look_again(
        *look, [&] { return photograph(side); }, [&](const Shot& shot) { return judge_side(side, shot); });
    if (!look->second_look.empty())
      station.tell(Notice::Kind::info,
                   "card " + attempt.card + ", " + to_string(side) +
                       ": could be dust or glare, photographed again: " + look->second_look);
  }

  if (machine.reader != nullptr) {
    if (auto noted = station.ledger.append({chip_event(attempt, chip, machine.reader->name())}); !noted)
      return std::unexpected(noted.error());
  }
  auto identity = identify(station, attempt, chip, front.report);
  if (!identity) return std::unexpected(identity.error());
  examination.verdict = judge(front.report, back.report, *identity);
  examination.summary = summary_of(front.report, back.report, *identity);
  examination.score = std::max(front.report.score, back.report.score);
  const std::string& profile = inspection::version(*station.profile);
  if (examination.verdict != Verdict::good || front.cleared() || back.cleared()) {
    // Before the verdict is recorded: whoever reads the verdict must find the pictures.
    const auto record_key = picture_key(station.ledger, station.key, attempt.job->order_id);
    const auto kept = record_key ? keep_evidence({station.evidence, &station.key}, *record_key, attempt,
                                                 profile, {&front, &back}, others)
                                 : std::unexpected(record_key.error());
    if (!kept)
      station.tell(Notice::Kind::warning,
                   "evidence of card " + attempt.card + " could not be kept: " + kept.error().message);
  }
  ledger::Event captured = captured_event(attempt, front.shot, back.shot, machine.camera.name());
  ledger::Event inspected = inspected_event(attempt, front.report, back.report, profile);
  note_second_looks(front, back, captured, inspected);
  if (auto appended =
          station.ledger.append({captured, inspected, identity->event,
                                 judged_event(attempt, examination.verdict, examination.summary)});
      !appended)
    return std::unexpected(appended.error());
  if (examination.verdict == Verdict::good) {
    if (auto watched = watch_drift(machine, {&front.report, &back.report}); !watched)
      return std::unexpected(watched.error());
    if (station.recent_good) {
      const auto record_key = picture_key(station.ledger, station.key, attempt.job->order_id);
      const auto kept =
          record_key ? station.recent_good->keep(attempt.card, *record_key, {&front.report, &back.report})
                     : std::unexpected(record_key.error());
      if (!kept)
        station.tell(Notice::Kind::warning,
                     "picture of good card " + attempt.card + " could not be kept: " + kept.error().message);
    }
  }
  for (const Look* look : {&front, &back})
    examination.findings.insert(examination.findings.end(), look->report.findings.begin(),
                                look->report.findings.end());
  return examination;
}

}  // namespace ktp::pipeline
