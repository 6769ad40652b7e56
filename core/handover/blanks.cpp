// SPDX-License-Identifier: Apache-2.0
#include "handover/blanks.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

namespace ktp::handover {

namespace {

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

// Places are written by people.
std::string folded(std::string_view place) {
  std::string key = trimmed(place);
  std::ranges::transform(key, key.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return key;
}

Result<void> check(const BlankTransfer& transfer) {
  if (transfer.count < 1) return fail(ErrorCode::bad_data, "the number of blanks must be 1 or more");
  if (trimmed(transfer.place).empty())
    return fail(ErrorCode::bad_data, "the place is missing: which kecamatan, station or office");
  if (trimmed(transfer.paper).empty())
    return fail(ErrorCode::bad_data, "the number of the paper is missing (release order, delivery paper)");
  return {};
}

ledger::Event event_of(const char* type, const BlankTransfer& transfer, const std::string& actor) {
  ledger::Event event{.type = type, .actor = actor};
  event.data["count"] = transfer.count;
  event.data["place"] = trimmed(transfer.place);
  event.data["paper"] = trimmed(transfer.paper);
  return event;
}

Result<std::int64_t> in_stock(const ledger::Ledger& ledger) {
  const auto balance = ledger.balance();
  if (!balance) return std::unexpected(balance.error());
  return balance->at("in_stock");
}

}  // namespace

Result<std::vector<BlanksOut>> blanks_out(const ledger::Ledger& ledger) {
  std::vector<BlanksOut> places;
  for (const char* type : {"blanks-issued", "blanks-returned"}) {
    const auto lines = ledger.lines_of_type(type);
    if (!lines) return std::unexpected(lines.error());
    for (const std::string& line : *lines) {
      const auto event = nlohmann::json::parse(line, nullptr, false);
      const std::string place = event.value("place", "");
      auto at = std::ranges::find(places, folded(place), [](const BlanksOut& p) { return folded(p.place); });
      if (at == places.end()) at = places.insert(places.end(), BlanksOut{.place = place});
      (std::string_view(type) == "blanks-issued" ? at->issued : at->returned) +=
          event.value("count", std::int64_t{0});
    }
  }
  return places;
}

Result<void> issue_blanks(ledger::Ledger& ledger, const BlankTransfer& transfer, const std::string& actor) {
  if (auto fine = check(transfer); !fine) return fine;
  const auto stock = in_stock(ledger);
  if (!stock) return std::unexpected(stock.error());
  if (*stock < transfer.count)
    return fail(ErrorCode::bad_data, std::to_string(transfer.count) + " blanks are to be issued, stock has " +
                                         std::to_string(*stock) +
                                         "; book their delivery first: ktp-station blanks receive N");
  return ledger.append({event_of("blanks-issued", transfer, actor)});
}

Result<void> take_back_blanks(ledger::Ledger& ledger, const BlankTransfer& transfer,
                              const std::string& actor) {
  if (auto fine = check(transfer); !fine) return fine;
  const auto places = blanks_out(ledger);
  if (!places) return std::unexpected(places.error());
  const auto at =
      std::ranges::find(*places, folded(transfer.place), [](const BlanksOut& p) { return folded(p.place); });
  const std::int64_t has = at == places->end() ? 0 : at->issued - at->returned;
  if (has < transfer.count)
    return fail(ErrorCode::bad_data, std::to_string(transfer.count) + " blanks are to come back from " +
                                         trimmed(transfer.place) + ", which has " + std::to_string(has) +
                                         " of this ledger's; `ktp-station blanks out` lists the places. A "
                                         "delivery of others is booked with `blanks receive`");
  return ledger.append({event_of("blanks-returned", transfer, actor)});
}

Result<std::int64_t> count_stock(ledger::Ledger& ledger, const StockCount& count) {
  if (count.counted < 0) return fail(ErrorCode::bad_data, "a count cannot be negative");
  if (trimmed(count.by).empty() || trimmed(count.with).empty() || folded(count.by) == folded(count.with))
    return fail(ErrorCode::bad_data, "two different people count the stock: --by and --with");
  const auto stock = in_stock(ledger);
  if (!stock) return std::unexpected(stock.error());
  const std::int64_t missing = *stock - count.counted;
  if (missing != 0 && trimmed(count.reason).empty())
    return fail(ErrorCode::bad_data,
                "the ledger has " + std::to_string(*stock) + " in stock, " + std::to_string(count.counted) +
                    " were counted: count once more, then say with --reason what is known");
  ledger::Event counted{.type = "stock-counted", .actor = trimmed(count.by)};
  counted.data["count"] = count.counted;
  counted.data["expected"] = *stock;
  counted.data["confirmed_by"] = trimmed(count.with);
  std::vector<ledger::Event> events{counted};
  if (missing != 0) {
    ledger::Event difference{.type = "discrepancy", .actor = trimmed(count.by)};
    difference.data["term"] = "in_stock";
    difference.data["count"] = missing;
    difference.data["reason"] = "stock counted: " + trimmed(count.reason);
    events.push_back(std::move(difference));
  }
  if (auto appended = ledger.append(events); !appended) return std::unexpected(appended.error());
  return missing;
}

}  // namespace ktp::handover
