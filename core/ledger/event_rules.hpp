// SPDX-License-Identifier: Apache-2.0
// Inside the room: what the files that build tables from events share.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>

#include "domain/error.hpp"
#include "ledger/event.hpp"

namespace ktp::ledger {

inline std::unexpected<Error> illegal(const Event& event, const std::string& why) {
  return fail(ErrorCode::internal,
              "ledger refuses event " + event.type + (event.card.empty() ? "" : " of card " + event.card) +
                  (event.order_id.empty() ? "" : " of order " + event.order_id) + ": " + why);
}

inline std::string text_of(const Event& event, const char* key) {
  const auto found = event.data.find(key);
  return found != event.data.end() && found->is_string() ? found->get<std::string>() : std::string();
}

inline std::int64_t number_of(const Event& event, const char* key) {
  const auto found = event.data.find(key);
  return found != event.data.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

// A cached statement left in the middle of its rows would hold a read transaction open and keep the log file
// growing.
struct Done {
  SQLite::Statement& statement;
  ~Done() { statement.tryReset(); }
};

}  // namespace ktp::ledger
