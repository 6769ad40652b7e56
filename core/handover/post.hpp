// SPDX-License-Identifier: Apache-2.0
// What the post office says became of each item.
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::handover {

/// One row of a post result file, its columns and words already mapped to ours.
struct PostRow {
  std::size_t row = 0;  ///< data row, from 1
  std::string item;
  std::string status;  ///< entered, delivered, returned
  std::string date;    ///< DD-MM-YYYY
  std::string detail;  ///< delivered: one of kRelations; returned: one of kReturnReasons; entered: ""
};

/// To whom an item was given. A receiver's name is personal and is not kept.
inline constexpr std::array<std::string_view, 5> kRelations{"diri-sendiri", "orang-serumah", "resepsionis",
                                                            "rekan-kerja", "lainnya"};
/// Why an item came back (docs/domain.md section 4.3).
inline constexpr std::array<std::string_view, 12> kReturnReasons{
    "MENINGGAL",          "PINDAH",
    "ALAMAT_TIDAK_JELAS", "NAMA_ALAMAT_TIDAK_SESUAI",
    "AKSES_DITUTUP",      "TERDAMPAK_PENGGUSURAN",
    "TIDAK_DIKENAL",      "ALAMAT_TIDAK_DITEMUKAN",
    "RUMAH_KOSONG",       "DITOLAK",
    "TIDAK_DIAMBIL",      "RUSAK_DI_PERJALANAN"};

struct RefusedPostRow {
  std::size_t row = 0;
  std::string field, reason;  ///< `reason` begins with the field and a colon
};

/// What one row did, or would do: "entered", "delivered", "returned", "known" or "refused".
struct PostOutcome {
  std::size_t row = 0;
  std::string item;  ///< "" where it is no item number
  std::string card;  ///< "" where no card goes by that number now
  std::string_view what;
};

struct PostReport {
  std::size_t entered = 0, delivered = 0, returned = 0;
  std::size_t too_late = 0;  ///< of `delivered`: recalled while the post had them, and given out all the same
  std::size_t known = 0;     ///< rows that said what the ledger knew
  std::vector<RefusedPostRow> refused;
  std::vector<PostOutcome> rows;  ///< one for each row, in their order
};

/// Books post results. Rows may come in any order, twice, and in parts; a row that says what is known adds
/// nothing; one that contradicts the ledger is refused by name and the others go on.
Result<PostReport> import_post(ledger::Ledger& ledger, const std::vector<PostRow>& rows,
                               const std::string& actor);
/// What import_post would say, without writing anything.
Result<PostReport> preview_post(const ledger::Ledger& ledger, const std::vector<PostRow>& rows);

}  // namespace ktp::handover
