// SPDX-License-Identifier: Apache-2.0
// Reading station_module_info out of a file that nobody vouches for.
#include "module_info.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>
#include <vector>

#include "devices/fixture.hpp"

namespace ktp::worker::test {

std::vector<std::uint8_t> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ModuleInfo, IsReadFromTheFileWithoutLoadingIt) {
  const auto info = parse_module_info(bytes_of(devices::test::plugin("test-obedient")));
  ASSERT_TRUE(info) << info.error();
  EXPECT_STREQ(info->id, "id.ktp-station.test.obedient");
  EXPECT_EQ(refuse_module_info(*info), "");
  // A library that aborts as soon as it is loaded can still be read.
  EXPECT_TRUE(parse_module_info(bytes_of(devices::test::plugin("test-dies-at-load"))));
}

TEST(ModuleInfo, EveryCutFileIsRefusedOrReadRight) {
  const auto whole = bytes_of(devices::test::plugin("test-wrong-abi"));
  for (std::size_t n = 0; n < whole.size(); n += n < 4'096 ? 1 : 61) {
    // A copy of exactly this size, so that one byte too far is an error under AddressSanitizer.
    const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    const auto info = parse_module_info(cut);
    if (info) {
      EXPECT_STREQ(info->id, "id.ktp-station.test.odd");
    }
  }
}

TEST(ModuleInfo, DamagedTablesAreRefusedOrReadButNeverFollowedOutOfTheFile) {
  const auto whole = bytes_of(devices::test::plugin("test-wrong-abi"));
  Elf64_Ehdr elf;
  std::memcpy(&elf, whole.data(), sizeof elf);
  std::mt19937_64 random(7);
  const std::vector<std::uint64_t> nasty{0,          1,     0xFF,       0x7FFF'FFFF,  0xFFFF'FFFF,
                                         1ull << 63, ~0ull, ~0ull - 63, whole.size(), whole.size() - 1};
  for (int round = 0; round < 5'000; ++round) {
    auto file = whole;
    for (unsigned i = 0; i <= random() % 3; ++i) {
      // Into the header, the program headers or the section headers, which decide where the parser looks.
      const std::size_t table = std::vector<std::size_t>{0, elf.e_phoff, elf.e_shoff}[random() % 3];
      const std::size_t span = table == 0 ? sizeof elf : 12 * sizeof(Elf64_Shdr);
      const std::size_t at = table + random() % span / 4 * 4;
      const std::uint64_t value = nasty[random() % nasty.size()];
      if (at + 8 > file.size()) continue;
      const std::size_t n = random() % 2 == 0 ? 8 : 4;
      std::memcpy(file.data() + at, &value, n);
    }
    static_cast<void>(parse_module_info(file));
  }
}

TEST(ModuleInfo, WhatAnInfoMustSay) {
  stn_module_info good{};
  good.magic = STN_MAGIC;
  good.size = sizeof good;
  good.abi_major = STN_ABI_MAJOR;
  good.abi_minor_min = STN_ABI_MINOR;
  good.id[0] = 'x';
  EXPECT_EQ(refuse_module_info(good), "");
  auto newer = good;
  newer.abi_minor_min = STN_ABI_MINOR + 1;
  EXPECT_NE(refuse_module_info(newer).find("it needs plugin ABI"), std::string::npos);
  auto small = good;
  small.size = 8;
  EXPECT_NE(refuse_module_info(small), "");
  auto reserved = good;
  reserved.reserved = 1;
  EXPECT_NE(refuse_module_info(reserved), "");
  auto endless = good;
  std::memset(endless.vendor, 'v', sizeof endless.vendor);
  EXPECT_NE(refuse_module_info(endless), "");
  auto nameless = good;
  nameless.id[0] = 0;
  EXPECT_NE(refuse_module_info(nameless), "");
}

}  // namespace ktp::worker::test
