// SPDX-License-Identifier: Apache-2.0
// Proofs for somebody who holds a head and not the log.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ledger/ledger.hpp"
#include "ledger/log_proof.hpp"
#include "temp_folder.hpp"

namespace ktp::ledger {
namespace {

constexpr std::uint64_t kEvents = 21;

class LogProofs : public testing::Test {
 protected:
  void SetUp() override {
    ledger_ = std::move(*Ledger::open(folder_.path(), true));
    while (heads_.size() < kEvents) {
      // A change of the signing key in the middle: heads before it open with the key before it.
      if (heads_.size() == 12) {
        ASSERT_TRUE(ledger_->rotate_head_key("budi"));
      } else {
        ASSERT_TRUE(ledger_->append({{.type = "blanks-received", .data = {{"count", heads_.size() + 1}}}}));
      }
      heads_.push_back(*ledger_->head());
    }
  }
  static std::string wrong(const std::string& proof, const VerifyAgainst& against = {}) {
    return verify_proof(proof, against).value_or("");
  }
  // The same proof with every byte's lowest bit flipped in its turn.
  static void expect_no_edit_passes(const std::string& proof, const VerifyAgainst& against) {
    for (std::size_t i = 0; i < proof.size(); ++i) {
      std::string changed = proof;
      changed[i] ^= 1;
      EXPECT_NE(wrong(changed, against), "") << "byte " << i << " of " << proof;
    }
  }

  test::TempFolder folder_;
  std::unique_ptr<Ledger> ledger_;
  std::vector<LogHead> heads_;  // after each event
};

TEST_F(LogProofs, EveryEventIsProvedUnderEveryHeadThatCoversItAndUnderNoOther) {
  for (std::uint64_t size = 1; size <= kEvents; ++size) {
    const LogHead& head = heads_[size - 1];
    const VerifyAgainst given{.key = head.key, .checkpoints = {head.checkpoint}};
    for (std::uint64_t seq = 1; seq <= size; ++seq) {
      const auto proof = prove_event(*ledger_, seq, head.checkpoint);
      ASSERT_TRUE(proof) << proof.error().message;
      EXPECT_EQ(wrong(*proof, given), "") << seq << " of " << size;
      auto other = nlohmann::ordered_json::parse(*proof);
      other["seq"] = seq % size + 1;
      if (size > 1) {
        EXPECT_NE(wrong(other.dump(), given), "") << seq << " of " << size;
      }
    }
    EXPECT_EQ(prove_event(*ledger_, size + 1, head.checkpoint).error().code, ErrorCode::input_missing);
  }
  EXPECT_EQ(prove_event(*ledger_, 0, "").error().code, ErrorCode::input_missing);
  const std::string proof = *prove_event(*ledger_, 7, "");
  const VerifyAgainst given{.key = heads_.back().key, .checkpoints = {heads_.back().checkpoint}};
  EXPECT_EQ(wrong(proof, given), "");
  EXPECT_EQ(wrong(proof, {.key = heads_.front().key, .checkpoints = {}}),
            "key: is not the one that was published");
  EXPECT_EQ(wrong(proof, {.key = "", .checkpoints = {heads_[8].checkpoint}}),
            "checkpoint: is not the head that was given");
  expect_no_edit_passes(proof, given);
}

TEST_F(LogProofs, EveryEarlierHeadIsProvedToBeTheBeginningAndAnotherLogsIsNot) {
  for (const LogHead& head : heads_) {
    const auto proof = prove_extension(*ledger_, head.checkpoint);
    ASSERT_TRUE(proof) << proof.error().message;
    EXPECT_EQ(wrong(*proof, {.key = heads_.back().key, .checkpoints = {head.checkpoint}}), "");
  }
  const VerifyAgainst given{.key = heads_.back().key, .checkpoints = {heads_[4].checkpoint}};
  expect_no_edit_passes(*prove_extension(*ledger_, heads_[4].checkpoint), given);
  EXPECT_EQ(wrong(*prove_extension(*ledger_, heads_[5].checkpoint), given),
            "before: is not the head that was given");

  const test::TempFolder folder;
  auto other = std::move(*Ledger::open(folder.path(), true));
  ASSERT_TRUE(other->append({{.type = "blanks-received", .data = {{"count", 9}}}}));
  EXPECT_EQ(prove_extension(*ledger_, other->head()->checkpoint).error().code, ErrorCode::bad_data);
  EXPECT_EQ(prove_event(*ledger_, 1, other->head()->checkpoint).error().code, ErrorCode::bad_data);
}

}  // namespace
}  // namespace ktp::ledger
