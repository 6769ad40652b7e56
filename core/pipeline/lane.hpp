// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "pipeline/decide.hpp"
#include "pipeline/machine.hpp"
#include "pipeline/order_desk.hpp"
#include "pipeline/print.hpp"
#include "pipeline/recover.hpp"
#include "pipeline/spot_watch.hpp"
#include "pipeline/tally.hpp"

namespace ktp::pipeline {

/// One printer at work, with its camera: first what an earlier run left in it, then orders from the desk as
/// long as there are any, card n+1 printing while card n is examined. Whatever becomes of it, the orders it
/// does not do are at the desk for the others, and the card it holds is where the ledger says. Threads: `run`
/// on one of its own; the rest before it begins or after it has ended.
class Lane {
 public:
  /// `index` in Station::lanes; `open`: unfinished cards of this printer.
  Lane(Station& station, std::size_t index, OrderDesk& desk, Tally& tally, std::vector<ledger::CardRow> open);

  void run();

  [[nodiscard]] Machine& machine() { return machine_; }
  /// What ended the run for the whole station; none if the lane finished, was stopped, or only left itself
  /// (machine().out).
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  struct AtCamera {
    Attempt attempt;
    std::future<Result<Examination>> examination;
  };
  using JobPtr = std::shared_ptr<const Job>;

  Result<void> work();
  /// False: the printer is not ready and nothing is left that needs it.
  Result<bool> start();
  Result<void> take_up(std::vector<ledger::CardRow> open);
  Result<void> resume(const WaitingCard& waiting);
  Result<void> print_one(OrderDesk::Task task);
  Result<void> print_for(const JobPtr& job, const Decision& decision);
  Result<void> bring_on(const JobPtr& job, const Printed& printed, bool settled);
  Result<void> settle_now(Printed& printed);
  Result<void> make_ready(const devices::CallResult& result);
  Result<void> move_to_camera(const Attempt& attempt);
  void start_examination(const Attempt& attempt);
  Result<void> finish_camera();
  /// Reads what its last cards have in common; enough of that is a pause.
  Result<void> watch_spot();
  /// False: nothing is left that it should go on for.
  Result<bool> wait_until_resumed();
  Result<void> conclude(const JobPtr& job, const std::string& order_id);
  Result<void> follow(const JobPtr& job, const std::string& order_id, const Decision& decision);
  Result<void> hold(const std::string& order_id, const Error& why);
  void started();
  /// What went wrong with the drivers of this lane in this run, for the log: it outlives their worker
  /// processes.
  Result<void> report_devices();

  Station& station_;
  const std::size_t index_;
  OrderDesk& desk_;
  Tally& tally_;
  Machine machine_;
  const devices::DeviceStatus printer_before_, camera_before_,
      reader_before_;  // counts go on over the runs of a process
  SpotWatch spot_;
  std::vector<ledger::CardRow> open_;
  std::optional<AtCamera> at_camera_;
  std::set<std::string> mine_;  // orders in this lane's hand
  std::atomic<bool> started_{false};
  bool prints_to_camera_ = false;  ///< its last card came out under the camera by itself
  int retries_in_a_row_ = 0;
  std::optional<Error> failure_;
};

}  // namespace ktp::pipeline
