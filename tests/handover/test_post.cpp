// SPDX-License-Identifier: Apache-2.0
#include "handover/post.hpp"

#include <gtest/gtest.h>

#include <random>

#include "handover/acts.hpp"
#include "handover/seal.hpp"
#include "office.hpp"

namespace ktp::handover {
namespace {

class PostResults : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 6; ++i) cards_.push_back(office_.print("32.16.06.1001"));
    ASSERT_TRUE(seal_region(*office_.ledger, "", {}, "operator"));
    const auto rows = ledger::CustodyView(*office_.ledger).cards_in("S000001");
    for (const auto& row : *rows) items_.push_back(row.item);
  }
  void hand_over_all() {
    ASSERT_TRUE(hand_over(*office_.ledger, "S000001",
                          {.given_by = "a", .taken_by = "b", .counted = cards_.size(), .scanned = {}}, "a"));
  }
  PostReport import(const std::vector<PostRow>& rows) {
    auto report = import_post(*office_.ledger, rows, "operator");
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : PostReport();
  }
  PostRow row(std::size_t i, const char* status, const char* date, const char* detail = "") {
    return {.row = i + 1, .item = items_[i], .status = status, .date = date, .detail = detail};
  }
  void TearDown() override {
    EXPECT_TRUE(office_.ledger->balance()->sums());
    EXPECT_EQ(*office_.ledger->verify(), std::nullopt);
  }

  Office office_;
  std::vector<std::string> cards_, items_;
};

TEST_F(PostResults, APreviewSaysRowByRowWhatTheImportWillDoAndWritesNothing) {
  hand_over_all();
  std::vector<PostRow> rows{
      row(0, "entered", "21-03-2020"),
      row(0, "delivered", "23-03-2020", "orang-serumah"),
      row(0, "returned", "24-03-2020", "PINDAH"),  // against the row before it
      row(1, "returned", "25-03-2020", "PINDAH"),
      row(1, "returned", "25-03-2020", "PINDAH"),
      row(2, "lost", "21-03-2020"),
      {.row = 9, .item = "ZA999999995ID", .status = "entered", .date = "21-03-2020", .detail = ""}};
  const auto size = *office_.ledger->size();
  const auto preview = preview_post(*office_.ledger, rows);
  ASSERT_TRUE(preview) << preview.error().message;
  EXPECT_EQ(*office_.ledger->size(), size);
  std::vector<std::string_view> said;
  for (const auto& one : preview->rows) said.push_back(one.what);
  EXPECT_EQ(said, (std::vector<std::string_view>{"entered", "delivered", "refused", "returned", "known",
                                                 "refused", "refused"}));
  EXPECT_EQ(preview->rows[0].card, cards_[0]);
  EXPECT_EQ(preview->rows[6].card, "");
  const auto done = import(rows);
  ASSERT_EQ(done.rows.size(), preview->rows.size());
  for (std::size_t i = 0; i < done.rows.size(); ++i) EXPECT_EQ(done.rows[i].what, said[i]) << i;
  ASSERT_EQ(done.refused.size(), preview->refused.size());
  for (std::size_t i = 0; i < done.refused.size(); ++i)
    EXPECT_EQ(done.refused[i].reason, preview->refused[i].reason);
}

TEST_F(PostResults, EveryResultIsBookedOnceAndTheSameFileAgainAddsNothing) {
  hand_over_all();
  const std::vector<PostRow> rows{row(0, "entered", "21-03-2020"),
                                  row(0, "delivered", "23-03-2020", "orang-serumah"),
                                  row(1, "entered", "21-03-2020"), row(1, "returned", "25-03-2020", "PINDAH"),
                                  row(2, "entered", "21-03-2020")};
  const auto first = import(rows);
  EXPECT_EQ(first.entered, 3u);
  EXPECT_EQ(first.delivered, 1u);
  EXPECT_EQ(first.returned, 1u);
  EXPECT_TRUE(first.refused.empty());
  EXPECT_EQ(office_.state(cards_[0]), CardState::delivered);
  EXPECT_EQ(office_.state(cards_[1]), CardState::returned);
  EXPECT_EQ(office_.state(cards_[2]), CardState::handed_over);
  const auto size = *office_.ledger->size();
  const auto second = import(rows);
  EXPECT_EQ(second.known, rows.size());
  EXPECT_EQ(*office_.ledger->size(), size);
}

TEST_F(PostResults, AnyOrderOfTheRowsGivesTheSameStates) {
  hand_over_all();
  std::vector<PostRow> rows;
  for (std::size_t i = 0; i < 6; ++i) {
    rows.push_back(row(i, "entered", "21-03-2020"));
    if (i % 3 == 0) rows.push_back(row(i, "delivered", "23-03-2020", "diri-sendiri"));
    if (i % 3 == 1) rows.push_back(row(i, "returned", "24-03-2020", "MENINGGAL"));
  }
  std::mt19937 random(2801);
  std::ranges::shuffle(rows, random);
  EXPECT_TRUE(import(rows).refused.empty());
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_EQ(office_.state(cards_[i]), i % 3 == 0   ? CardState::delivered
                                        : i % 3 == 1 ? CardState::returned
                                                     : CardState::handed_over);
}

TEST_F(PostResults, AContradictionIsRefusedByNameAndTheOtherRowsGoOn) {
  hand_over_all();
  import({row(0, "delivered", "23-03-2020", "diri-sendiri")});
  const auto report =
      import({row(0, "returned", "24-03-2020", "PINDAH"), row(0, "delivered", "25-03-2020", "diri-sendiri"),
              row(1, "delivered", "25-03-2020", "diri-sendiri")});
  ASSERT_EQ(report.refused.size(), 2u);
  EXPECT_NE(report.refused[0].reason.find("the ledger has delivered on 23-03-2020 (diri-sendiri)"),
            std::string::npos)
      << report.refused[0].reason;
  EXPECT_EQ(report.delivered, 1u);
  EXPECT_EQ(office_.state(cards_[0]), CardState::delivered);
}

TEST_F(PostResults, AResultForACardThatWasNeverHandedOverIsRefused) {
  const auto report = import({row(0, "delivered", "23-03-2020", "diri-sendiri")});
  ASSERT_EQ(report.refused.size(), 1u);
  EXPECT_NE(report.refused[0].reason.find("was never handed over"), std::string::npos);
  EXPECT_EQ(office_.state(cards_[0]), CardState::sealed);
}

TEST_F(PostResults, ADeliveryOfACardThatSomebodySignedForIsRefusedSoThatSomebodyLooksForIt) {
  hand_over_all();
  ASSERT_TRUE(recall(*office_.ledger, "32.16.06.1001", "houses cleared", "supervisor", false));
  ASSERT_TRUE(locate(*office_.ledger, cards_[3], "kecamatan", "Camat", "operator"));
  const auto report = import({row(3, "delivered", "23-03-2020", "diri-sendiri")});
  ASSERT_EQ(report.refused.size(), 1u);
  EXPECT_NE(report.refused[0].reason.find("is withdrawn; find out where it is"), std::string::npos);
  EXPECT_EQ(office_.state(cards_[3]), CardState::withdrawn);
}

TEST_F(PostResults, ARecallThatCameTooLateIsFoundOutByThePostsWordAndTheBlankIsWhereItIs) {
  hand_over_all();
  ASSERT_TRUE(recall(*office_.ledger, "32.16.06.1001", "houses cleared", "supervisor", false));
  EXPECT_EQ(office_.term("withdrawn"), 6);
  const std::vector<PostRow> rows{
      row(0, "entered", "21-03-2020"), row(0, "delivered", "23-03-2020", "diri-sendiri"),
      row(1, "entered", "21-03-2020"), row(1, "returned", "24-03-2020", "TERDAMPAK_PENGGUSURAN")};
  const auto report = import(rows);
  EXPECT_TRUE(report.refused.empty());
  EXPECT_EQ(report.delivered, 1u);
  EXPECT_EQ(report.too_late, 1u);
  EXPECT_EQ(office_.state(cards_[0]), CardState::delivered);
  EXPECT_EQ(office_.state(cards_[1]), CardState::withdrawn);
  EXPECT_EQ(office_.term("withdrawn"), 5);
  EXPECT_EQ(office_.term("handed_over"), 1);
  EXPECT_EQ(import(rows).known, rows.size());
}

TEST_F(PostResults, APostFileSaysNothingOfACardThatWasWithdrawnBeforeThePostHadIt) {
  ASSERT_TRUE(withdraw(*office_.ledger, {cards_[2]}, "asked for by the holder", "supervisor"));
  ASSERT_TRUE(hand_over(*office_.ledger, "S000001",
                        {.given_by = "a", .taken_by = "b", .counted = cards_.size() - 1, .scanned = {}},
                        "a"));
  const auto report =
      import({row(2, "entered", "21-03-2020"), row(2, "delivered", "23-03-2020", "diri-sendiri")});
  EXPECT_EQ(report.refused.size(), 2u);
  EXPECT_EQ(office_.state(cards_[2]), CardState::withdrawn);
}

TEST_F(PostResults, TheLedgerItselfRefusesADeliveryOfAWithdrawnCardThatThePostNeverHad) {
  const std::string card = office_.print("32.16.06.1001");
  ASSERT_TRUE(withdraw(*office_.ledger, {card}, "asked for by the holder", "supervisor"));
  const auto refused = office_.ledger->append(
      {Office::of_card("delivered", "B-7", card, {{"item", items_[0]}, {"date", "23-03-2020"}})});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("the post never had this card"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(office_.state(card), CardState::withdrawn);
}

TEST_F(PostResults, AFileThatComesOnceMoreAddsNothingAfterTheCardWasWithdrawnOrDestroyed) {
  hand_over_all();
  const std::vector<PostRow> rows{
      row(0, "entered", "21-03-2020"), row(0, "returned", "24-03-2020", "MENINGGAL"),
      row(1, "entered", "21-03-2020"), row(1, "returned", "24-03-2020", "MENINGGAL")};
  import(rows);
  ASSERT_TRUE(withdraw(*office_.ledger, {cards_[0], cards_[1]}, "MENINGGAL", "supervisor"));
  ASSERT_TRUE(
      destroy(*office_.ledger, {cards_[1]}, {.names = {"Andi", "Budi"}, .place = "Cikarang"}, "operator"));
  const auto again = import(rows);
  EXPECT_TRUE(again.refused.empty()) << again.refused.front().reason;
  EXPECT_EQ(again.known, rows.size());
}

TEST_F(PostResults, AnOldFileThatComesOnceMoreAddsNothingAfterTheCardCameBackOrWentOutAgain) {
  hand_over_all();
  const std::vector<PostRow> rows{row(0, "entered", "21-03-2020"), row(0, "returned", "24-03-2020", "PINDAH"),
                                  row(1, "returned", "24-03-2020", "RUMAH_KOSONG")};
  import(rows);
  ASSERT_TRUE(receive_back(*office_.ledger, cards_[0], "operator"));
  ASSERT_TRUE(redistribute(*office_.ledger, cards_[1], "kecamatan", "Citra", "operator"));
  const auto size = *office_.ledger->size();
  const auto again = import(rows);
  EXPECT_EQ(again.known, rows.size());
  EXPECT_TRUE(again.refused.empty());
  EXPECT_EQ(*office_.ledger->size(), size);
  EXPECT_EQ(office_.state(cards_[1]), CardState::handed_over);

  // Something new about a number that is over is not booked on the card, which goes out under another one.
  const auto late = import({row(0, "delivered", "26-03-2020", "diri-sendiri")});
  ASSERT_EQ(late.refused.size(), 1u);
  EXPECT_NE(late.refused[0].reason.find("came back on 24-03-2020 (PINDAH)"), std::string::npos)
      << late.refused[0].reason;
  const auto sealed = seal_region(*office_.ledger, "", {}, "operator");
  ASSERT_TRUE(sealed) << sealed.error().message;
  EXPECT_NE(ledger::CustodyView(*office_.ledger).cards_in(sealed->at(0).seal)->at(0).item, items_[0]);
}

TEST_F(PostResults, EveryFieldIsCheckedAndSaysWhatIsAllowed) {
  hand_over_all();
  PostRow unknown = row(0, "entered", "21-03-2020");
  unknown.item = s10_item("ZA", 999);
  PostRow crooked = unknown;
  crooked.item = "ZA00000999";
  crooked.item.back() = '/';
  const auto report =
      import({unknown, crooked, row(0, "lost", "21-03-2020"), row(0, "entered", "31-02-2020"),
              row(0, "delivered", "21-03-2020", "Siti, tetangga"), row(0, "returned", "21-03-2020", "x")});
  ASSERT_EQ(report.refused.size(), 6u);
  const char* fields[] = {"item", "item", "status", "date", "detail", "detail"};
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(report.refused[i].field, fields[i]);
    EXPECT_TRUE(report.refused[i].reason.starts_with(std::string(fields[i]) + ": "))
        << report.refused[i].reason;
    EXPECT_EQ(report.refused[i].reason.find("Siti"), std::string::npos) << "a receiver's name is personal";
  }
}

}  // namespace
}  // namespace ktp::handover
