// SPDX-License-Identifier: Apache-2.0
// A proof of one event, or of one head being the beginning of a later one: a few hundred bytes that anybody
// can check who holds a head, without the log (docs/contracts.md section 4).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::ledger {

/// JSON: event `seq` (from 1) is in the log under the head `under` (a checkpoint of this log; "" = the
/// present one). Reads the whole log. Errors: input_missing (no such event under that head), bad_data (not a
/// head of this log; the log has none).
Result<std::string> prove_event(const Ledger& ledger, std::uint64_t seq, const std::string& under);

/// JSON: the log as `before` (a checkpoint of this log) saw it is the beginning of the present one. Errors as
/// prove_event.
Result<std::string> prove_extension(const Ledger& ledger, const std::string& before);

/// Checks a proof by itself: the first thing wrong in words, or nothing. `against.key`: the published key
/// that signed the proof's head; `against.checkpoints`: heads one of which the proof must begin from (the
/// head of an event's proof, the earlier one of two). Without them a proof says nothing of whose log it is.
std::optional<std::string> verify_proof(std::string_view proof, const VerifyAgainst& against);

}  // namespace ktp::ledger
