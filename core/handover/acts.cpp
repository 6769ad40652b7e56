// SPDX-License-Identifier: Apache-2.0
#include "handover/acts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "handover/manifest.hpp"
#include "handover/paper.hpp"

namespace ktp::handover {

namespace {

Result<ledger::CardRow> card_in_state(const ledger::Ledger& ledger, const std::string& card,
                                      CardState wanted) {
  auto row = ledger.card(card);
  if (!row) return std::unexpected(row.error());
  if (!*row)
    return fail(ErrorCode::input_missing, "there is no card " + card + "; `ktp-station cards` lists them");
  if ((*row)->state != wanted)
    return fail(ErrorCode::bad_data, "card " + card + " is " + std::string(to_string((*row)->state)) +
                                         ", not " + std::string(to_string(wanted)));
  return std::move(**row);
}

Result<void> append_about(ledger::Ledger& ledger, const char* type, const ledger::CardRow& card,
                          nlohmann::ordered_json data, const std::string& actor) {
  return ledger.append({ledger::Event{
      .type = type, .actor = actor, .order_id = card.order_id, .card = card.card, .data = std::move(data)}});
}

}  // namespace

Result<DestructionRecord> destroy(ledger::Ledger& ledger, const std::vector<std::string>& cards,
                                  const Destruction& destruction, const std::string& actor) {
  const std::set<std::string> people(destruction.names.begin(), destruction.names.end());
  if (people.size() < 2 || people.contains(""))
    return fail(ErrorCode::bad_data, "name: a destruction is witnessed by at least two different people");
  const ledger::CustodyView custody(ledger);
  auto waiting = custody.to_destroy();
  if (!waiting) return std::unexpected(waiting.error());
  DestructionRecord record;
  if (cards.empty()) {
    record.cards = std::move(*waiting);
    if (record.cards.empty()) return fail(ErrorCode::input_missing, "no card waits to be destroyed");
  }
  for (const std::string& name : std::set<std::string>(cards.begin(), cards.end())) {
    const auto found = std::ranges::find(*waiting, name, &ledger::CustodyRow::card);
    if (found != waiting->end()) {
      record.cards.push_back(*found);
      continue;
    }
    auto body = ledger::BoxView(ledger).found(name);
    if (!body) return std::unexpected(body.error());
    if (*body) {
      if ((*body)->state != "kept")
        return fail(ErrorCode::bad_data, "found card " + name + " is " + (*body)->state + ": " +
                                             (*body)->detail + "; nothing was done");
      record.found.push_back(std::move(**body));
      continue;
    }
    const auto card = ledger.card(name);
    if (!card) return std::unexpected(card.error());
    if (!*card)
      return fail(ErrorCode::input_missing, "there is no card " + name + "; `ktp-station cards` lists them");
    return fail(ErrorCode::bad_data,
                "card " + name + " is " + std::string(to_string((*card)->state)) +
                    ((*card)->bin.empty() ? "" : " in bin " + (*card)->bin) +
                    "; only rejected, spoiled and withdrawn cards are destroyed, nothing was done");
  }
  auto number = custody.next_record();
  if (!number) return std::unexpected(number.error());
  record.number = std::move(*number);
  ledger::Event paper{.type = "berita-acara", .actor = actor};
  paper.data["record"] = record.number;
  paper.data["kind"] = "destruction";
  paper.data["names"] = destruction.names;
  paper.data["place"] = destruction.place;
  paper.data["manner"] = destruction.manner;
  paper.data["count"] = record.cards.size() + record.found.size();
  std::vector<ledger::Event> events{std::move(paper)};
  for (const auto& row : record.cards) {
    ledger::Event event{.type = "destroyed", .actor = actor, .order_id = row.order_id, .card = row.card};
    event.data["record"] = record.number;
    events.push_back(std::move(event));
  }
  for (const ledger::FoundRow& body : record.found) {
    ledger::Event event{.type = "found-destroyed", .actor = actor, .order_id = body.seen.order_id};
    event.data["sighting"] = ledger::sighting_name(body.seen.id);
    event.data["record"] = record.number;
    events.push_back(std::move(event));
  }
  if (auto appended = ledger.append(events); !appended) return std::unexpected(appended.error());
  return record;
}

Result<RecordedDestruction> recorded_destruction(const ledger::Ledger& ledger, const std::string& number) {
  using nlohmann::json;
  const auto papers = ledger.lines_of_type("berita-acara");
  if (!papers) return std::unexpected(papers.error());
  std::optional<RecordedDestruction> found;
  for (const std::string& line : *papers) {
    const json paper = json::parse(line);
    if (paper.value("record", "") != number) continue;
    const std::string time = paper.value("time", "");  // 2020-03-20T...
    found = {.destruction = {.names = paper.value("names", std::vector<std::string>()),
                             .place = paper.value("place", ""),
                             .manner = paper.value("manner", "")},
             .day = time.substr(8, 2) + "-" + time.substr(5, 2) + "-" + time.substr(0, 4),
             .cards = {},
             .found = {}};
  }
  if (!found) return fail(ErrorCode::input_missing, "there is no berita acara " + number);
  const auto destroyed = ledger.lines_of_type("destroyed");
  if (!destroyed) return std::unexpected(destroyed.error());
  for (const std::string& line : *destroyed) {
    const json event = json::parse(line);
    if (event.value("record", "") != number) continue;
    auto card = ledger.card(event.value("card", ""));
    if (!card) return std::unexpected(card.error());
    if (!*card)
      return fail(ErrorCode::internal, "berita acara " + number + " names a card that is not there");
    found->cards.push_back(std::move(**card));
  }
  const auto bodies = ledger.lines_of_type("found-destroyed");
  if (!bodies) return std::unexpected(bodies.error());
  for (const std::string& line : *bodies) {
    const json event = json::parse(line);
    if (event.value("record", "") != number) continue;
    auto body = ledger::BoxView(ledger).found(event.value("sighting", ""));
    if (!body) return std::unexpected(body.error());
    if (*body) found->found.push_back(std::move(**body));
  }
  return *std::move(found);
}

std::string why_destroyed(const ledger::CardRow& card) {
  // Neither is ever destroyed otherwise.
  if (card.verdict == "good" || card.verdict == "review") return "withdrawn";
  return card.verdict.empty() ? "spoiled" : card.verdict;
}

Result<void> withdraw(ledger::Ledger& ledger, const std::vector<std::string>& cards,
                      const std::string& reason, const std::string& actor) {
  std::vector<ledger::Event> events;
  for (const std::string& name : std::set<std::string>(cards.begin(), cards.end())) {
    const auto card = ledger.card(name);
    if (!card) return std::unexpected(card.error());
    if (!*card)
      return fail(ErrorCode::input_missing, "there is no card " + name + "; `ktp-station cards` lists them");
    if (!next_state((*card)->state, CardEvent::withdrawn))
      return fail(ErrorCode::bad_data,
                  "card " + name + " is " + std::string(to_string((*card)->state)) +
                      "; cards in a bin, sealed, handed over or returned are withdrawn, nothing was done");
    ledger::Event event{.type = "withdrawn", .actor = actor, .order_id = (*card)->order_id, .card = name};
    event.data["reason"] = reason;
    event.data["was"] = std::string(to_string((*card)->state));
    events.push_back(std::move(event));
  }
  return ledger.append(events);
}

Result<void> release(ledger::Ledger& ledger, const std::vector<std::string>& orders,
                     const std::string& reason, const std::string& actor, const std::string& confirmed_by) {
  if (reason.empty()) return fail(ErrorCode::bad_data, "reason: must say why the orders may be printed");
  if (actor.empty() || confirmed_by.empty() || actor == confirmed_by)
    return fail(ErrorCode::bad_data, "confirmed-by: must be another person than '" + actor + "'");
  std::vector<ledger::Event> events;
  for (const std::string& name : std::set<std::string>(orders.begin(), orders.end())) {
    const auto order = ledger.order(name);
    if (!order) return std::unexpected(order.error());
    if (!*order)
      return fail(ErrorCode::input_missing,
                  "there is no order " + name + "; `ktp-station orders` lists them");
    if ((*order)->state != "held")
      return fail(ErrorCode::bad_data, "order " + name + " is " + (*order)->state +
                                           "; only held orders are released, nothing was done");
    ledger::Event event{.type = "order-released", .actor = actor, .order_id = name};
    event.data["reason"] = reason;
    event.data["confirmed_by"] = confirmed_by;
    event.data["was"] = (*order)->reason;
    events.push_back(std::move(event));
  }
  return ledger.append(events);
}

Result<void> write_record_pdf(const std::string& number, const std::string& office, const std::string& date,
                              const Destruction& destruction, const std::vector<DestroyedLine>& lines,
                              const std::filesystem::path& file) {
  constexpr double kTop = 66, kRow = 6.2, kBottom = 272, kSign = 34;
  const double inner = kPageW - 2 * kMargin;
  const auto fit = [](double height) { return static_cast<std::size_t>(height / kRow); };
  // Two names beside each other; the last page keeps room for all of them.
  const double signing = kSign * static_cast<double>((destruction.names.size() + 1) / 2);
  const std::size_t full = fit(kBottom - kTop);
  const std::size_t last = signing < kBottom - kTop ? fit(kBottom - kTop - signing) : 0;
  const std::size_t pages = lines.size() <= last ? 1 : 1 + (lines.size() - last + full - 1) / full;
  Paper paper(file, "Berita acara " + number);
  std::size_t n = 0;
  for (std::size_t page = 1; page <= pages; ++page) {
    const auto count = static_cast<std::uint32_t>(lines.size());
    paper.text(kMargin, 12, 5.2, "BERITA ACARA PEMUSNAHAN KTP-EL", inner, true);
    paper.text(kMargin, 19, 3.2, "Record of destruction", inner);
    paper.text(kMargin, 25, 3.6, office, 110, true);
    paper.text(kMargin, 31, 3.2, "Nomor / number: " + number + "     Tanggal / date: " + date, 110);
    paper.text(kMargin, 36, 3.2, "Tempat / place: " + destruction.place, inner);
    paper.text(kMargin, 41, 3.2, "Cara / manner: " + destruction.manner, inner);
    paper.text(kMargin, 46, 3.2,
               "Jumlah / total: " + std::to_string(count) + " (" + in_words(count) + ") keping", inner);
    paper.barcode(140, 14, 58, 12, number);
    paper.rule(kMargin, kTop - 8, inner, 0.3);
    for (const auto& [x, title] :
         {std::pair{12.0, "No"}, {24.0, "Kartu"}, {52.0, "NIK"}, {92.0, "Sebab / reason"}})
      paper.text(x, kTop - 6.5, 2.9, title, 60, true);
    paper.rule(kMargin, kTop - 2, inner, 0.3);
    double y = kTop;
    const std::size_t end = page == pages ? lines.size() : std::min(lines.size(), n + full);
    for (; n < end; ++n, y += kRow) {
      paper.text(12, y, 2.9, std::to_string(n + 1), 11);
      paper.text(24, y, 2.9, lines[n].card, 27);
      paper.text(52, y, 2.9, masked_nik(lines[n].nik), 38);
      paper.text(92, y, 2.9, lines[n].why, 106);
      paper.rule(kMargin, y + 4.6, inner);
    }
    if (page == pages)
      for (std::size_t i = 0; i < destruction.names.size(); ++i)
        paper.signature(i % 2 == 0 ? kMargin : 112, y + 2 + kSign * static_cast<double>(i / 2),
                        destruction.names[i]);
    paper.page_number(page, pages);
    paper.next_page();
  }
  return paper.finish();
}

Result<void> receive_back(ledger::Ledger& ledger, const std::string& card, const std::string& actor) {
  const auto row = card_in_state(ledger, card, CardState::returned);
  if (!row) return std::unexpected(row.error());
  return append_about(ledger, "received-back", *row, nlohmann::ordered_json::object(), actor);
}

Result<void> redistribute(ledger::Ledger& ledger, const std::string& card, const std::string& to,
                          const std::string& signed_by, const std::string& actor) {
  const auto row = card_in_state(ledger, card, CardState::returned);
  if (!row) return std::unexpected(row.error());
  return append_about(ledger, "redistributed", *row, {{"to", to}, {"signed_by", signed_by}}, actor);
}

Result<void> locate(ledger::Ledger& ledger, const std::string& card, const std::string& at,
                    const std::string& signed_by, const std::string& actor) {
  const auto row = card_in_state(ledger, card, CardState::withdrawn);
  if (!row) return std::unexpected(row.error());
  return append_about(ledger, "located", *row, {{"at", at}, {"signed_by", signed_by}}, actor);
}

NextStep next_step(const ledger::OpenItem& item) {
  if (item.card.empty()) return item.state == "held" ? NextStep::decide : NextStep::print;
  if (item.state == "found") return NextStep::hand_on;
  if (item.doubted) return NextStep::look_at;
  if (item.state == "unknown") return NextStep::find;
  if (item.state == "sorted")
    return item.bin == "good" ? NextStep::seal : item.bin == "review" ? NextStep::review : NextStep::destroy;
  if (item.state == "spoiled") return NextStep::destroy;
  if (item.state == "sealed") return NextStep::hand_over;
  if (item.state == "handed-over") return NextStep::wait_for_post;
  if (item.state == "returned") return NextStep::take_back;
  if (item.state == "withdrawn") return NextStep::locate;
  return NextStep::go_on;
}

std::string_view to_string(NextStep step) {
  switch (step) {
    case NextStep::decide:
      return "decide";
    case NextStep::print:
      return "print";
    case NextStep::find:
      return "find";
    case NextStep::seal:
      return "seal";
    case NextStep::review:
      return "review";
    case NextStep::destroy:
      return "destroy";
    case NextStep::hand_over:
      return "hand-over";
    case NextStep::wait_for_post:
      return "wait-for-post";
    case NextStep::take_back:
      return "take-back";
    case NextStep::locate:
      return "locate";
    case NextStep::look_at:
      return "look-at";
    case NextStep::hand_on:
      return "hand-on";
    case NextStep::go_on:
      break;
  }
  return "go-on";
}

std::string next_action(const ledger::OpenItem& item) {
  switch (next_step(item)) {
    case NextStep::decide:
      return "putuskan / decide: " + item.detail;
    case NextStep::print:
      return "cetak / print: ktp-station produce";
    case NextStep::find:
      return "cari kartunya / find the card: output tray, printer, camera; nothing is sealed until then; "
             "ktp-station settle";
    case NextStep::seal:
      return "segel / seal: ktp-station seal";
    case NextStep::review:
      return "periksa / look at it and decide";
    case NextStep::destroy:
      return "musnahkan dengan berita acara / destroy with a record: ktp-station destroy";
    case NextStep::hand_over:
      return "serahkan / hand over: ktp-station handover " + item.seal;
    case NextStep::wait_for_post:
      return "tunggu hasil pos / wait for post results: ktp-station post import";
    case NextStep::take_back:
      return "terima kembali atau salurkan / ktp-station returned receive, or returned redistribute";
    case NextStep::locate:
      return "catat tempatnya atau musnahkan / ktp-station locate, or destroy";
    case NextStep::look_at:
      return "mode sortir menemukan kerusakan, periksa / sort mode found it damaged, look at it: ktp-station "
             "doubt "
             "confirm, or doubt clear";
    case NextStep::hand_on:
      return "kartu temuan, serahkan atau musnahkan / a found card: ktp-station found hand-on, found is, or "
             "destroy " +
             item.card;
    case NextStep::go_on:
      break;
  }
  return "lanjutkan / go on: ktp-station produce";
}

}  // namespace ktp::handover
