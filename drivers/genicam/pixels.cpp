// SPDX-License-Identifier: Apache-2.0
#include "genicam/pixels.hpp"

#include <cstring>
#include <opencv2/imgproc.hpp>

namespace genicam {
namespace {

/// The first two pixels of the first row name a mosaic in GenICam; in OpenCV it is the second and third of
/// the second row.
int mosaic(std::string_view format) {
  if (format == "BayerRG8") return cv::COLOR_BayerBG2RGB;
  if (format == "BayerGB8") return cv::COLOR_BayerGR2RGB;
  if (format == "BayerGR8") return cv::COLOR_BayerGB2RGB;
  if (format == "BayerBG8") return cv::COLOR_BayerRG2RGB;
  return -1;
}

}  // namespace

std::string to_rgb(std::string_view format, std::uint32_t width, std::uint32_t height,
                   std::span<const std::uint8_t> from, std::span<std::uint8_t> to) {
  if (width == 0 || height == 0 || width > kMostSide || height > kMostSide)
    return "a picture of " + std::to_string(width) + " x " + std::to_string(height) + " pixels";
  const bool colour = format == "RGB8" || format == "BGR8";
  const int pattern = mosaic(format);
  if (!colour && format != "Mono8" && pattern < 0) return "pixel format " + std::string(format);
  if (pattern >= 0 && (width < 2 || height < 2)) return "a mosaic of less than 2 x 2 pixels";
  const std::size_t pixels = std::size_t{width} * height, needed = colour ? pixels * 3 : pixels;
  if (from.size() != needed) {
    return std::to_string(from.size()) + " bytes for a picture of " + std::to_string(width) + " x " +
           std::to_string(height) + " in " + std::string(format) + ", which has " + std::to_string(needed);
  }
  if (to.size() < pixels * 3) return "no room for the picture";
  if (format == "RGB8") {
    std::memcpy(to.data(), from.data(), needed);
    return {};
  }
  const int rows = static_cast<int>(height), columns = static_cast<int>(width);
  // OpenCV only reads it.
  const cv::Mat in(rows, columns, colour ? CV_8UC3 : CV_8UC1, const_cast<std::uint8_t*>(from.data()));
  cv::Mat out(rows, columns, CV_8UC3, to.data());
  try {
    cv::cvtColor(in, out, colour ? cv::COLOR_BGR2RGB : pattern >= 0 ? pattern : cv::COLOR_GRAY2RGB);
  } catch (const cv::Exception& error) {
    return "a picture that cannot be converted: " + error.err;
  }
  return {};
}

}  // namespace genicam
