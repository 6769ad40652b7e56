// SPDX-License-Identifier: Apache-2.0
#include "pipeline/settle.hpp"

namespace ktp::pipeline {

namespace {

constexpr int kTries = 3;  // a worker that was killed is replaced by the next call

CardState state_of(devices::CardOutcome outcome) {
  switch (outcome) {
    case devices::CardOutcome::not_started:
      return CardState::not_started;
    case devices::CardOutcome::printed:
      return CardState::printed;
    case devices::CardOutcome::spoiled:
      return CardState::spoiled;
    case devices::CardOutcome::unknown:
      return CardState::unknown;
  }
  return CardState::unknown;
}

Settlement by_job_log(Machine& machine, const ledger::CardRow& card) {
  Settlement settlement;
  std::optional<devices::CardRecord> record;
  auto asked = machine.printer.lookup(card.token, record);
  for (int i = 1; i < kTries && asked.worker_lost; ++i) asked = machine.printer.lookup(card.token, record);
  if (!asked.ok()) return settlement;
  if (!record) {
    // A counter that shows less than when the card was promised is another machine's: its log says nothing.
    if (const auto counter = machine.printer.counter();
        machine.printer.counts_cards() && (!counter.ok() || counter.counter_after < card.counter_before))
      return settlement;
    settlement.state = CardState::not_started;
    settlement.at = devices::CardAt::hopper;
    settlement.evidence = "job log: no blank was fed for this print";
    return settlement;
  }
  settlement.state = state_of(record->outcome);
  settlement.uid = record->uid;
  settlement.number = record->number;
  settlement.at = record->at;
  settlement.bin = record->bin;
  settlement.evidence = "job log: " + std::string(devices::to_string(record->outcome)) + ", " +
                        std::string(devices::to_string(record->at));
  return settlement;
}

Settlement by_counter(Machine& machine, const ledger::CardRow& card) {
  Settlement settlement;
  const auto counter = machine.printer.counter();
  if (!counter.ok() || !machine.printer.counts_cards()) return settlement;
  const std::uint64_t fed = counter.counter_after;
  if (fed == card.counter_before) {
    settlement.state = CardState::not_started;
    settlement.at = devices::CardAt::hopper;
    settlement.evidence = "card counter: still " + std::to_string(fed);
    return settlement;
  }
  // One more was fed: it is this card. Whether it was printed to the end only the camera can tell, so the
  // card must be where the camera will see it; a card that left the machine stays unknown until a person
  // finds it.
  devices::DeviceStatus status;
  const auto asked = machine.printer.status(status);
  if (fed == card.counter_before + 1 && asked.ok() &&
      (asked.at == devices::CardAt::inside || asked.at == devices::CardAt::camera)) {
    settlement.state = CardState::printed;
    settlement.number = fed;
    settlement.at = asked.at;
    settlement.evidence = "card counter: one more was fed and lies " +
                          std::string(devices::to_string(asked.at)) + "; the camera will judge the print";
  }
  return settlement;
}

}  // namespace

Settlement whereabouts(Machine& machine, const ledger::CardRow& card) {
  if (machine.printer.keeps_job_log()) return by_job_log(machine, card);
  Settlement settlement;
  devices::DeviceStatus status;
  const auto asked = machine.printer.status(status);
  if (asked.ok()) settlement.at = asked.at;
  return settlement;
}

Result<Settlement> settle(Machine& machine, const ledger::CardRow& card, const std::string& heard_uid) {
  Settlement settlement;
  if (machine.printer.keeps_job_log()) settlement = by_job_log(machine, card);
  if (settlement.state == CardState::unknown) settlement = by_counter(machine, card);
  if (settlement.state == CardState::unknown) {
    machine.station.tell(Notice::Kind::attention,
                         "card " + card.card +
                             " is unknown: the printer cannot tell what became of it. Look in the printer, "
                             "in the output tray and under the camera, and tell the supervisor");
    return settlement;
  }
  const bool has_body = settlement.state == CardState::printed || settlement.state == CardState::spoiled;
  if (has_body && settlement.uid.empty()) settlement.uid = heard_uid;
  ledger::Event settled{.type = "settled",
                        .order_id = card.order_id,
                        .card = card.card,
                        .token = card.token,
                        .uid = settlement.uid};
  settled.data["outcome"] = std::string(to_string(settlement.state));
  if (settlement.number != 0) settled.data["number"] = settlement.number;
  settled.data["evidence"] = settlement.evidence;
  if (auto appended = machine.station.ledger.append({settled}); !appended)
    return std::unexpected(appended.error());
  return settlement;
}

}  // namespace ktp::pipeline
