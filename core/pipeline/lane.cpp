// SPDX-License-Identifier: Apache-2.0
#include "pipeline/lane.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "pipeline/blank.hpp"
#include "pipeline/examine.hpp"
#include "pipeline/operator_wait.hpp"
#include "pipeline/settle.hpp"
#include "pipeline/sort.hpp"
#include "pipeline/verdict.hpp"

namespace ktp::pipeline {

namespace {

constexpr int kMoveTries = 5;
constexpr int kMostRetriesInARow = 20;

Attempt attempt_of(const ledger::CardRow& card, std::shared_ptr<const Job> job) {
  return {
      .job = std::move(job), .card = card.card, .token = card.token, .uid = card.uid, .number = card.number};
}

}  // namespace

Lane::Lane(Station& station, std::size_t index, OrderDesk& desk, Tally& tally,
           std::vector<ledger::CardRow> open)
    : station_(station),
      index_(index),
      desk_(desk),
      tally_(tally),
      machine_{.station = station,
               .printer = station.lanes[index].printer,
               .camera = station.lanes[index].camera,
               .reader = station.lanes[index].reader,
               .turn_over = station.lanes[index].turn_over},
      printer_before_(machine_.printer.last_status()),
      camera_before_(machine_.camera.last_status()),
      reader_before_(machine_.reader != nullptr ? machine_.reader->last_status() : devices::DeviceStatus{}),
      spot_(station.ledger, machine_.camera.name(), machine_.printer.name(),
            station.settings.same_spot_cards),
      open_(std::move(open)) {
  for (const ledger::CardRow& card : open_) mine_.insert(card.order_id);
  machine_.waiting = [this](const std::string& words) {
    if (!words.empty()) started();
    tally_.waiting(index_, words);
  };
  machine_.turning = [this](const std::optional<Turn>& turn) { tally_.turning(index_, turn); };
  machine_.needed = [this] {
    return at_camera_.has_value() || (!station_.stop.after_card() && desk_.work_left());
  };
}

void Lane::run() {
  auto worked = work();
  bool only_this_lane = machine_.out.has_value();
  // Whatever happened, a card at the camera is judged and sorted if it still can be, so that its place is
  // known.
  if (auto finished = finish_camera(); !finished && worked) {
    worked = finished;
    only_this_lane = machine_.out.has_value();
  }
  if (auto reported = report_devices(); !reported && worked) worked = reported;
  const bool only_mine_or_stopped = only_this_lane || station_.stop.now();
  if (!worked && !only_mine_or_stopped) {
    failure_ = worked.error();
    desk_.close();  // before any lane that waits for this one to start is let go
  }
  started();
  for (const std::string& order_id : mine_) desk_.finished(order_id);
  if (worked) {
    tally_.step(index_, "");
  } else if (only_this_lane) {
    tally_.out(index_, *machine_.out);
    if (station_.lanes.size() > 1 && !station_.stop.now())
      station_.tell(Notice::Kind::attention, *machine_.out + "; the run goes on without this printer");
  }
}

Result<void> Lane::report_devices() {
  std::vector<ledger::Event> reports;
  const auto add = [&](const std::string& device, const devices::DeviceStatus& before,
                       const devices::DeviceStatus& now) {
    auto violations = nlohmann::ordered_json::object();
    for (const auto& [name, count] : now.violations) {
      const auto earlier = before.violations.find(name);
      const std::uint64_t known = earlier == before.violations.end() ? 0 : earlier->second;
      if (count > known) violations[name] = count - known;
    }
    const int restarts = now.restarts - before.restarts;
    if (restarts == 0 && violations.empty()) return;
    ledger::Event report{.type = "device-report"};
    report.data["device"] = device;
    report.data["restarts"] = restarts;
    report.data["violations"] = std::move(violations);
    reports.push_back(std::move(report));
  };
  add(machine_.printer.name(), printer_before_, machine_.printer.last_status());
  add(machine_.camera.name(), camera_before_, machine_.camera.last_status());
  if (machine_.reader != nullptr)
    add(machine_.reader->name(), reader_before_, machine_.reader->last_status());
  return station_.ledger.append(reports);
}

void Lane::started() {
  if (!started_.exchange(true)) desk_.started();
}

Result<void> Lane::work() {
  const auto begun = start();
  if (!begun) return std::unexpected(begun.error());
  if (!*begun) return {};
  started();
  while (!station_.stop.after_card()) {
    if (spot_.paused()) {
      auto resumed = wait_until_resumed();
      if (!resumed) return std::unexpected(resumed.error());
      if (!*resumed) return {};
    }
    // A card at the camera may still ask for another one, so nobody waits for others before it is judged.
    auto task = desk_.take(machine_.printer.native_dpi(), !at_camera_);
    if (!task) {
      if (!at_camera_) return {};
      if (auto finished = finish_camera(); !finished) return finished;
      continue;
    }
    if (auto printed = print_one(*std::move(task)); !printed) return printed;
  }
  return {};
}

Result<bool> Lane::start() {
  devices::DeviceStatus status;
  if (const auto asked = machine_.printer.status(status); !asked.ok()) {
    if (!open_.empty()) {
      if (auto ready = wait_for_operator(machine_, asked); !ready) return std::unexpected(ready.error());
    } else {
      auto ready = wait_while_needed(machine_, asked, machine_.printer.last_status());
      if (!ready || !*ready) return ready;
    }
  }
  if (auto watched = watch_spot(); !watched) return std::unexpected(watched.error());
  if (auto taken = take_up(std::move(open_)); !taken) return std::unexpected(taken.error());
  if (auto loaded = load_hopper(machine_); !loaded) return std::unexpected(loaded.error());
  return true;
}

// What an earlier run left in this printer: settled, sorted, photographed, the one at the camera first.
Result<void> Lane::take_up(std::vector<ledger::CardRow> open) {
  std::vector<WaitingCard> waiting;
  for (ledger::CardRow& card : open) {
    const std::string order_id = card.order_id;
    auto left = recover(machine_, std::move(card));
    if (!left) return std::unexpected(left.error());
    if (*left)
      waiting.push_back(**std::move(left));
    else if (auto concluded = conclude(nullptr, order_id); !concluded)
      return concluded;
  }
  std::ranges::stable_sort(
      waiting, {}, [](const WaitingCard& card) { return card.at == devices::CardAt::camera ? 0 : 1; });
  for (const WaitingCard& card : waiting)
    if (auto resumed = resume(card); !resumed) return resumed;
  return {};
}

// A card that an earlier run printed: photographed and judged against the order's face, drawn again.
Result<void> Lane::resume(const WaitingCard& waiting) {
  const ledger::CardRow& card = waiting.card;
  auto job = Preparer(station_, machine_.printer.native_dpi()).prepare(card.order_id);
  if (!job) {
    station_.tell(Notice::Kind::warning, "card " + card.card + ": its expected face cannot be drawn (" +
                                             job.error().message + "); it goes to review");
    const Attempt attempt = attempt_of(card, std::make_shared<Job>(Job{.order_id = card.order_id,
                                                                       .front = {},
                                                                       .back = {},
                                                                       .front_reference = {},
                                                                       .back_reference = {}}));
    if (auto judged = station_.ledger.append({judged_event(
            attempt, Verdict::review, "expected face cannot be drawn: " + job.error().message)});
        !judged)
      return judged;
    if (auto sorted = sort_card(machine_, card.order_id, card.card, card.token, "review"); !sorted)
      return sorted;
    return conclude(nullptr, card.order_id);
  }
  const Attempt attempt = attempt_of(card, *job);
  if (waiting.at != devices::CardAt::camera)
    if (auto moved = move_to_camera(attempt); !moved) return moved;
  start_examination(attempt);
  return finish_camera();
}

Result<void> Lane::print_one(OrderDesk::Task task) {
  mine_.insert(task.order_id);
  if (!task.job) return hold(task.order_id, task.job.error());
  // Read anew from its cards: it may have been tried before, by this lane or by another.
  auto cards = station_.ledger.cards_of(task.order_id);
  if (!cards) return std::unexpected(cards.error());
  const Decision decision = decide(*cards, station_.settings);
  if (decision.kind != Decision::Kind::print_first && decision.kind != Decision::Kind::print_again)
    return follow(*task.job, task.order_id, decision);
  return print_for(*task.job, decision);
}

Result<void> Lane::print_for(const JobPtr& job, const Decision& decision) {
  // It lays its cards straight under the camera: the last one has to be out of the way.
  if (prints_to_camera_)
    if (auto finished = finish_camera(); !finished) return finished;
  if (auto booked = hopper_is_booked(machine_); !booked) {
    if (auto returned = follow(job, job->order_id, decision); !returned) return returned;
    return booked;
  }
  std::optional<Replacement> replaces;
  if (decision.kind == Decision::Kind::print_again)
    replaces = Replacement{decision.replaces, decision.reason, decision.asked_by, decision.confirmed_by};
  auto commitment = commit_blank(station_, job, replaces);
  if (!commitment) return std::unexpected(commitment.error());
  tally_.step(index_, "printing order " + job->order_id);
  auto printed = print_card(machine_, std::move(*commitment));
  if (!printed) return std::unexpected(printed.error());
  if (printed->attempt.card.empty()) {  // the printer did not even answer; nothing was promised
    if (auto returned = follow(job, job->order_id, decision); !returned) return returned;
    return make_ready(printed->result);
  }
  const bool settled = printed->outcome == devices::CardOutcome::unknown;
  if (settled) {
    if (auto known = settle_now(*printed); !known) return known;
  } else if (printed->outcome == devices::CardOutcome::printed) {
    prints_to_camera_ = printed->result.at == devices::CardAt::camera;
  }
  if (auto brought = bring_on(job, *printed, settled); !brought) return brought;
  if (printed->result.violation.empty() || station_.stop.now()) return {};
  // A printer that says what is not so gets no further card: every one of them would be in doubt. This one is
  // seen to its end first.
  if (auto finished = finish_camera(); !finished) return finished;
  return machine_.leave("printer " + machine_.printer.name() + " stopped: its driver broke a rule, " +
                        printed->result.violation +
                        "; see to it and start again, the ledger goes on where it stands");
}

// From what became of the card to what becomes of the order.
Result<void> Lane::bring_on(const JobPtr& job, const Printed& printed, bool settled) {
  const Attempt& attempt = printed.attempt;
  switch (printed.outcome) {
    case devices::CardOutcome::printed:
      retries_in_a_row_ = 0;
      tally_.printed(index_);
      if (auto finished = finish_camera(); !finished) return finished;
      if (station_.stop.now()) return {};  // printed, inside, recorded: the next start photographs it
      // A sensor that sees a card at the camera does not say which: after a settlement it may be the one
      // before.
      if (settled || !prints_to_camera_)
        if (auto moved = move_to_camera(attempt); !moved) return moved;
      start_examination(attempt);
      // Whether this printer lays cards under the camera by itself may not be known yet.
      return settled ? finish_camera() : Result<void>{};
    case devices::CardOutcome::spoiled:
      tally_.spoiled(index_, {attempt.card, job->order_id, "spoiled", printed.result.message});
      station_.tell(Notice::Kind::warning, "card " + attempt.card + " of order " + job->order_id +
                                               " is spoiled: " + printed.result.message);
      if (auto sorted =
              sort_card(machine_, job->order_id, attempt.card, attempt.token, "damaged", printed.result.at);
          !sorted)
        return sorted;
      return conclude(job, job->order_id);
    case devices::CardOutcome::not_started:
      // First back to the desk: another printer can do it while this one is seen to.
      if (auto returned = conclude(job, job->order_id); !returned) return returned;
      if (printed.result.code != 0 || printed.result.worker_lost) return make_ready(printed.result);
      return {};
    case devices::CardOutcome::unknown:
      return conclude(job, job->order_id);  // stays unknown and waits for evidence; other orders go on
  }
  return {};
}

// The printer did not do it, and no card is in doubt. What the result asks for is done before anything else
// is tried.
Result<void> Lane::make_ready(const devices::CallResult& result) {
  using devices::Action;
  const std::string printer = "printer " + machine_.printer.name();
  const bool quarantined = machine_.printer.last_status().quarantine != devices::Quarantine::none;
  if (result.action == Action::stop_device && !result.worker_lost && !quarantined)
    return machine_.leave(printer + " stopped: " + why_of(result) +
                          "; see to it and start again, the ledger goes on where it stands");
  if (result.action == Action::op_needed || result.action == Action::gone || result.worker_lost ||
      quarantined) {
    const devices::DeviceStatus then = machine_.printer.last_status();
    // The verdict of the card at the camera need not wait for a person, and may send its order to another
    // printer.
    if (auto finished = finish_camera(); !finished) return finished;
    auto ready = wait_while_needed(machine_, result, then);
    if (!ready) return std::unexpected(ready.error());
    if (!*ready) return {};
    return load_hopper(machine_);  // the operator may have filled the hopper
  }
  if (++retries_in_a_row_ > kMostRetriesInARow)
    return machine_.leave(printer + " keeps failing: " + why_of(result));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return {};
}

Result<void> Lane::settle_now(Printed& printed) {
  Attempt& attempt = printed.attempt;
  station_.tell(Notice::Kind::warning, "card " + attempt.card + " of order " + attempt.job->order_id +
                                           " is unknown: " + why_of(printed.result));
  if (auto ready = wait_for_operator(machine_, printed.result); !ready) return ready;
  // Without a job log the sensors are the evidence: they must not see the card before.
  if (!machine_.printer.keeps_job_log())
    if (auto finished = finish_camera(); !finished) return finished;
  auto row = station_.ledger.card(attempt.card);
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(ErrorCode::internal, "card " + attempt.card + " is not in the ledger");
  auto settled = settle(machine_, **row, attempt.uid);
  if (!settled) return std::unexpected(settled.error());
  attempt.uid = settled->uid;
  attempt.number = settled->number;
  printed.result.at = settled->at;
  station_.tell(Notice::Kind::info, "card " + attempt.card +
                                        " is settled: " + std::string(to_string(settled->state)) + " (" +
                                        settled->evidence + ")");
  switch (settled->state) {
    case CardState::not_started:
      printed.outcome = devices::CardOutcome::not_started;
      break;
    case CardState::printed:
      printed.outcome = devices::CardOutcome::printed;
      break;
    case CardState::spoiled:
      printed.outcome = devices::CardOutcome::spoiled;
      break;
    default:
      break;
  }
  printed.result.code = 0;  // what stood in the way is cleared
  printed.result.worker_lost = false;
  return {};
}

Result<void> Lane::move_to_camera(const Attempt& attempt) {
  devices::CallResult moved;
  for (int i = 0; i < kMoveTries; ++i) {
    {
      const auto timed = station_.clock.time(StageClock::move);
      moved = machine_.printer.to_camera(attempt.token);
    }
    if (moved.ok()) return {};
    if (moved.action == devices::Action::op_needed || moved.action == devices::Action::gone ||
        moved.worker_lost)
      if (auto ready = wait_for_operator(machine_, moved); !ready) return ready;
  }
  return machine_.leave("card " + attempt.card + " could not be moved to the camera: " + why_of(moved) +
                        "; it is known and waits inside");
}

void Lane::start_examination(const Attempt& attempt) {
  const std::uint64_t since = devices::monotonic_ns();
  at_camera_ = AtCamera{attempt, std::async(std::launch::async, [this, attempt, since] {
                          return examine(machine_, attempt, since);
                        })};
}

// Waits for the verdict of the card at the camera, if there is one, and brings it to its bin.
Result<void> Lane::finish_camera() {
  if (!at_camera_) return {};
  AtCamera card = std::move(*at_camera_);
  at_camera_.reset();
  const std::string& order_id = card.attempt.job->order_id;
  tally_.step(index_, "judging order " + order_id);
  auto examination = [&] {
    const auto timed = station_.clock.time(StageClock::wait_for_verdict);
    return card.examination.get();
  }();
  if (!examination) return std::unexpected(examination.error());
  if (!examination->not_seen.empty()) return machine_.leave(examination->not_seen);
  const std::string_view verdict = to_string(examination->verdict);
  if (auto sorted = sort_card(machine_, order_id, card.attempt.card, card.attempt.token, verdict); !sorted)
    return sorted;
  if (auto watched = watch_spot(); !watched) return watched;
  tally_.judged(examination->verdict);
  if (examination->verdict != Verdict::good) {
    tally_.rejected({card.attempt.card, order_id, std::string(verdict), examination->summary});
    station_.tell(Notice::Kind::warning, "card " + card.attempt.card + " of order " + order_id + ": " +
                                             std::string(verdict) + ", " + examination->summary);
  }
  return conclude(card.attempt.job, order_id);
}

Result<void> Lane::watch_spot() {
  if (auto followed = spot_.follow(); !followed) return followed;
  auto pause = spot_.due();
  if (!pause) return {};
  pause->width = face_size(machine_.printer.native_dpi()).width;
  if (auto paused = station_.ledger.append({ledger::paused_event(*pause)}); !paused) return paused;
  station_.tell(Notice::Kind::attention, words_of(*pause));
  return spot_.follow();
}

// The card in the machine ends its way, no other one is begun: it would be flagged like those before it.
Result<bool> Lane::wait_until_resumed() {
  if (auto finished = finish_camera(); !finished) return std::unexpected(finished.error());
  const std::string words = words_of(*spot_.paused());
  if (!station_.attended)
    return machine_.leave(words + " (produce --resume-by NAME); the ledger goes on where it stands");
  constexpr auto kPoll = std::chrono::milliseconds(50);
  const auto begun = std::chrono::steady_clock::now();
  machine_.waiting(words);
  while (spot_.paused()) {
    if (!machine_.needed()) {
      machine_.waiting("");
      return false;
    }
    if (std::chrono::steady_clock::now() - begun > station_.settings.operator_wait)
      return machine_.leave(words + "; nobody did in time, the ledger goes on where it stands");
    std::this_thread::sleep_for(kPoll);
    if (auto followed = spot_.follow(); !followed) return std::unexpected(followed.error());
  }
  machine_.waiting("");
  station_.tell(Notice::Kind::info, "camera " + machine_.camera.name() + " was resumed");
  return true;
}

// What the order needs now, read from its cards alone.
Result<void> Lane::conclude(const JobPtr& job, const std::string& order_id) {
  auto cards = station_.ledger.cards_of(order_id);
  if (!cards) return std::unexpected(cards.error());
  return follow(job, order_id, decide(*cards, station_.settings));
}

Result<void> Lane::follow(const JobPtr& job, const std::string& order_id, const Decision& decision) {
  if (decision.kind == Decision::Kind::hold) return hold(order_id, {ErrorCode::bad_data, decision.reason});
  mine_.erase(order_id);
  switch (decision.kind) {
    case Decision::Kind::print_first:
    case Decision::Kind::print_again:
      desk_.give_back(order_id, job, machine_.printer.native_dpi());
      return {};
    case Decision::Kind::done:
      tally_.order_done(order_id);
      break;
    case Decision::Kind::hold:
    case Decision::Kind::wait:
      break;
  }
  desk_.finished(order_id);
  return {};
}

Result<void> Lane::hold(const std::string& order_id, const Error& why) {
  if (why.code != ErrorCode::bad_data) return std::unexpected(why);
  ledger::Event held{.type = "order-held", .order_id = order_id};
  held.data["reason"] = why.message;
  if (auto appended = station_.ledger.append({held}); !appended) return appended;
  mine_.erase(order_id);
  tally_.order_held(order_id);
  station_.tell(Notice::Kind::attention, "order " + order_id + " is held: " + why.message);
  desk_.finished(order_id);
  return {};
}

}  // namespace ktp::pipeline
