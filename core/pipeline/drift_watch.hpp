// SPDX-License-Identifier: Apache-2.0
// Keeps what the station's good cards say of lamp, glass and printer over restarts.
#pragma once
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "inspection/drift.hpp"
#include "ledger/event.hpp"

namespace ktp::pipeline {

/// Any thread. The file is written whole (rename) every kSaveEvery sides and by save(); losing it costs
/// history, nothing else.
class DriftWatch {
 public:
  static constexpr std::size_t kSaveEvery = 50;

  /// `station`: what the numbers belong to (camera and profile version). A file that belongs to another is
  /// begun anew; so is one that cannot be read.
  DriftWatch(std::filesystem::path file, std::string station);

  /// One side that was judged good; answers what is newly out of the usual.
  std::vector<inspection::DriftNotice> add(const inspection::Report& good);
  Result<void> save();

 private:
  std::filesystem::path file_;
  std::string station_;
  std::mutex mutex_;
  inspection::Drift drift_;
  std::size_t since_saved_ = 0;
};

/// Error input_missing (no such file: nothing was watched yet) or bad_data.
[[nodiscard]] Result<inspection::DriftState> load_drift(const std::filesystem::path& file,
                                                        std::string* station);

/// The event `drift-noticed`.
[[nodiscard]] ledger::Event drift_event(const inspection::DriftNotice& notice);

}  // namespace ktp::pipeline
