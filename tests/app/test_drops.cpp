// SPDX-License-Identifier: Apache-2.0
// Files that somebody drops on the page: names that lead out, bombs, broken archives, and a batch that is as
// it should be.
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "app/drops.hpp"
#include "temp_folder.hpp"

namespace ktp::app {
namespace {

namespace fs = std::filesystem;

struct Member {
  std::string name, bytes;
  unsigned type = AE_IFREG;
};

std::string zip_of(const std::vector<Member>& members) {
  std::string out(64 << 20, '\0');
  std::size_t used = 0;
  archive* const writing = archive_write_new();
  archive_write_set_format_zip(writing);
  archive_write_open_memory(writing, out.data(), out.size(), &used);
  for (const Member& member : members) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, member.type);
    archive_entry_set_perm(entry, 0644);
    if (member.type == AE_IFLNK) archive_entry_set_symlink(entry, member.bytes.c_str());
    archive_entry_set_size(entry, member.type == AE_IFREG ? static_cast<la_int64_t>(member.bytes.size()) : 0);
    archive_write_header(writing, entry);
    if (member.type == AE_IFREG) archive_write_data(writing, member.bytes.data(), member.bytes.size());
    archive_entry_free(entry);
  }
  archive_write_close(writing);
  archive_write_free(writing);
  out.resize(used);
  return out;
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class DropsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const fs::path source = KTP_SOURCE_DIR;
    auto art = artwork::Template::load(source / "config/templates/ektp.yaml");
    ASSERT_TRUE(art) << art.error().message;
    auto regions = artwork::Regions::load(source / "config/regions");
    ASSERT_TRUE(regions) << regions.error().message;
    art_ = *art;
    regions_ = *regions;
    open();
  }
  void open() { drops_ = std::make_unique<Drops>(folder_.path(), art_, *regions_, true); }
  std::string begin() {
    auto name = drops_->begin();
    EXPECT_TRUE(name);
    return name.value_or("");
  }
  [[nodiscard]] std::size_t files(const std::string& drop) const {
    std::size_t n = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / ("drops/" + drop)))
      n += entry.is_regular_file() ? 1 : 0;
    return n;
  }
  std::vector<Member> sample() const {
    const fs::path batch = fs::path(KTP_SOURCE_DIR) / "samples/batch-60";
    std::vector<Member> all{{"B0060/B0060.csv", bytes_of(batch / "B0060.csv")}};
    for (const char* kind : {"foto", "ttd"})
      for (const auto& entry : fs::directory_iterator(batch / kind))
        all.push_back(
            {std::string("B0060/") + kind + "/" + entry.path().filename().string(), bytes_of(entry.path())});
    return all;
  }
  ktp::test::TempFolder folder_;
  std::shared_ptr<const artwork::Template> art_;
  std::shared_ptr<const artwork::Regions> regions_;
  std::unique_ptr<Drops> drops_;
};

TEST_F(DropsTest, AZipOfABatchIsCheckedRowByRowAndDrawn) {
  const std::string drop = begin();
  ASSERT_TRUE(drops_->unpack(drop, zip_of(sample())));
  const auto rows = drops_->check(drop);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->size(), 60u);
  for (const Drops::CheckedRow& row : *rows) EXPECT_EQ(row.reason, "");
  const auto png = drops_->face(drop, 1, Side::front);
  ASSERT_TRUE(png) << png.error().message;
  EXPECT_TRUE(png->starts_with("\x89PNG"));
  EXPECT_FALSE(drops_->face(drop, 61, Side::front));
  struct stat about{};
  ASSERT_EQ(::stat((folder_ / "drops").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0700u) << "pictures of people";
}

TEST_F(DropsTest, AMissingPictureRefusesItsRowAlone) {
  const std::string drop = begin();
  auto members = sample();
  std::erase_if(members, [](const Member& one) { return one.name.ends_with("foto/B0060-0007.jpg"); });
  ASSERT_TRUE(drops_->unpack(drop, zip_of(members)));
  const auto rows = drops_->check(drop);
  ASSERT_TRUE(rows);
  for (const Drops::CheckedRow& row : *rows)
    EXPECT_EQ(row.reason.starts_with("foto:"), row.row == 7) << row.row << row.reason;
}

TEST_F(DropsTest, NoNameLeadsOut) {
  const std::string drop = begin();
  for (const char* name : {"", ".", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/", ".hidden", "a/.b",
                           "a\\..\\b", "C:\\x", "a\nb", "a/b/c/d/e", "<img src=x>.jpg", "a;b", "%2e%2e/x"}) {
    const auto put = drops_->put(drop, name, "x");
    ASSERT_FALSE(put) << name;
    EXPECT_EQ(put.error().code, ErrorCode::bad_data);
  }
  EXPECT_EQ(files(drop), 0u);
  ASSERT_TRUE(drops_->put(drop, "foto/A b_(1)-2.jpg", "x"));
  for (const char* name : {"", "..", "../drops", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    EXPECT_FALSE(drops_->put(name, "x", "x")) << name;
}

TEST_F(DropsTest, AZipThatLeadsOutWritesNothing) {
  for (const Member& bad : {Member{"../x.csv", "x"}, Member{"/etc/x.csv", "x"}, Member{"a/../../x.csv", "x"},
                            Member{"link", "/etc/passwd", AE_IFLNK}}) {
    const std::string drop = begin();
    const auto unpacked = drops_->unpack(drop, zip_of({{"good.csv", "x"}, bad}));
    ASSERT_FALSE(unpacked) << bad.name;
    EXPECT_EQ(files(drop), 0u) << bad.name;
  }
  EXPECT_FALSE(fs::exists(folder_ / "x.csv"));
}

TEST_F(DropsTest, AZipBombIsNotUnpacked) {
  const std::string drop = begin();
  // 48 MB of nothing in some 50 KB.
  std::string store = zip_of({{"bomb.csv", std::string(48 << 20, '\0')}});
  ASSERT_LT(store.size(), 200'000u) << "the test needs a zip that deflates";
  const auto unpacked = drops_->unpack(drop, store);
  ASSERT_FALSE(unpacked);
  EXPECT_NE(unpacked.error().message.find("more than is allowed"), std::string::npos)
      << unpacked.error().message;
  EXPECT_EQ(files(drop), 0u);
}

TEST_F(DropsTest, WhatIsNoZipIsRefused) {
  const std::string drop = begin();
  const std::string zip = zip_of({{"a.csv", std::string(1000, 'x')}});
  for (const std::string& bytes : {std::string(), std::string("PK"), std::string("not a zip at all"),
                                   zip.substr(0, zip.size() / 2), std::string(1000, '\0')}) {
    const auto unpacked = drops_->unpack(drop, bytes);
    EXPECT_FALSE(unpacked) << bytes.size();
    EXPECT_EQ(files(drop), 0u);
  }
}

TEST_F(DropsTest, OneBatchAtATime) {
  const std::string drop = begin();
  EXPECT_FALSE(drops_->check(drop));
  ASSERT_TRUE(drops_->put(drop, "a.csv", "x"));
  const auto wrong = drops_->check(drop);
  ASSERT_FALSE(wrong) << "not a batch file";
  EXPECT_EQ(wrong.error().message.find(folder_.path().string()), std::string::npos)
      << "the station's folders are its own affair";
  ASSERT_TRUE(drops_->put(drop, "b.csv", "x"));
  EXPECT_FALSE(drops_->check(drop));
}

TEST_F(DropsTest, WhatWasNeverTakenInGoesAtTheNextStart) {
  const std::string left = begin(), kept = begin();
  ASSERT_TRUE(drops_->put(left, "a.csv", "x"));
  ASSERT_TRUE(drops_->put(kept, "a.csv", "x"));
  ASSERT_TRUE(drops_->keep(kept));
  open();
  EXPECT_FALSE(drops_->batch_file(left));
  EXPECT_TRUE(drops_->batch_file(kept));
}

}  // namespace
}  // namespace ktp::app
