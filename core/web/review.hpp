// SPDX-License-Identifier: Apache-2.0
// The inspector's queue: cards in a bin that is not good, why they are there, and who decided. Follows the
// log.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "domain/spot.hpp"
#include "ledger/ledger.hpp"

namespace ktp::web {

/// Threads: `refresh` by one at a time, the rest from any.
class ReviewQueue {
 public:
  /// Where its pictures come from: names as `C0000001-front-expected.png`. Any thread.
  struct Pictures {
    std::function<bool(const std::string& name)> has;
    std::function<Result<std::string>(const std::string& name)> get;  ///< its bytes; error input_missing
  };
  ReviewQueue(const ledger::Ledger& ledger, Pictures pictures)
      : ledger_(ledger), pictures_(std::move(pictures)) {}

  /// Follows the log; the first call reads every rejected card's trail.
  Result<void> refresh();
  /// How many cards wait for a decision, and a number that changes with the queue.
  struct Count {
    std::size_t open = 0;
    std::uint64_t version = 0;
  };
  [[nodiscard]] Count count() const;

  /// Cards that wait, the oldest first, then the last decided ones, as JSON.
  [[nodiscard]] std::string list_json() const;
  /// One card: findings, pictures that are there, its trail. Error input_missing: not in the queue.
  Result<std::string> card_json(const std::string& card) const;
  /// Cards that wait and were flagged for the same kind of finding at the same spot as this one and for
  /// nothing else, itself the first, as JSON: `can` says whether its order is held, without which it cannot
  /// be found good. Alone where it has several kinds or spots. Error input_missing: it does not wait.
  Result<std::string> same_spot_json(const std::string& card) const;
  /// Their names. Empty where it does not wait.
  [[nodiscard]] std::vector<std::string> same_spot(const std::string& card) const;
  /// The bytes of a picture: `side` front or back, `what` expected, aligned or photograph. Error
  /// input_missing: there is none (a name that is none of these is none).
  Result<std::string> picture(const std::string& card, const std::string& side,
                              const std::string& what) const;
  /// Its media type.
  [[nodiscard]] static std::string picture_type(const std::string& what);

 private:
  struct Entry {
    std::vector<Spot> spots;  ///< of all findings
    std::string order_id, verdict, kind, field, since, decided, decided_by;
    std::uint64_t arrived = 0, decided_at = 0;  ///< the order in which they came, and were decided
  };
  Result<void> look_at(const std::string& card);
  [[nodiscard]] static bool same(const Entry& one, const Entry& other);

  const ledger::Ledger& ledger_;
  const Pictures pictures_;
  std::uint64_t seq_ = 0;  // only refresh
  bool begun_ = false;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Entry> entries_;
  std::uint64_t version_ = 0, arrivals_ = 0;
};

}  // namespace ktp::web
