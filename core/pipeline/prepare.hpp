// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "domain/error.hpp"
#include "pipeline/job.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

/// Makes jobs of orders: opens the sealed record, reads the pictures again (they must still be those that
/// were ordered), draws both faces and prepares what the inspection will need. One thread at a time.
class Preparer {
 public:
  /// `dpi`: of the printer that will print them.
  Preparer(Station& station, int dpi) : station_(station), dpi_(dpi) {}
  [[nodiscard]] int dpi() const { return dpi_; }
  /// `order_id`: of an order, or the name of another station's record. Error bad_data, beginning with a
  /// column's name and a colon, when the order cannot be printed any more and must be held.
  Result<std::shared_ptr<const Job>> prepare(const std::string& order_id);

 private:
  Result<void> draw(Job& job, const Order& printed, const Image& portrait, const Image& signature);

  Station& station_;
  const int dpi_;
  Image last_back_;  // the back is the same for all cards of a template: its reference is prepared once
  std::shared_ptr<const inspection::Reference> last_back_reference_;
};

}  // namespace ktp::pipeline
