// SPDX-License-Identifier: Apache-2.0
// An event as the log's line of JSON, and back.
#pragma once
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "ledger/event.hpp"

namespace ktp::ledger {

// Members of an event that are columns of their own; `data` must not repeat them.
inline constexpr std::array kEventColumns{"seq",  "time",  "type", "actor", "order_id",
                                          "card", "token", "uid",  "batch"};

[[nodiscard]] nlohmann::ordered_json to_json(const Event& event, std::uint64_t seq, const std::string& time);
/// `line` is one that to_json made; throws nlohmann::json::exception otherwise.
[[nodiscard]] Event event_from_json(nlohmann::ordered_json line);

}  // namespace ktp::ledger
