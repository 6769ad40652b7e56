// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <mutex>
#include <set>
#include <string>

#include "domain/verdict.hpp"
#include "pipeline/machine.hpp"
#include "pipeline/produce.hpp"

namespace ktp::pipeline {

/// What a run has come to, over all its lanes; tells Station::progress of every change. Threads: any.
class Tally {
 public:
  Tally(Station& station, std::size_t orders_total);

  /// `lane` counts from 0, in the order of Station::lanes.
  void step(std::size_t lane, std::string what);
  void turning(std::size_t lane, const std::optional<Turn>& turn);
  void waiting(std::size_t lane, std::string words);
  void out(std::size_t lane, std::string why);
  void printed(std::size_t lane);
  void spoiled(std::size_t lane, Reject reject);
  void judged(Verdict verdict);
  void rejected(Reject reject);
  void order_done(const std::string& order_id);
  void order_held(const std::string& order_id);

  /// Rejects, held orders and progress; the rest of a report is the caller's.
  [[nodiscard]] ProductionReport report() const;

 private:
  template <class Change>
  void change(Change&& make);
  void done(const std::string& order_id);  // under mutex_
  [[nodiscard]] double seconds() const;

  Station& station_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::mutex telling_;        // one call of Station::progress at a time, newest last
  mutable std::mutex mutex_;  // guards what follows
  Progress progress_;
  std::set<std::string> done_;  // an order counts once, whatever becomes of it later
  std::vector<Reject> rejects_;
  std::vector<std::string> held_;
};

}  // namespace ktp::pipeline
