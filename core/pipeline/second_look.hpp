// SPDX-License-Identifier: Apache-2.0
// A finding that could be dust or glare asks for another photograph before it rejects: one more, never two.
#pragma once
#include <functional>
#include <string>

#include "inspection/inspection.hpp"
#include "ledger/event.hpp"
#include "pipeline/capture.hpp"

namespace ktp::pipeline {

/// How one side of a card was looked at.
struct Look {
  Shot shot;                  ///< the first photograph
  inspection::Report report;  ///< what counts

  /// Why there was a second look and what came of it; "" = one photograph was enough. `cleared`: the second
  /// one is clean; `confirmed`: it is not; `same-picture`, `no-picture`: the camera gave nothing new.
  std::string second_look;
  Shot again;                ///< the second photograph, where there is one
  inspection::Report other;  ///< the report that does not count, where there are two

  [[nodiscard]] bool cleared() const { return second_look == "cleared"; }
};

/// Looks again where the report may be of something loose. `photograph` takes one picture of this side,
/// `inspect` judges it.
void look_again(Look& look, const std::function<Shot()>& photograph,
                const std::function<inspection::Report(const Shot&)>& inspect);

/// Adds the second looks to the events `captured` (hash of the second photograph) and `inspected` (what came
/// of it, and the findings of the report that did not count).
void note_second_looks(const Look& front, const Look& back, ledger::Event& captured,
                       ledger::Event& inspected);

}  // namespace ktp::pipeline
