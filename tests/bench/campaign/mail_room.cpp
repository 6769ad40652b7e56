// SPDX-License-Identifier: Apache-2.0
#include "bench/campaign/mail_room.hpp"

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "bench/campaign/post_office.hpp"
#include "handover/acts.hpp"
#include "handover/post.hpp"
#include "handover/seal.hpp"

namespace ktp::campaign {

namespace {

constexpr const char* kRecalled = "32.16.06.1001";  // Jatimulya, as in 2020

// The post's papers are there whole or not at all, whatever the office dies of.
void write_whole(const std::filesystem::path& file, const std::string& text) {
  const auto beside = file.parent_path() / (".new-" + file.filename().string());
  std::ofstream(beside, std::ios::binary) << text;
  std::filesystem::rename(beside, file);
}

}  // namespace

void MailRoom::destroy() {
  std::vector<std::string> cards;
  for (const auto& row : must(custody_.to_destroy(), "what waits"))
    if (row.state != CardState::withdrawn || desk_.body(desk_.number_of(row.card)).place == Place::office)
      cards.push_back(row.card);
  if (!cards.empty())
    must(handover::destroy(desk_.ledger(), cards, {.names = {"Andi", "Budi"}, .place = "Cikarang"}, kBy),
         "destruction");
  desk_.tick();
  for (std::uint64_t n = 1; n <= desk_.truth().fed; ++n) {
    Body& one = desk_.body(n);
    if (one.place != Place::bin_damaged && one.place != Place::bin_other && one.place != Place::office)
      continue;
    const auto row = must(desk_.ledger().card(desk_.card_of(n)), "card");
    if (row->state == CardState::destroyed) one.place = Place::burnt;
  }
}

void MailRoom::seal() {
  must(handover::seal_region(desk_.ledger(), "", {}, kBy), "sealing");
  // Labels and boxes follow the list, whoever wrote it: this process or one that died over it.
  for (const auto& seal : must(custody_.open_seals(), "seals")) {
    const auto number = static_cast<std::uint32_t>(std::stoul(seal.seal.substr(1)));
    for (const auto& row : must(custody_.cards_in(seal.seal), "box")) {
      if (row.state != CardState::sealed) continue;
      const std::uint64_t n = desk_.number_of(row.card);
      if (desk_.body(n).seal == number && desk_.body(n).place == Place::box) continue;
      desk_.move(n, [&](Body& one) {
        if (std::strcmp(one.item, row.item.c_str()) != 0) {
          std::memcpy(one.item_before, one.item, sizeof one.item);
          one.taken_before = one.taken;
          std::strncpy(one.item, row.item.c_str(), sizeof one.item - 1);
        }
        one.seal = number;
        one.place = Place::box;
      });
      desk_.tick();
    }
  }
}

void MailRoom::hand_over() {
  std::map<std::uint32_t, std::vector<std::uint64_t>> boxes;
  for (std::uint64_t n = 1; n <= desk_.truth().fed; ++n)
    if (desk_.body(n).place == Place::box) boxes[desk_.body(n).seal].push_back(n);
  for (const auto& [number, inside] : boxes) {
    char seal[16];
    std::snprintf(seal, sizeof seal, "S%06u", number);
    const auto box = must(custody_.seal(seal), "box");
    expect(box.has_value(), std::string("there is no box ") + seal);
    if (box->taken_by.empty()) countersign(seal, inside);
    for (const std::uint64_t n : inside)  // the courier takes it, once
      desk_.move(n, [&](Body& one) {
        one.taken = static_cast<std::uint16_t>(desk_.truth().day.load());
        ++one.sendings;
        one.at_post_once = true;
        one.place = Place::post;
      });
    desk_.tick();
  }
  // The courier's copy of the list carries the log's head.
  if (!boxes.empty() && desk_.truth().day % 7 == 0) {
    const auto head = must(desk_.ledger().head(), "head");
    const auto folder = post_of(desk_.campaign());
    std::filesystem::create_directories(folder);
    if (!std::filesystem::exists(folder / "key")) write_whole(folder / "key", head.key);
    const auto list = folder / std::to_string(desk_.truth().day);
    if (!std::filesystem::exists(list)) write_whole(list, head.checkpoint);
  }
}

void MailRoom::countersign(const std::string& seal, const std::vector<std::uint64_t>& inside) {
  handover::Countersign sign{.given_by = kBy, .taken_by = "kurir", .counted = {}, .scanned = {}};
  for (const std::uint64_t n : inside) sign.scanned.emplace_back(desk_.body(n).item);
  // Now and then the scanner misses one: the station must name it, and hand nothing over.
  if (inside.size() > 1 && drawn(desk_.truth().seed, 0x5CA4, inside.front()) % 40 == 0) {
    const std::string missed = sign.scanned.back();
    sign.scanned.pop_back();
    const auto refused = handover::hand_over(desk_.ledger(), seal, sign, kBy);
    expect(!refused && refused.error().message.find(missed) != std::string::npos,
           "a box with a card missing was handed over");
    sign.scanned.push_back(missed);
    ++desk_.truth().faults.short_scans;
  }
  must(handover::hand_over(desk_.ledger(), seal, sign, kBy), "handover");
  // An acknowledgement that was lost: asked again, the station says so and does it once.
  const auto again = handover::hand_over(desk_.ledger(), seal, sign, kBy);
  expect(!again && again.error().message.find("already") != std::string::npos, "a box went out twice");
}

void MailRoom::recall() {
  must(handover::recall(desk_.ledger(), kRecalled, "rumah dibongkar / houses cleared", kBy, false), "recall");
  std::vector<std::string> withdrawn;
  for (const auto& row : must(custody_.good_cards_of(kRecalled), "recalled"))
    if (row.state == CardState::withdrawn && desk_.body(desk_.number_of(row.card)).place != Place::office)
      withdrawn.push_back(row.card);
  for (const std::string& card : withdrawn) {
    const std::uint64_t n = desk_.number_of(card);
    // Whoever has it by now keeps it, and the post's files will say so; nobody can hand it to the
    // kecamatan.
    if (desk_.body(n).place == Place::district || desk_.body(n).place == Place::holder) continue;
    must(handover::locate(desk_.ledger(), card, "Kecamatan Tambun Selatan", "Camat", kBy), "whereabouts");
    desk_.move(n, [](Body& one) {
      if (one.place == Place::box) {  // the post never sees this label
        std::memcpy(one.item, one.item_before, sizeof one.item);
        one.taken = one.taken_before;
        one.item_before[0] = '\0';
      }
      one.called_back = one.place == Place::post;
      one.place = Place::district;
    });
    desk_.tick();
  }
}

void MailRoom::import_results(std::uint64_t day) {
  const ResultFile file = results(desk_.truth(), day);
  if (file.rows.empty()) return;
  for (int times = day % 5 == 0 ? 2 : 1; times > 0; --times) {
    const auto before = must(desk_.ledger().size(), "size");
    const auto report = must(handover::import_post(desk_.ledger(), file.rows, "pos"), "post results");
    expect(report.refused.size() == file.contradictions,
           std::to_string(report.refused.size()) + " rows of " + date_of(day) + " were refused, " +
               std::to_string(file.contradictions) + " contradict" +
               (report.refused.empty() ? "" : "; the first: " + report.refused.front().reason));
    if (times == 1 && day % 5 == 0) {
      expect(must(desk_.ledger().size(), "size") == before, "a result file was booked twice");
      ++desk_.truth().faults.double_imports;
    }
  }
  if (desk_.truth().results_taken > day) return;  // counted before the power went
  desk_.truth().results_taken = day + 1;
  desk_.truth().faults.contradictions += file.contradictions;
  desk_.truth().faults.repeated_rows += file.repeated;
  desk_.truth().steps += file.rows.size();
}

void MailRoom::see_to_returned() {
  for (std::uint64_t n = 1; n <= desk_.truth().fed; ++n) {
    Body& one = desk_.body(n);
    if (one.place != Place::back) continue;
    const std::string& card = desk_.card_of(n);
    const auto row = must(desk_.ledger().card(card), "card");
    if (row->state == CardState::handed_over && one.sendings < 2) continue;  // the file is not here yet
    if (row->state == CardState::returned) {
      const auto item = must(custody_.card_of_item(one.item), "item");
      expect(item && item->card == card, "item of card " + card + " is another's");
      const bool useless = item->post_detail == "MENINGGAL" || item->post_detail == "RUSAK_DI_PERJALANAN";
      if (useless)
        must(handover::withdraw(desk_.ledger(), {card}, item->post_detail, kBy), "withdrawal");
      else if (one.sendings == 1)
        must(handover::receive_back(desk_.ledger(), card, kBy), "receipt");
      else
        must(handover::redistribute(desk_.ledger(), card, "kecamatan", "Camat", kBy), "redistribution");
    } else if (row->state == CardState::handed_over &&
               must(desk_.ledger().trail(card), "trail").back().find("redistributed") == std::string::npos) {
      continue;  // a second sending whose file is not here yet
    }
    follow(n, must(desk_.ledger().card(card), "card")->state);
    desk_.tick();
  }
}

// The body goes where the ledger says it went: also when the process died between the two.
void MailRoom::follow(std::uint64_t n, CardState state) {
  if (state == CardState::withdrawn) desk_.body(n).place = Place::office;
  if (state == CardState::sorted) desk_.body(n).place = Place::bin_good;
  if (state != CardState::handed_over) return;
  desk_.move(n, [&](Body& one) {
    std::memcpy(one.item_before, one.item, sizeof one.item);
    one.taken_before = one.taken;
    one.taken = static_cast<std::uint16_t>(desk_.truth().day.load());
    ++one.sendings;
    one.place = Place::post;
  });
}

}  // namespace ktp::campaign
