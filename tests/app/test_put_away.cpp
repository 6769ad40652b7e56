// SPDX-License-Identifier: Apache-2.0
// What a batch brought over the page is sealed and its files are gone, whenever the power failed on the way;
// and plain pictures of an earlier version are sealed as whose they are.
#include "app/put_away.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "pipeline/intake.hpp"
#include "pipeline/order_store.hpp"
#include "sample/batch.hpp"
#include "temp_folder.hpp"

namespace ktp::app {
namespace {

namespace fs = std::filesystem;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class PutAway : public testing::Test {
 protected:
  PutAway() {
    fs::create_directories(data());
    art_ = must(artwork::Template::load(KTP_SOURCE_DIR "/config/templates/ektp.yaml"));
    regions_ = must(artwork::Regions::load(KTP_SOURCE_DIR "/config/regions"));
    key_.emplace(must(ledger::PersonalKey::load(data(), true)));
    ledger_ = must(ledger::Ledger::open(data(), true));
    sample::BatchPlan plan;
    plan.rows = 4;
    plan.seed = 817;
    plan.photo_width = 120;
    plan.out = folder_ / "brought";
    plan.data = KTP_SOURCE_DIR "/tests/sample/data";
    plan.regions = KTP_SOURCE_DIR "/config/regions";
    csv_ = must(sample::write_batch(plan)).csv;
    start();
  }
  fs::path data() const { return folder_ / "data"; }
  void start() { drops_.emplace(data(), art_, *regions_, true); }
  /// Everything of the batch's folder, dropped on the page.
  std::string drop() {
    const std::string name = must(drops_->begin());
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "brought"))
      if (entry.is_regular_file()) {
        const auto put = drops_->put(name, fs::relative(entry.path(), folder_ / "brought").string(),
                                     bytes_of(entry.path()));
        if (!put) throw std::runtime_error(put.error().message);
      }
    return name;
  }
  Result<std::string> take(const fs::path& csv) {
    const auto report = pipeline::take_in(
        csv, {.ledger = *ledger_, .key = *key_, .art = *art_, .regions = *regions_, .test_mode = true});
    if (!report) return std::unexpected(report.error());
    return report->batch;
  }
  Result<void> next_start() {
    start();
    said_.clear();
    return put_drops_away(
        *ledger_, *key_, data(), *drops_, [&](const fs::path& csv) { return take(csv); },
        [&](const std::string& text) { said_ += text + "\n"; });
  }
  void expect_all_sealed() {
    EXPECT_TRUE(fs::is_empty(data() / "drops")) << said_;
    const auto ids = must(ledger_->order_ids("1", OrderState::accepted));
    EXPECT_EQ(ids.size(), 4u);
    for (const std::string& id : ids) {
      const auto record = must(pipeline::load_record(*ledger_, *key_, id));
      const auto pictures =
          must(pipeline::pictures_of(*ledger_, *key_, portraits_folder(data()), id, record));
      EXPECT_EQ(ledger::sha256_text(pictures.portrait), record.portrait_sha);
    }
    for (const auto& entry : fs::directory_iterator(portraits_folder(data())))
      EXPECT_TRUE(entry.path().filename().string().ends_with(".sealed")) << entry.path();
  }

  test::TempFolder folder_;
  std::shared_ptr<const artwork::Template> art_;
  std::shared_ptr<const artwork::Regions> regions_;
  std::optional<ledger::PersonalKey> key_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::optional<Drops> drops_;
  fs::path csv_;
  std::string said_;
};

TEST_F(PutAway, ADropThatWasTakenInLeavesSealedPicturesAndNoFile) {
  const std::string name = drop();
  ASSERT_TRUE(drops_->keep(name));
  const auto batch = must(take(must(drops_->batch_file(name))));
  ASSERT_TRUE(put_drop_away(*ledger_, *key_, data(), *drops_, name, batch,
                            [&](const std::string& text) { said_ += text; }));
  expect_all_sealed();
}

TEST_F(PutAway, ADropWhoseTakingInWasCutOffIsTakenInByTheNextStart) {
  ASSERT_TRUE(drops_->keep(drop()));
  ASSERT_TRUE(next_start()) << said_;
  expect_all_sealed();
  ASSERT_TRUE(next_start()) << "and nothing is left for another one";
}

TEST_F(PutAway, ADropWhoseDeletionWasCutOffIsNotTakenInAgain) {
  const std::string name = drop();
  ASSERT_TRUE(drops_->keep(name));
  const auto csv = must(drops_->batch_file(name));
  const auto batch = must(take(csv));
  const pipeline::PictureSafe safe(portraits_folder(data()), &*key_);
  EXPECT_EQ(must(pipeline::keep_batch_pictures(*ledger_, *key_, safe, batch, csv.parent_path())).missing, 0u);
  // As the power left it in the middle: said to be put away, half of the pictures gone.
  std::ofstream(data() / "drops" / name / ".kept") << "put away\n";
  std::size_t gone = 0;
  for (const auto& entry : fs::recursive_directory_iterator(data() / "drops" / name))
    if (entry.path().extension() == ".jpg" && gone++ % 2 == 0) fs::remove(entry.path());
  const auto before = must(ledger_->size());
  ASSERT_TRUE(next_start()) << said_;
  EXPECT_EQ(must(ledger_->size()), before) << "no row is refused for a picture that was deleted";
  expect_all_sealed();
}

TEST_F(PutAway, WhatAnEarlierVersionKeptIsSealedAndWhatTheLedgerDoesNotKnowIsLeftAndSaid) {
  const std::string name = drop();
  ASSERT_TRUE(drops_->keep(name));
  std::ofstream(data() / "drops" / name / ".kept").flush();  // empty, as it was
  ASSERT_TRUE(next_start());
  EXPECT_NE(said_.find("not in the ledger"), std::string::npos) << said_;
  EXPECT_TRUE(must(drops_->batch_file(name)).has_filename());
  ASSERT_TRUE(take(must(drops_->batch_file(name))));
  ASSERT_TRUE(next_start()) << said_;
  expect_all_sealed();
}

TEST_F(PutAway, PlainEvidenceIsSealedWithTheKeyOfItsCardsPerson) {
  ASSERT_TRUE(take(csv_));
  const std::string id = must(ledger_->order_ids("1", OrderState::accepted)).front();
  const std::string card = must(ledger_->next_card());
  ledger::Event received{.type = "blanks-received"}, loaded{.type = "blanks-loaded"};
  received.data["count"] = loaded.data["count"] = 5;
  ledger::Event committed{
      .type = "blank-committed", .order_id = id, .card = card, .token = ledger::new_token()};
  ledger::Event opened{.type = "box-opened"}, seen{.type = "sighted"};
  opened.data = {{"box", "B1"}, {"again", ""}, {"first", 1}};
  seen.data = {{"box", "B1"}, {"number", 1}, {"who", "cannot-tell"}, {"person", ""}, {"verdict", "review"}};
  ASSERT_TRUE(ledger_->append({received, loaded, committed, opened, seen}));
  const fs::path evidence = evidence_folder(data());
  fs::create_directories(evidence);
  for (const std::string& name :
       {card + "-front-photograph.png", std::string("S0000001-front-photograph.png"),
        std::string("C0000999-front-photograph.png")})
    std::ofstream(evidence / name) << "SPESIMEN";
  fs::create_directories(data() / "reports");
  std::ofstream(data() / "reports/contact-sheet.html") << "x";
  ASSERT_TRUE(seal_evidence(*ledger_, *key_, data(), [&](const std::string& text) { said_ += text + "\n"; }));
  const pipeline::PictureSafe safe(evidence, &*key_);
  EXPECT_EQ(safe.key_of(card + "-front-photograph.png"),
            ledger::PersonalKey::record_key_of(must(ledger_->record(id))));
  EXPECT_TRUE(safe.key_of("S0000001-front-photograph.png"));
  EXPECT_FALSE(fs::exists(evidence / (card + "-front-photograph.png")));
  EXPECT_FALSE(fs::exists(data() / "reports/contact-sheet.html")) << "it would show nothing any more";
  EXPECT_TRUE(fs::exists(evidence / "C0000999-front-photograph.png"));
  EXPECT_NE(said_.find("C0000999-front-photograph.png"), std::string::npos) << said_;
  EXPECT_EQ(must(ledger_->lines_of_type("pictures-sealed")).size(), 1u);
}

}  // namespace
}  // namespace ktp::app
