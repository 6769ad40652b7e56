// SPDX-License-Identifier: Apache-2.0
#include "handover/report.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

namespace ktp::handover {

Result<Report> report_of(const ledger::Ledger& ledger) {
  auto figures = ledger::CustodyView(ledger).campaign();
  if (!figures) return std::unexpected(figures.error());
  const auto balance = ledger.balance();
  if (!balance) return std::unexpected(balance.error());
  const std::int64_t under_way = figures->handed_over - figures->delivered - figures->returned;
  return Report{.figures = std::move(*figures),
                .under_way = under_way,
                .unexplained = balance->at("unknown") + balance->at("discrepancy")};
}

std::string paragraph(const Report& report, Language language) {
  const ledger::CampaignFigures& of = report.figures;
  std::ostringstream text;
  if (language == Language::indonesian)
    text << of.printed << " kartu dicetak dan diperiksa dari " << of.received << " blangko. "
         << "Sebelum diserahkan ditemukan " << of.damaged << " rusak, " << of.duplicate << " ganda, "
         << of.mismatch << " salah isi dan " << of.review << " menunggu keputusan; " << of.spoiled
         << " blangko gagal cetak; " << of.withdrawn << " kartu ditarik. " << of.handed_over
         << " diserahkan kepada pos: " << of.delivered << " sampai, " << of.returned << " kembali, "
         << report.under_way << " dalam perjalanan. Tanpa penjelasan: " << report.unexplained << ".";
  else
    text << of.printed << " cards printed and inspected from " << of.received << " blanks. Found before "
         << "handover: " << of.damaged << " damaged, " << of.duplicate << " double, " << of.mismatch
         << " with wrong content, " << of.review << " waiting for a decision; " << of.spoiled
         << " blanks spoiled; " << of.withdrawn << " cards withdrawn. " << of.handed_over
         << " handed to the post office: " << of.delivered << " delivered, " << of.returned << " returned, "
         << report.under_way << " under way. Unexplained: " << report.unexplained << ".";
  return text.str();
}

std::string to_json(const Report& report) {
  const ledger::CampaignFigures& of = report.figures;
  return nlohmann::ordered_json{{"received", of.received},
                                {"printed", of.printed},
                                {"spoiled", of.spoiled},
                                {"damaged", of.damaged},
                                {"duplicate", of.duplicate},
                                {"mismatch", of.mismatch},
                                {"review", of.review},
                                {"withdrawn", of.withdrawn},
                                {"destroyed", of.destroyed},
                                {"handed_over", of.handed_over},
                                {"entered", of.entered},
                                {"delivered", of.delivered},
                                {"returned", of.returned},
                                {"under_way", report.under_way},
                                {"unexplained", report.unexplained},
                                {"returned_by_reason", of.returned_by_reason}}
      .dump();
}

}  // namespace ktp::handover
