// SPDX-License-Identifier: Apache-2.0
// Step sort: verdict -> bin, confirmed by the device, or by the operator where the device has no bins. Event:
// sorted.
#pragma once
#include "domain/error.hpp"
#include "pipeline/machine.hpp"

namespace ktp::pipeline {

/// Moves a judged (or spoiled) card to its bin and records it once the device confirms. Retries over a lost
/// worker and waits for the operator; the machine leaves when the card cannot be brought to its bin (its
/// state stays what it was).
/// A printer without bins has a person for that: a notice names card and bin, and the card counts as sorted
/// when the printer no longer sees it inside or at the camera. That it lies in the right bin is the person's
/// word. `at` = reject: the printer has put a spoiled card into its own box, which is part of bin damaged.
Result<void> sort_card(Machine& machine, const std::string& order_id, const std::string& card,
                       const std::string& token, std::string_view bin,
                       devices::CardAt at = devices::CardAt::unknown);

}  // namespace ktp::pipeline
