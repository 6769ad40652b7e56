// SPDX-License-Identifier: Apache-2.0
// The campaign in figures, as the report of 2020 should have been able to say it.
#pragma once
#include <string>

#include "domain/error.hpp"
#include "ledger/custody.hpp"
#include "ledger/ledger.hpp"

namespace ktp::handover {

struct Report {
  ledger::CampaignFigures figures;
  std::int64_t under_way = 0;    ///< handed over, and neither delivered nor back
  std::int64_t unexplained = 0;  ///< unknown and discrepancy; signed
};
Result<Report> report_of(const ledger::Ledger& ledger);

enum class Language { indonesian, english };
/// One paragraph, one line.
[[nodiscard]] std::string paragraph(const Report& report, Language language);
/// One JSON object, one line (docs/contracts.md section 5).
[[nodiscard]] std::string to_json(const Report& report);

}  // namespace ktp::handover
