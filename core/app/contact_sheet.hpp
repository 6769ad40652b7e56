// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::app {

/// Writes FOLDER/contact-sheet.html: every card of the ledger that was not judged good, with the expected,
/// photographed and marked picture of each side from `evidence`, why, and where the card lies. Opens in any
/// browser, needs no network; names no person (the pictures do: the file is readable by its owner only).
Result<std::filesystem::path> write_contact_sheet(const ledger::Ledger& ledger,
                                                  const std::filesystem::path& evidence,
                                                  const std::filesystem::path& folder);

}  // namespace ktp::app
