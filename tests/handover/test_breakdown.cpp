// SPDX-License-Identifier: Apache-2.0
// Cards counted by where and when they were made, and why they were rejected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "handover/breakdown.hpp"
#include "handover/office.hpp"
#include "handover/read_pdf.hpp"

namespace ktp::handover {
namespace {

using testing::HasSubstr;

class BreakdownTest : public testing::Test {
 protected:
  std::map<std::string, BreakdownRow> by(By what) {
    const auto rows = breakdown(*office_.ledger, what);
    EXPECT_TRUE(rows) << rows.error().message;
    std::map<std::string, BreakdownRow> out;
    for (const BreakdownRow& row : *rows) out[row.key] = row;
    return out;
  }

  // A card of one printer that was rejected for a finding.
  void reject(const std::string& printer, const char* kind) {
    const std::string order = office_.accept("32.16.06.2005"), card = *office_.ledger->next_card();
    ledger::Event committed = Office::of_card("blank-committed", order, card);
    committed.token = ledger::new_token();
    const nlohmann::ordered_json dust{{"kind", "dust"}, {"score", 1.1}, {"limit", 1.0}},
        worst{{"kind", kind}, {"score", 3.0}, {"limit", 1.0}};
    office_.put(
        {committed,
         Office::of_card("print-started", order, card, {{"counter_before", 0}, {"device", printer}}),
         Office::of_card("print-ended", order, card, {{"outcome", "printed"}, {"number", 900 + ++rejects_}}),
         Office::of_card("inspected", order, card, {{"findings", {dust, worst}}}),
         Office::of_card("judged", order, card, {{"verdict", "damaged"}}),
         Office::of_card("sorted", order, card, {{"bin", "damaged"}})});
  }

  Office office_;
  int rejects_ = 0;
};

TEST_F(BreakdownTest, CountsByRegionAndBatchWhatEachCardBecame) {
  office_.print("32.16.06.1001");
  office_.print("32.16.06.1001", "damaged");
  office_.print("32.16.06.2005", "review");
  const auto regions = by(By::region);
  ASSERT_EQ(regions.size(), 2u);
  EXPECT_EQ(regions.at("32.16.06.1001").good, 1);
  EXPECT_EQ(regions.at("32.16.06.1001").damaged, 1);
  EXPECT_EQ(regions.at("32.16.06.2005").review, 1);
  EXPECT_EQ(by(By::batch).at("1").good, 1);
}

TEST_F(BreakdownTest, DamageIsCountedByItsWorstFindingPrinterAndRibbon) {
  ASSERT_TRUE(load_ribbon(*office_.ledger, "printer-2", "LOT-A", "operator"));
  reject("printer-2", "scratch");
  ASSERT_TRUE(load_ribbon(*office_.ledger, "printer-2", "LOT-B", "operator"));
  reject("printer-2", "scratch");
  reject("printer-2", "fade");
  reject("printer-3", "fade");
  office_.print("32.16.06.1001");
  const auto reasons = by(By::reason);
  ASSERT_EQ(reasons.size(), 2u) << "a good card has no reason";
  EXPECT_EQ(reasons.at("scratch").damaged, 2);
  EXPECT_EQ(reasons.at("fade").damaged, 2);
  EXPECT_EQ(by(By::printer).at("printer-2").damaged, 3);
  const auto ribbons = by(By::ribbon);
  EXPECT_EQ(ribbons.at("LOT-A").damaged, 1);
  EXPECT_EQ(ribbons.at("LOT-B").damaged, 2);
  EXPECT_EQ(ribbons.at("").damaged, 1) << "nobody said what is in printer-3";
}

TEST_F(BreakdownTest, DaysAndShiftsAddUpToAllCards) {
  for (int i = 0; i < 3; ++i) office_.print("32.16.06.1001");
  for (const By what : {By::day, By::shift}) {
    std::int64_t good = 0;
    for (const auto& [key, row] : by(what)) {
      EXPECT_EQ(key.rfind("20", 0), 0u) << key;
      good += row.good;
    }
    EXPECT_EQ(good, 3);
  }
}

TEST_F(BreakdownTest, ARibbonNeedsItsLot) {
  EXPECT_FALSE(load_ribbon(*office_.ledger, "printer", "", "operator"));
  EXPECT_FALSE(load_ribbon(*office_.ledger, "printer", std::string(41, 'A'), "operator"));
}

TEST_F(BreakdownTest, TheFileForASpreadsheetHoldsNoFormula) {
  EXPECT_THAT(to_csv("ribbon", {{.key = "=1+1", .good = 2}}), HasSubstr("\r\n'=1+1,2,0,"));
}

TEST_F(BreakdownTest, ThePaperSaysParagraphAndTable) {
  office_.print("32.16.06.1001");
  const Report report = *report_of(*office_.ledger);
  std::vector<BreakdownRow> rows = *breakdown(*office_.ledger, By::region);
  for (int i = 0; i < 80; ++i) rows.push_back({.key = "LOT-" + std::to_string(i), .damaged = 7000 + i});
  const auto file = office_.folder.path() / "report.pdf";
  ASSERT_TRUE(write_report_pdf(file, report, "region", rows, "27-11-2026"));
  const std::string text = output_of("pdftotext -layout '" + file.string() + "' -");
  EXPECT_THAT(text, HasSubstr("1 kartu dicetak"));
  EXPECT_THAT(text, HasSubstr("Unexplained: 0."));
  EXPECT_THAT(text, HasSubstr("32.16.06.1001"));
  EXPECT_THAT(text, HasSubstr("7079")) << "on a second page";
}

}  // namespace
}  // namespace ktp::handover
