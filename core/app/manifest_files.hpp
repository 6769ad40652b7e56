// SPDX-License-Identifier: Apache-2.0
// The covering list of a sealed batch as files: DATA/manifests/SEAL.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "app/config.hpp"
#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"

namespace ktp::app {

/// Writes the list in three forms, its signature, and the head and key that prove it, under the log's present
/// head; each file is there whole or not at all. Returns the folder. Errors: input_missing (no such batch),
/// internal.
Result<std::filesystem::path> write_manifest(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                             const Config& config, const std::filesystem::path& data,
                                             const std::string& seal);

/// The bytes of one form of the list ("pdf", "csv", "json") as it lies in DATA/manifests. Written first where
/// it is missing, and anew while the batch waits for its handover and a card was taken out or withdrawn
/// since. `seal` may come from anywhere: nothing but a batch that the ledger knows is looked for. Errors:
/// input_missing (no such batch), bad_data (no such form), internal.
Result<std::string> read_manifest(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                  const Config& config, const std::filesystem::path& data,
                                  const std::string& seal, std::string_view form);

}  // namespace ktp::app
