// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "domain/error.hpp"
#include "pipeline/prepare.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

/// Hands the orders of a run out to whichever lane is free, and has their faces drawn ahead. An order is in
/// one place: waiting here, in one lane's hand, or done with; so two lanes never print for the same person.
/// Threads: every member from any.
class OrderDesk {
 public:
  /// An order and its drawn job, or why it cannot be drawn.
  struct Task {
    std::string order_id;
    Result<std::shared_ptr<const Job>> job;
  };

  /// `todo` in the order of printing; `in_hand`: orders of which a lane has an unfinished card of an earlier
  /// run. Nothing is handed out before each of `lanes` lanes has said that it started.
  OrderDesk(Station& station, const std::vector<std::string>& todo, std::set<std::string> in_hand, int lanes);
  OrderDesk(const OrderDesk&) = delete;
  OrderDesk& operator=(const OrderDesk&) = delete;
  /// Ends the drawing.
  ~OrderDesk();

  /// A lane is ready for orders, or waits for a person and nobody needs to wait for it. Once for each lane.
  void started();
  /// The next order, drawn for this resolution. Nothing: there is none now (`wait_for_others` false), or none
  /// will come any more, also because the run was stopped or closed. With `wait_for_others` it waits while
  /// other lanes have orders that may come back.
  std::optional<Task> take(int dpi, bool wait_for_others);
  /// The order needs a card (again) and any lane may print it. `job`: what was drawn for it, or null.
  void give_back(const std::string& order_id, std::shared_ptr<const Job> job, int dpi);
  /// Nothing more is done about the order in this run.
  void finished(const std::string& order_id);
  /// Does any order still need a card, or may yet?
  [[nodiscard]] bool work_left() const;
  /// No order is handed out any more.
  void close();

 private:
  /// Draws ahead for one resolution.
  struct Drawer {
    Drawer(Station& station, int dpi) : preparer(station, dpi) {}
    Preparer preparer;  // its thread only
    std::map<std::string, Result<std::shared_ptr<const Job>>> drawn;
    std::jthread thread;
  };
  Drawer& drawer_for(int dpi);  // under mutex_
  void draw_ahead(Drawer& drawer);
  /// The first order worth drawing now; "" = none.
  [[nodiscard]] std::string to_draw(const Drawer& drawer) const;  // under mutex_

  Station& station_;
  const std::size_t ahead_;
  mutable std::mutex mutex_;  // guards what follows; not held while anything is drawn
  std::condition_variable changed_;
  std::deque<std::string> todo_;
  std::set<std::string> in_hand_;
  int starting_;
  bool closed_ = false;
  std::map<int, std::unique_ptr<Drawer>> drawers_;
};

}  // namespace ktp::pipeline
