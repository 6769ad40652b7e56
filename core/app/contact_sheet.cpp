// SPDX-License-Identifier: Apache-2.0
#include "app/contact_sheet.hpp"

#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

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

Result<fs::path> write_contact_sheet(const ledger::Ledger& ledger, const fs::path& evidence,
                                     const fs::path& folder) {
  std::error_code made;
  fs::create_directories(folder, made);
  if (made) return fail(ErrorCode::configuration, "cannot make " + folder.string() + ": " + made.message());
  std::vector<ledger::CardRow> rejects;
  auto read = ledger.each_card([&](const ledger::CardRow& card) {
    if (card.state == CardState::spoiled || card.state == CardState::unknown ||
        (!card.verdict.empty() && card.verdict != "good"))
      rejects.push_back(card);
  });
  if (!read) return std::unexpected(read.error());
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
      const auto picture = [&](const char* what, const char* alt) -> std::string {
        const std::string name = card.card + "-" + side + "-" + what;
        std::error_code none;
        if (!fs::exists(evidence / name, none)) return "<td></td>";
        const std::string link = fs::relative(evidence / name, folder, none).generic_string();
        return "<td><a href=\"" + escaped(link) + "\"><img loading=\"lazy\" src=\"" + escaped(link) +
               "\" alt=\"" + side + ", " + alt + "\"></a></td>";
      };
      const std::string cells = picture("expected.png", "expected") +
                                picture("photograph.png", "photographed") +
                                picture("difference.jpg", "difference") + picture("marked.jpg", "marked");
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
  const fs::path file = folder / "contact-sheet.html", beside = folder / ".contact-sheet.html";
  {
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    ::chmod(beside.c_str(), 0600);
    if (!out.write(html.data(), static_cast<std::streamsize>(html.size())).flush())
      return fail(ErrorCode::internal, "cannot write " + file.string() + "; is the disk full?");
  }
  fs::rename(beside, file, made);
  if (made) return fail(ErrorCode::internal, "cannot write " + file.string() + ": " + made.message());
  return file;
}

}  // namespace ktp::app
