// SPDX-License-Identifier: Apache-2.0
#include "ipp/pages.hpp"

#include <cups/raster.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "ipp/trouble.hpp"

namespace ipp {
namespace {

constexpr int kShortEdge = 5398, kLongEdge = 8560;  // ISO/IEC 7810 ID-1, hundredths of a mm
constexpr int kSlack = 10;                          // 0.1 mm

struct RasterDeleter {
  void operator()(cups_raster_t* raster) const { cupsRasterClose(raster); }
};

ssize_t append(void* to, unsigned char* bytes, std::size_t length) {
  auto* const out = static_cast<std::vector<std::uint8_t>*>(to);
  out->insert(out->end(), bytes, bytes + length);
  return static_cast<ssize_t>(length);
}

cups_page_header2_t header_of(const PageFormat& format, const char* sheet_back, unsigned pages) {
  cups_page_header2_t header{};
  pwg_media_t* const media = pwgMediaForPWG(format.media.c_str());
  if (media == nullptr || cupsRasterInitPWGHeader(&header, media, "srgb_8", format.dpi, format.dpi,
                                                  format.sides.c_str(), sheet_back) == 0)
    throw Trouble(STN_E_INTERNAL, "no PWG raster page can be made for " + format.media);
  header.cupsInteger[CUPS_RASTER_PWG_TotalPageCount] = pages;
  return header;
}

/// The face's pixel for each pixel of the page.
class Placement {
 public:
  Placement(const stn_raster& face, int width, int height, bool turned_over)
      : face_(face), width_(width), height_(height), portrait_(height > width), turned_over_(turned_over) {}

  [[nodiscard]] const std::uint8_t* at(int px, int py) const {
    if (turned_over_) {
      px = width_ - 1 - px;
      py = height_ - 1 - py;
    }
    const int x = portrait_ ? py : px, y = portrait_ ? width_ - 1 - px : py;
    const auto column = static_cast<std::size_t>(std::min(x, static_cast<int>(face_.width) - 1));
    const auto row = static_cast<std::size_t>(std::min(y, static_cast<int>(face_.height) - 1));
    return face_.pixels + row * face_.stride + column * 3;
  }

 private:
  const stn_raster& face_;
  int width_, height_;
  bool portrait_, turned_over_;
};

void write_page(cups_raster_t* raster, cups_page_header2_t header, const stn_raster& face, bool turned_over) {
  const int width = static_cast<int>(header.cupsWidth), height = static_cast<int>(header.cupsHeight);
  const bool mirror_x = header.cupsInteger[CUPS_RASTER_PWG_CrossFeedTransform] == 0xffffffffU;
  const bool mirror_y = header.cupsInteger[CUPS_RASTER_PWG_FeedTransform] == 0xffffffffU;
  if (cupsRasterWriteHeader2(raster, &header) == 0)
    throw Trouble(STN_E_INTERNAL, "a raster header was refused");
  const Placement place(face, width, height, turned_over);
  std::vector<std::uint8_t> line(header.cupsBytesPerLine, 255);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x)
      std::memcpy(line.data() + static_cast<std::size_t>(x) * 3,
                  place.at(mirror_x ? width - 1 - x : x, mirror_y ? height - 1 - y : y), 3);
    if (cupsRasterWritePixels(raster, line.data(), header.cupsBytesPerLine) != header.cupsBytesPerLine)
      throw Trouble(STN_E_INTERNAL, "a raster line was refused");
  }
}

}  // namespace

PageSize page_size(const std::string& media, int dpi) {
  pwg_media_t* const found = pwgMediaForPWG(media.c_str());
  if (found == nullptr) return {};
  const auto near = [](int a, int b) { return std::abs(a - b) <= kSlack; };
  if (!(near(found->width, kShortEdge) && near(found->length, kLongEdge)) &&
      !(near(found->width, kLongEdge) && near(found->length, kShortEdge)))
    return {};
  const cups_page_header2_t header = header_of({media, dpi, "one-sided", "normal"}, "normal", 1);
  return {static_cast<int>(header.cupsWidth), static_cast<int>(header.cupsHeight)};
}

std::vector<std::uint8_t> encode_pages(const PageFormat& format, const stn_raster& front,
                                       const stn_raster& back) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(std::size_t{front.width} * front.height * 2);
  const bool two = back.pixels != nullptr;
  // Turned over like a book's page, about the landscape card's vertical axis. A portrait page has that axis
  // along its short edge, a landscape page along its (short) side edge, which is again its short edge.
  const bool long_edge = format.sides == "two-sided-long-edge";
  const std::unique_ptr<cups_raster_t, RasterDeleter> raster(
      cupsRasterOpenIO(&append, &bytes, CUPS_RASTER_WRITE_PWG));
  if (!raster) throw Trouble(STN_E_INTERNAL, "no raster stream can be made");
  write_page(raster.get(), header_of(format, "normal", two ? 2 : 1), front, false);
  if (two) write_page(raster.get(), header_of(format, format.sheet_back.c_str(), 2), back, long_edge);
  return bytes;
}

}  // namespace ipp
