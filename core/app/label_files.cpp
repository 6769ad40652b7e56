// SPDX-License-Identifier: Apache-2.0
#include "app/label_files.hpp"

#include "app/paper_files.hpp"
#include "handover/label.hpp"
#include "ledger/custody.hpp"

namespace ktp::app {

Result<std::size_t> write_labels(const ledger::Ledger& ledger, const artwork::Regions& regions,
                                 const std::string& office, const std::vector<std::string>& batches,
                                 int boxes, const std::filesystem::path& file) {
  const auto name = [&](std::string_view code) {
    const auto* const region = regions.find(code);
    return region != nullptr ? region->name : std::string();
  };
  const ledger::CustodyView custody(ledger);
  std::vector<handover::BoxLabel> labels;
  for (const std::string& seal : batches) {
    const auto batch = custody.seal(seal);
    if (!batch) return std::unexpected(batch.error());
    if (!*batch)
      return fail(ErrorCode::input_missing,
                  "there is no sealed batch " + seal + "; `ktp-station batches` lists them");
    if (!(*batch)->taken_by.empty())
      return fail(ErrorCode::bad_data, "batch " + seal + " was handed over to " + (*batch)->taken_by);
    for (int box = 1; box <= boxes; ++box)
      labels.push_back({.seal = seal,
                        .region = (*batch)->region,
                        .desa = name((*batch)->region),
                        .kecamatan = name(std::string_view((*batch)->region).substr(0, 8)),
                        .office = office,
                        .date = today(),
                        .cards = (*batch)->inside,
                        .box = box,
                        .boxes = boxes});
  }
  if (auto written = write_private(
          file,
          [&](const std::filesystem::path& beside) { return handover::write_labels_pdf(labels, beside); });
      !written)
    return std::unexpected(written.error());
  return labels.size();
}

}  // namespace ktp::app
