// SPDX-License-Identifier: Apache-2.0
// Step blank: order + hopper -> blank. Event: blank-committed, before anything moves. Also books what the
// hopper holds.
#pragma once
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "ledger/event.hpp"
#include "pipeline/job.hpp"
#include "pipeline/machine.hpp"

namespace ktp::pipeline {

/// Why an order gets a further card.
struct Replacement {
  std::string card;  ///< the one it replaces
  std::string reason;
  std::string asked_by{}, confirmed_by{};  ///< the two people who decided it; "" where the rule did
};

/// A new attempt for a job, and the events that commit its blank; nothing is appended yet (print does, in one
/// transaction with print-started).
struct BlankCommitment {
  Attempt attempt;
  std::vector<ledger::Event> events;
};
Result<BlankCommitment> commit_blank(Station& station, std::shared_ptr<const Job> job,
                                     const std::optional<Replacement>& replaces);

/// Compares the machine's hopper with the ledger (docs/contracts.md section 3): blanks more than the ledger
/// expects are loaded from stock, or received and loaded where the configuration says so; blanks fewer become
/// a named discrepancy. Nothing is compared while a card of this printer is unknown. Error bad_data naming
/// both numbers when stock does not have what the hopper holds; the machine leaves when its printer does not
/// answer.
Result<void> load_hopper(Machine& machine);

/// A printer that cannot count its blanks prints only blanks that were booked into it (`blanks load`): the
/// machine leaves when there are none. Always well for one that counts.
Result<void> hopper_is_booked(Machine& machine);

}  // namespace ktp::pipeline
