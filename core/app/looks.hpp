// SPDX-License-Identifier: Apache-2.0
// Who looked at whom on the page. The page asks for several pictures of a card: one event an hour for one
// person's look at one card.
#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::app {

/// Any thread.
class Looks {
 public:
  /// Error of the ledger: then nothing may be shown.
  Result<void> note_card(ledger::Ledger& ledger, const std::string& card, const std::string& user);
  /// A picture of this order's person that belongs to none of its cards here, or nobody knows to which.
  Result<void> note_order(ledger::Ledger& ledger, const std::string& order_id, const std::string& card,
                          const std::string& user);
  /// The live picture of a camera: whoever's card lies there is noted by itself.
  Result<void> note_camera(ledger::Ledger& ledger, const std::string& camera, const std::string& user);
  Result<void> note_list(ledger::Ledger& ledger, const std::string& seal, const std::string& form,
                         const std::string& user);

 private:
  bool is_fresh(const std::string& what, const std::string& user);  ///< under the lock
  void noted(const std::string& what, const std::string& user);

  std::mutex mutex_;
  std::map<std::string, std::chrono::steady_clock::time_point> last_;
};

}  // namespace ktp::app
