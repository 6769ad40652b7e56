// SPDX-License-Identifier: Apache-2.0
// What charts are drawn from: verdicts and damage by day, printer and kind, what left the house, and how
// often inspectors agree with the station. Follows the log; nothing personal but inspectors' user names.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::web {

/// Threads: any, one at a time inside.
class Statistics {
 public:
  /// Reads what has come since the last call (the first one reads the whole log: seconds for a million
  /// events) and returns everything as JSON: `days` (local date; verdicts, kinds of damage, printers,
  /// custody), `kinds` and `inspectors` (agreement). Pass the same log each time.
  Result<std::string> as_json(const ledger::Ledger& ledger);

 private:
  using Counts = std::map<std::string, std::int64_t>;
  struct Day {
    Counts verdicts;                         ///< as the station judged, and "spoiled"
    Counts kinds;                            ///< worst finding of each card not judged good; "" = no finding
    std::map<std::string, Counts> printers;  ///< verdicts by printer
    Counts custody;  ///< "handed-over", "delivered", "returned", "destroyed", "withdrawn"
  };
  /// A card that was not judged good, and what a person says of it; `by` "" while nobody has.
  struct Reject {
    std::string verdict, kind, by, decided;
  };
  void hear(std::string_view line);
  Day& day_of(const std::string& time);
  void count_verdict(const std::string& card, const std::string& verdict, const std::string& time);

  std::mutex mutex_;  // guards what follows
  std::uint64_t seq_ = 0;
  std::map<std::string, Day> days_;
  std::map<std::string, std::string> device_of_, worst_of_;  ///< of cards that are under way
  std::map<std::string, Reject> rejects_;
  std::pair<std::string, std::string> last_minute_;  ///< a minute in UTC and its local date
};

}  // namespace ktp::web
