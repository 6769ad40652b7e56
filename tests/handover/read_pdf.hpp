// SPDX-License-Identifier: Apache-2.0
// Papers as readers of other make see them: poppler the text, ZXing the barcodes.
#pragma once
#define ZX_USE_UTF8  // text() as UTF-8
#include <ZXing/ReadBarcode.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace ktp::handover {

inline std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> piece{};
  while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), pipe)) text.append(piece.data(), n);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

// The texts of every Code 128 on every page, as a reader of other make sees them.
inline std::multiset<std::string> barcodes_of(const std::filesystem::path& pdf,
                                              const std::filesystem::path& folder) {
  output_of("pdftoppm -gray -r 300 " + pdf.string() + " " + (folder / "page").string());
  std::multiset<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".pgm") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::string magic;
    int width = 0, height = 0, most = 0;
    in >> magic >> width >> height >> most;
    in.get();
    std::vector<std::uint8_t> grey(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    in.read(reinterpret_cast<char*>(grey.data()), static_cast<std::streamsize>(grey.size()));
    const auto hints = ZXing::DecodeHints()
                           .setFormats(ZXing::BarcodeFormat::Code128)
                           .setTryRotate(false)
                           .setTryDownscale(false);
    for (const auto& code : ZXing::ReadBarcodes({grey.data(), width, height, ZXing::ImageFormat::Lum}, hints))
      found.insert(code.text());
  }
  return found;
}

}  // namespace ktp::handover
