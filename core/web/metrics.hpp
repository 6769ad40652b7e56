// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace ktp::web {

/// The board in Prometheus' text format (0.0.4): balance, verdicts of the day, devices, supplies, queue.
/// Numbers and the names of devices only; no order, no card, no person.
[[nodiscard]] std::string metrics_text(const std::string& board_json);

}  // namespace ktp::web
