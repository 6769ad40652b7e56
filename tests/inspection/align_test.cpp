// SPDX-License-Identifier: Apache-2.0
// The print is brought to the expected face from an outline that was found askew.
#include "inspection/align.hpp"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "inspection/block_means.hpp"
#include "inspection/inspection.hpp"
#include "inspection/sample_cards.hpp"

namespace {

namespace insp = ktp::inspection;

using Corners = std::array<cv::Point2f, 4>;

struct Scene {
  std::shared_ptr<const insp::Reference> reference;
  cv::Mat grey;     // of the photograph, averaged as `align` wants it
  Corners corners;  // of the card
};

// A card that lies a little turned; what is known of it is exact.
Scene scene() {
  static const auto profile = *insp::load_profile(KTP_SOURCE_DIR "/config/inspection/ektp.yaml");
  const samples::Card card = samples::CardMaker().make(12);
  Scene made{*insp::prepare(card.front, profile), {}, {}};
  const cv::Mat face = samples::to_mat(card.front.image);
  const auto w = static_cast<float>(face.cols), h = static_cast<float>(face.rows);
  const Corners from{{{0, 0}, {w, 0}, {w, h}, {0, h}}};
  const cv::RotatedRect place({620, 420}, {w, h}, 3);
  std::array<cv::Point2f, 4> p;
  place.points(p.data());  // from the lower left on
  made.corners = {p[1], p[2], p[3], p[0]};
  cv::Mat photo, grey;
  cv::warpPerspective(face, photo, cv::getPerspectiveTransform(from.data(), made.corners.data()), {1240, 840},
                      cv::INTER_LINEAR, cv::BORDER_CONSTANT, cv::Scalar(90, 95, 100));
  cv::cvtColor(photo, grey, cv::COLOR_RGB2GRAY);
  made.grey = insp::block_means(grey, made.reference->track_step);
  return made;
}

// How far the face's corners, a few mm inside, are from where they lie in the photograph, mm.
double furthest_mm(const Scene& s, const insp::Warp& warp) {
  const auto w = static_cast<float>(warp.size.width), h = static_cast<float>(warp.size.height);
  const Corners card{{{0, 0}, {w, 0}, {w, h}, {0, h}}};
  const cv::Matx33d truth = cv::getPerspectiveTransform(card.data(), s.corners.data());
  double most = 0;
  for (const double x : {0.05 * w, 0.95 * w}) {
    for (const double y : {0.05 * h, 0.95 * h}) {
      const cv::Point2d moved = warp.displacement(x, y) + cv::Point2d(x, y);
      const cv::Vec3d found = warp.homography * cv::Vec3d(moved.x, moved.y, 1),
                      is = truth * cv::Vec3d(x, y, 1);
      most = std::max(most,
                      std::hypot(found[0] / found[2] - is[0] / is[2], found[1] / found[2] - is[1] / is[2]));
    }
  }
  return most / s.reference->px_per_mm;
}

TEST(Align, AnExactOutlineIsKept) {
  const Scene s = scene();
  EXPECT_LT(furthest_mm(s, insp::align(*s.reference, s.grey, s.corners).warp), 0.06);
}

TEST(Align, AnOutlineAskewInOneCornerIsStraightened) {
  const Scene s = scene();
  for (std::size_t corner = 0; corner < 4; ++corner) {
    for (const cv::Point2f& mm :
         {cv::Point2f(2, 2), cv::Point2f(-2.5f, 1.5f), cv::Point2f(3, -1), cv::Point2f(-2, -2)}) {
      Corners askew = s.corners;
      askew[corner] += mm * static_cast<float>(s.reference->px_per_mm);
      const insp::Alignment found = insp::align(*s.reference, s.grey, askew);
      EXPECT_LT(furthest_mm(s, found.warp), 0.15) << corner << mm;
    }
  }
}

}  // namespace
