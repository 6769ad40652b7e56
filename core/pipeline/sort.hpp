// SPDX-License-Identifier: Apache-2.0
// Step sort: verdict -> bin, confirmed by the device. Event: sorted.
#pragma once
#include "domain/error.hpp"
#include "pipeline/machine.hpp"

namespace ktp::pipeline {

/// Moves a judged (or spoiled) card to its bin and records it once the device confirms. Retries over a lost
/// worker and waits for the operator; the machine leaves when the card cannot be brought to its bin (its
/// state stays what it was).
Result<void> sort_card(Machine& machine, const std::string& order_id, const std::string& card,
                       const std::string& token, std::string_view bin);

}  // namespace ktp::pipeline
