// SPDX-License-Identifier: Apache-2.0
#include "bench/campaign/post_office.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <unordered_set>

namespace ktp::campaign {

namespace {

constexpr double kReturned = 2801.0 / 130'402;  // the article's undelivered of entered

constexpr std::uint64_t kNever = ~std::uint64_t{0};  // no day

/// One sending of one card.
struct Sending {
  std::uint64_t number;  ///< of the body
  std::uint8_t nth;      ///< 1, 2, ...
  const char* item;
  std::uint64_t taken;
  bool called_back;  ///< then nothing is said of how it ended
};

struct Fate {
  std::uint64_t entered, ended;  ///< days
  bool returned = false;
  std::uint64_t repeated = kNever, contradicted = kNever;
  std::string_view detail;
};

Fate fate_of(const Truth& truth, const Sending& sending) {
  const std::uint64_t luck = drawn(truth.seed, 0x9057 + sending.nth, sending.number);
  Fate fate{
      .entered = sending.taken + (luck % 33 == 0 ? 20 : 1),  // some are entered long after the end
      .ended = sending.taken + 2 + (luck >> 8) % 12,
      // At home nobody opened twice; at the kecamatan people come and fetch it.
      .returned = sending.nth < 3 && share(truth.seed, 0xBAC4 + sending.nth, sending.number) < kReturned,
      .detail = {}};
  fate.detail = fate.returned ? handover::kReturnReasons[(luck >> 20) % handover::kReturnReasons.size()]
                              : handover::kRelations[(luck >> 20) % handover::kRelations.size()];
  if (luck % 20 == 1) fate.repeated = fate.ended + 1 + (luck >> 16) % 9;
  if (!fate.returned && (luck >> 30) % 2000 == 7) fate.contradicted = fate.ended + 3;
  return fate;
}

template <class Visit>
void each_sending(const Truth& truth, Visit&& visit) {
  for (std::uint64_t n = 1; n <= truth.fed.load(); ++n) {
    const Body& body = truth.bodies()[n - 1];
    if (body.sendings == 0) continue;
    // The label on it is that of a sending, over or not, unless it lies in its next box.
    const bool boxed = body.place == Place::box;
    const auto nth = static_cast<std::uint8_t>(boxed ? body.sendings + 1 : body.sendings);
    if (body.item_before[0] != '\0')
      visit(Sending{n, static_cast<std::uint8_t>(nth - 1), body.item_before, body.taken_before, false});
    if (!boxed) visit(Sending{n, nth, body.item, body.taken, body.called_back});
  }
}

ResultFile written_on(const Truth& truth, std::uint64_t day) {
  ResultFile file;
  const auto add = [&](const Sending& sending, const char* status, std::uint64_t when,
                       std::string_view detail) {
    file.rows.push_back({.row = 0,
                         .item = sending.item,
                         .status = status,
                         .date = date_of(when),
                         .detail = std::string(detail)});
  };
  each_sending(truth, [&](const Sending& sending) {
    const Fate fate = fate_of(truth, sending);
    const char* const end = fate.returned ? "returned" : "delivered";
    if (day == fate.entered) add(sending, "entered", fate.entered, "");
    if (sending.called_back) return;
    if (day == fate.ended) add(sending, end, fate.ended, fate.detail);
    if (day == fate.repeated) {
      add(sending, "entered", fate.entered, "");
      add(sending, end, fate.ended, fate.detail);
      file.repeated += 2;
    }
    if (day == fate.contradicted) {
      add(sending, "returned", day, "PINDAH");
      ++file.contradictions;
    }
  });
  return file;
}

// Never two in a row: a contradiction comes three days after what it contradicts, and must stay the later
// one.
bool comes_late(const Truth& truth, std::uint64_t day) {
  const auto drawn_late = [&](std::uint64_t d) { return drawn(truth.seed, 0x1A7E, d) % 10 == 3; };
  return drawn_late(day) && (day == 0 || !drawn_late(day - 1));
}

}  // namespace

std::string date_of(std::uint64_t day) {
  using namespace std::chrono;
  const year_month_day date = sys_days(2020y / March / 20) + days(static_cast<int>(day));
  char text[40];
  std::snprintf(text, sizeof text, "%02u-%02u-%04d", static_cast<unsigned>(date.day()),
                static_cast<unsigned>(date.month()), static_cast<int>(date.year()));
  return text;
}

void deliver(Truth& truth, std::uint64_t day) {
  for (std::uint64_t n = 1; n <= truth.fed.load(); ++n) {
    Body& body = truth.bodies()[n - 1];
    if (body.place != Place::post) continue;
    const Fate fate = fate_of(truth, {n, body.sendings, body.item, body.taken, false});
    if (day >= fate.ended) body.place = fate.returned ? Place::back : Place::holder;
  }
}

ResultFile results(const Truth& truth, std::uint64_t day) {
  if (comes_late(truth, day)) return {};
  ResultFile file = written_on(truth, day);
  for (std::uint64_t before = day; before > 0 && comes_late(truth, before - 1); --before) {
    ResultFile late = written_on(truth, before - 1);
    file.rows.insert(file.rows.end(), late.rows.begin(), late.rows.end());
    file.contradictions += late.contradictions;
    file.repeated += late.repeated;
  }
  std::mt19937_64 random(drawn(truth.seed, 0xF11E, day));
  std::ranges::shuffle(file.rows, random);
  std::size_t row = 0;
  for (auto& line : file.rows) line.row = ++row;
  return file;
}

handover::PostRow last_word(const Truth& truth, std::uint64_t number) {
  const Body& body = truth.bodies()[number - 1];
  const Fate fate = fate_of(truth, {number, body.sendings, body.item, body.taken, false});
  return {.row = 0,
          .item = body.item,
          .status = fate.returned ? "returned" : "delivered",
          .date = date_of(fate.ended),
          .detail = std::string(fate.detail)};
}

Complaints complaints(const Truth& truth) {
  Complaints found;
  std::unordered_set<std::uint32_t> people;
  for (std::uint64_t n = 1; n <= truth.fed.load(); ++n) {
    const Body& body = truth.bodies()[n - 1];
    if (!body.at_post_once) continue;
    ++found.cards;
    if (body.print != Print::whole) ++found.damaged;
    if (!people.insert(body.person).second) ++found.twice;
  }
  return found;
}

}  // namespace ktp::campaign
