// SPDX-License-Identifier: Apache-2.0
#include "handover/seal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "handover/acts.hpp"
#include "office.hpp"

namespace ktp::handover {
namespace {

constexpr const char* kJatimulya = "32.16.06.1001";
constexpr const char* kSetiadarma = "32.16.06.2005";
constexpr const char* kTelagamurni = "32.16.08.2004";

class Sealing : public testing::Test {
 protected:
  std::vector<SealedBatch> seal(const char* region = "") {
    auto sealed = seal_region(*office_.ledger, region, {}, "operator");
    EXPECT_TRUE(sealed) << sealed.error().message;
    return sealed ? *sealed : std::vector<SealedBatch>();
  }
  std::vector<std::string> items_of(const std::string& seal) {
    std::vector<std::string> items;
    const auto rows = ledger::CustodyView(*office_.ledger).cards_in(seal);
    for (const auto& row : *rows) items.push_back(row.item);
    return items;
  }
  Result<SealedBatch> give(const std::string& seal, std::vector<std::string> scanned) {
    return hand_over(
        *office_.ledger, seal,
        {.given_by = "Operator", .taken_by = "Pos Cikarang", .counted = {}, .scanned = std::move(scanned)},
        "operator");
  }
  void TearDown() override {
    EXPECT_TRUE(office_.ledger->balance()->sums());
    EXPECT_EQ(*office_.ledger->verify(), std::nullopt);
  }

  Office office_;
};

TEST_F(Sealing, EveryDesaGetsABatchOfItsGoodCardsAndEveryCardAnItemNumberOfItsOwn) {
  const auto a = office_.print(kJatimulya), b = office_.print(kTelagamurni), c = office_.print(kJatimulya);
  const auto damaged = office_.print(kJatimulya, "damaged");
  const auto sealed = seal();
  ASSERT_EQ(sealed.size(), 2u);
  EXPECT_EQ(sealed[0].seal, "S000001");
  EXPECT_EQ(sealed[0].region, kJatimulya);
  EXPECT_EQ(sealed[0].cards, 2u);
  EXPECT_EQ(sealed[1].region, kTelagamurni);
  EXPECT_EQ(office_.state(a), CardState::sealed);
  EXPECT_EQ(office_.state(damaged), CardState::sorted) << "a damaged card stays in its bin";
  std::set<std::string> items;
  for (const auto& batch : sealed)
    for (const std::string& item : items_of(batch.seal)) {
      EXPECT_TRUE(checked_item(item));
      EXPECT_TRUE(items.insert(item).second) << item;
    }
  EXPECT_EQ(items.size(), 3u);
  EXPECT_EQ(office_.term("good"), 3) << "a sealed card is still in the house";
  EXPECT_TRUE(seal().empty()) << "again finds nothing";
}

TEST_F(Sealing, WhatLiesInTheBinIsCountedByDesa) {
  office_.print(kSetiadarma);
  for (int i = 0; i < 2; ++i) office_.print(kJatimulya);
  office_.print(kJatimulya, "damaged");
  const std::vector<std::pair<std::string, std::int64_t>> before{{kJatimulya, 2}, {kSetiadarma, 1}};
  auto sorted = *ledger::CustodyView(*office_.ledger).sealable_by_region();
  EXPECT_TRUE(std::ranges::is_permutation(sorted, before));
  EXPECT_TRUE(std::ranges::is_sorted(sorted));
  seal();
  EXPECT_TRUE(ledger::CustodyView(*office_.ledger).sealable_by_region()->empty());
}

TEST_F(Sealing, ARegionSealsItsDesasOnlyAndATypingErrorSealsNothing) {
  office_.print(kJatimulya);
  office_.print(kSetiadarma);
  office_.print(kTelagamurni);
  EXPECT_EQ(seal("32.16.06").size(), 2u);
  for (const char* wrong : {"32.16.6", "32160610", "32.16.06.", "*", "32.16.06.10012"})
    EXPECT_EQ(seal_region(*office_.ledger, wrong, {}, "operator").error().code, ErrorCode::bad_data) << wrong;
}

TEST_F(Sealing, NothingIsSealedWhileABlankIsUnknownOrMissing) {
  office_.print(kJatimulya);
  const auto order = office_.accept(kJatimulya), card = *office_.ledger->next_card();
  auto committed = Office::of_card("blank-committed", order, card);
  committed.token = ledger::new_token();
  office_.put({committed, Office::of_card("print-started", order, card, {{"counter_before", 1}}),
               Office::of_card("print-ended", order, card, {{"outcome", "unknown"}})});
  const auto refused = seal_region(*office_.ledger, "", {}, "operator");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("unknown is 1"), std::string::npos) << refused.error().message;
  const std::vector<std::pair<std::string, std::int64_t>> unknown{{"unknown", 1}};
  EXPECT_EQ(*sealing_blocked_by(*office_.ledger), unknown);
  ledger::Event by_force{.type = "batch-sealed"};
  by_force.data = {{"seal", "S000001"}, {"region", kJatimulya}, {"count", 1}};
  EXPECT_FALSE(office_.ledger->append({by_force})) << "the ledger's own rules refuse it too";
  office_.put({Office::of_card("settled", order, card, {{"outcome", "spoiled"}, {"evidence", "counter"}})});
  EXPECT_EQ(seal().size(), 1u);

  ledger::Event missing{.type = "discrepancy"};
  missing.data = {{"term", "in_machine"}, {"count", 1}, {"reason", "stock count"}};
  office_.put({missing});
  office_.print(kJatimulya);
  EXPECT_NE(seal_region(*office_.ledger, "", {}, "operator").error().message.find("discrepancy is 1"),
            std::string::npos);
}

TEST_F(Sealing, ABatchIsHandedOverOnlyWhenEveryItemWasScannedAndNothingElse) {
  for (int i = 0; i < 3; ++i) office_.print(kJatimulya);
  office_.print(kTelagamurni);
  seal();
  const auto own = items_of("S000001"), other = items_of("S000002");
  const auto missing = give("S000001", {own[0], own[2]});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("not scanned: C0000002 (" + own[1] + ")"), std::string::npos)
      << missing.error().message;
  const auto foreign = give("S000001", {own[0], own[1], own[2], other[0]});
  ASSERT_FALSE(foreign);
  EXPECT_NE(foreign.error().message.find("not of this batch: " + other[0]), std::string::npos);
  EXPECT_EQ(office_.term("handed_over"), 0) << "a difference hands nothing over";
  const auto done = give("S000001", {own[2], own[0], own[1], own[0]});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(office_.term("handed_over"), 3);
  EXPECT_EQ(office_.term("good"), 1);
  EXPECT_NE(give("S000001", own).error().message.find("handed over to Pos Cikarang already"),
            std::string::npos);
  EXPECT_EQ(give("S000009", own).error().code, ErrorCode::input_missing);
}

TEST_F(Sealing, ABatchIsOpenUntilSomebodyTookIt) {
  office_.print("32.16.06.1001");
  office_.print("32.16.06.1002");
  ASSERT_TRUE(seal_region(*office_.ledger, "", {}, "operator"));
  const ledger::CustodyView custody(*office_.ledger);
  EXPECT_EQ(custody.open_seals()->size(), 2u);
  ASSERT_TRUE(hand_over(*office_.ledger, "S000001",
                        {.given_by = "a", .taken_by = "b", .counted = 1, .scanned = {}}, "a"));
  const auto open = custody.open_seals();
  ASSERT_EQ(open->size(), 1u);
  EXPECT_EQ(open->front().seal, "S000002");
  EXPECT_EQ(open->front().inside, 1);
  EXPECT_EQ(custody.seals()->size(), 2u);
}

TEST_F(Sealing, ADifferenceIsNamedCardByCardWithoutWritingAnything) {
  for (int i = 0; i < 3; ++i) office_.print(kJatimulya);
  office_.print(kTelagamurni);
  seal();
  const auto own = items_of("S000001"), other = items_of("S000002");
  const auto size = *office_.ledger->size();
  const auto found =
      compare_count(*office_.ledger, "S000001",
                    {.given_by = "a", .taken_by = "b", .counted = {}, .scanned = {own[0], other[0], own[0]}});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(found->none());
  EXPECT_EQ(found->sealed, 3u);
  EXPECT_EQ(found->counted, 2u) << "the same item twice is one card";
  ASSERT_EQ(found->missing.size(), 2u);
  EXPECT_EQ(found->missing[0].item, own[1]);
  EXPECT_EQ(found->foreign, std::vector{other[0]});
  EXPECT_TRUE(compare_count(*office_.ledger, "S000001",
                            {.given_by = "a", .taken_by = "b", .counted = 3, .scanned = {}})
                  ->none());
  EXPECT_EQ(*office_.ledger->size(), size);
}

TEST_F(Sealing, ACountThatDiffersHandsNothingOver) {
  office_.print(kJatimulya);
  office_.print(kJatimulya);
  seal();
  Countersign sign{.given_by = "a", .taken_by = "b", .counted = 1, .scanned = {}};
  EXPECT_NE(hand_over(*office_.ledger, "S000001", sign, "a").error().message.find("1 counted, 2 sealed"),
            std::string::npos);
  sign.counted = 2;
  EXPECT_TRUE(hand_over(*office_.ledger, "S000001", sign, "a"));
}

TEST_F(Sealing, ACardTakenOutGoesBackToItsBinAndItsNumberIsNeverUsedAgain) {
  const auto a = office_.print(kJatimulya);
  office_.print(kJatimulya);
  seal();
  const auto before = items_of("S000001");
  ASSERT_TRUE(unseal(*office_.ledger, a, "bent while packing", "operator"));
  EXPECT_EQ(office_.state(a), CardState::sorted);
  EXPECT_TRUE(give("S000001", {before[1]}));
  EXPECT_EQ(unseal(*office_.ledger, a, "again", "operator").error().code, ErrorCode::bad_data);
  seal();
  const auto after = items_of("S000002");
  ASSERT_EQ(after.size(), 1u);
  EXPECT_GT(after[0], before[1]);
}

TEST_F(Sealing, ABatchIsRecalledAsItWasSealedOrAsItWasOrdered) {
  const auto handed = office_.print(kJatimulya);
  seal();
  ASSERT_TRUE(give("S000001", items_of("S000001")));
  const auto in_bin = office_.print(kJatimulya), elsewhere = office_.print(kSetiadarma);
  const auto waiting = office_.accept(kSetiadarma);

  const auto sealed = recall_batch(*office_.ledger, "S000001", "wrong date", "supervisor", false);
  ASSERT_TRUE(sealed) << sealed.error().message;
  ASSERT_EQ(sealed->withdrawn.size(), 1u);
  EXPECT_EQ(sealed->withdrawn[0].card, handed);
  EXPECT_TRUE(sealed->held.empty()) << "its order waits for nothing else";

  const auto ordered = recall_batch(*office_.ledger, "1", "wrong date", "supervisor", false);
  ASSERT_TRUE(ordered) << ordered.error().message;
  std::set<std::string> cards;
  for (const auto& row : ordered->withdrawn) cards.insert(row.card);
  EXPECT_EQ(cards, (std::set<std::string>{in_bin, elsewhere}));
  EXPECT_THAT(ordered->held, testing::Contains(waiting));
  EXPECT_TRUE((*office_.ledger->order(waiting))->reason.starts_with("batch: recalled"));
  EXPECT_EQ(office_.term("withdrawn"), 3);

  const auto none = recall_batch(*office_.ledger, "S000077", "wrong date", "supervisor", false);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::input_missing);
}

TEST_F(Sealing, ARecallReachesCardsAtEveryStageAndSaysWhereEachIs) {
  const auto handed = office_.print(kJatimulya);
  seal();
  ASSERT_TRUE(give("S000001", items_of("S000001")));
  const auto sealed = office_.print(kJatimulya);
  seal();
  const auto in_bin = office_.print(kJatimulya);
  const auto damaged = office_.print(kJatimulya, "damaged");
  const auto elsewhere = office_.print(kSetiadarma);
  const auto waiting = office_.accept(kJatimulya);

  const auto would = recall(*office_.ledger, kJatimulya, "houses cleared", "supervisor", true);
  ASSERT_TRUE(would) << would.error().message;
  EXPECT_EQ(would->withdrawn.size(), 3u);
  EXPECT_EQ(office_.term("withdrawn"), 0) << "a dry run writes nothing";

  const auto done = recall(*office_.ledger, kJatimulya, "houses cleared", "supervisor", false);
  ASSERT_TRUE(done);
  std::map<std::string, CardState> was;
  for (const auto& row : done->withdrawn) was[row.card] = row.state;
  EXPECT_EQ(was,
            (std::map<std::string, CardState>{
                {handed, CardState::handed_over}, {sealed, CardState::sealed}, {in_bin, CardState::sorted}}));
  const std::string again = (*office_.ledger->card(damaged))->order_id;  // it was to be printed again
  EXPECT_EQ(std::set<std::string>(done->held.begin(), done->held.end()),
            (std::set<std::string>{waiting, again}));
  EXPECT_EQ((*office_.ledger->order(again))->state, "held");
  EXPECT_EQ((*office_.ledger->order(waiting))->state, "held");
  EXPECT_TRUE((*office_.ledger->order(waiting))->reason.starts_with("kode_wilayah: recalled"));
  EXPECT_EQ(office_.state(damaged), CardState::sorted);
  EXPECT_EQ(office_.state(elsewhere), CardState::sorted);
  EXPECT_EQ(office_.term("withdrawn"), 3);
  EXPECT_TRUE(recall(*office_.ledger, kJatimulya, "houses cleared", "supervisor", false)->withdrawn.empty())
      << "again finds nothing";
  EXPECT_FALSE(recall(*office_.ledger, "", "everything", "supervisor", false))
      << "an empty region is no region";
  EXPECT_NE(give("S000002", {}).error().message.find("no sealed card any more"), std::string::npos);
}

TEST_F(Sealing, ARecallTakesCardsInReviewToo) {
  const auto card = office_.print(kJatimulya, "review");
  const auto done = recall(*office_.ledger, kJatimulya, "houses cleared", "supervisor", false);
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_EQ(done->withdrawn.size(), 1u) << "an inspector may find it good yet, and it would be sent";
  EXPECT_EQ(office_.state(card), CardState::withdrawn);
  EXPECT_EQ(office_.term("review"), 0);
  EXPECT_EQ(office_.term("withdrawn"), 1);
  ASSERT_TRUE(locate(*office_.ledger, card, "office", "supervisor", "supervisor"));
  const auto destroyed =
      destroy(*office_.ledger, {card}, {.names = {"A", "B"}, .place = "Bekasi"}, "supervisor");
  ASSERT_TRUE(destroyed) << destroyed.error().message;
  EXPECT_EQ(office_.state(card), CardState::destroyed);
}

TEST_F(Sealing, ARecallNamesCardsThatHaveNotReachedABinAndFindsThemTheNextTime) {
  const auto order = office_.accept(kJatimulya), card = *office_.ledger->next_card();
  auto committed = Office::of_card("blank-committed", order, card);
  committed.token = ledger::new_token();
  office_.put({committed, Office::of_card("print-started", order, card, {{"counter_before", 0}})});
  const auto first = recall(*office_.ledger, kJatimulya, "houses cleared", "supervisor", false);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_EQ(first->unfinished.size(), 1u);
  EXPECT_EQ(first->unfinished[0].card, card);
  EXPECT_TRUE(first->held.empty()) << "its card is under way";
  office_.put({Office::of_card("print-ended", order, card, {{"outcome", "printed"}, {"number", 1}}),
               Office::of_card("judged", order, card, {{"verdict", "good"}}),
               Office::of_card("sorted", order, card, {{"bin", "good"}})});
  const auto second = recall(*office_.ledger, kJatimulya, "houses cleared", "supervisor", false);
  ASSERT_EQ(second->withdrawn.size(), 1u);
  EXPECT_TRUE(second->unfinished.empty());
  EXPECT_EQ(office_.state(card), CardState::withdrawn);
}

}  // namespace
}  // namespace ktp::handover
