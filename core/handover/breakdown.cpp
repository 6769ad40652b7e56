// SPDX-License-Identifier: Apache-2.0
#include "handover/breakdown.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "handover/csv_cell.hpp"
#include "handover/paper.hpp"

namespace ktp::handover {

using nlohmann::json;

namespace {

struct Column {
  const char* name;     // in files
  const char* printed;  // on paper
  std::int64_t BreakdownRow::* count;
};
constexpr std::array<Column, 12> kColumns{{{"good", "baik", &BreakdownRow::good},
                                           {"damaged", "rusak", &BreakdownRow::damaged},
                                           {"duplicate", "ganda", &BreakdownRow::duplicate},
                                           {"mismatch", "salah isi", &BreakdownRow::mismatch},
                                           {"review", "periksa", &BreakdownRow::review},
                                           {"spoiled", "gagal", &BreakdownRow::spoiled},
                                           {"withdrawn", "ditarik", &BreakdownRow::withdrawn},
                                           {"destroyed", "musnah", &BreakdownRow::destroyed},
                                           {"handed_over", "ke pos", &BreakdownRow::handed_over},
                                           {"delivered", "sampai", &BreakdownRow::delivered},
                                           {"returned", "kembali", &BreakdownRow::returned},
                                           {"unknown", "?", &BreakdownRow::unknown}}};

// What the log says of a card that its row in the tables does not.
struct Made {
  std::string time, ribbon, reason;
};

std::string worst_of(const json& event) {
  std::string kind;
  double most = -1;
  if (const auto findings = event.find("findings"); findings != event.end() && findings->is_array())
    for (const json& finding : *findings)
      if (const double over = finding.value("score", 0.0) / std::max(finding.value("limit", 1.0), 1e-9);
          over > most)
        most = over, kind = finding.value("kind", "");
  return kind;
}

Result<std::unordered_map<std::string, Made>> made_of(const ledger::Ledger& ledger) {
  constexpr std::size_t kAtOnce = 2000;
  std::unordered_map<std::string, Made> made;
  std::map<std::string, std::string> ribbons;  // lot by printer
  const auto hear = [&](std::string_view line) {
    const auto told = [&](std::string_view type) { return line.find(type) != std::string_view::npos; };
    if (!told("\"ribbon-loaded\"") && !told("\"print-started\"") && !told("\"print-ended\"") &&
        !told("\"inspected\""))
      return;
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object()) return;
    const std::string type = event.value("type", "");
    if (type == "ribbon-loaded") {
      ribbons[event.value("device", "")] = event.value("lot", "");
      return;
    }
    Made& card = made[event.value("card", "")];
    if (type == "print-started") card.ribbon = ribbons[event.value("device", "")];
    if (type == "print-ended") card.time = event.value("time", "");
    if (type == "inspected") card.reason = worst_of(event);
  };
  for (std::uint64_t seq = 0;;) {
    const auto last = ledger.lines_after(seq, kAtOnce, hear);
    if (!last) return std::unexpected(last.error());
    const std::uint64_t read = *last - seq;
    seq = *last;
    if (read < kAtOnce) return made;
  }
}

// Local date of an RFC 3339 time in UTC, or date and shift; "" for a card whose print has no end.
std::string when(const std::string& time, bool shift) {
  std::tm parts{};
  if (::strptime(time.c_str(), "%Y-%m-%dT%H:%M", &parts) == nullptr) return "";
  std::time_t at = ::timegm(&parts);
  ::localtime_r(&at, &parts);
  std::size_t now = kShifts.size() - 1;
  for (std::size_t i = 0; i < kShifts.size(); ++i)
    if (parts.tm_hour >= kShifts[i]) now = i;
  if (shift && parts.tm_hour < kShifts.front()) {  // the night belongs to the day that it began on
    at -= 24 * 3600;
    ::localtime_r(&at, &parts);
    now = kShifts.size() - 1;
  }
  char text[40];
  const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  if (shift)
    std::snprintf(text + n, sizeof text - n, " %02d-%02d", kShifts[now], kShifts[(now + 1) % kShifts.size()]);
  return text;
}

void count(const ledger::CardRow& card, BreakdownRow& row) {
  if (card.verdict == "good") ++row.good;
  if (card.verdict == "damaged") ++row.damaged;
  if (card.verdict == "duplicate") ++row.duplicate;
  if (card.verdict == "mismatch") ++row.mismatch;
  if (card.verdict == "review") ++row.review;
  switch (card.state) {
    case CardState::spoiled:
      ++row.spoiled;
      break;
    case CardState::withdrawn:
      ++row.withdrawn;
      break;
    case CardState::destroyed:
      ++row.destroyed;
      if (card.verdict.empty()) ++row.spoiled;
      break;
    case CardState::delivered:
      ++row.delivered, ++row.handed_over;
      break;
    case CardState::returned:
      ++row.returned, ++row.handed_over;
      break;
    case CardState::handed_over:
      ++row.handed_over;
      break;
    case CardState::unknown:
      ++row.unknown;
      break;
    default:
      break;
  }
}

}  // namespace

Result<std::vector<BreakdownRow>> breakdown(const ledger::Ledger& ledger, By by) {
  std::unordered_map<std::string, std::string> of_order;  // its batch or region
  if (by == By::batch || by == By::region) {
    const auto visited = ledger.each_order([&](const ledger::OrderRow& order) {
      if (order.state != "refused") of_order[order.order_id] = by == By::batch ? order.batch : order.region;
    });
    if (!visited) return std::unexpected(visited.error());
  }
  auto made = by == By::batch || by == By::region || by == By::printer
                  ? Result<std::unordered_map<std::string, Made>>{}
                  : made_of(ledger);
  if (!made) return std::unexpected(made.error());
  std::map<std::string, BreakdownRow> rows;
  const auto visited = ledger.each_card([&](const ledger::CardRow& card) {
    const bool judged = !card.verdict.empty();
    if (!judged && card.state != CardState::spoiled && card.state != CardState::destroyed &&
        card.state != CardState::unknown)
      return;  // no body yet, or none that anybody has judged
    if (by == By::reason && (card.verdict == "good" || !judged)) return;
    const Made& of = (*made)[card.card];
    const std::string key = by == By::printer  ? card.device
                            : by == By::day    ? when(of.time, false)
                            : by == By::shift  ? when(of.time, true)
                            : by == By::ribbon ? of.ribbon
                            : by == By::reason ? of.reason
                                               : of_order[card.order_id];
    BreakdownRow& row = rows[key];
    row.key = key;
    count(card, row);
  });
  if (!visited) return std::unexpected(visited.error());
  std::vector<BreakdownRow> out;
  for (auto& [key, row] : rows) out.push_back(std::move(row));
  return out;
}

std::string to_csv(std::string_view by, const std::vector<BreakdownRow>& rows) {
  std::string text(by);
  for (const Column& column : kColumns) text += std::string(",") + column.name;
  text += "\r\n";
  for (const BreakdownRow& row : rows) {
    text += csv_cell(row.key);
    for (const Column& column : kColumns) text += "," + std::to_string(row.*column.count);
    text += "\r\n";
  }
  return text;
}

std::string to_csv(const Report& report) {
  std::string text = "figure,number\r\n";
  const auto figures = nlohmann::ordered_json::parse(to_json(report));
  for (const auto& [name, value] : figures.items()) {
    if (value.is_number()) text += name + "," + std::to_string(value.get<std::int64_t>()) + "\r\n";
    if (value.is_object())
      for (const auto& [reason, number] : value.items())
        text += csv_cell(name + ": " + reason) + "," + std::to_string(number.get<std::int64_t>()) + "\r\n";
  }
  return text;
}

namespace {

// Lines of at most `most` bytes, broken between words.
std::vector<std::string> wrapped(const std::string& words, std::size_t most) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < words.size();) {
    std::size_t end = std::min(words.size(), at + most);
    if (end < words.size())
      if (const auto space = words.rfind(' ', end); space != std::string::npos && space > at) end = space;
    lines.push_back(words.substr(at, end - at));
    at = end + (end < words.size() && words[end] == ' ' ? 1 : 0);
  }
  return lines;
}

}  // namespace

Result<void> write_report_pdf(const std::filesystem::path& file, const Report& report, std::string_view by,
                              const std::vector<BreakdownRow>& rows, const std::string& date) {
  constexpr double kRow = 5.5, kBottom = 280, kKeyWidth = 42, kInner = kPageW - 2 * kMargin;
  constexpr double kNumberWidth = (kInner - kKeyWidth) / kColumns.size();
  Paper paper(file, "Laporan KTP-el");
  paper.text(kMargin, 12, 5.2, "LAPORAN PENCETAKAN KTP-EL", kInner, true);
  paper.text(kMargin, 19, 3.2, "Report of the card production     " + date, kInner);
  double y = 28;
  for (const Language language : {Language::indonesian, Language::english}) {
    for (const std::string& line : wrapped(paragraph(report, language), 100)) {
      paper.text(kMargin, y, 3.4, line, kInner);
      y += 5;
    }
    y += 4;
  }
  const auto head = [&] {
    paper.text(kMargin, y, 2.8, std::string(by), kKeyWidth, true);
    for (std::size_t i = 0; i < kColumns.size(); ++i)
      paper.text(kMargin + kKeyWidth + static_cast<double>(i) * kNumberWidth, y, 2.2, kColumns[i].printed,
                 kNumberWidth, true, Align::right);
    paper.rule(kMargin, y + 4.4, kInner);
    y += kRow;
  };
  if (!rows.empty()) head();
  for (const BreakdownRow& row : rows) {
    if (y > kBottom) {
      paper.next_page();
      y = 14;
      head();
    }
    paper.text(kMargin, y, 2.8, row.key.empty() ? "-" : row.key, kKeyWidth);
    for (std::size_t i = 0; i < kColumns.size(); ++i)
      paper.text(kMargin + kKeyWidth + static_cast<double>(i) * kNumberWidth, y, 2.8,
                 std::to_string(row.*kColumns[i].count), kNumberWidth, false, Align::right);
    y += kRow;
  }
  return paper.finish();
}

Result<void> load_ribbon(ledger::Ledger& ledger, const std::string& printer, const std::string& lot,
                         const std::string& actor) {
  constexpr std::size_t kLongest = 40;
  if (lot.empty() || lot.size() > kLongest)
    return fail(ErrorCode::bad_data, "a ribbon's lot has 1 to 40 characters, as its box says");
  ledger::Event event{.type = "ribbon-loaded", .actor = actor};
  event.data["device"] = printer;
  event.data["lot"] = lot;
  return ledger.append({event});
}

}  // namespace ktp::handover
