// SPDX-License-Identifier: Apache-2.0
// The sample batches that other tests print.
#include "sample/batch.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "artwork/card_fixture.hpp"
#include "artwork/picture.hpp"
#include "artwork/regions.hpp"
#include "domain/date.hpp"
#include "domain/nik.hpp"
#include "sample/bad_rows.hpp"

namespace ktp::sample {
namespace {

using artwork::Folder;
using artwork::text_of;
using testing::SizeIs;

BatchPlan plan(const std::filesystem::path& out, int rows, std::uint64_t seed = 1) {
  BatchPlan p;
  p.rows = rows;
  p.seed = seed;
  p.out = out;
  p.photo_width = 60;
  p.data = KTP_SOURCE_DIR "/tests/sample/data";
  p.regions = KTP_SOURCE_DIR "/config/regions";
  return p;
}

std::vector<Order> orders_in(const std::string& csv) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    const char c = csv[i];
    if (quoted && c == '"' && i + 1 < csv.size() && csv[i + 1] == '"') {
      rows.back().back() += csv[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && c == '\n') {
      rows.emplace_back(1);
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();
  std::vector<Order> orders;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    Order order;
    EXPECT_THAT(rows[r], SizeIs(kOrderColumns.size())) << "row " << r;
    std::copy(rows[r].begin(), rows[r].end(), order.fields.begin());
    orders.push_back(order);
  }
  return orders;
}

TEST(SampleBatch, HasTheHeaderOfTheContract) {
  const Folder folder;
  const auto written = write_batch(plan(folder.path(), 1)).value();
  EXPECT_THAT(text_of(written.csv), testing::StartsWith("order_id,nik,nama,tempat_lahir,tanggal_lahir,jenis_"
                                                        "kelamin,gol_darah,alamat,rt,rw,kel_desa,kecamatan,"
                                                        "agama,status_perkawinan,pekerjaan,kewarganegaraan,"
                                                        "berlaku_hingga,kode_wilayah,kode_pos,tempat_terbit,"
                                                        "tanggal_terbit,foto,tanda_tangan,status\n"));
}

TEST(SampleBatch, EveryRowIsAGoodOrder) {
  const Folder folder;
  const auto written = write_batch(plan(folder.path(), 300)).value();
  const auto regions = artwork::Regions::load(KTP_SOURCE_DIR "/config/regions").value();
  std::set<std::string> niks;
  std::map<std::string, std::set<std::string>> values;
  for (const Order& order : orders_in(text_of(written.csv))) {
    const auto nik = Nik::parse(order.nik(), true);
    ASSERT_TRUE(nik) << order.id() << ": " << nik.error().message;
    EXPECT_TRUE(nik->is_test());
    EXPECT_TRUE(niks.insert(order.nik()).second) << "the same NIK twice";
    const auto born = Date::parse(order.field("tanggal_lahir"));
    ASSERT_TRUE(born) << order.id();
    EXPECT_THAT(nik->soft_findings(*born, order.field("jenis_kelamin") == "PEREMPUAN"), testing::IsEmpty())
        << order.id();
    const auto issued = Date::parse(order.field("tanggal_terbit"));
    ASSERT_TRUE(issued);
    EXPECT_GE(issued->year - born->year, 17);
    ASSERT_NE(regions->find(order.field("kode_wilayah")), nullptr);
    for (const auto& error : artwork::shipped_template()->check_fit(order))
      ADD_FAILURE() << order.id() << " " << error.message;
    EXPECT_EQ(order.field("status"), "PRR");
    EXPECT_THAT(order.field("foto"), testing::Not(testing::HasSubstr(order.nik())));
    EXPECT_TRUE(artwork::read_picture(folder / order.field("foto"))) << order.id();
    EXPECT_TRUE(artwork::read_picture(folder / order.field("tanda_tangan"))) << order.id();
    for (const char* column : {"jenis_kelamin", "gol_darah", "agama", "status_perkawinan"})
      values[column].insert(order.field(column));
  }
  EXPECT_THAT(niks, SizeIs(300));
  EXPECT_THAT(values["jenis_kelamin"], SizeIs(2));
  EXPECT_THAT(values["gol_darah"], SizeIs(13));
  EXPECT_THAT(values["agama"], SizeIs(7));
  EXPECT_THAT(values["status_perkawinan"], SizeIs(4));
}

TEST(SampleBatch, PhotographsAreRedForOddAndBlueForEvenYears) {
  const Folder folder;
  const auto written = write_batch(plan(folder.path(), 20)).value();
  for (const Order& order : orders_in(text_of(written.csv))) {
    const Image photo = artwork::read_picture(folder / order.field("foto")).value();
    const bool odd = Date::parse(order.field("tanggal_lahir"))->year % 2 != 0;
    EXPECT_EQ(photo.row(2)[3 * 2] > photo.row(2)[3 * 2 + 2], odd) << order.id();
  }
}

TEST(SampleBatch, TheSameSeedWritesTheSameBytesAndAnotherSeedOtherPeople) {
  const Folder folder;
  const auto a = write_batch(plan(folder / "a", 25, 4)).value();
  const auto b = write_batch(plan(folder / "b", 25, 4)).value();
  const auto c = write_batch(plan(folder / "c", 25, 5)).value();
  EXPECT_EQ(text_of(a.csv), text_of(b.csv));
  EXPECT_EQ(text_of(folder / "a/foto/B0001-0007.jpg"), text_of(folder / "b/foto/B0001-0007.jpg"));
  std::set<std::string> niks;
  for (const auto& csv : {a.csv, c.csv}) {
    for (const Order& order : orders_in(text_of(csv))) niks.insert(order.nik());
  }
  EXPECT_THAT(niks, SizeIs(50));
}

TEST(SampleBatch, DuplicatesOrderAListedPersonUnderANewOrderId) {
  const Folder folder;
  BatchPlan p = plan(folder.path(), 10);
  p.duplicates = 4;
  const auto orders = orders_in(text_of(write_batch(p).value().csv));
  ASSERT_THAT(orders, SizeIs(14));
  std::set<std::string> ids, niks;
  for (const Order& order : orders) {
    ids.insert(order.id());
    niks.insert(order.nik());
  }
  EXPECT_THAT(ids, SizeIs(14));
  EXPECT_THAT(niks, SizeIs(10));
}

TEST(SampleBatch, BadRowsFollowTheGoodOnes) {
  const Folder folder;
  BatchPlan p = plan(folder.path(), 3);
  p.bad_rows = true;
  const auto written = write_batch(p).value();
  EXPECT_EQ(written.bad, static_cast<int>(spoilers().size()));
  EXPECT_EQ(written.rows, 3 + written.bad);
  const auto orders = orders_in(text_of(written.csv));
  ASSERT_THAT(orders, SizeIs(static_cast<std::size_t>(written.rows)));
  for (std::size_t i = 3; i < orders.size(); ++i) {
    const std::string_view field = spoilers()[i - 3].field;
    const std::string& value = orders[i].field(field);
    if (field == "nik") {
      EXPECT_FALSE(Nik::parse(value, true)) << i;
    } else if (field == "foto") {
      EXPECT_FALSE(artwork::read_picture(folder / value)) << value;
    } else if (field.starts_with("tanggal")) {
      EXPECT_FALSE(Date::parse(value)) << value;
    } else if (field == "alamat") {
      EXPECT_FALSE(artwork::shipped_template()->check_fit(orders[i]).empty());
    }
  }
}

TEST(SampleBatch, TheCommittedOneIsWhatTheGeneratorWrites) {
  const Folder folder;
  BatchPlan p = plan(folder.path(), 60, 60);
  p.batch = "B0060";
  EXPECT_EQ(text_of(write_batch(p).value().csv), text_of(KTP_SOURCE_DIR "/samples/batch-60/B0060.csv"));
}

TEST(CsvField, IsQuotedOnlyWhereItMustBe) {
  EXPECT_EQ(csv_field("KP. BARU"), "KP. BARU");
  EXPECT_EQ(csv_field("A, B"), "\"A, B\"");
  EXPECT_EQ(csv_field("GANG \"X\""), "\"GANG \"\"X\"\"\"");
  EXPECT_EQ(csv_field("a\nb"), "\"a\nb\"");
}

}  // namespace
}  // namespace ktp::sample
