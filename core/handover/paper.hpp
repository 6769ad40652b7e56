// SPDX-License-Identifier: Apache-2.0
// Inside the room: an A4 page of millimetres to write on. Cairo's PDF surface, Pango's text, zint's Code 128.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "domain/error.hpp"

namespace ktp::handover {

inline constexpr double kPageW = 210, kPageH = 297, kMargin = 12;  // A4, mm

enum class Align { left, right };

/// A PDF file, page by page. Lengths in mm from the page's upper left corner. One thread.
class Paper {
 public:
  Paper(const std::filesystem::path& file, const std::string& title);
  ~Paper();
  Paper(const Paper&) = delete;
  Paper& operator=(const Paper&) = delete;

  /// One line of text whose letters are about `size` high, cut with an ellipsis at `width`.
  void text(double x, double y, double size, const std::string& words, double width, bool bold = false,
            Align align = Align::left);
  void rule(double x, double y, double width, double thickness = 0.15);
  /// Code 128 at most `width` wide. False if it cannot be drawn with modules that a hand scanner reads (0.19
  /// mm).
  bool barcode(double x, double y, double width, double height, const std::string& words);
  /// Lines for name and signature below a title.
  void signature(double x, double y, const std::string& title);
  void page_number(std::size_t page, std::size_t pages);
  void next_page();
  /// Ends the file. Error internal if it could not be written.
  Result<void> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ktp::handover
