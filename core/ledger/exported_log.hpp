// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::ledger {

/// Verifies an exported log (events.jsonl, checkpoint, key in `folder`) by the published rules alone
/// (docs/contracts.md section 4), without the database: the first thing wrong in words, or nothing. The key
/// in the folder proves nothing by itself; give the one that was published in `against`. Reads line by line.
/// Error input_missing if a file cannot be read.
Result<std::optional<std::string>> verify_export(const std::filesystem::path& folder,
                                                 const VerifyAgainst& against = {});

}  // namespace ktp::ledger
