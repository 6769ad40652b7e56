// SPDX-License-Identifier: Apache-2.0
// The covering list (daftar pengantar) of a sealed batch, as paper and as data.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "domain/error.hpp"

namespace ktp::handover {

/// One card on the list. Personal: the list goes to the post office and nowhere else.
struct ManifestLine {
  std::string item, card, order_id;
  std::string name, nik;  ///< `nik` is masked but for its last four digits wherever it is written
  std::string address, desa, kecamatan, postcode;
};

struct Manifest {
  std::string seal, region, office;
  std::string date;  ///< local date, DD-MM-YYYY
  std::string
      checkpoint;  ///< the log's head when the list was made: whoever holds the paper holds the log to it
  std::vector<ManifestLine> lines;
};

/// RFC 4180, UTF-8, CRLF, with a header; a value that a spreadsheet would take for a formula is quoted with
/// an apostrophe.
[[nodiscard]] std::string to_csv(const Manifest& manifest);
[[nodiscard]] std::string to_json(const Manifest& manifest);
/// What is signed: kind, batch, region, number of lines and the SHA-256 of the CSV, a line each.
[[nodiscard]] std::string to_be_signed(const Manifest& manifest, std::string_view csv_sha256);

/// A4, with a Code 128 of the batch and of each item, page n of m, the total in words, and two blocks for
/// signatures. Error internal if the file cannot be written.
Result<void> write_pdf(const Manifest& manifest, const std::filesystem::path& file);

/// "****-****-****-0001" for people; nothing personal is left but the last four digits.
[[nodiscard]] std::string masked_nik(std::string_view nik);
/// Indonesian number word, 0 to 999,999,999: 132289 -> "seratus tiga puluh dua ribu dua ratus delapan puluh
/// sembilan".
[[nodiscard]] std::string in_words(std::uint32_t number);

}  // namespace ktp::handover
