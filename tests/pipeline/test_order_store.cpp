// SPDX-License-Identifier: Apache-2.0
// The pictures of a batch that came over the page: sealed by order, read back for printing, and never another
// order's.
#include "pipeline/order_store.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "sample/batch.hpp"
#include "temp_folder.hpp"

namespace ktp::pipeline {
namespace {

namespace fs = std::filesystem;

class OrderStore : public testing::Test {
 protected:
  OrderStore() {
    fs::create_directories(folder_ / "data");
    art_ = must(artwork::Template::load(KTP_SOURCE_DIR "/config/templates/ektp.yaml"));
    regions_ = must(artwork::Regions::load(KTP_SOURCE_DIR "/config/regions"));
    key_.emplace(must(ledger::PersonalKey::load(folder_ / "data", true)));
    ledger_ = must(ledger::Ledger::open(folder_ / "data", true));
    sample::BatchPlan plan;
    plan.rows = 3;
    plan.seed = 811;
    plan.photo_width = 120;
    plan.out = folder_ / "batch";
    plan.data = KTP_SOURCE_DIR "/tests/sample/data";
    plan.regions = KTP_SOURCE_DIR "/config/regions";
    const auto csv = must(sample::write_batch(plan)).csv;
    batch_ =
        must(take_in(
                 csv,
                 {.ledger = *ledger_, .key = *key_, .art = *art_, .regions = *regions_, .test_mode = true}))
            .batch;
    ids_ = must(ledger_->order_ids(batch_, OrderState::accepted));
  }
  template <class T>
  static T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
  }
  PictureSafe safe() const { return {folder_ / "data/portraits", &*key_}; }
  Result<OrderPictures> pictures(const std::string& id) const {
    return pictures_of(*ledger_, *key_, folder_ / "data/portraits", id,
                       must(load_record(*ledger_, *key_, id)));
  }

  test::TempFolder folder_;
  std::shared_ptr<const artwork::Template> art_;
  std::shared_ptr<const artwork::Regions> regions_;
  std::optional<ledger::PersonalKey> key_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::string batch_;
  std::vector<std::string> ids_;
};

TEST_F(OrderStore, SealedPicturesAreReadForPrintingWhenTheFolderIsGone) {
  ASSERT_EQ(ids_.size(), 3u);
  const auto before = must(pictures(ids_[0]));
  const auto kept = must(keep_batch_pictures(*ledger_, *key_, safe(), batch_, folder_ / "batch"));
  EXPECT_EQ(kept.orders, 3u);
  EXPECT_EQ(kept.missing, 0u);
  EXPECT_GE(kept.stored, 3u);
  EXPECT_EQ(must(keep_batch_pictures(*ledger_, *key_, safe(), batch_, folder_ / "batch")).stored, 0u);
  fs::remove_all(folder_ / "batch");
  for (const std::string& id : ids_) {
    const auto record = must(load_record(*ledger_, *key_, id));
    const auto now = must(pictures(id));
    EXPECT_EQ(ledger::sha256_text(now.portrait), record.portrait_sha) << id;
    if (!record.signature_sha.empty()) {
      EXPECT_EQ(ledger::sha256_text(now.signature), record.signature_sha) << id;
    }
  }
  EXPECT_EQ(must(pictures(ids_[0])).portrait, before.portrait);
  for (const std::string& name : safe().names())
    for (const std::string& id : ids_)
      EXPECT_EQ(name.find(id), std::string::npos) << "people choose order numbers";
}

TEST_F(OrderStore, AChangedOrMissingPictureIsNotSealedAsTheOrders) {
  std::vector<fs::path> photos;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "batch"))
    if (entry.path().extension() == ".jpg") photos.push_back(entry.path());
  ASSERT_GE(photos.size(), 3u);
  for (const std::string& id : ids_) {
    const auto record = must(load_record(*ledger_, *key_, id));
    if (id == ids_[0])
      std::ofstream(folder_ / "batch" / std::string(record.order.field("foto"))) << "another";
    if (id == ids_[1]) fs::remove(folder_ / "batch" / std::string(record.order.field("foto")));
  }
  const auto kept = must(keep_batch_pictures(*ledger_, *key_, safe(), batch_, folder_ / "batch"));
  EXPECT_EQ(kept.missing, 2u);
  EXPECT_FALSE(safe().has(kept_name(*key_, ids_[0], "foto")));
  EXPECT_TRUE(safe().has(kept_name(*key_, ids_[2], "foto")));
}

}  // namespace
}  // namespace ktp::pipeline
