// SPDX-License-Identifier: Apache-2.0
// Personal records lie beside the log: whatever is done to them behind the station's back is found all the
// same. KTP_RECORD_EDITS=100000 runs as many.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <random>

#include "ledger/retention.hpp"
#include "ledger/stored_records.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/other_records.hpp"
#include "pipeline/prove_records.hpp"
#include "sample/batch.hpp"
#include "temp_folder.hpp"

namespace ktp::pipeline {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

class ProveRecords : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(data_);
    art_ = must(artwork::Template::load(KTP_SOURCE_DIR "/config/templates/ektp.yaml"));
    regions_ = must(artwork::Regions::load(KTP_SOURCE_DIR "/config/regions"));
    key_.emplace(must(ledger::PersonalKey::load(data_, true)));
    ledger_ = must(ledger::Ledger::open(data_, true));
    const IntakeServices services{
        .ledger = *ledger_, .key = *key_, .art = *art_, .regions = *regions_, .test_mode = true};
    ASSERT_EQ(must(take_in(batch(8, 1), services)).accepted, 8u);
    ASSERT_EQ(must(take_in_records(batch(4, 2), "lama", services)).added, 4u);
    for (const auto& [name, bytes] : records())
      if (!name.starts_with("batch/")) names_.push_back(name);
    ASSERT_EQ(names_.size(), 12u);
  }
  fs::path batch(int rows, std::uint64_t seed) {
    sample::BatchPlan plan;
    plan.rows = rows;
    plan.seed = 5100 + seed;
    plan.photo_width = 120;
    plan.out = folder_ / ("batch" + std::to_string(seed));
    plan.data = KTP_SOURCE_DIR "/tests/sample/data";
    plan.regions = KTP_SOURCE_DIR "/config/regions";
    return must(sample::write_batch(plan)).csv;
  }
  std::map<std::string, Bytes> records() {
    std::map<std::string, Bytes> all;
    EXPECT_TRUE(ledger_->each_record([&](const std::string& name, Bytes bytes) { all[name] = bytes; }));
    return all;
  }
  RecordProof proof() { return must(prove_records(*ledger_, *key_)); }
  void put(const std::string& name, const std::optional<Bytes>& bytes) {
    if (!stored_) stored_.emplace(data_);
    stored_->put(name, bytes);
  }

  const test::TempFolder folder_;
  const fs::path data_ = folder_ / "data";
  std::shared_ptr<const artwork::Template> art_;
  std::shared_ptr<const artwork::Regions> regions_;
  std::optional<ledger::PersonalKey> key_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::vector<std::string> names_;
  std::optional<test::StoredRecords> stored_;
};

TEST_F(ProveRecords, EveryRecordThatWasTakenInOpensAndSaysWhatTheLogWasTold) {
  const RecordProof found = proof();
  EXPECT_EQ(found.whole, 12u);
  EXPECT_EQ(found.deleted, 0u);
  EXPECT_EQ(found.wrong, 0u) << found.first;
}

TEST_F(ProveRecords, NoEditOfASealedRecordGoesUnnoticed) {
  const auto whole = records();
  std::vector<std::string> all;
  for (const auto& [name, bytes] : whole) all.push_back(name);  // with the folders of the batches
  std::mt19937 random(130402);
  const char* const more = std::getenv("KTP_RECORD_EDITS");
  const int edits = more != nullptr ? std::atoi(more) : 400;
  std::map<std::string, int> kinds;
  for (int edit = 0; edit < edits; ++edit) {
    const std::string& name = all[random() % all.size()];
    const std::string& person = names_[random() % names_.size()];
    Bytes bytes = whole.at(name);
    const std::string where = "edit " + std::to_string(edit) + " of " + name;
    const auto found_after = [&](const char* kind, const std::string& changed, const auto& content) {
      put(changed, content);
      ASSERT_GT(proof().wrong, 0u) << where << ": " << kind;
      ++kinds[kind];
      put(changed, whole.at(changed));
    };
    switch (random() % 6) {
      case 0:
        // The folder of a batch is written anew at every import: none of it says nothing of a person.
        ASSERT_NO_FATAL_FAILURE(found_after("dropped", person, std::optional<Bytes>()));
        break;
      case 1:
        bytes.resize(random() % bytes.size());
        ASSERT_NO_FATAL_FAILURE(found_after("truncated", name, std::optional(bytes)));
        break;
      case 2: {
        const std::string& other = all[random() % all.size()];
        if (other == person) break;
        put(other, whole.at(person));
        ASSERT_NO_FATAL_FAILURE(found_after("swapped", person, std::optional(whole.at(other))));
        put(other, whole.at(other));
        break;
      }
      default:
        bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
        ASSERT_NO_FATAL_FAILURE(found_after("one bit", name, std::optional(bytes)));
    }
  }
  EXPECT_EQ(proof().wrong, 0u) << proof().first;
  std::cout << "record_edits=" << edits;
  for (const auto& [kind, n] : kinds) std::cout << ' ' << kind << '=' << n;
  std::cout << " unnoticed=0\n";
}

TEST_F(ProveRecords, ARecordMadeWithTheStationsOwnKeyIsHeldToWhatWasTakenIn) {
  for (const std::string& name : names_) {
    const Bytes own = must(ledger_->record(name));
    PersonalRecord forged = must(load_record(*ledger_, *key_, name));
    forged.order.field("nama") = "SPESIMEN LAIN";
    put(name, must(key_->seal_record(to_bytes(forged), name)));
    const RecordProof found = proof();
    EXPECT_EQ(found.wrong, 1u);
    EXPECT_EQ(found.first, "record of " + name + " says something else than what was taken in");
    put(name, own);
  }
  const PersonalRecord known = must(load_record(*ledger_, *key_, names_[0]));
  put("Z-1", must(key_->seal_record(to_bytes(known), "Z-1")));
  EXPECT_EQ(proof().first, "record of Z-1 is of no order that was taken in");
  EXPECT_EQ(proof().first.find(std::string(known.order.nik())), std::string::npos);
}

TEST_F(ProveRecords, WhatTheLogSaysWasDeletedIsNotMissingAndAKeyThatIsOnlyGoneIs) {
  std::vector<std::string> others;
  for (const std::string& name : names_)
    if (is_other_record(name)) others.push_back(name);
  ASSERT_EQ(others.size(), 4u);
  ASSERT_TRUE(ledger::erase_others(*ledger_, *key_, {others[0]}, "time is up", "siti"));
  RecordProof found = proof();
  EXPECT_EQ(found.whole, 11u);
  EXPECT_EQ(found.deleted, 1u);
  EXPECT_EQ(found.wrong, 0u) << found.first;

  const auto number = ledger::PersonalKey::record_key_of(must(ledger_->record(others[1])));
  ASSERT_TRUE(number);
  ASSERT_TRUE(key_->record_keys().forget({*number}));
  found = proof();
  EXPECT_EQ(found.wrong, 1u);
  EXPECT_EQ(found.first.find("record of " + others[1] + " does not open"), 0u) << found.first;
  // A folder that came back from an older backup holds records whose people were deleted since.
  ASSERT_TRUE(ledger_->append({{.type = "restored", .data = {{"after", 1}, {"held", 0}}}}));
  found = proof();
  EXPECT_EQ(found.wrong, 0u) << found.first;
  EXPECT_EQ(found.deleted, 2u);
}

}  // namespace
}  // namespace ktp::pipeline
