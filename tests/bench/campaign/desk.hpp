// SPDX-License-Identifier: Apache-2.0
// What the rooms of a replayed office share: the ledger, the world they work in, the campaign's clock.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unordered_map>

#include "bench/campaign/office.hpp"
#include "bench/campaign/truth.hpp"
#include "domain/error.hpp"
#include "ledger/custody.hpp"
#include "ledger/data_lock.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"

namespace ktp::campaign {

inline constexpr const char* kBy = "operator";

/// Whatever the station answers with an error in a campaign is a fault: nothing in it is forbidden.
template <class T>
T must(Result<T> result, const char* what) {
  if (!result) throw std::runtime_error(std::string(what) + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}
void expect(bool holds, const std::string& what);

/// One a process; one thread. Everything throws std::runtime_error.
class Desk {
 public:
  explicit Desk(const Campaign& campaign);

  [[nodiscard]] const Campaign& campaign() const { return campaign_; }
  [[nodiscard]] Truth& truth() { return truth_; }
  [[nodiscard]] ledger::Ledger& ledger() { return *ledger_; }
  [[nodiscard]] const ledger::PersonalKey& key() const { return key_; }

  /// A step of work is done; the campaign's clock goes on.
  void tick();
  /// So many orders of the campaign are in. A file that is read again is no progress.
  void taken_rows(std::uint64_t rows);
  /// On a busy machine the office would be through before whoever cuts the power gets his turn: it never
  /// works on for more than `steps` once a cut is due.
  void wait_for_the_cut(std::uint64_t steps) const;

  void know(const ledger::CardRow& row);
  /// The card of a body that the ledger knows.
  [[nodiscard]] const std::string& card_of(std::uint64_t number) const { return card_of_.at(number); }
  [[nodiscard]] std::uint64_t number_of(const std::string& card) const;
  [[nodiscard]] Body& body(std::uint64_t number) { return truth_.bodies()[number - 1]; }

  /// Moves a body, whole: see Hand.
  template <class Move>
  void move(std::uint64_t number, Move&& how) {
    truth_.hand.after = body(number);
    how(truth_.hand.after);
    truth_.hand.number = number;
    finish_movement();
  }

 private:
  [[nodiscard]] std::chrono::system_clock::time_point clock() const;
  void finish_movement();

  const Campaign& campaign_;
  Truth& truth_;
  ledger::DataLock lock_;
  ledger::PersonalKey key_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::uint64_t appends_before_;
  std::unordered_map<std::uint64_t, std::string> card_of_;
};

}  // namespace ktp::campaign
