// SPDX-License-Identifier: Apache-2.0
// Records of cards that another station printed, so that sort mode can recognise and judge them. They are no
// orders: nothing is printed for them. Event: record-known.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "pipeline/intake.hpp"

namespace ktp::pipeline {

struct OtherReport {
  std::size_t rows = 0, added = 0, known = 0;
  std::vector<RefusedRow> refused;
};

/// 1 to 20 of a-z, 0-9, `-`, beginning with a letter; not "batch". Error bad_data beginning with "source: ".
Result<void> check_source(std::string_view source);

/// Takes in another station's batch file (docs/contracts.md section 6) with its pictures. The same file again
/// adds nothing. A bad row, a record that is known with other content, and a second record of a person of the
/// same source are refused alone. Errors: bad_data, input_missing (nothing was added), internal.
Result<OtherReport> take_in_records(const std::filesystem::path& csv, const std::string& source,
                                    const IntakeServices& services);

/// The folder that the pictures of such a record were in when it was taken in.
Result<std::filesystem::path> folder_of_record(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                               const std::string& record);

/// Is this the name of another station's record (SOURCE/ORDER), and not of anything else that is sealed?
[[nodiscard]] bool is_other_record(std::string_view name);

}  // namespace ktp::pipeline
