// SPDX-License-Identifier: Apache-2.0
#include "pipeline/blank.hpp"

namespace ktp::pipeline {

namespace {
constexpr int kStatusTries = 3;  // a worker that was killed is replaced by the next call
}

Result<BlankCommitment> commit_blank(Station& station, std::shared_ptr<const Job> job,
                                     const std::optional<Replacement>& replaces) {
  auto card = station.ledger.next_card();
  if (!card) return std::unexpected(card.error());
  BlankCommitment commitment;
  commitment.attempt.job = std::move(job);
  commitment.attempt.card = *card;
  commitment.attempt.token = ledger::new_token();
  const std::string& order_id = commitment.attempt.job->order_id;
  if (replaces) {
    ledger::Event decided{.type = "reprint-decided", .order_id = order_id, .card = *card};
    decided.data["replaces"] = replaces->card;
    decided.data["reason"] = replaces->reason;
    if (!replaces->confirmed_by.empty()) {
      decided.data["asked_by"] = replaces->asked_by;
      decided.data["confirmed_by"] = replaces->confirmed_by;
    }
    commitment.events.push_back(std::move(decided));
  }
  commitment.events.push_back(
      {.type = "blank-committed", .order_id = order_id, .card = *card, .token = commitment.attempt.token});
  return commitment;
}

Result<void> load_hopper(Machine& machine) {
  const std::string& device = machine.printer.name();
  // An unknown card, or one whose print was cut off, may or may not have left the hopper: no comparison means
  // anything until it is settled.
  auto unknown = machine.station.ledger.unknown_of(device);
  if (!unknown) return std::unexpected(unknown.error());
  if (*unknown != 0) return {};
  devices::DeviceStatus status;
  auto asked = machine.printer.status(status);
  for (int i = 1; i < kStatusTries && asked.worker_lost; ++i) asked = machine.printer.status(status);
  if (!asked.ok()) return machine.leave("printer " + device + " does not answer: " + asked.message);
  const auto supply = status.supplies.find("hopper");
  if (supply == status.supplies.end() || supply->second.level < 0)
    return {};  // this printer cannot count its blanks
  const std::int64_t holds = supply->second.level;
  const std::lock_guard one_at_a_time(*machine.station.stock);
  auto expected = machine.station.ledger.hopper_expected(device);
  if (!expected) return std::unexpected(expected.error());
  const std::int64_t more = holds - *expected;
  if (more < 0) {
    ledger::Event missing{.type = "discrepancy"};
    missing.data["term"] = "in_machine";
    missing.data["count"] = -more;
    missing.data["device"] = device;
    missing.data["reason"] = "the hopper of " + device + " holds " + std::to_string(holds) +
                             " blanks, the ledger expects " + std::to_string(*expected);
    machine.station.tell(Notice::Kind::attention, missing.data["reason"].get<std::string>() +
                                                      "; count the hopper and look for the missing blanks");
    return machine.station.ledger.append({missing});
  }
  if (more == 0) return {};
  auto balance = machine.station.ledger.balance();
  if (!balance) return std::unexpected(balance.error());
  std::vector<ledger::Event> events;
  const std::int64_t stock = balance->at("in_stock");
  if (stock < more) {
    if (!machine.station.settings.stock_from_hopper)
      return fail(ErrorCode::bad_data, "the hopper of " + device + " holds " + std::to_string(more) +
                                           " blanks that are not booked, stock has " + std::to_string(stock) +
                                           "; book their delivery first: ktp-station blanks receive " +
                                           std::to_string(more - stock));
    ledger::Event received{.type = "blanks-received"};
    received.data["count"] = more - stock;
    received.data["paper"] = "found in the hopper (stock: from-hopper)";
    events.push_back(std::move(received));
  }
  ledger::Event loaded{.type = "blanks-loaded"};
  loaded.data["count"] = more;
  loaded.data["device"] = device;
  events.push_back(std::move(loaded));
  return machine.station.ledger.append(events);
}

Result<void> hopper_is_booked(Machine& machine) {
  const std::string& device = machine.printer.name();
  const auto supplies = machine.printer.last_status().supplies;
  const auto hopper = supplies.find("hopper");
  if (hopper != supplies.end() && hopper->second.level >= 0) return {};
  const auto expected = machine.station.ledger.hopper_expected(device);
  if (!expected) return std::unexpected(expected.error());
  if (*expected > 0) return {};
  return machine.leave(
      "printer " + device +
      " cannot count its blanks, and no booked one is left in it; count what you put in, book it "
      "and start again: ktp-station blanks load N --printer " +
      device);
}

}  // namespace ktp::pipeline
