// SPDX-License-Identifier: Apache-2.0
// Labels for the boxes of sealed batches, from what the ledger says of each.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "artwork/regions.hpp"
#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::app {

/// Writes `file` (handover/label.hpp) and returns how many labels are on it. Errors: input_missing (no such
/// batch), bad_data (handed over already), internal.
Result<std::size_t> write_labels(const ledger::Ledger& ledger, const artwork::Regions& regions,
                                 const std::string& office, const std::vector<std::string>& batches,
                                 int boxes, const std::filesystem::path& file);

}  // namespace ktp::app
