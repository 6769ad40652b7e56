// SPDX-License-Identifier: Apache-2.0
// The sealed personal records lie beside the log, not in its tree; what the log was told when each came in
// (the keyed hash of its content) holds them to it.
#pragma once
#include <cstdint>
#include <string>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"

namespace ktp::pipeline {

/// What became of every order that was taken in and of every record of another station.
struct RecordProof {
  std::uint64_t whole = 0;    ///< the record opens, as this order's, and its content is what was taken in
  std::uint64_t deleted = 0;  ///< nobody can read it, and the log says why
  std::uint64_t wrong = 0;    ///< records missing, changed, another's, unreadable, or of nobody
  std::string first;          ///< the first of these in words, without anything personal; "" if there is none
};

/// Opens every record. Takes its time: some 20 us a record and more where its key must be looked up. Another
/// process may append meanwhile. Records whose keys are not here count as wrong. Error internal.
Result<RecordProof> prove_records(const ledger::Ledger& ledger, const ledger::PersonalKey& key);

}  // namespace ktp::pipeline
