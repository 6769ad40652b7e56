// SPDX-License-Identifier: Apache-2.0
// The faces of a card as PWG raster (PWG 5102.4), written by libcups.
#pragma once
#include <cups/cups.h>
#include <station/abi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ipp {

/// How the printer wants its pages.
struct PageFormat {
  std::string media;  ///< PWG 5101.1 self-describing name
  int dpi = 300;
  std::string sides = "one-sided";    ///< as sent with the job
  std::string sheet_back = "normal";  ///< what the printer expects of a back page
};

/// The size of ID-1 in pixels, or (0, 0) where `media` is no name of a card's size. Portrait where the card
/// goes through the printer short edge first, as the name says.
struct PageSize {
  int width = 0, height = 0;
};
[[nodiscard]] PageSize page_size(const std::string& media, int dpi);

/// Both pages of a card, or the front alone where `back` has no pixels. Faces are landscape; for a portrait
/// medium they are turned clockwise. libcups cuts fractions of a pixel off the medium (637.56 becomes 637),
/// so a face may be one row or column larger than the page: that last one is left out. A page larger than its
/// face repeats the edge. A two-sided card is turned over like the page of a book, whichever way the printer
/// binds.
[[nodiscard]] std::vector<std::uint8_t> encode_pages(const PageFormat& format, const stn_raster& front,
                                                     const stn_raster& back);

}  // namespace ipp
