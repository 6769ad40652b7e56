// SPDX-License-Identifier: Apache-2.0
// What is computed of an expected face before its card arrives. Inside the room only.
#pragma once
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "domain/face.hpp"
#include "inspection/band.hpp"
#include "inspection/colours.hpp"
#include "inspection/face_pose.hpp"
#include "inspection/letters.hpp"
#include "inspection/profile.hpp"
#include "inspection/rim_plan.hpp"

namespace ktp::inspection {

/// One NIK digit: where it stands and what the ten digits would look like there, zero mean and unit norm,
/// half resolution.
struct DigitCell {
  cv::Rect cell;  ///< half-resolution pixels
  int expected = 0;
  std::array<cv::Mat, 10> templates;  ///< CV_32F of the cell's size; empty for shapes that are not known
};

/// One field with printed text.
struct TextField {
  std::string name;
  cv::Rect box;      ///< working pixels
  cv::Mat ink;       ///< 255 on the core of the strokes, CV_8U of the box's size
  cv::Mat near_ink;  ///< 255 on the strokes and as far around them as the register tolerance reaches
  cv::Mat paper;     ///< grey level of the card without the text, CV_8U
  int ink_px = 0;
};

/// What the search for shifted copies needs of the face: quarter frame, by tile and shift.
struct GhostPlan {
  cv::Mat detail;  ///< grey minus its local mean, CV_32F, quarter frame
  int reach = 0;   ///< largest shift, quarter pixels
  std::vector<cv::Rect> tiles;
  std::vector<cv::Point> shifts;
  std::vector<float> energy;  ///< of the detail under each tile at each shift, [tile * shifts + shift]
  std::vector<float> both;    ///< product of that with the detail at the opposite shift
};

/// See inspection.hpp. Geometry: "working" frame = the expected face at the profile's working_dpi (or its
/// own, where that is less); "half" = half of it; a "cell" = kCell x kCell working pixels.
class Reference {
 public:
  static constexpr int kCell = 16;

  std::shared_ptr<const Profile> profile;
  Side side = Side::front;
  cv::Size face_size;    ///< of the expected picture
  double px_per_mm = 0;  ///< working pixels
  cv::Size size;         ///< working frame
  cv::Rect inner;        ///< working frame without the edge margin

  std::vector<Band> bands;        ///< blurred as coded values, sharpest first; then as many blurred as light
  std::array<cv::Mat, 3> planes;  ///< working frame, sharp
  cv::Mat cell_detail;            ///< CV_32F, standard deviation of grey in each cell
  cv::Mat colours;            ///< CV_16U, a value every 8 x 8 working pixels: class of the expected colour;
                              ///< kColourClasses where several meet
  cv::Mat grey_half_blurred;  ///< CV_32F, half frame
  std::array<cv::Mat, 3> register_planes;  ///< quarter frame, for the register of the colours
  cv::Mat colours_quarter;  ///< the same at the quarter frame, of the mean colour, edges or not
  Parts plain_parts;        ///< quarter frame: the connected parts of `plain`
  cv::Mat plain;            ///< quarter frame, CV_16S, all bits where no edge of the print is near
  GhostPlan ghosts;
  cv::Mat clean;              ///< half frame, 255 where neither rim nor round corner is near
  FaceSign sign, sign_other;  ///< what the face looks like from afar, and the other side
  RimPlan rim;

  int track_step = 2;                  ///< working pixels a pixel of the tracking frame, of some 150 dpi
  std::vector<cv::Mat> pyramid;        ///< light-free grey, tracking frame
  std::vector<cv::Mat> pyramid_other;  ///< of the other side; empty without one
  std::vector<cv::Point2f> features;   ///< working pixels
  std::vector<cv::Point2f> features_other;

  /// Makes the bands that the profile's camera usually needs.
  void make_usual_bands() const;

  std::map<std::string, cv::Rect> zones;  ///< working pixels
  std::vector<DigitCell> digits;
  std::vector<TextField> texts;
  LetterPlan letters;
  cv::Mat aligned_grey;  ///< mode aligned only: the template, CV_8U
};

/// Length of the streaks that are looked for, 5 mm, in pixels of the quarter frame.
inline int streak_length(double px_per_mm) {
  return static_cast<int>(std::lround(5 * px_per_mm / 4));
}

/// Averages a half-frame picture to the quarter frame and takes the local mean out.
cv::Mat quarter_detail(const cv::Mat& half);
GhostPlan plan_ghosts(const cv::Mat& grey_half, double px_per_mm);

/// Grey with the light taken out: 128 + (grey - local mean) scaled so that its standard deviation is 32.
cv::Mat without_light(const cv::Mat& grey, int window_px);

inline constexpr int kLightWindow = 25;  // tracking-frame pixels
inline constexpr int kTrackWindow = 15;

}  // namespace ktp::inspection
