// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "ledger/boxes.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/other_records.hpp"
#include "sample/bad_rows.hpp"
#include "sample/batch.hpp"
#include "temp_folder.hpp"

namespace ktp::pipeline {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class IntakeRules : public testing::Test {
 protected:
  void SetUp() override {
    art_ = must(artwork::Template::load(KTP_SOURCE_DIR "/config/templates/ektp.yaml"));
    regions_ = must(artwork::Regions::load(KTP_SOURCE_DIR "/config/regions"));
    key_.emplace(must(ledger::PersonalKey::load(folder_ / "data", true)));
    ledger_ = must(ledger::Ledger::open(folder_ / "data", true));
  }
  IntakeRules() { fs::create_directories(folder_ / "data"); }

  template <class T>
  static T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
  }

  fs::path batch(int rows, std::uint64_t seed, int duplicates = 0, bool bad_rows = false) {
    sample::BatchPlan plan;
    plan.rows = rows;
    plan.seed = seed;
    plan.duplicates = duplicates;
    plan.bad_rows = bad_rows;
    plan.photo_width = 120;
    plan.out = folder_ / ("batch" + std::to_string(seed));
    plan.data = KTP_SOURCE_DIR "/tests/sample/data";
    plan.regions = KTP_SOURCE_DIR "/config/regions";
    return must(sample::write_batch(plan)).csv;
  }

  Result<IntakeReport> take(const fs::path& csv, bool test_mode = true) {
    return take_in(
        csv, {.ledger = *ledger_, .key = *key_, .art = *art_, .regions = *regions_, .test_mode = test_mode});
  }

  std::string log() {
    std::string text;
    (void)ledger_->each_line([&](std::string_view line) { text += std::string(line) + "\n"; });
    return text;
  }

  test::TempFolder folder_;
  std::shared_ptr<const artwork::Template> art_;
  std::shared_ptr<const artwork::Regions> regions_;
  std::optional<ledger::PersonalKey> key_;
  std::unique_ptr<ledger::Ledger> ledger_;
};

TEST_F(IntakeRules, EveryGoodRowBecomesAnOrderAndTheSameFileAgainAddsNothing) {
  const auto csv = batch(12, 1);
  const auto first = must(take(csv));
  EXPECT_EQ(first.accepted, 12u);
  EXPECT_TRUE(first.refused.empty());
  const auto size = *ledger_->size();
  const auto second = must(take(csv));
  EXPECT_EQ(second.known, 12u);
  EXPECT_EQ(second.batch, first.batch);
  EXPECT_EQ(*ledger_->size(), size);
}

TEST_F(IntakeRules, EveryKindOfBadRowIsRefusedByItsFieldAndTheGoodOnesGoOn) {
  const auto csv = batch(5, 2, 0, true);
  const auto report = must(take(csv));
  EXPECT_EQ(report.accepted, 5u);
  const auto spoilers = sample::spoilers();
  ASSERT_EQ(report.refused.size(), spoilers.size());
  for (std::size_t i = 0; i < spoilers.size(); ++i) {
    EXPECT_EQ(report.refused[i].field, spoilers[i].field) << report.refused[i].reason;
    EXPECT_TRUE(report.refused[i].reason.starts_with(report.refused[i].field + ":"))
        << report.refused[i].reason;
    EXPECT_EQ(report.refused[i].row, 6 + i);
  }
  const auto size = *ledger_->size();
  EXPECT_EQ(must(take(csv)).refused.size(), spoilers.size()) << "said again";
  EXPECT_EQ(*ledger_->size(), size) << "but not logged again";
}

TEST_F(IntakeRules, APersonOrderedTwiceIsRefusedAndTheFirstRowIsNamed) {
  const auto report = must(take(batch(6, 3, 2)));
  EXPECT_EQ(report.accepted, 6u);
  ASSERT_EQ(report.refused.size(), 2u);
  for (const RefusedRow& row : report.refused) {
    EXPECT_EQ(row.field, "nik");
    EXPECT_NE(row.reason.find("already ordered in batch 1, row "), std::string::npos) << row.reason;
  }
}

TEST_F(IntakeRules, APersonOfAnEarlierBatchIsRefusedToo) {
  const auto first = batch(3, 4);
  must(take(first));
  auto lines = lines_of(text_of(first));
  std::string again = lines[0] + "\n" + lines[2] + "\n";
  again.replace(again.find("B0001-0002"), 10, "B0002-0001");
  write(first.parent_path() / "again.csv", again);
  const auto report = must(take(first.parent_path() / "again.csv"));
  ASSERT_EQ(report.refused.size(), 1u);
  EXPECT_EQ(report.refused[0].reason, "nik: already ordered in batch 1, row 2");
}

// A ledger restored from a backup of before somebody's data was deleted.
TEST_F(IntakeRules, ARecordWhoseOwnKeyWasDeletedStandsInNobodysWay) {
  must(take(batch(3, 41)));
  const auto sealed = *ledger_->record("B0001-0002");
  ASSERT_TRUE(key_->record_keys().forget({*ledger::PersonalKey::record_key_of(sealed)}));
  EXPECT_TRUE(key_->is_deleted(sealed));
  const auto second = batch(3, 42);
  std::string text;
  for (std::string line : lines_of(text_of(second))) {
    if (line.starts_with("B0001-")) line.replace(0, 6, "B0002-");
    text += line + "\n";
  }
  write(second.parent_path() / "renamed.csv", text);
  const auto report = take(second.parent_path() / "renamed.csv");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->accepted, 3u);
}

TEST_F(IntakeRules, ChangedContentUnderTheSameOrderNumberIsARefusedRowAndTheOrderStays) {
  const auto csv = batch(2, 5);
  must(take(csv));
  auto text = text_of(csv);
  text.replace(text.find(",PRR"), 4, " ,PRR");
  write(csv.parent_path() / "changed.csv", text);
  const auto report = must(take(csv.parent_path() / "changed.csv"));
  EXPECT_EQ(report.known, 1u);
  ASSERT_EQ(report.refused.size(), 1u);
  EXPECT_EQ(report.refused[0].field, "tanda_tangan")
      << "a name with a space at its end is another file, and there is none";
  auto other_photo = text_of(csv);
  fs::copy_file(csv.parent_path() / "foto/B0001-0002.jpg", csv.parent_path() / "foto/B0001-0001.jpg",
                fs::copy_options::overwrite_existing);
  const auto swapped = must(take(csv));
  ASSERT_EQ(swapped.refused.size(), 1u);
  EXPECT_EQ(swapped.refused[0].field, "order_id");
  EXPECT_EQ((*ledger_->order("B0001-0001"))->state, "accepted");
}

TEST_F(IntakeRules, TheSamePortraitUnderAnotherNikIsHeld) {
  const auto csv = batch(4, 6);
  fs::copy_file(csv.parent_path() / "foto/B0001-0001.jpg", csv.parent_path() / "foto/B0001-0003.jpg",
                fs::copy_options::overwrite_existing);
  const auto report = must(take(csv));
  EXPECT_EQ(report.held, 1u);
  const auto order = *ledger_->order("B0001-0003");
  EXPECT_EQ(order->state, "held");
  EXPECT_TRUE(order->reason.starts_with("foto: ")) << order->reason;
  EXPECT_NE(order->reason.find("B0001-0001"), std::string::npos);
}

TEST_F(IntakeRules, APictureOutsideTheBatchFolderIsRefusedHoweverItIsNamed) {
  const auto csv = batch(5, 7);
  const auto folder = csv.parent_path();
  fs::copy_file(folder / "foto/B0001-0001.jpg", folder_ / "outside.jpg");
  fs::create_symlink(folder_ / "outside.jpg", folder / "foto/link.jpg");
  fs::create_directory_symlink(folder_.path(), folder / "out");
  fs::create_symlink("B0001-0005.jpg", folder / "foto/inside.jpg");
  auto text = text_of(csv);
  const auto swap = [&](const char* from, const std::string& to) {
    text.replace(text.find(from), std::string_view(from).size(), to);
  };
  swap("foto/B0001-0001.jpg", "../outside.jpg");
  swap("foto/B0001-0002.jpg", (folder_ / "outside.jpg").string());
  swap("foto/B0001-0003.jpg", "foto/link.jpg");
  swap("foto/B0001-0004.jpg", "out/outside.jpg");
  swap("foto/B0001-0005.jpg", "foto/inside.jpg");
  write(csv, text);
  const auto report = must(take(csv));
  EXPECT_EQ(report.refused.size(), 4u);
  for (const RefusedRow& row : report.refused) EXPECT_EQ(row.field, "foto") << row.reason;
  EXPECT_EQ(report.accepted, 1u) << "a link that stays inside is fine";
}

TEST_F(IntakeRules, TheTestPrefixIsRefusedWhereDevicesAreReal) {
  const auto report = must(take(batch(3, 8), false));
  EXPECT_EQ(report.accepted, 0u);
  ASSERT_EQ(report.refused.size(), 3u);
  EXPECT_EQ(report.refused[0].field, "nik");
}

TEST_F(IntakeRules, AnOrderThatIsHereWithThisContentIsKnownWhateverTheRulesSayNow) {
  const auto csv = batch(4, 21);
  EXPECT_EQ(must(take(csv)).accepted, 4u);
  const auto size = *ledger_->size();
  const auto later = must(take(csv, false));  // the rules are stricter now; the orders passed when they came
  EXPECT_EQ(later.known, 4u);
  EXPECT_TRUE(later.refused.empty());
  EXPECT_EQ(*ledger_->size(), size);
}

TEST_F(IntakeRules, AFileWithAnotherHeaderAddsNothingAtAll) {
  const auto csv = batch(2, 9);
  auto text = text_of(csv);
  text.replace(text.find("kode_pos"), 8, "kodepos");
  write(csv, text);
  const auto report = take(csv);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::bad_data);
  EXPECT_NE(report.error().message.find("kode_pos"), std::string::npos) << report.error().message;
  EXPECT_EQ(*ledger_->size(), 0u);
  EXPECT_EQ(take(folder_ / "nowhere.csv").error().code, ErrorCode::input_missing);
  EXPECT_EQ(take(folder_.path()).error().code, ErrorCode::bad_data);
  write(folder_ / "empty.csv", "");
  EXPECT_EQ(take(folder_ / "empty.csv").error().code, ErrorCode::bad_data);
}

TEST_F(IntakeRules, NeitherLogNorMessagesHoldAPersonalValue) {
  const auto csv = batch(6, 10, 1, true);
  const auto report = must(take(csv));
  std::string said = log();
  for (const RefusedRow& row : report.refused) said += row.reason + "\n";
  const auto rows = must(parse_batch(csv, *art_, *regions_, true));
  for (const ParsedRow& row : rows)
    for (const char* column : {"nik", "nama", "alamat", "tanggal_lahir"})
      if (const std::string value(row.order.printed(column)); value.size() >= 8) {
        EXPECT_EQ(said.find(value), std::string::npos) << column;
      }
  std::ifstream database(folder_ / "data" / "ledger.sqlite", std::ios::binary);
  std::stringstream bytes;
  bytes << database.rdbuf();
  EXPECT_EQ(bytes.str().find(rows[0].order.nik()), std::string::npos)
      << "the database must not hold a NIK in the clear";
}

TEST_F(IntakeRules, RowsReadWithoutALedgerNameThePersonOrderedTwiceToo) {
  const auto csv = batch(6, 3, 2);
  std::size_t good = 0, doubled = 0;
  for (const ParsedRow& row : must(parse_batch(csv, *art_, *regions_, true))) {
    good += row.reason.empty() ? 1 : 0;
    doubled += row.field == "nik" && row.reason.starts_with("nik: already ordered in row ") ? 1 : 0;
  }
  EXPECT_EQ(good, 6u);
  EXPECT_EQ(doubled, 2u);

  auto lines = lines_of(text_of(csv));
  write(csv.parent_path() / "same.csv", lines[0] + "\n" + lines[1] + "\n" + lines[1] + "\n");
  const auto rows = must(parse_batch(csv.parent_path() / "same.csv", *art_, *regions_, true));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].reason, "order_id: already used in row 1");
}

TEST_F(IntakeRules, ARowWhosePictureArrivesLaterIsAcceptedThen) {
  const auto csv = batch(2, 12);
  const auto photo = csv.parent_path() / "foto/B0001-0002.jpg";
  fs::rename(photo, folder_ / "kept.jpg");
  EXPECT_EQ(must(take(csv)).refused.size(), 1u);
  fs::rename(folder_ / "kept.jpg", photo);
  const auto report = must(take(csv));
  EXPECT_EQ(report.accepted, 1u);
  EXPECT_EQ((*ledger_->order("B0001-0002"))->state, "accepted");
}

TEST_F(IntakeRules, AnOrderOfSomebodyWhoseCardIsThereAlreadyIsHeldAndNotPrinted) {
  const auto others = batch(3, 5);
  IntakeServices services{
      .ledger = *ledger_, .key = *key_, .art = *art_, .regions = *regions_, .test_mode = true};
  const auto records = take_in_records(others, "cikarang", services);
  ASSERT_TRUE(records) << records.error().message;
  EXPECT_EQ(records->added, 3u);
  const auto again = take_in_records(others, "cikarang", services);
  EXPECT_EQ(again->added, 0u);
  EXPECT_EQ(again->known, 3u);
  EXPECT_EQ(take_in_records(others, "karawang", services)->added, 3u) << "another station, the same people";
  EXPECT_EQ(take_in_records(others, "batch", services).error().code, ErrorCode::bad_data);
  const auto mixed = take_in_records(batch(2, 6, 1, true), "bogor", services);
  ASSERT_TRUE(mixed);
  EXPECT_EQ(mixed->added, 2u);
  EXPECT_GT(mixed->refused.size(), 3u);

  const auto taken = take(others);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->accepted, 3u);
  EXPECT_EQ(taken->held, 3u);
  EXPECT_NE(log().find("record cikarang/B0001-0001 of another station"), std::string::npos);

  // And somebody whose card was seen in a box, whom nobody knew then.
  const auto later = batch(1, 7);
  const auto rows = parse_batch(later, *art_, *regions_, true);
  ledger::Event opened{.type = "box-opened", .data = {{"box", "B1"}, {"again", ""}, {"first", 1}}};
  ledger::Event sighted{.type = "sighted"};
  sighted.data = {{"box", "B1"},
                  {"number", 1},
                  {"who", "unknown"},
                  {"person", key_->hash("person", rows->front().order.nik())},
                  {"verdict", "review"}};
  ASSERT_TRUE(ledger_->append({opened, sighted}));
  // Its order numbers are those of the batch before: another folder, other content.
  auto text = text_of(later);
  for (std::size_t at; (at = text.find("\nB0001-")) != std::string::npos;) text.replace(at, 7, "\nB0007-");
  write(later, text);
  const auto seen = take(later);
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_EQ(seen->held, 1u) << log();
  EXPECT_NE(log().find("a card of this person lay in box B1, card 1"), std::string::npos);
  EXPECT_EQ(*ledger_->verify(), std::nullopt);
}

}  // namespace
}  // namespace ktp::pipeline
