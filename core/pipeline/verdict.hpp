// SPDX-License-Identifier: Apache-2.0
// Step verdict: findings + identity -> good, damaged, duplicate, mismatch, review. Event: judged.
#pragma once
#include "ledger/event.hpp"
#include "pipeline/identify.hpp"
#include "pipeline/job.hpp"

namespace ktp::pipeline {

/// Wrong content outweighs damage (such a card must never be handed to anybody), damage outweighs doubt,
/// doubt outweighs good. A chip UID seen on another card is doubt: one of the two is not what it seems; so
/// are a chip that does not say who it is (chip.hpp) and a face that its features (where they are on) do not
/// call the ordered one.
[[nodiscard]] Verdict judge(const inspection::Report& front, const inspection::Report& back,
                            const Identification& identity);
/// The worst findings in words, for people and the log: "half-print on front (31.0 mm)".
[[nodiscard]] std::string summary_of(const inspection::Report& front, const inspection::Report& back,
                                     const Identification& identity);
[[nodiscard]] ledger::Event judged_event(const Attempt& attempt, Verdict verdict, const std::string& summary);

}  // namespace ktp::pipeline
