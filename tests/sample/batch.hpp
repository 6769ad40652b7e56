// SPDX-License-Identifier: Apache-2.0
// Writes a sample batch: the CSV of docs/contracts.md section 6 and its pictures.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "domain/error.hpp"

namespace ktp::sample {

struct BatchPlan {
  int rows = 60;
  std::uint64_t seed = 1;
  std::filesystem::path out;      ///< folder; made if it does not exist
  std::string batch = "B0001";    ///< the CSV is `out`/`batch`.csv, orders are `batch`-0001 and so on
  int duplicates = 0;             ///< further rows at the end that order a person of the batch again
  bool bad_rows = false;          ///< then one row of each kind that intake must refuse
  int photo_width = 480;          ///< pixels; the height is 4/3 of it
  int quality = 85;               ///< of the JPEG portraits
  std::filesystem::path data;     ///< nama.csv, pekerjaan.csv
  std::filesystem::path regions;  ///< config/regions
};

struct BatchWritten {
  std::filesystem::path csv;
  int rows = 0;  ///< all data rows
  int bad = 0;   ///< of these, rows that intake must refuse for what is in them (duplicates not counted)
};

/// The same plan always writes the same bytes. Existing files of the same names are replaced.
Result<BatchWritten> write_batch(const BatchPlan& plan);

/// One field as RFC 4180 wants it: quoted where it holds a comma, quote or line break.
[[nodiscard]] std::string csv_field(const std::string& text);

}  // namespace ktp::sample
