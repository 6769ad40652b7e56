// SPDX-License-Identifier: Apache-2.0
#include "bench/campaign/desk.hpp"

#include <thread>

namespace ktp::campaign {

void expect(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

Desk::Desk(const Campaign& campaign)
    : campaign_(campaign),
      truth_(*map_truth(truth_of(campaign), 0)),
      lock_(must(ledger::DataLock::acquire(data_of(campaign), std::chrono::seconds(15)), "lock")),
      key_(must(ledger::PersonalKey::load(data_of(campaign), true), "key")),
      ledger_(must(ledger::Ledger::open(data_of(campaign), true, [this] { return clock(); }), "ledger")),
      appends_before_(truth_.appends_us) {
  finish_movement();
  must(ledger_->each_card([this](const ledger::CardRow& row) { know(row); }), "cards");
}

// The campaign's calendar; within a day time goes on with the work, also over a restart.
std::chrono::system_clock::time_point Desk::clock() const {
  using namespace std::chrono;
  return sys_days(2020y / March / 20) + hours(24) * static_cast<int>(truth_.day.load()) + hours(1) +
         milliseconds(truth_.ticks.load());
}

// The time in the ledger is told at every step, so that a killed office has told nearly everything.
void Desk::tick() {
  ++truth_.ticks;
  ++truth_.steps;
  wait_for_the_cut(200);
  truth_.appends_us = appends_before_ + static_cast<std::uint64_t>(ledger_->append_seconds() * 1e6);
}

void Desk::wait_for_the_cut(std::uint64_t steps) const {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (truth_.due != 0 && truth_.steps >= truth_.due + steps && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void Desk::taken_rows(std::uint64_t rows) {
  ++truth_.ticks;
  if (rows <= truth_.rows_taken) return;
  truth_.steps += rows - truth_.rows_taken;
  truth_.rows_taken = rows;
}

void Desk::know(const ledger::CardRow& row) {
  if (row.number != 0) card_of_[row.number] = row.card;
}

std::uint64_t Desk::number_of(const std::string& card) const {
  const auto row = must(ledger_->card(card), "card");
  expect(row && row->number != 0, "card " + card + " has no body");
  return row->number;
}

void Desk::finish_movement() {
  const std::uint64_t number = truth_.hand.number;
  if (number == 0) return;
  body(number) = truth_.hand.after;
  truth_.hand.number = 0;
}

}  // namespace ktp::campaign
