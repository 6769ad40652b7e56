// SPDX-License-Identifier: Apache-2.0
// What is stuck on a box of sealed cards. Nothing personal: a box is seen by everybody.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "domain/error.hpp"

namespace ktp::handover {

struct BoxLabel {
  std::string seal, region, desa, kecamatan, office;
  std::string date;        ///< local date, DD-MM-YYYY
  std::int64_t cards = 0;  ///< of the whole batch
  int box = 1, boxes = 1;  ///< "kotak 1 dari 2"
};

/// A4, four labels (A6) a page, each with a Code 128 of its batch. Error internal if the file cannot be
/// written or a code cannot be drawn.
Result<void> write_labels_pdf(const std::vector<BoxLabel>& labels, const std::filesystem::path& file);

}  // namespace ktp::handover
