// SPDX-License-Identifier: Apache-2.0
#include "handover/manifest.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "handover/item_number.hpp"
#include "ledger/signed_head.hpp"
#include "read_pdf.hpp"
#include "temp_folder.hpp"

namespace ktp::handover {
namespace {

namespace fs = std::filesystem;

Manifest manifest_of(std::size_t cards) {
  Manifest manifest{
      .seal = "S000042",
      .region = "32.16.06.1001",
      .office = "Disdukcapil Kabupaten Bekasi SPESIMEN",
      .date = "23-11-2026",
      .checkpoint = "ktp-station/abcdefghijkl\n1311\nAAAA=\n\n\xe2\x80\x94 ktp-station/abcdefghijkl BBBB=\n",
      .lines = {}};
  for (std::size_t i = 0; i < cards; ++i)
    manifest.lines.push_back({.item = s10_item("ZA", static_cast<std::uint32_t>(100 + i)),
                              .card = "C" + std::to_string(1000001 + i),
                              .order_id = "B1-" + std::to_string(i),
                              .name = "SPESIMEN NAMA KE " + std::to_string(i),
                              .nik = "321699170890" + std::to_string(1000 + i),
                              .address = "KP. CONTOH NO. " + std::to_string(i) + " RT 001/RW 002",
                              .desa = "JATIMULYA",
                              .kecamatan = "TAMBUN SELATAN",
                              .postcode = "17510"});
  return manifest;
}

TEST(Manifest, ThePaperHasEveryItemAsTextAndAsABarcodeThatAnotherReaderReads) {
  const test::TempFolder folder;
  const auto manifest = manifest_of(40);
  ASSERT_TRUE(write_pdf(manifest, folder / "m.pdf"));
  const std::string text = output_of("pdftotext -layout " + (folder / "m.pdf").string() + " -");
  for (const ManifestLine& line : manifest.lines) {
    EXPECT_NE(text.find(line.item), std::string::npos) << line.item;
    EXPECT_EQ(text.find(line.nik), std::string::npos) << "a NIK is masked on paper too";
  }
  for (const char* words : {"DAFTAR PENGANTAR", "S000042", "23-11-2026", "40 (empat puluh) keping",
                            "Yang menyerahkan", "Yang menerima", "Halaman 1 dari 3", "Halaman 3 dari 3",
                            "JATIMULYA, TAMBUN SELATAN", "ktp-station/abcdefghijkl"})
    EXPECT_NE(text.find(words), std::string::npos) << words;
  const auto codes = barcodes_of(folder / "m.pdf", folder.path());
  EXPECT_EQ(codes.count("S000042"), 3u) << "the batch, on every page";
  for (const ManifestLine& line : manifest.lines) EXPECT_EQ(codes.count(line.item), 1u) << line.item;
}

TEST(Manifest, EveryNumberOfCardsFitsItsPagesAndKeepsRoomToSign) {
  const test::TempFolder folder;
  for (std::size_t cards = 1; cards <= 60; ++cards) {
    ASSERT_TRUE(write_pdf(manifest_of(cards), folder / "m.pdf"));
    const std::string text = output_of("pdftotext -layout " + (folder / "m.pdf").string() + " -");
    std::size_t pages = 0, items = 0;
    for (const char c : text) pages += c == '\f' ? 1 : 0;
    for (std::size_t i = 0; i < cards; ++i)
      items += text.find(s10_item("ZA", static_cast<std::uint32_t>(100 + i))) != std::string::npos ? 1 : 0;
    EXPECT_EQ(items, cards);
    EXPECT_NE(text.find("Halaman " + std::to_string(pages) + " dari " + std::to_string(pages)),
              std::string::npos);
    EXPECT_NE(text.find("Yang menerima"), std::string::npos);
  }
}

TEST(Manifest, TheDataFormsSayTheSameAndSpreadsheetsCannotBeTricked) {
  auto manifest = manifest_of(3);
  manifest.lines[1].name = "=cmd|' /C calc'!A0";
  manifest.lines[2].address = "JL. \"MAWAR\", NO. 3";
  const std::string csv = to_csv(manifest);
  EXPECT_NE(csv.find("'=cmd"), std::string::npos);
  EXPECT_NE(csv.find("\"JL. \"\"MAWAR\"\", NO. 3\""), std::string::npos);
  EXPECT_EQ(csv.find("321699"), std::string::npos);
  const auto json = nlohmann::json::parse(to_json(manifest));
  EXPECT_EQ(json["count"], 3);
  EXPECT_EQ(json["lines"][2]["item"], manifest.lines[2].item);
  EXPECT_EQ(json["lines"][0]["nik"], "************1000");
}

TEST(Manifest, WhatIsSignedOpensWithTheLogsKeyAndNotAfterAChange) {
  const test::TempFolder folder;
  const auto key = ledger::HeadKey::load(folder.path(), true);
  ASSERT_TRUE(key);
  const std::string text = to_be_signed(manifest_of(3), "hash");
  const std::string note = key->sign(text);
  EXPECT_EQ(*ledger::open_note(note, key->verifier()), text);
  std::string changed = note;
  changed[changed.find("\n3\n") + 1] = '4';
  EXPECT_FALSE(ledger::open_note(changed, key->verifier()));
  EXPECT_FALSE(ledger::open_checkpoint(note, key->verifier())) << "a list is no head";
}

TEST(Manifest, NumbersInWordsAreThoseOfIndonesian) {
  EXPECT_EQ(in_words(0), "nol");
  EXPECT_EQ(in_words(11), "sebelas");
  EXPECT_EQ(in_words(19), "sembilan belas");
  EXPECT_EQ(in_words(20), "dua puluh");
  EXPECT_EQ(in_words(100), "seratus");
  EXPECT_EQ(in_words(1000), "seribu");
  EXPECT_EQ(in_words(1111), "seribu seratus sebelas");
  EXPECT_EQ(in_words(132'289), "seratus tiga puluh dua ribu dua ratus delapan puluh sembilan");
  EXPECT_EQ(in_words(2'000'001), "dua juta satu");
}

}  // namespace
}  // namespace ktp::handover
