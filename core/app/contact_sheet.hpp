// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <filesystem>

#include "domain/error.hpp"
#include "handover/person.hpp"
#include "ledger/ledger.hpp"
#include "pipeline/picture_safe.hpp"

namespace ktp::app {

struct ContactSheet {
  std::filesystem::path file;
  std::size_t cards = 0, pictures = 0;
};

/// Writes FOLDER/contact-sheet.html and FOLDER/pictures/: every card of the ledger that was not judged good,
/// with the expected, photographed and marked picture of each side, why, and where the card lies. Opens in
/// any browser, needs no network; names no person, but the pictures show them: everything is for its owner
/// only, and the log has a look (`look`: by whom, what for) at every one of them first. `folder` must be new
/// or empty. Errors: bad_data (it holds something; a name or reason that may not stand in the log), internal.
Result<ContactSheet> write_contact_sheet(ledger::Ledger& ledger, const pipeline::PictureSafe& evidence,
                                         const std::filesystem::path& folder, const handover::Look& look);

}  // namespace ktp::app
