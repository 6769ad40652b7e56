// SPDX-License-Identifier: Apache-2.0
// What became of the cards, counted by where and when they were made, and why they were rejected.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "handover/report.hpp"
#include "ledger/ledger.hpp"

namespace ktp::handover {

enum class By {
  batch,    ///< of orders, as imported
  region,   ///< desa or kelurahan, by kode wilayah
  day,      ///< local date of the print's end
  shift,    ///< day and hours, kShifts
  printer,  ///< as `devices` names it
  ribbon,   ///< lot, as `ribbon` recorded it; "" = none was
  reason    ///< worst finding of a card that was not judged good; "" = none
};
inline constexpr std::array<std::pair<std::string_view, By>, 7> kBys{{{"batch", By::batch},
                                                                      {"region", By::region},
                                                                      {"day", By::day},
                                                                      {"shift", By::shift},
                                                                      {"printer", By::printer},
                                                                      {"ribbon", By::ribbon},
                                                                      {"reason", By::reason}}};
/// Hours at which a shift begins, local time.
inline constexpr std::array kShifts{7, 15, 23};

/// Bodies of one key. The first five are the station's verdicts, whatever came later; the others say where
/// the cards are now, and overlap with them.
struct BreakdownRow {
  std::string key;
  std::int64_t good = 0, damaged = 0, duplicate = 0, mismatch = 0, review = 0, spoiled = 0, withdrawn = 0,
               destroyed = 0, handed_over = 0, delivered = 0, returned = 0, unknown = 0;
};

/// In the order of the keys. Reads the whole log: seconds for a million events. Same threads as Ledger.
[[nodiscard]] Result<std::vector<BreakdownRow>> breakdown(const ledger::Ledger& ledger, By by);

/// Header and one line a row, CRLF.
[[nodiscard]] std::string to_csv(std::string_view by, const std::vector<BreakdownRow>& rows);
/// The campaign's figures as name and number, CRLF.
[[nodiscard]] std::string to_csv(const Report& report);

/// The paragraph in both languages and, where there are rows, their table; A4. `date`: as it is printed.
[[nodiscard]] Result<void> write_report_pdf(const std::filesystem::path& file, const Report& report,
                                            std::string_view by, const std::vector<BreakdownRow>& rows,
                                            const std::string& date);

/// A new ribbon was put into a printer (event ribbon-loaded). Errors: bad_data (a lot of 1 to 40 characters).
[[nodiscard]] Result<void> load_ribbon(ledger::Ledger& ledger, const std::string& printer,
                                       const std::string& lot, const std::string& actor);

}  // namespace ktp::handover
