// SPDX-License-Identifier: Apache-2.0
#include "handover/acts.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "handover/post.hpp"
#include "handover/seal.hpp"
#include "office.hpp"

namespace ktp::handover {
namespace {

const Destruction kWitnessed{.names = {"Andi", "Budi"}, .place = "Cikarang", .manner = "dibakar"};

class Acts : public testing::Test {
 protected:
  // A card that the post brought back.
  std::string returned() {
    const auto card = office_.print("32.16.06.1001");
    auto sealed = seal_region(*office_.ledger, "", {}, "operator");
    EXPECT_TRUE(sealed);
    const std::string seal = sealed->at(0).seal;
    EXPECT_TRUE(hand_over(*office_.ledger, seal,
                          {.given_by = "a", .taken_by = "b", .counted = 1, .scanned = {}}, "a"));
    const auto row = ledger::CustodyView(*office_.ledger).cards_in(seal)->at(0);
    EXPECT_TRUE(import_post(
        *office_.ledger,
        {{.row = 1, .item = row.item, .status = "returned", .date = "24-03-2020", .detail = "PINDAH"}},
        "operator"));
    return card;
  }
  void TearDown() override {
    EXPECT_TRUE(office_.ledger->balance()->sums());
    EXPECT_EQ(*office_.ledger->verify(), std::nullopt);
  }
  Office office_;
};

TEST_F(Acts, EverythingThatWaitsIsDestroyedWithOneNumberedRecordAndGoodCardsStay) {
  const auto damaged = office_.print("32.16.06.1001", "damaged"),
             wrong = office_.print("32.16.06.1001", "mismatch");
  const auto good = office_.print("32.16.06.1001"), review = office_.print("32.16.06.1001", "review");
  const auto record = destroy(*office_.ledger, {}, kWitnessed, "supervisor");
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->number, "BA-000001");
  EXPECT_EQ(record->cards.size(), 2u);
  EXPECT_EQ(office_.state(damaged), CardState::destroyed);
  EXPECT_EQ(office_.state(wrong), CardState::destroyed);
  EXPECT_EQ(office_.state(good), CardState::sorted);
  EXPECT_EQ(office_.state(review), CardState::sorted);
  EXPECT_EQ(office_.term("destroyed"), 2);
  EXPECT_EQ(destroy(*office_.ledger, {}, kWitnessed, "supervisor").error().code, ErrorCode::input_missing);
}

TEST_F(Acts, ADestructionNeedsTwoDifferentPeopleAndCardsThatMayBeDestroyed) {
  const auto good = office_.print("32.16.06.1001"), damaged = office_.print("32.16.06.1001", "damaged");
  const auto refused = [&](std::vector<std::string> cards, std::vector<std::string> names) {
    const auto done =
        destroy(*office_.ledger, cards, {.names = std::move(names), .place = "x", .manner = "y"}, "s");
    return done ? std::string() : done.error().message;
  };
  EXPECT_NE(refused({damaged}, {"Andi"}).find("two different people"), std::string::npos);
  EXPECT_NE(refused({damaged}, {"Andi", "Andi"}).find("two different people"), std::string::npos);
  EXPECT_NE(refused({damaged, good}, {"Andi", "Budi"}).find("card " + good + " is sorted in bin good"),
            std::string::npos);
  EXPECT_NE(refused({"C9999999"}, {"Andi", "Budi"}).find("no card"), std::string::npos);
  EXPECT_EQ(office_.state(damaged), CardState::sorted) << "one refused card stops them all";
  EXPECT_FALSE(office_.ledger->append({Office::of_card("destroyed", "B-2", damaged)}))
      << "no record, no destruction";
  EXPECT_FALSE(
      office_.ledger->append({Office::of_card("destroyed", "B-1", good, {{"record", "BA-000001"}})}));
}

TEST_F(Acts, TheRecordOfADestructionIsReadFromTheLogAsItWasBooked) {
  const auto damaged = office_.print("32.16.06.1001", "damaged"), good = office_.print("32.16.06.1001");
  ASSERT_TRUE(withdraw(*office_.ledger, {good}, "houses cleared", "supervisor"));
  ASSERT_TRUE(destroy(*office_.ledger, {}, kWitnessed, "supervisor"));
  const auto other = office_.print("32.16.06.1001", "mismatch");
  ASSERT_TRUE(destroy(*office_.ledger, {other}, kWitnessed, "supervisor"));
  const auto recorded = recorded_destruction(*office_.ledger, "BA-000001");
  ASSERT_TRUE(recorded) << recorded.error().message;
  EXPECT_EQ(recorded->destruction.names, kWitnessed.names);
  EXPECT_EQ(recorded->destruction.place, kWitnessed.place);
  ASSERT_EQ(recorded->cards.size(), 2u);
  EXPECT_EQ(recorded->cards[0].card, damaged);
  EXPECT_EQ(why_destroyed(recorded->cards[0]), "damaged");
  EXPECT_EQ(why_destroyed(recorded->cards[1]), "withdrawn");
  EXPECT_EQ(recorded->day.size(), 10u);
  EXPECT_EQ(recorded_destruction(*office_.ledger, "BA-000003").error().code, ErrorCode::input_missing);
}

TEST_F(Acts, CardsAreWithdrawnTogetherOrNotAtAll) {
  const auto good = office_.print("32.16.06.1001"), damaged = office_.print("32.16.06.1001", "damaged");
  ASSERT_TRUE(destroy(*office_.ledger, {damaged}, kWitnessed, "supervisor"));
  const auto refused = withdraw(*office_.ledger, {good, damaged}, "x", "supervisor");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("card " + damaged + " is destroyed"), std::string::npos);
  EXPECT_EQ(office_.state(good), CardState::sorted);
  ASSERT_TRUE(withdraw(*office_.ledger, {good}, "x", "supervisor"));
  EXPECT_EQ(office_.state(good), CardState::withdrawn);
}

TEST_F(Acts, ThePaperNamesEveryCardAndWitnessAndMasksTheNik) {
  const test::TempFolder folder;
  std::vector<DestroyedLine> lines;
  for (int i = 0; i < 70; ++i)
    lines.push_back({.card = "C" + std::to_string(1000 + i),
                     .nik = "3216991708900" + std::to_string(100 + i),
                     .why = "damaged"});
  Destruction many = kWitnessed;
  many.names.push_back("Cici");
  ASSERT_TRUE(
      write_record_pdf("BA-000007", "Disdukcapil SPESIMEN", "23-11-2026", many, lines, folder / "r.pdf"));
  std::string text;
  FILE* const pipe = ::popen(("pdftotext -layout " + (folder / "r.pdf").string() + " -").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::array<char, 4096> piece{};
  while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), pipe)) text.append(piece.data(), n);
  ::pclose(pipe);
  for (const auto& line : lines) {
    EXPECT_NE(text.find(line.card), std::string::npos) << line.card;
    EXPECT_EQ(text.find(line.nik), std::string::npos);
  }
  for (const char* words : {"BA-000007", "BERITA ACARA PEMUSNAHAN", "Andi", "Budi", "Cici",
                            "70 (tujuh puluh) keping", "Halaman 3 dari 3"})
    EXPECT_NE(text.find(words), std::string::npos) << words;
}

TEST_F(Acts, AReturnedCardComesBackIntoTheBinAndIsSealedAgainUnderANewNumber) {
  const auto card = returned();
  ASSERT_TRUE(receive_back(*office_.ledger, card, "operator"));
  EXPECT_EQ(office_.term("good"), 1);
  EXPECT_EQ(office_.term("handed_over"), 0);
  EXPECT_FALSE(receive_back(*office_.ledger, card, "operator")) << "only once";
  const auto again = seal_region(*office_.ledger, "", {}, "operator");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->at(0).cards, 1u);
  EXPECT_EQ(ledger::CustodyView(*office_.ledger).cards_in("S000002")->at(0).post, "")
      << "the old result is not the new one";
}

TEST_F(Acts, AReturnedCardThatGoesOutAgainCanStillBeDelivered) {
  const auto card = returned();
  ASSERT_TRUE(redistribute(*office_.ledger, card, "Desa Setiadarma", "Cici", "operator"));
  EXPECT_EQ(office_.state(card), CardState::handed_over);
  const auto item = ledger::CustodyView(*office_.ledger).cards_in("S000001")->at(0).item;
  const auto report = import_post(
      *office_.ledger,
      {{.row = 1, .item = item, .status = "delivered", .date = "30-03-2020", .detail = "diri-sendiri"}},
      "operator");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->delivered, 1u);
}

TEST_F(Acts, WhatIsOpenIsListedWithTheNextThingToDo) {
  const auto back = returned();
  const auto damaged = office_.print("32.16.06.1001", "damaged");
  const auto waiting = office_.accept("32.16.06.1001");
  const auto items = ledger::CustodyView(*office_.ledger).open_items();
  ASSERT_TRUE(items) << items.error().message;
  std::map<std::string, std::string> next;
  for (const auto& item : *items) {
    EXPECT_TRUE(item.since.ends_with("Z")) << item.card;
    next[item.card.empty() ? item.order_id : item.card] = next_action(item);
  }
  EXPECT_NE(next[back].find("returned receive"), std::string::npos);
  EXPECT_NE(next[damaged].find("destroy"), std::string::npos);
  EXPECT_NE(next[waiting].find("produce"), std::string::npos);
}

TEST_F(Acts, TheCampaignsFiguresAddUp) {
  returned();
  office_.print("32.16.06.1001", "damaged");
  office_.print("32.16.06.1001", "duplicate");
  office_.print("32.16.06.2005");
  ASSERT_TRUE(destroy(*office_.ledger, {}, kWitnessed, "supervisor"));
  ASSERT_TRUE(recall(*office_.ledger, "32.16.06.2005", "cleared", "supervisor", false));
  const auto figures = ledger::CustodyView(*office_.ledger).campaign();
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->printed, 4);
  EXPECT_EQ(figures->damaged, 1);
  EXPECT_EQ(figures->duplicate, 1);
  EXPECT_EQ(figures->destroyed, 2);
  EXPECT_EQ(figures->withdrawn, 1);
  EXPECT_EQ(figures->handed_over, 1);
  EXPECT_EQ(figures->returned, 1);
  EXPECT_EQ(figures->returned_by_reason.at("PINDAH"), 1);
  EXPECT_EQ(figures->printed, figures->destroyed + figures->withdrawn + figures->handed_over)
      << "no card without an explanation";
}

TEST_F(Acts, TheBalanceOfAPastMomentIsTheOneOfThatMoment) {
  const auto end = office_.ledger->balance_at("2100-01-01");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->terms, office_.ledger->balance()->terms);
  const auto before = office_.ledger->balance_at("2020-07-07T12:00");
  ASSERT_TRUE(before);
  EXPECT_EQ(before->at("received"), 0);
  for (const char* wrong :
       {"", "yesterday", "2026-11-23T14", "2026-11-23 14:30", "2026-11-23T14:30:00.000Zx"})
    EXPECT_EQ(office_.ledger->balance_at(wrong).error().code, ErrorCode::bad_data) << wrong;
}

}  // namespace
}  // namespace ktp::handover
