// SPDX-License-Identifier: Apache-2.0
#include "pipeline/produce.hpp"

#include <deque>
#include <future>
#include <thread>

#include "pipeline/balance.hpp"
#include "pipeline/blank.hpp"
#include "pipeline/bounded_queue.hpp"
#include "pipeline/decide.hpp"
#include "pipeline/examine.hpp"
#include "pipeline/operator_wait.hpp"
#include "pipeline/prepare.hpp"
#include "pipeline/print.hpp"
#include "pipeline/recover.hpp"
#include "pipeline/settle.hpp"
#include "pipeline/sort.hpp"
#include "pipeline/verdict.hpp"

namespace ktp::pipeline {

namespace {

struct Prepared {
  std::string order_id;
  Result<std::shared_ptr<const Job>> job;
};

// Two jobs wait at most: one printing, one ready, one being drawn keeps both cores busy and memory flat.
constexpr std::size_t kPreparedAhead = 2;
constexpr int kMoveTries = 5;

class Production {
 public:
  Production(Station& station, std::string batch)
      : station_(station), batch_(std::move(batch)), preparer_(station) {}

  Result<ProductionReport> run() {
    auto waiting = recover(station_);
    if (!waiting) return std::unexpected(waiting.error());
    for (const WaitingCard& card : *waiting)
      if (auto resumed = resume(card); !resumed) return std::unexpected(resumed.error());
    if (auto loaded = load_hopper(station_); !loaded) return std::unexpected(loaded.error());
    auto produced = produce_orders();
    // Whatever happened, a card at the camera is judged and sorted if it still can be, so that its place is
    // known.
    if (auto finished = finish_camera(); !finished && produced) produced = finished;
    report_.stopped = station_.stop.after_card();
    if (!produced && !station_.stop.now()) return std::unexpected(produced.error());
    // Stopped at once: the devices are not asked again, the ledger says what it knows.
    auto terms = station_.stop.now() ? station_.ledger.balance() : balance(station_);
    if (!terms) return std::unexpected(terms.error());
    report_.balance = *terms;
    report_.progress = progress_;
    report_.seconds = seconds();
    return report_;
  }

 private:
  struct Again {
    std::shared_ptr<const Job> job;
    Decision decision;
  };
  struct AtCamera {
    Attempt attempt;
    std::future<Result<Examination>> examination;
  };

  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }

  void show(std::string step) {
    progress_.step = std::move(step);
    const double elapsed = seconds();
    progress_.cards_per_second = elapsed > 0 ? static_cast<double>(progress_.cards_printed) / elapsed : 0;
    if (progress_.orders_done > 0 && progress_.orders_total >= progress_.orders_done) {
      const double left = static_cast<double>(progress_.orders_total - progress_.orders_done);
      progress_.eta = std::chrono::seconds(
          static_cast<long>(elapsed / static_cast<double>(progress_.orders_done) * left));
    }
    const devices::DeviceStatus status = station_.printer.last_status();
    const auto level = [&](const char* id) {
      const auto found = status.supplies.find(id);
      return found == status.supplies.end() ? std::int64_t{-2} : found->second.level;
    };
    progress_.ribbon_left = level("ribbon");
    progress_.hopper_left = level("hopper");
    station_.progress(progress_);
  }

  // A card that an earlier run printed: photographed and judged against the order's face, drawn again.
  Result<void> resume(const WaitingCard& waiting) {
    const ledger::CardRow& card = waiting.card;
    auto job = preparer_.prepare(card.order_id);
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
      if (auto sorted = sort_card(station_, card.order_id, card.card, card.token, "review"); !sorted)
        return sorted;
      return follow_up(nullptr, card.order_id);
    }
    const Attempt attempt = attempt_of(card, *job);
    if (waiting.at != devices::CardAt::camera)
      if (auto moved = move_to_camera(attempt); !moved) return moved;
    start_examination(attempt);
    return finish_camera();
  }

  static Attempt attempt_of(const ledger::CardRow& card, std::shared_ptr<const Job> job) {
    return {.job = std::move(job),
            .card = card.card,
            .token = card.token,
            .uid = card.uid,
            .number = card.number};
  }

  Result<void> produce_orders() {
    std::vector<std::string> work;
    for (const OrderState state : {OrderState::printing, OrderState::accepted}) {
      auto ids = station_.ledger.order_ids(batch_, state);
      if (!ids) return std::unexpected(ids.error());
      work.insert(work.end(), ids->begin(), ids->end());
    }
    progress_.orders_total =
        work.size() + progress_.orders_done;  // those that recovery finished belong to the run
    begun_ = std::chrono::steady_clock::now();
    BoundedQueue<Prepared> prepared(kPreparedAhead);
    std::jthread drawing([&] {
      for (const std::string& order_id : work)
        if (!prepared.push({order_id, preparer_.prepare(order_id)})) return;
      prepared.close();
    });
    auto result = machine(prepared);
    prepared.close(true);
    return result;
  }

  Result<void> machine(BoundedQueue<Prepared>& prepared) {
    while (!station_.stop.after_card()) {
      if (again_.empty()) {
        auto next = prepared.pop();
        if (!next) {
          // The batch is drawn out; the card at the camera may still ask for another one.
          if (auto finished = finish_camera(); !finished) return finished;
          if (again_.empty()) return {};
          continue;
        }
        if (!next->job) {
          if (auto held = hold(next->order_id, next->job.error()); !held) return held;
          continue;
        }
        auto cards = station_.ledger.cards_of(next->order_id);
        if (!cards) return std::unexpected(cards.error());
        if (auto queued = follow(*next->job, next->order_id, decide(*cards, station_.settings)); !queued)
          return queued;
        continue;
      }
      const Again now = std::move(again_.front());
      again_.pop_front();
      if (auto printed = print_one(now); !printed) return printed;
    }
    return {};
  }

  Result<void> print_one(const Again& now) {
    std::optional<Replacement> replaces;
    if (now.decision.kind == Decision::Kind::print_again)
      replaces = Replacement{now.decision.replaces, now.decision.reason};
    auto commitment = commit_blank(station_, now.job, replaces);
    if (!commitment) return std::unexpected(commitment.error());
    show("printing order " + now.job->order_id);
    auto printed = print_card(station_, std::move(*commitment));
    if (!printed) return std::unexpected(printed.error());
    if (printed->attempt.card.empty()) {  // the printer did not even answer; nothing was promised
      if (auto ready = make_ready(printed->result); !ready) return ready;
      again_.push_front(now);
      return {};
    }
    if (printed->outcome == devices::CardOutcome::unknown)
      if (auto known = settle_now(*printed); !known) return known;
    Attempt& attempt = printed->attempt;
    switch (printed->outcome) {
      case devices::CardOutcome::printed:
        ++progress_.cards_printed;
        if (auto finished = finish_camera(); !finished) return finished;
        if (station_.stop.now()) return {};  // printed, inside, recorded: the next start photographs it
        if (auto moved = move_to_camera(attempt); !moved) return moved;
        start_examination(attempt);
        return {};
      case devices::CardOutcome::spoiled:
        ++progress_.cards_printed;
        ++progress_.spoiled;
        report_.rejects.push_back({attempt.card, attempt.job->order_id, "spoiled", printed->result.message});
        station_.tell(Notice::Kind::warning, "card " + attempt.card + " of order " + attempt.job->order_id +
                                                 " is spoiled: " + printed->result.message);
        if (auto sorted = sort_card(station_, attempt.job->order_id, attempt.card, attempt.token, "damaged");
            !sorted)
          return sorted;
        break;
      case devices::CardOutcome::not_started:
        if (printed->result.code != 0 || printed->result.worker_lost)
          if (auto ready = make_ready(printed->result); !ready) return ready;
        break;
      case devices::CardOutcome::unknown:
        break;  // stays unknown: follow_up waits for evidence, other orders go on
    }
    return follow_up(attempt.job, attempt.job->order_id);
  }

  // The printer did not do it. What the result asks for is done before anything else is tried.
  Result<void> make_ready(const devices::CallResult& result) {
    using devices::Action;
    if (result.action == Action::stop_device || result.action == Action::gone)
      if (!result.worker_lost)
        return fail(ErrorCode::internal,
                    "printer " + station_.printer.name() + " stopped: " + result.message +
                        "; see to it and start again, the ledger goes on where it stands");
    if (result.action == Action::op_needed || result.worker_lost) {
      if (auto ready = wait_for_operator(station_, result); !ready) return ready;
      return load_hopper(station_);  // the operator may have filled the hopper
    }
    if (++retries_in_a_row_ > 20)
      return fail(ErrorCode::internal,
                  "printer " + station_.printer.name() + " keeps failing: " + result.message);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return {};
  }

  Result<void> settle_now(Printed& printed) {
    Attempt& attempt = printed.attempt;
    station_.tell(Notice::Kind::warning, "card " + attempt.card + " of order " + attempt.job->order_id +
                                             " is unknown: " + printed.result.message);
    if (auto ready = wait_for_operator(station_, printed.result); !ready) return ready;
    auto row = station_.ledger.card(attempt.card);
    if (!row) return std::unexpected(row.error());
    if (!*row) return fail(ErrorCode::internal, "card " + attempt.card + " is not in the ledger");
    auto settled = settle(station_, **row);
    if (!settled) return std::unexpected(settled.error());
    attempt.uid = settled->uid;
    attempt.number = settled->number;
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

  Result<void> move_to_camera(const Attempt& attempt) {
    devices::CallResult moved;
    for (int i = 0; i < kMoveTries; ++i) {
      {
        const auto timed = station_.clock.time(StageClock::move);
        moved = station_.printer.to_camera(attempt.token);
      }
      if (moved.ok()) return {};
      if (moved.action == devices::Action::op_needed || moved.worker_lost)
        if (auto ready = wait_for_operator(station_, moved); !ready) return ready;
    }
    return fail(ErrorCode::internal, "card " + attempt.card + " could not be moved to the camera: " +
                                         moved.message + "; it is known and waits inside");
  }

  void start_examination(const Attempt& attempt) {
    const std::uint64_t since = devices::monotonic_ns();
    at_camera_ = AtCamera{attempt, std::async(std::launch::async, [this, attempt, since] {
                            return examine(station_, attempt, since);
                          })};
  }

  // Waits for the verdict of the card at the camera, if there is one, and brings it to its bin.
  Result<void> finish_camera() {
    if (!at_camera_) return {};
    AtCamera card = std::move(*at_camera_);
    at_camera_.reset();
    show("judging order " + card.attempt.job->order_id);
    auto examination = [&] {
      const auto timed = station_.clock.time(StageClock::wait_for_verdict);
      return card.examination.get();
    }();
    if (!examination) return std::unexpected(examination.error());
    const std::string_view verdict = to_string(examination->verdict);
    if (auto sorted =
            sort_card(station_, card.attempt.job->order_id, card.attempt.card, card.attempt.token, verdict);
        !sorted)
      return sorted;
    count(examination->verdict);
    if (examination->verdict != Verdict::good) {
      report_.rejects.push_back(
          {card.attempt.card, card.attempt.job->order_id, std::string(verdict), examination->summary});
      station_.tell(Notice::Kind::warning, "card " + card.attempt.card + " of order " +
                                               card.attempt.job->order_id + ": " + std::string(verdict) +
                                               ", " + examination->summary);
    }
    return follow_up(card.attempt.job, card.attempt.job->order_id);
  }

  void count(Verdict verdict) {
    switch (verdict) {
      case Verdict::good:
        ++progress_.good;
        break;
      case Verdict::damaged:
        ++progress_.damaged;
        break;
      case Verdict::duplicate:
        ++progress_.duplicate;
        break;
      case Verdict::mismatch:
        ++progress_.mismatch;
        break;
      case Verdict::review:
        ++progress_.review;
        break;
    }
  }

  Result<void> follow_up(std::shared_ptr<const Job> job, const std::string& order_id) {
    auto cards = station_.ledger.cards_of(order_id);
    if (!cards) return std::unexpected(cards.error());
    return follow(std::move(job), order_id, decide(*cards, station_.settings));
  }

  Result<void> follow(std::shared_ptr<const Job> job, const std::string& order_id, const Decision& decision) {
    switch (decision.kind) {
      case Decision::Kind::print_first:
      case Decision::Kind::print_again:
        if (job != nullptr) again_.push_back({std::move(job), decision});
        return {};
      case Decision::Kind::hold:
        return hold(order_id, {ErrorCode::bad_data, decision.reason});
      case Decision::Kind::done:
        ++progress_.orders_done;
        retries_in_a_row_ = 0;
        show("order " + order_id + " done");
        return {};
      case Decision::Kind::wait:
        return {};
    }
    return {};
  }

  Result<void> hold(const std::string& order_id, const Error& why) {
    if (why.code != ErrorCode::bad_data) return std::unexpected(why);
    ledger::Event held{.type = "order-held", .order_id = order_id};
    held.data["reason"] = why.message;
    report_.held.push_back(order_id);
    ++progress_.orders_done;
    station_.tell(Notice::Kind::attention, "order " + order_id + " is held: " + why.message);
    return station_.ledger.append({held});
  }

  Station& station_;
  std::string batch_;
  Preparer preparer_;
  ProductionReport report_;
  Progress progress_;
  std::deque<Again> again_;
  std::optional<AtCamera> at_camera_;
  int retries_in_a_row_ = 0;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace

Result<ProductionReport> produce(Station& station, const std::string& batch) {
  return Production(station, batch).run();
}

}  // namespace ktp::pipeline
