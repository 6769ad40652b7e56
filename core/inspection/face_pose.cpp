// SPDX-License-Identifier: Apache-2.0
#include "inspection/face_pose.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/calib3d.hpp>
#include <opencv2/features2d.hpp>
#include <opencv2/imgproc.hpp>

#include "domain/face.hpp"

namespace ktp::inspection {
namespace {

const cv::Size kThumbnail(96, 61);
constexpr int kMargin = 2;          // thumbnail pixels along the rim that do not count
constexpr double kPointsPerMm = 6;  // pixels a mm at which details are looked for
constexpr int kPoints = 700;

// Grey without its local mean.
cv::Mat light_free(const cv::Mat& grey) {
  cv::Mat value, local;
  grey.convertTo(value, CV_32F);
  cv::boxFilter(value, local, CV_32F, {13, 13}, {-1, -1}, true, cv::BORDER_REPLICATE);
  value -= local;
  // A glare or a black table's corner must not outweigh the print.
  return cv::min(cv::max(value, -60.0), 60.0);
}

cv::Mat grey_of(const cv::Mat& rgb) {
  cv::Mat grey;
  cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
  return grey;
}

cv::Ptr<cv::ORB> detector() {
  return cv::ORB::create(kPoints, 1.25f, 5, 20, 0, 2, cv::ORB::HARRIS_SCORE, 31, 10);
}

}  // namespace

FaceSign sign_of(const cv::Mat& rgb) {
  FaceSign sign;
  cv::Mat small;
  cv::resize(rgb, small, kThumbnail, 0, 0, cv::INTER_AREA);
  cv::Mat detail = light_free(grey_of(small));
  detail =
      detail({kMargin, kMargin, kThumbnail.width - 2 * kMargin, kThumbnail.height - 2 * kMargin}).clone();
  detail -= cv::mean(detail)[0];
  const double norm = cv::norm(detail);
  if (norm < 2.0 * std::sqrt(static_cast<double>(detail.total()))) return sign;  // plain: 2 levels of detail
  sign.thumbnail = detail / norm;
  cv::Mat middle;
  cv::resize(rgb, middle, {cvRound(kCardWidthMm * kPointsPerMm), cvRound(kCardHeightMm * kPointsPerMm)}, 0, 0,
             cv::INTER_AREA);
  std::vector<cv::KeyPoint> points;
  detector()->detectAndCompute(grey_of(middle), cv::noArray(), points, sign.descriptors);
  const cv::Point2f scale(static_cast<float>(kCardWidthMm) / static_cast<float>(middle.cols),
                          static_cast<float>(kCardHeightMm) / static_cast<float>(middle.rows));
  for (const cv::KeyPoint& p : points)
    sign.points_mm.emplace_back((p.pt.x + 0.5f) * scale.x, (p.pt.y + 0.5f) * scale.y);
  return sign;
}

double likeness(const FaceSign& sign, const cv::Mat& small, const Corners& corners) {
  if (sign.thumbnail.empty()) return 0;
  const auto w = static_cast<float>(kThumbnail.width) - 0.5f,
             h = static_cast<float>(kThumbnail.height) - 0.5f;
  const std::array<cv::Point2f, 4> to{cv::Point2f(-0.5f, -0.5f), {w, -0.5f}, {w, h}, {-0.5f, h}};
  cv::Mat seen;
  cv::warpPerspective(small, seen, cv::getPerspectiveTransform(corners.data(), to.data()), kThumbnail,
                      cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  const cv::Mat detail = light_free(grey_of(seen));
  cv::Mat match;
  cv::matchTemplate(detail, sign.thumbnail, match, cv::TM_CCOEFF_NORMED);
  double best = 0;
  cv::minMaxLoc(match, nullptr, &best);
  return best;
}

std::optional<Corners> pose_by_details(const FaceSign& sign, const cv::Mat& photo) {
  if (sign.points_mm.size() < 20) return std::nullopt;
  const double scale = std::min(1.0, 860.0 / std::max(photo.cols, photo.rows));
  cv::Mat small;
  cv::resize(grey_of(photo), small, {}, scale, scale, cv::INTER_AREA);
  std::vector<cv::KeyPoint> points;
  cv::Mat descriptors;
  const auto orb = cv::ORB::create(2 * kPoints, 1.25f, 6, 20, 0, 2, cv::ORB::HARRIS_SCORE, 31, 8);
  orb->detectAndCompute(small, cv::noArray(), points, descriptors);
  if (points.size() < 20) return std::nullopt;
  std::vector<std::vector<cv::DMatch>> matches;
  cv::BFMatcher(cv::NORM_HAMMING).knnMatch(sign.descriptors, descriptors, matches, 2);
  std::vector<cv::Point2f> from, to;
  for (const auto& m : matches) {
    if (m.size() < 2 || m[0].distance > 70 || m[0].distance > 0.9f * m[1].distance) continue;
    from.push_back(sign.points_mm[static_cast<std::size_t>(m[0].queryIdx)]);
    to.push_back(points[static_cast<std::size_t>(m[0].trainIdx)].pt);
  }
  if (from.size() < 12) return std::nullopt;
  std::vector<std::uint8_t> inside;
  const cv::Mat similar = cv::estimateAffinePartial2D(from, to, inside, cv::RANSAC, 8, 4000, 0.995, 10);
  if (similar.empty()) return std::nullopt;
  std::vector<cv::Point2f> good_from, good_to;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (inside[i]) good_from.push_back(from[i]), good_to.push_back(to[i]);
  }
  if (good_from.size() < 12) return std::nullopt;
  const double size = std::hypot(similar.at<double>(0, 0), similar.at<double>(1, 0));
  cv::Mat pose;
  // Details of a part of the face only (half a print) say nothing of the perspective of the rest.
  const cv::Rect2f covered = cv::boundingRect(good_from);
  if (good_from.size() >= 30 && covered.width > 0.7 * kCardWidthMm && covered.height > 0.6 * kCardHeightMm) {
    pose = cv::findHomography(good_from, good_to, cv::RANSAC, 4);
    if (pose.empty()) return std::nullopt;
  } else {
    pose = cv::Mat::eye(3, 3, CV_64F);
    similar.copyTo(pose.rowRange(0, 2));
  }
  const auto w = static_cast<float>(kCardWidthMm), h = static_cast<float>(kCardHeightMm);
  const std::vector<cv::Point2f> card{{0, 0}, {w, 0}, {w, h}, {0, h}};
  std::vector<cv::Point2f> corners;
  cv::perspectiveTransform(card, corners, pose);
  Corners out;
  for (std::size_t i = 0; i < 4; ++i) {
    const double side =
        cv::norm(corners[(i + 1) % 4] - corners[i]) / (i % 2 == 0 ? kCardWidthMm : kCardHeightMm);
    if (!(side > 0.8 * size && side < 1.25 * size)) return std::nullopt;
    out[i] = (corners[i] + cv::Point2f(0.5f, 0.5f)) * static_cast<float>(1 / scale);
  }
  return out;
}

}  // namespace ktp::inspection
