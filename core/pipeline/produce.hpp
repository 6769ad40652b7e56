// SPDX-License-Identifier: Apache-2.0
// A whole run: hands the orders of a batch to the lanes and closes the books. What comes after what for one
// card is in lane.cpp and nowhere else.
#pragma once
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

struct Reject {
  std::string card, order_id, verdict, why;
};

/// A printer that left the run before its end, and why.
struct LaneOut {
  std::string printer, why;
};

struct ProductionReport {
  Progress progress;
  ledger::Balance balance;
  std::vector<Reject> rejects;    ///< of this run, in order
  std::vector<std::string> held;  ///< orders held in this run
  bool stopped = false;           ///< the operator stopped it; orders of the batch are left
  std::vector<LaneOut> out;       ///< printers that left the run; the others went on
  std::size_t orders_left = 0;    ///< orders of the batch that still need a card or wait for one
  double seconds = 0;
};

/// Prints, photographs, inspects and sorts every order of a batch that still needs a card, going on wherever
/// the ledger stands. Each lane runs on a thread of its own: first what an earlier run left in its printer,
/// then orders in row order, whichever lane is free takes the next, card n+1 printing while card n is
/// examined. A printer that fails, waits or is unplugged keeps its unfinished card and nothing else: its
/// other orders go to the other lanes. Errors, with everything known recorded: internal when the ledger fails
/// or every printer has left the run; bad_data when a hopper holds more blanks than were booked.
Result<ProductionReport> produce(Station& station, const std::string& batch);

}  // namespace ktp::pipeline
