// SPDX-License-Identifier: Apache-2.0
// Inside the room.
#pragma once
#include <string>

namespace ktp::handover {

/// A value as a cell of a CSV file (RFC 4180). What a spreadsheet would take for a formula gets an
/// apostrophe.
[[nodiscard]] std::string csv_cell(std::string value);

}  // namespace ktp::handover
