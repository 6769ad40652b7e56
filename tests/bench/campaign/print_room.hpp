// SPDX-License-Identifier: Apache-2.0
// The printing half of a replayed office: batches in, cards printed, settled, judged and sorted, blanks
// booked.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "artwork/artwork.hpp"
#include "artwork/regions.hpp"
#include "bench/campaign/desk.hpp"
#include "devices/devices.hpp"
#include "pipeline/machine.hpp"
#include "pipeline/print.hpp"

namespace ktp::campaign {

/// One thread. Everything throws std::runtime_error for whatever a campaign must not meet.
class PrintRoom {
 public:
  /// Starts the printer's and the camera's workers.
  explicit PrintRoom(Desk& desk);
  PrintRoom(const PrintRoom&) = delete;
  PrintRoom& operator=(const PrintRoom&) = delete;

  /// The ministry's delivery, once.
  void receive_blanks();
  /// The batch of a day; on every fifth day twice.
  void take_in(std::uint64_t day);
  /// Whatever an earlier life left in the machine.
  void recover();
  /// Prints what waits, at most so many orders.
  void produce(std::uint64_t most = ~std::uint64_t{0});
  void balance();

 private:
  void fill_hopper();
  void look_at(const std::string& order, const std::string& card, const std::string& token,
               std::uint64_t number);
  void print_order(const std::string& order);
  void finish(const std::string& order, pipeline::Printed& printed);
  std::vector<std::string> open_batches();

  Desk& desk_;
  std::shared_ptr<const artwork::Template> art_;
  std::shared_ptr<const artwork::Regions> regions_;
  std::unique_ptr<devices::Printer> printer_;
  std::unique_ptr<devices::Camera> camera_;
  pipeline::StopSwitch stop_;
  pipeline::StageClock stages_;
  pipeline::Station station_;
  pipeline::Machine machine_;
};

}  // namespace ktp::campaign
