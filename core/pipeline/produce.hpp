// SPDX-License-Identifier: Apache-2.0
// The sequence of the steps: nothing else decides what comes after what.
#pragma once
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

struct Reject {
  std::string card, order_id, verdict, why;
};

struct ProductionReport {
  Progress progress;
  ledger::Balance balance;
  std::vector<Reject> rejects;    ///< of this run, in order
  std::vector<std::string> held;  ///< orders held in this run
  bool stopped = false;           ///< the operator stopped it; orders of the batch are left
  double seconds = 0;
};

/// Prints, photographs, inspects and sorts every order of a batch that still needs a card, going on wherever
/// the ledger stands: first what an earlier run left in the machine, then the orders in row order, card n+1
/// printing while card n is examined. Error internal (with everything known recorded) when the machine or the
/// ledger fails for good.
Result<ProductionReport> produce(Station& station, const std::string& batch);

}  // namespace ktp::pipeline
