// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace ktp::ledger {

/// One thing that happened, as it will stand in the log for ever. Types and members: docs/contracts.md
/// section 4 and core/ledger/README.md. Nothing personal: persons only as keyed hash.
struct Event {
  std::string type;
  std::string actor = "station";                            ///< who: "station" or a user's name
  std::string order_id{}, card{}, token{}, uid{}, batch{};  ///< "" where the event does not concern one
  nlohmann::ordered_json data =
      nlohmann::ordered_json::object();  ///< further members; must not repeat the names above
};

}  // namespace ktp::ledger
