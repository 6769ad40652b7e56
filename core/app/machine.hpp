// SPDX-License-Identifier: Apache-2.0
// The machines of a running station: their devices, the batches that wait, and the thread that produces them.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "app/config.hpp"
#include "app/open_station.hpp"
#include "app/paths.hpp"
#include "devices/devices.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/produce.hpp"
#include "web/board.hpp"

namespace ktp::app {

/// What does not change while the station runs. Owned by the run command.
struct Equipment {
  const Config& config;
  ledger::Ledger& ledger;
  const ledger::PersonalKey& key;
  const artwork::Regions& regions;
  std::shared_ptr<const artwork::Template> art;
  /// What judges now; asked when a run begins.
  std::function<std::shared_ptr<const inspection::Profile>()> profile;
  std::filesystem::path data;
};

/// Threads: every member from any. One thread of its own runs the pipeline and, between runs, asks the
/// devices how they are; nothing here waits for it.
class Machine {
 public:
  using Notice = std::function<void(const pipeline::Notice&)>;

  Machine(Equipment equipment, const OpenLanes& lanes, Notice notice);
  /// Stops after the card in the machine and waits for it.
  ~Machine();

  /// Checks every row of a batch file and queues what is to be printed. Waits while a batch is taken in, not
  /// for the machine.
  Result<pipeline::IntakeReport> add(const std::filesystem::path& csv,
                                     const std::function<void(const pipeline::RefusedRow&)>& refused);

  /// Puts every batch into the queue that an earlier start left orders of.
  Result<void> find_unfinished();
  /// A decision may have given this batch an order to print again, or taken one away.
  Result<void> look_for_work(const std::string& batch);
  /// One place up or down among the batches that are not done, or set aside (not begun until it is taken up
  /// again: only one that waits or was stopped). Kept in DATA/queue.json over restarts. Errors: input_missing
  /// (no such batch), bad_data (it cannot), internal (the file cannot be written; nothing was changed).
  Result<void> move(const std::string& batch, bool up, const std::string& user);
  Result<void> set_aside(const std::string& batch, bool aside, const std::string& user);
  /// Order and set-aside batches as an earlier start left them; after every batch is in the queue.
  void restore_queue();
  /// Does something while the machine stands and cannot be started. Error in_use when it runs.
  Result<void> while_standing(const std::function<Result<void>()>& act);

  /// Gives the devices to something else than production until `work` returns; it runs on the machine's
  /// thread, and state is "sorting". `wake`: the stop switch was moved [any thread]. Error in_use when the
  /// machine runs.
  Result<void> lend(std::function<void(pipeline::StopSwitch&)> work, std::function<void()> wake);
  /// Called again and again while nothing runs, on the machine's thread; answers how soon it wants to be
  /// called again, at most a second later it is.
  void when_standing(std::function<std::chrono::milliseconds()> act);

  /// Begins the batch that waits, or goes on with the one that was stopped. Errors in_use (it runs),
  /// input_missing (nothing waits).
  Result<void> start();
  /// Error input_missing when nothing runs.
  Result<void> stop_after_card();
  /// As soon as the card's place is known: also what the devices are doing is cancelled.
  void stop_at_once();

  [[nodiscard]] web::RunView view() const;
  [[nodiscard]] std::vector<web::DeviceView> devices() const;
  /// Waits until nothing runs and nothing waits, at most for `time`; false if something still does.
  bool wait_idle(std::chrono::milliseconds time);
  /// How the last batch ended, if one did.
  [[nodiscard]] std::optional<Result<pipeline::ProductionReport>> last() const;

 private:
  void run();
  void produce_next();
  Result<std::size_t> orders_left(const std::string& batch) const;
  Result<void> save_queue(const std::vector<web::BatchView>& queue) const;
  void settle_view(std::size_t left);                                                  // under mutex_
  [[nodiscard]] bool busy() const { return running_ || wanted_ || lent_ != nullptr; }  // under mutex_
  web::BatchView* batch_to_run();                                                      // under mutex_

  const Equipment equipment_;
  const OpenLanes& lanes_;
  const Notice notice_;
  pipeline::StopSwitch stop_;
  pipeline::StageClock clock_;

  std::mutex intake_;         // one batch file at a time
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  web::RunView view_;
  std::map<std::string, pipeline::Turn> turns_;  // by camera
  bool wanted_ = false, running_ = false, ending_ = false;
  std::function<void(pipeline::StopSwitch&)> lent_;  // what has the devices, or is about to; empty: nothing
  std::function<void()> wake_;
  std::function<std::chrono::milliseconds()> standing_;
  std::optional<Result<pipeline::ProductionReport>> last_;
  std::thread thread_;
};

}  // namespace ktp::app
