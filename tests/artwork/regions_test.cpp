// SPDX-License-Identifier: Apache-2.0
#include "artwork/regions.hpp"

#include <gmock/gmock.h>

#include "artwork/card_fixture.hpp"

namespace ktp::artwork {
namespace {

using testing::HasSubstr;

std::shared_ptr<const Regions> shipped() {
  return Regions::load(KTP_SOURCE_DIR "/config/regions").value();
}

TEST(Regions, EveryLevelIsFound) {
  const auto regions = shipped();
  EXPECT_EQ(regions->find("32")->name, "Jawa Barat");
  EXPECT_EQ(regions->find("32")->level, "provinsi");
  EXPECT_EQ(regions->find("32.16")->name, "Kabupaten Bekasi");
  EXPECT_EQ(regions->find("32.16")->parent, "32");
  EXPECT_EQ(regions->find("32.75")->level, "kota");
  EXPECT_EQ(regions->find("32.16.01")->level, "kecamatan");
  const Region* desa = regions->find("32.16.01.2001");
  ASSERT_NE(desa, nullptr);
  EXPECT_EQ(desa->level, "desa");
  EXPECT_EQ(desa->parent, "32.16.01");
  EXPECT_EQ(desa->postal_code.size(), 5u);
  EXPECT_EQ(regions->find("32.16.01.1007")->level, "kelurahan");
}

TEST(Regions, TheListIsWhole) {
  const auto regions = shipped();
  int villages = 0;
  int cities = 0;
  for (const auto& [code, region] : *regions) {
    villages += code.starts_with("32.16.") && code.size() == 13 ? 1 : 0;
    cities += region.level == "kabupaten" || region.level == "kota" ? 1 : 0;
    EXPECT_TRUE(region.parent.empty() || regions->find(region.parent) != nullptr) << code;
  }
  EXPECT_EQ(villages, 187);
  EXPECT_EQ(cities, 514);
}

TEST(Regions, UnknownCodesAreNotFound) {
  const auto regions = shipped();
  for (const char* code :
       {"", "3", "32.", "32.99", "32.16.99", "32.16.01.9999", "32160120", "32.16.01.2001 "}) {
    EXPECT_EQ(regions->find(code), nullptr) << code;
  }
}

TEST(Regions, TheHeaderIsProvinceAndKabupatenInCapitals) {
  const auto regions = shipped();
  const std::pair<std::string, std::string> bekasi{"PROVINSI JAWA BARAT", "KABUPATEN BEKASI"};
  EXPECT_EQ(regions->header("32.16.01.2001").value(), bekasi);
  EXPECT_EQ(regions->header("32.16").value(), bekasi);
  EXPECT_EQ(regions->header("32.75.01.1001").value().second, "KOTA BEKASI");
}

TEST(Regions, NoHeaderForACodeThatIsNotInTheList) {
  for (const char* code : {"", "32", "99.16.01.2001", "32.160", "3216012001"}) {
    const auto header = shipped()->header(code);
    ASSERT_FALSE(header) << code;
    EXPECT_THAT(header.error().message, testing::StartsWith("kode_wilayah: "));
  }
}

TEST(RegionFiles, MistakesNameFileAndLine) {
  struct Case {
    const char *text, *message;
  };
  for (const Case& c :
       {Case{"wrong\n", "wilayah_kabkota.csv:1: header"},
        Case{"code,province_name,name\n32.16,Jawa Barat\n", "wilayah_kabkota.csv:2: expected 3 columns"},
        Case{"code,province_name,name\n32.16,\"Jawa\",X\n", "wilayah_kabkota.csv:2: quotes"}}) {
    const Folder folder;
    put_text(folder / "wilayah_kabkota.csv", c.text);
    const auto regions = Regions::load(folder.path());
    ASSERT_FALSE(regions);
    EXPECT_EQ(regions.error().code, ErrorCode::configuration);
    EXPECT_THAT(regions.error().message, HasSubstr(c.message));
  }
}

TEST(RegionFiles, AVillageMustLieInItsParent) {
  const Folder folder;
  put_text(folder / "wilayah_kabkota.csv", "code,province_name,name\n32.16,Jawa Barat,Kabupaten Bekasi\n");
  put_text(folder / "wilayah_x.csv",
           "code,level,name,parent_code,postal_code\n32.16.01.2001,desa,X,32.17.01,\n");
  EXPECT_FALSE(Regions::load(folder.path()));
}

TEST(RegionFiles, WindowsLineEndsAreRead) {
  const Folder folder;
  put_text(folder / "wilayah_kabkota.csv",
           "code,province_name,name\r\n32.16,Jawa Barat,Kabupaten Bekasi\r\n");
  EXPECT_EQ(Regions::load(folder.path()).value()->find("32.16")->name, "Kabupaten Bekasi");
}

}  // namespace
}  // namespace ktp::artwork
