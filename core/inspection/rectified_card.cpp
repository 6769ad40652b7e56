// SPDX-License-Identifier: Apache-2.0
// A card of which nothing is known: by its outline alone.
#include <cmath>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>

#include "inspection/inspection.hpp"
#include "inspection/locate.hpp"

namespace ktp::inspection {

Result<Image> rectified_card(const ImageView& photograph, double dpi) {
  if (photograph.empty() || photograph.channels != 3)
    return fail(ErrorCode::bad_data, "is not a colour picture");
  try {
    cv::setNumThreads(1);
    const cv::Mat photo(photograph.height, photograph.width, CV_8UC3,
                        const_cast<std::uint8_t*>(photograph.data), photograph.stride);
    const FaceSize size = face_size(dpi);
    Image card(size.width, size.height);
    cv::Mat out(size.height, size.width, CV_8UC3, card.pixels.data());
    const double aspect = static_cast<double>(photo.cols) / photo.rows;
    if (std::abs(aspect / (kCardWidthMm / kCardHeightMm) - 1) < 0.01 && photo.cols >= 400) {
      // Exactly a card's shape: a rectified or rendered picture, without background.
      cv::resize(photo, out, out.size(), 0, 0, photo.cols > out.cols ? cv::INTER_AREA : cv::INTER_LINEAR);
      return card;
    }
    const Outline outline = locate(photo);
    if (outline.state == Outline::State::cut_off)
      return fail(ErrorCode::bad_data, "the card is partly out of view");
    if (outline.state != Outline::State::found)
      return fail(ErrorCode::bad_data, "no card is found in the picture");
    std::array<cv::Point2f, 4> from = outline.corners;
    cv::Mat source = photo;
    const double px = cv::norm(from[1] - from[0]) / size.width;
    if (px > 1.5) {  // averaged first, so that rectifying does not alias
      cv::resize(photo, source, {}, 1 / px, 1 / px, cv::INTER_AREA);
      for (cv::Point2f& p : from) {
        p.x *= static_cast<float>(source.cols) / static_cast<float>(photo.cols);
        p.y *= static_cast<float>(source.rows) / static_cast<float>(photo.rows);
      }
    }
    const auto w = static_cast<float>(size.width) - 0.5f, h = static_cast<float>(size.height) - 0.5f;
    const std::array<cv::Point2f, 4> to{cv::Point2f(-0.5f, -0.5f), {w, -0.5f}, {w, h}, {-0.5f, h}};
    cv::warpPerspective(source, out, cv::getPerspectiveTransform(from.data(), to.data()), out.size(),
                        cv::INTER_LINEAR, cv::BORDER_REPLICATE);
    return card;
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, std::string("rectifying: ") + error.what());
  }
}

}  // namespace ktp::inspection
