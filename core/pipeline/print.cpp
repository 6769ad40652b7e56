// SPDX-License-Identifier: Apache-2.0
#include "pipeline/print.hpp"

namespace ktp::pipeline {

namespace {

// Kept with a card where it explains what became of it.
void explain(ledger::Event& event, const devices::CallResult& result) {
  if (result.code != 0) event.data["code"] = result.code;
  if (result.vendor_code != 0) event.data["vendor_code"] = result.vendor_code;
  if (!result.message.empty()) event.data["message"] = result.message;
  if (!result.violation.empty()) event.data["violation"] = result.violation;
  if (result.worker_lost) event.data["worker_lost"] = true;
}

}  // namespace

Result<Printed> print_card(Machine& machine, BlankCommitment commitment) {
  Printed printed{.attempt = std::move(commitment.attempt), .outcome = {}, .result = {}};
  Attempt& attempt = printed.attempt;
  const auto counter = machine.printer.counter();
  if (!counter.ok()) {  // nothing was promised yet, so there is nothing to record
    printed.result = counter;
    printed.outcome = devices::CardOutcome::not_started;
    attempt.card.clear();
    return printed;
  }
  ledger::Event started{.type = "print-started",
                        .order_id = attempt.job->order_id,
                        .card = attempt.card,
                        .token = attempt.token};
  started.data["device"] = machine.printer.name();
  started.data["counter_before"] = counter.counter_after;
  commitment.events.push_back(std::move(started));
  if (auto appended = machine.station.ledger.append(commitment.events); !appended)
    return std::unexpected(appended.error());

  const int dpi = static_cast<int>(attempt.job->front.dpi + 0.5);
  {
    const auto timed = machine.station.clock.time(StageClock::print);
    printed.result =
        machine.printer.print(attempt.token, attempt.job->front.image, &attempt.job->back.image, dpi);
  }
  printed.outcome = printed.result.outcome;
  attempt.uid = printed.result.uid;
  if (printed.outcome == devices::CardOutcome::printed || printed.outcome == devices::CardOutcome::spoiled)
    attempt.number = printed.result.counter_after;

  ledger::Event ended{
      .type = "print-ended", .order_id = attempt.job->order_id, .card = attempt.card, .token = attempt.token};
  // An unknown card's chip UID is only believed once it is settled.
  if (printed.outcome == devices::CardOutcome::printed || printed.outcome == devices::CardOutcome::spoiled)
    ended.uid = attempt.uid;
  ended.data["outcome"] = std::string(devices::to_string(printed.outcome));
  if (attempt.number != 0) ended.data["number"] = attempt.number;
  explain(ended, printed.result);
  if (printed.outcome != devices::CardOutcome::printed)
    for (const devices::Reason& reason : machine.printer.last_status().reasons)
      ended.data["reasons"].push_back(reason.keyword);
  if (auto appended = machine.station.ledger.append({ended}); !appended)
    return std::unexpected(appended.error());
  return printed;
}

}  // namespace ktp::pipeline
