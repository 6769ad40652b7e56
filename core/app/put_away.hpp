// SPDX-License-Identifier: Apache-2.0
// Pictures of persons that lie readable in the data folder are sealed: what earlier versions wrote, and what
// a batch brought over the page once it was taken in.
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "app/drops.hpp"
#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "pipeline/picture_safe.hpp"

namespace ktp::app {

/// DATA/evidence: pictures of cards that were not good, of the last good ones, and of sort mode.
[[nodiscard]] std::filesystem::path evidence_folder(const std::filesystem::path& data);
/// DATA/portraits: portraits and signatures of batches that came over the page.
[[nodiscard]] std::filesystem::path portraits_folder(const std::filesystem::path& data);

using Say = std::function<void(const std::string&)>;

/// Seals every plain picture of the evidence folder and takes an earlier version's contact sheet away, which
/// showed them. Says what was done, and which files it left. The caller holds the data folder's lock. Event
/// pictures-sealed, where there was something. Errors internal, configuration.
Result<void> seal_evidence(ledger::Ledger& ledger, const ledger::PersonalKey& key,
                           const std::filesystem::path& data, const Say& say);

/// A drop that was taken in as this batch: its pictures are sealed, then its files written over and deleted.
/// Where a picture is missing or was changed, the files stay, and that is said.
Result<void> put_drop_away(ledger::Ledger& ledger, const ledger::PersonalKey& key,
                           const std::filesystem::path& data, Drops& drops, const std::string& drop,
                           const std::string& batch, const Say& say);

/// Drops that a power cut left between taking in and here, and those of earlier versions, which kept them.
/// `take_in` takes a batch file in once more and returns the batch: intake adds nothing twice.
Result<void> put_drops_away(
    ledger::Ledger& ledger, const ledger::PersonalKey& key, const std::filesystem::path& data, Drops& drops,
    const std::function<Result<std::string>(const std::filesystem::path& csv)>& take_in, const Say& say);

}  // namespace ktp::app
