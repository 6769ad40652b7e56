// SPDX-License-Identifier: Apache-2.0
#include "handover/label.hpp"

#include <gtest/gtest.h>

#include "read_pdf.hpp"
#include "temp_folder.hpp"

namespace ktp::handover {
namespace {

TEST(BoxLabels, EveryBoxSaysItsBatchInTextAndAsABarcodeAndNothingOfAPerson) {
  const test::TempFolder folder;
  std::vector<BoxLabel> labels;
  // Six batches: the reader that the test uses gives up on two equal codes on one page.
  for (int batch = 1; batch <= 6; ++batch)
    labels.push_back({.seal = "S00000" + std::to_string(batch),
                      .region = "32.16.06.1001",
                      .desa = "JATIMULYA",
                      .kecamatan = "TAMBUN SELATAN",
                      .office = "Disdukcapil SPESIMEN",
                      .date = "23-11-2026",
                      .cards = 70,
                      .box = 1 + batch % 2,
                      .boxes = 2});
  ASSERT_TRUE(write_labels_pdf(labels, folder / "l.pdf"));
  const std::string text = output_of("pdftotext -layout " + (folder / "l.pdf").string() + " -");
  for (const char* words : {"S000001", "S000003", "JATIMULYA", "Kotak 2 dari 2", "70 (tujuh puluh) keping"})
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  EXPECT_EQ(barcodes_of(folder / "l.pdf", folder.path()),
            (std::multiset<std::string>{"S000001", "S000002", "S000003", "S000004", "S000005", "S000006"}));
}

}  // namespace
}  // namespace ktp::handover
