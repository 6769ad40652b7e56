// SPDX-License-Identifier: Apache-2.0
#include "app/contact_sheet.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "app/paper_files.hpp"
#include "app/person_files.hpp"

namespace ktp::app {

namespace fs = std::filesystem;

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// The card's own words from its trail: why it was judged so, how the print ended.
std::string why_of(const std::vector<std::string>& trail) {
  std::string why;
  for (const std::string& line : trail) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    if (event.is_discarded()) continue;
    if (event.value("type", "") == "judged") why = event.value("why", "");
    if (event.value("type", "") == "settled" && why.empty()) why = event.value("evidence", "");
    if (event.value("type", "") == "print-ended" && event.contains("message"))
      why = event.value("message", "");
  }
  return why;
}

constexpr const char* kHead =
    R"(<!doctype html><html lang="en"><meta charset="utf-8"><title>KTP Station: rejected cards</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{font:16px/1.45 "Liberation Sans",Arial,sans-serif;margin:0;background:#f3f5f7;color:#15202b}
header{background:#12324f;color:#fff;padding:1.1rem 1.5rem}header h1{font-size:1.35rem;margin:0}header p{margin:.3rem 0 0;opacity:.85}
main{padding:1rem 1.5rem;max-width:1500px;margin:auto}
article{background:#fff;border:1px solid #d5dce3;border-left:8px solid #b3261e;border-radius:6px;margin:0 0 1.1rem;padding: .9rem 1.1rem}
article.mismatch,article.duplicate{border-left-color:#7b2fa0}article.review{border-left-color:#a06a00}article.spoiled{border-left-color:#56616b}
h2{font-size:1.05rem;margin:0 0 .2rem}h2 span{background:#15202b;color:#fff;border-radius:4px;padding:.05rem .5rem;margin-right:.5rem;font-size:.95rem}
p.why{margin:.15rem 0 .6rem}table{border-collapse:collapse;width:100%}th{font-weight:600;font-size:.85rem;text-align:left;padding:.2rem .3rem;color:#445}
td{padding:.25rem .3rem;vertical-align:top;width:25%}img{max-width:100%;border:1px solid #c4ccd4;display:block}
@media print{article{break-inside:avoid}}
</style>
)";

}  // namespace

Result<ContactSheet> write_contact_sheet(ledger::Ledger& ledger, const pipeline::PictureSafe& evidence,
                                         const fs::path& folder, const handover::Look& look) {
  std::vector<ledger::CardRow> rejects;
  auto read = ledger.each_card([&](const ledger::CardRow& card) {
    if (card.state == CardState::spoiled || card.state == CardState::unknown ||
        (!card.verdict.empty() && card.verdict != "good"))
      rejects.push_back(card);
  });
  if (!read) return std::unexpected(read.error());
  if (auto made = make_empty_folder(folder); !made) return std::unexpected(made.error());
  if (auto made = make_private_folder(folder / "pictures"); !made) return std::unexpected(made.error());
  ContactSheet sheet{.file = folder / "contact-sheet.html", .cards = rejects.size()};
  // In the log before anything is written, for every person whose card is on the sheet.
  for (const ledger::CardRow& card : rejects) {
    handover::Look one = look;
    one.card = card.card;
    if (auto noted = handover::note_look(ledger, card.order_id, one); !noted)
      return std::unexpected(noted.error());
  }
  std::string html = kHead;
  html += "<header><h1>Kartu ditolak / Rejected cards: " + std::to_string(rejects.size()) +
          "</h1><p>Expected, photographed, and marked where it differs. Seharusnya, foto kartu, dan tanda "
          "pada perbedaan.</p></header><main>";
  if (rejects.empty()) html += "<p>No card was rejected. Tidak ada kartu yang ditolak.</p>";
  for (const ledger::CardRow& card : rejects) {
    auto trail = ledger.trail(card.card);
    if (!trail) return std::unexpected(trail.error());
    const std::string word = card.verdict.empty() ? std::string(to_string(card.state)) : card.verdict;
    html += "<article class=\"" + escaped(word) + "\"><h2><span>" + escaped(word) + "</span>card " +
            escaped(card.card) + ", order " + escaped(card.order_id) + "</h2><p class=\"why\">" +
            escaped(why_of(*trail)) + (card.bin.empty() ? "" : " &middot; bin " + escaped(card.bin)) + "</p>";
    std::string rows;
    for (const char* side : {"front", "back"}) {
      Result<void> copied;
      const auto picture = [&](const char* what, const char* alt) -> std::string {
        const std::string name = card.card + "-" + side + "-" + what;
        if (!evidence.has(name)) return "<td></td>";
        const auto bytes = evidence.get(name);
        // A person's deleted pictures cannot be opened any more; that leaves a gap, not a sheet that fails.
        if (!bytes && bytes.error().code == ErrorCode::bad_data) return "<td></td>";
        auto written = bytes ? write_private(folder / "pictures" / name, {bytes->begin(), bytes->end()})
                             : std::unexpected(bytes.error());
        if (!written) copied = std::unexpected(written.error());
        ++sheet.pictures;
        const std::string link = escaped("pictures/" + name);
        return "<td><a href=\"" + link + "\"><img loading=\"lazy\" src=\"" + link + "\" alt=\"" + side +
               ", " + alt + "\"></a></td>";
      };
      const std::string cells = picture("expected.png", "expected") +
                                picture("photograph.png", "photographed") +
                                picture("difference.jpg", "difference") + picture("marked.jpg", "marked");
      if (!copied) return std::unexpected(copied.error());
      if (cells != "<td></td><td></td><td></td><td></td>") rows += "<tr>" + cells + "</tr>";
    }
    if (!rows.empty())
      html +=
          "<table><tr><th>expected / seharusnya</th><th>photographed / foto</th><th>difference / "
          "selisih</th><th>marked / tanda</th></tr>" +
          rows + "</table>";
    html += "</article>";
  }
  html += "</main></html>\n";
  if (auto written = write_private(sheet.file, html); !written) return std::unexpected(written.error());
  return sheet;
}

}  // namespace ktp::app
