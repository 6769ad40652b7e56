// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "inspection/inspection.hpp"

namespace ktp::inspection {

Image marked(const Image& picture, const std::vector<Finding>& findings) {
  Image out = picture;
  if (out.empty() || out.channels != 3) return out;
  try {
    cv::Mat canvas(out.height, out.width, CV_8UC3, out.pixels.data());
    const double scale = out.width / 1011.0;
    const int thick = std::max(1, cvRound(2 * scale));
    for (const Finding& f : findings) {
      const cv::Rect box(f.box.x - 2 * thick, f.box.y - 2 * thick, f.box.w + 4 * thick, f.box.h + 4 * thick);
      cv::rectangle(canvas, box, {255, 255, 255}, 2 * thick, cv::LINE_AA);
      cv::rectangle(canvas, box, {200, 0, 40}, thick, cv::LINE_AA);
      const cv::Size text = cv::getTextSize(f.kind, cv::FONT_HERSHEY_SIMPLEX, 0.55 * scale, thick, nullptr);
      const int y = box.y - thick > text.height + 4
                        ? box.y - 2 * thick
                        : std::min(box.y + box.height + text.height + 4, out.height - 4);
      const int x = std::clamp(box.x, 2, std::max(2, out.width - text.width - 4));
      cv::rectangle(canvas, cv::Rect(x - 2, y - text.height - 2, text.width + 4, text.height + 6),
                    {255, 255, 255}, cv::FILLED);
      cv::putText(canvas, f.kind, {x, y}, cv::FONT_HERSHEY_SIMPLEX, 0.55 * scale, {200, 0, 40}, thick,
                  cv::LINE_AA);
    }
  } catch (const std::exception&) {
    return picture;
  }
  return out;
}

}  // namespace ktp::inspection
