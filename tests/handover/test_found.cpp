// SPDX-License-Identifier: Apache-2.0
// Bodies that sort mode saw and that are no card of this ledger, and cards of it that are in doubt: each is
// somewhere, and goes on only as people say.
#include "handover/found.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "handover/acts.hpp"
#include "handover/seal.hpp"
#include "office.hpp"

namespace ktp::handover {
namespace {

constexpr const char* kJatimulya = "32.16.06.1001";

class Found : public testing::Test {
 protected:
  void SetUp() override {
    office_.put({{.type = "box-opened", .data = {{"box", "B1"}, {"again", ""}, {"first", 1}}}});
  }
  /// A body passes under the camera. `card`: the ledger's, "" = none of it.
  std::string see(const std::string& verdict, const std::string& card = "", bool doubt = false,
                  const std::string& box = "B1") {
    ledger::Event event{.type = "sighted"};
    if (!card.empty()) {
      event.card = card;
      event.order_id = (*office_.ledger->card(card))->order_id;
    }
    const auto last = ledger::BoxView(*office_.ledger).last_in(box);
    event.data = {{"box", box},
                  {"number", *last ? (*last)->number + 1 : 1},
                  {"who", card.empty() ? "unknown" : "known"},
                  {"person", card.empty() ? "" : "p" + event.order_id},
                  {"verdict", verdict}};
    if (doubt) event.data["doubt"] = true;
    office_.put({event});
    return ledger::sighting_name(*ledger::BoxView(*office_.ledger).sightings());
  }
  ledger::FoundRow row(const std::string& name) {
    const auto found = ledger::BoxView(*office_.ledger).found(name);
    EXPECT_TRUE(found && *found) << name;
    return found && *found ? **found : ledger::FoundRow{};
  }
  std::size_t open_found() {
    const auto items = ledger::CustodyView(*office_.ledger).open_items();
    return static_cast<std::size_t>(
        std::ranges::count(*items, NextStep::hand_on, [](const auto& item) { return next_step(item); }));
  }
  void TearDown() override { EXPECT_EQ(*office_.ledger->verify(), std::nullopt); }

  Office office_;
};

TEST_F(Found, ABodyThatIsNoCardOfTheLedgerHasAPlaceAndStaysOpenUntilSomebodySignedForIt) {
  const auto name = see("review");
  see("good", office_.print(kJatimulya));
  EXPECT_EQ(ledger::BoxView(*office_.ledger).found_cards(false)->size(), 1u)
      << "the other is a card of the ledger";
  EXPECT_EQ(row(name).place, "bin review");
  EXPECT_EQ(open_found(), 1u);
  const auto items = *ledger::CustodyView(*office_.ledger).open_items();
  EXPECT_NE(std::ranges::find(items, name, &ledger::OpenItem::card), items.end());
  ASSERT_TRUE(move_found(*office_.ledger, {name}, "cupboard 2", "siti"));
  EXPECT_EQ(row(name).place, "cupboard 2");
  EXPECT_EQ(row(name).state, "kept");
  EXPECT_EQ(hand_on_found(*office_.ledger, {name},
                          {.to = "station cikarang", .signed_by = "", .reason = "theirs"}, "siti")
                .error()
                .code,
            ErrorCode::bad_data);
  ASSERT_TRUE(hand_on_found(*office_.ledger, {name},
                            {.to = "station cikarang", .signed_by = "Budi", .reason = "theirs"}, "siti"));
  EXPECT_EQ(row(name).state, "handed-on");
  EXPECT_EQ(row(name).detail, "station cikarang");
  EXPECT_EQ(open_found(), 0u);
  for (const auto& again :
       {move_found(*office_.ledger, {name}, "x", "siti"),
        hand_on_found(*office_.ledger, {name}, {.to = "x", .signed_by = "y", .reason = "z"}, "s"),
        move_found(*office_.ledger, {"S0000099"}, "x", "siti")})
    EXPECT_FALSE(again) << "it has gone on, or never was";
  EXPECT_NE(move_found(*office_.ledger, {name}, "x", "siti")
                .error()
                .message.find("is handed-on: station cikarang; nothing was done"),
            std::string::npos)
      << "who asks is told where it went";
  EXPECT_EQ(office_.term("discrepancy"), 0) << "no blank of ours";
}

TEST_F(Found, AllOrNoneAreHandedOn) {
  const auto one = see("review"), two = see("review");
  ASSERT_TRUE(hand_on_found(*office_.ledger, {two}, {.to = "k", .signed_by = "b", .reason = "r"}, "siti"));
  EXPECT_FALSE(
      hand_on_found(*office_.ledger, {one, two}, {.to = "k", .signed_by = "b", .reason = "r"}, "siti"));
  EXPECT_EQ(row(one).state, "kept");
}

TEST_F(Found, TwoPeopleSayWhichCardItIs) {
  const auto name = see("review");
  const auto card = office_.print(kJatimulya);
  EXPECT_EQ(identify_found(*office_.ledger, name, card, "seen by its scratch", "siti", "Siti").error().code,
            ErrorCode::bad_data);
  EXPECT_EQ(identify_found(*office_.ledger, name, "C9999999", "r", "siti", "budi").error().code,
            ErrorCode::input_missing);
  ASSERT_TRUE(identify_found(*office_.ledger, name, card, "seen by its scratch", "siti", "budi"));
  EXPECT_EQ(row(name).state, "identified");
  EXPECT_EQ(row(name).detail, card);
  EXPECT_EQ(office_.state(card), CardState::sorted) << "its own custody goes on";
  ledger::Event alone{.type = "found-identified", .actor = "siti", .card = card};
  alone.data = {{"sighting", see("review")}, {"reason", "x"}, {"confirmed_by", "siti"}};
  EXPECT_FALSE(office_.ledger->append({alone})) << "the ledger's own rules refuse one person twice";
}

TEST_F(Found, IsDestroyedWithBeritaAcaraOnlyWhereItIsNamed) {
  const auto name = see("damaged");
  const auto damaged = office_.print(kJatimulya, "damaged");
  const Destruction how{.names = {"Andi", "Budi"}, .place = "Cikarang"};
  const auto all = destroy(*office_.ledger, {}, how, "siti");
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_TRUE(all->found.empty());
  EXPECT_EQ(row(name).state, "kept");
  const auto named = destroy(*office_.ledger, {name}, how, "siti");
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_EQ(row(name).state, "destroyed");
  EXPECT_EQ(row(name).detail, named->number);
  const auto paper = recorded_destruction(*office_.ledger, named->number);
  ASSERT_TRUE(paper) << paper.error().message;
  ASSERT_EQ(paper->found.size(), 1u);
  EXPECT_EQ(ledger::sighting_name(paper->found[0].seen.id), name);
  EXPECT_FALSE(destroy(*office_.ledger, {name}, how, "siti"));
  EXPECT_EQ(office_.state(damaged), CardState::destroyed);
  const auto refused = identify_found(*office_.ledger, see("review"), damaged, "seen", "siti", "budi");
  ASSERT_FALSE(refused) << "what lies on the table was not destroyed";
  EXPECT_NE(refused.error().message.find("a found card cannot be it"), std::string::npos)
      << refused.error().message;
}

TEST_F(Found, ABoxThatPassesOnceMoreHasItsEntriesInTheNewBox) {
  const auto before = see("review");
  office_.put({{.type = "box-opened", .data = {{"box", "B2"}, {"again", "B1"}, {"first", 1}}}});
  EXPECT_EQ(open_found(), 0u);
  EXPECT_FALSE(*ledger::BoxView(*office_.ledger).found(before));
  const auto now = see("review", "", false, "B2");
  EXPECT_EQ(open_found(), 1u);
  EXPECT_EQ(row(now).seen.box, "B2");
}

TEST_F(Found, ACardInDoubtIsNeitherSealedNorWithdrawnByItself) {
  const auto card = office_.print(kJatimulya), other = office_.print(kJatimulya);
  see("damaged", card, true);
  EXPECT_EQ(office_.state(card), CardState::sorted);
  EXPECT_NE(doubt_about(*office_.ledger, card)->find("box B1, card 1"), std::string::npos);
  const auto sealed = seal_region(*office_.ledger, "", {}, "siti");
  ASSERT_TRUE(sealed) << sealed.error().message;
  EXPECT_EQ(sealed->front().cards, 1u);
  EXPECT_EQ(office_.state(other), CardState::sealed);
  EXPECT_EQ(office_.state(card), CardState::sorted);
  EXPECT_TRUE(ledger::CustodyView(*office_.ledger).sealable_by_region()->empty());
  const auto items = *ledger::CustodyView(*office_.ledger).open_items();
  EXPECT_EQ(next_step(*std::ranges::find(items, card, &ledger::OpenItem::card)), NextStep::look_at);

  const ledger::Event batch{.type = "batch-sealed",
                            .data = {{"seal", "S000009"}, {"region", kJatimulya}, {"count", 1}}};
  const auto forced =
      office_.ledger->append({batch, Office::of_card("sealed", (*office_.ledger->card(card))->order_id, card,
                                                     {{"seal", "S000009"}, {"item", "ZA000000999ID"}})});
  ASSERT_FALSE(forced);
  EXPECT_NE(forced.error().message.find("sort mode found it damaged"), std::string::npos)
      << "the ledger's own rules refuse it too: " << forced.error().message;

  EXPECT_EQ(clear_doubt(*office_.ledger, card, "dust", "siti", " SITI").error().code, ErrorCode::bad_data);
  EXPECT_EQ(clear_doubt(*office_.ledger, other, "dust", "siti", "budi").error().code, ErrorCode::bad_data);
  ASSERT_TRUE(clear_doubt(*office_.ledger, card, "dust", "siti", "budi"));
  EXPECT_EQ(seal_region(*office_.ledger, "", {}, "siti")->size(), 1u);
  EXPECT_EQ(office_.state(card), CardState::sealed);
}

TEST_F(Found, ASealedBatchWithACardInDoubtIsNotHandedOverBeforeSomebodyLooked) {
  const auto card = office_.print(kJatimulya), other = office_.print(kJatimulya);
  const auto sealed = seal_region(*office_.ledger, "", {}, "siti");
  ASSERT_TRUE(sealed);
  see("damaged", card, true);
  const auto give = [&](std::size_t count) {
    return hand_over(*office_.ledger, "S000001",
                     {.given_by = "Operator", .taken_by = "Pos", .counted = count, .scanned = {}}, "siti");
  };
  const auto refused = give(2);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(card), std::string::npos) << refused.error().message;
  ledger::Event forced =
      Office::of_card("handed-over", (*office_.ledger->card(card))->order_id, card, {{"seal", "S000001"}});
  EXPECT_FALSE(office_.ledger->append({forced})) << "the ledger's own rules refuse it too";
  ASSERT_TRUE(confirm_doubt(*office_.ledger, card, "siti"));
  EXPECT_EQ(office_.state(card), CardState::withdrawn);
  EXPECT_EQ(confirm_doubt(*office_.ledger, card, "siti").error().code, ErrorCode::bad_data);
  EXPECT_TRUE(give(1));
  EXPECT_EQ(office_.state(other), CardState::handed_over);
}

}  // namespace
}  // namespace ktp::handover
