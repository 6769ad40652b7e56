// SPDX-License-Identifier: Apache-2.0
// Where the card is found, and what is measured along its outline: scenes whose answer is known by
// construction.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <opencv2/imgproc.hpp>

#include "inspection/defects.hpp"
#include "inspection/inspection.hpp"
#include "inspection/place.hpp"
#include "inspection/sample_cards.hpp"

namespace {

namespace insp = ktp::inspection;
using ktp::Side;
using ktp::Verdict;
using testing::Contains;

constexpr double kScale = 300 / ktp::kMmPerInch;

struct Side1 {
  ktp::Face face, other;
  std::shared_ptr<const insp::Reference> reference;
};

const Side1& side(Side which) {
  static const auto profile = *insp::load_profile(KTP_SOURCE_DIR "/config/inspection/ektp.yaml");
  static const samples::Card card = samples::CardMaker().make(5);
  static const Side1 front{card.front, card.back, *insp::prepare(card.front, profile, &card.back)};
  static const Side1 back{card.back, card.front, *insp::prepare(card.back, profile, &card.front)};
  return which == Side::front ? front : back;
}

using Table = std::function<cv::Vec3b(double x_mm, double y_mm)>;

const Table kGrey = [](double, double) { return cv::Vec3b(120, 118, 112); };
const Table kChecks = [](double x, double y) {
  return (cvFloor(x / 5) + cvFloor(y / 5)) % 2 ? cv::Vec3b(150, 90, 80) : cv::Vec3b(90, 120, 140);
};
const Table kStripes = [](double x, double y) {
  return cvFloor((x + 0.3 * y) / 3) % 2 ? cv::Vec3b(70, 60, 50) : cv::Vec3b(160, 140, 110);
};
const Table kLight = [](double, double) { return cv::Vec3b(226, 227, 229); };
const Table kBlack = [](double, double) { return cv::Vec3b(14, 14, 15); };

struct Shot {
  double turn_deg = 0, tilt = 0, dx_mm = 0, dy_mm = 0, margin_mm = 10;
  int quarters = 0;
};

// The body of a card: inside the rounded rectangle, unless `bitten` says otherwise.
using Body = std::function<bool(double x_mm, double y_mm)>;
bool whole(double x, double y) {
  constexpr double r = 3.18;
  const double cx = std::clamp(x, r, ktp::kCardWidthMm - r), cy = std::clamp(y, r, ktp::kCardHeightMm - r);
  return x >= 0 && y >= 0 && x <= ktp::kCardWidthMm && y <= ktp::kCardHeightMm &&
         std::hypot(x - cx, y - cy) <= r;
}

// Blur of a photograph: a lens blurs light, a program coded values.
struct Soft {
  double sigma_px = 0.6;
  bool as_light = false;
};

cv::Mat soften(const cv::Mat& photo, const Soft& soft) {
  cv::Mat values = photo;
  if (soft.as_light) {
    photo.convertTo(values, CV_32FC3, 1 / 255.0);
    cv::pow(values, 2.2, values);
  }
  cv::GaussianBlur(values, values, {0, 0}, soft.sigma_px);
  if (soft.as_light) {
    cv::pow(values, 1 / 2.2, values);
    values.convertTo(values, CV_8UC3, 255);
  }
  return values;
}

// Three by three samples a pixel, then a little blur and noise.
ktp::Image take(const cv::Mat& picture, const Table& table, const Shot& shot, const Body& body = whole,
                const cv::Point2d& print_mm = {0, 0}, const Soft& soft = {}) {
  const double w_mm = ktp::kCardWidthMm + 2 * shot.margin_mm, h_mm = ktp::kCardHeightMm + 2 * shot.margin_mm,
               s = 12.4;
  const int w = cvRound(w_mm * s), h = cvRound(h_mm * s);
  cv::Mat fine(3 * h, 3 * w, CV_8UC3);
  const double t = shot.turn_deg * CV_PI / 180, c = std::cos(t), sn = std::sin(t);
  for (int v = 0; v < fine.rows; ++v) {
    auto* row = fine.ptr<cv::Vec3b>(v);
    for (int u = 0; u < fine.cols; ++u) {
      double x = (u + 0.5) / (3 * s) - w_mm / 2, y = (v + 0.5) / (3 * s) - h_mm / 2;
      const double depth = 1 + shot.tilt * x / 43;
      x = (x / depth) - shot.dx_mm, y = (y / depth) - shot.dy_mm;
      const double cx = c * x + sn * y + ktp::kCardWidthMm / 2, cy = -sn * x + c * y + ktp::kCardHeightMm / 2;
      if (!body(cx, cy)) {
        row[u] = table(cx, cy);
        continue;
      }
      const int px = cvFloor((cx - print_mm.x) * kScale), py = cvFloor((cy - print_mm.y) * kScale);
      row[u] = px >= 0 && py >= 0 && px < picture.cols && py < picture.rows ? picture.at<cv::Vec3b>(py, px)
                                                                            : cv::Vec3b(255, 255, 255);
    }
  }
  cv::Mat small, noise;
  cv::resize(fine, small, {w, h}, 0, 0, cv::INTER_AREA);
  small = soften(small, soft);
  small.convertTo(small, CV_16SC3, 0.9, 6);
  noise.create(small.size(), CV_16SC3);
  cv::RNG rng(static_cast<std::uint64_t>(17 + shot.quarters));
  rng.fill(noise, cv::RNG::NORMAL, 0, 1.5);
  small += noise;
  small.convertTo(small, CV_8UC3);
  if (shot.quarters) cv::rotate(small, small, shot.quarters - 1);
  ktp::Image out(small.cols, small.rows);
  small.copyTo(samples::to_mat(out));
  return out;
}

ktp::Image take(Side which, const Table& table, const Shot& shot) {
  return take(samples::to_mat(side(which).face.image), table, shot);
}

std::vector<std::string> kinds(const insp::Report& report) {
  std::vector<std::string> words;
  for (const auto& f : report.findings) words.push_back(f.kind);
  return words;
}

const ktp::Finding* finding(const insp::Report& report, const std::string& kind) {
  for (const auto& f : report.findings)
    if (f.kind == kind) return &f;
  return nullptr;
}

TEST(Scene, AGoodCardIsGoodOnAnyTable) {
  int number = 0;
  for (const Table& table : {kGrey, kChecks, kStripes, kLight, kBlack}) {
    for (const Side which : {Side::front, Side::back}) {
      const ktp::Image photo = take(which, table, {3.0, 0.02, 1, -0.5});
      const insp::Report report = insp::inspect(*side(which).reference, photo.view());
      EXPECT_EQ(report.verdict, Verdict::good)
          << "table " << number << (which == Side::front ? " front " : " back ")
          << testing::PrintToString(kinds(report));
    }
    ++number;
  }
}

TEST(Scene, ACardIsFoundInAnyOfFourOrientations) {
  for (int quarters = 0; quarters < 4; ++quarters) {
    const ktp::Image photo = take(Side::front, kGrey, {-2, 0, 0, 0, 10, quarters});
    const insp::Report report = insp::inspect(*side(Side::front).reference, photo.view());
    EXPECT_EQ(report.verdict, Verdict::good) << quarters << testing::PrintToString(kinds(report));
  }
}

TEST(Scene, TheToneIsWhatItIsWhetherALensOrAProgramMadeThePictureSoft) {
  for (const bool as_light : {false, true}) {
    for (const double sigma : {0.8, 1.3}) {
      const ktp::Image photo =
          take(samples::to_mat(side(Side::front).face.image), kGrey, {1.0}, whole, {0, 0}, {sigma, as_light});
      const insp::Report report = insp::inspect(*side(Side::front).reference, photo.view());
      EXPECT_EQ(report.verdict, Verdict::good) << as_light << sigma << testing::PrintToString(kinds(report));
      for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_NEAR(report.capture.gain[c], 0.9, 0.03) << as_light << sigma;
        EXPECT_NEAR(report.capture.offset[c], 6, 6) << as_light << sigma;
      }
    }
  }
}

// What the way of the light does to the picture: a lens that darkens towards the corners, filters that shade
// one colour more on one side than another.
ktp::Image shaded(ktp::Image photo, double corners, double slope) {
  cv::Mat pixels = samples::to_mat(photo);
  for (int v = 0; v < pixels.rows; ++v) {
    for (int u = 0; u < pixels.cols; ++u) {
      const double x = 2.0 * u / pixels.cols - 1, y = 2.0 * v / pixels.rows - 1, far = (x * x + y * y) / 2;
      for (int c = 0; c < 3; ++c) {
        auto& value = pixels.at<cv::Vec3b>(v, u)[c];
        value = cv::saturate_cast<std::uint8_t>(value * (1 - corners * far * (0.4 + 0.6 * far)) *
                                                (1 + (c - 1) * slope * x));
      }
    }
  }
  return photo;
}

TEST(Scene, DarkCornersAndUnevenColoursOfALensStainNothing) {
  for (const Side which : {Side::front, Side::back}) {
    const ktp::Image photo = shaded(take(which, kGrey, {1}), 0.6, 0.03);
    const insp::Report report = insp::inspect(*side(which).reference, photo.view());
    EXPECT_EQ(report.verdict, Verdict::good) << testing::PrintToString(kinds(report));
    EXPECT_LT(report.score, 0.8);
  }
}

TEST(Ghosting, ACopyBesideThePrintIsOneAndTheSameToBothSidesIsACamerasHalo) {
  const insp::Reference& reference = *side(Side::back).reference;
  const cv::Mat& print = reference.grey_half_blurred;
  const auto beside = [&](double mm) {
    cv::Mat moved;
    cv::warpAffine(print, moved, cv::Matx23d(1, 0, mm * reference.px_per_mm / 2, 0, 1, 0), print.size(),
                   cv::INTER_LINEAR, cv::BORDER_REPLICATE);
    return moved;
  };
  insp::Evidence evidence;
  evidence.residual = 0.08 * beside(1.3);
  EXPECT_GE(insp::find_ghosting(reference, evidence).highest, 1);
  evidence.residual = 0.08 * (beside(1.3) + beside(-1.3));
  EXPECT_LT(insp::find_ghosting(reference, evidence).highest, 0.5);
}

TEST(Scene, ACardTurnedByUpToFifteenDegreesIsFound) {
  for (const double turn : {-15.0, -9.0, 9.0, 15.0}) {
    const ktp::Image photo = take(Side::back, kChecks, {turn, 0.03, 0, 0, 16});
    const insp::Report report = insp::inspect(*side(Side::back).reference, photo.view());
    EXPECT_EQ(report.verdict, Verdict::good) << turn << testing::PrintToString(kinds(report));
  }
}

TEST(Scene, ACardOnItsOtherSideIsPlacedByThatFace) {
  for (const int quarters : {0, 2}) {
    const ktp::Image photo = take(Side::back, kLight, {2, 0.01, 1, 1, 10, quarters});
    const insp::Placed own = insp::place_card(*side(Side::back).reference, samples::to_mat(photo));
    const insp::Placed by_other = insp::place_card(*side(Side::front).reference, samples::to_mat(photo));
    ASSERT_EQ(own.state, insp::Placed::State::found) << quarters;
    ASSERT_EQ(by_other.state, insp::Placed::State::found) << quarters;
    for (std::size_t i = 0; i < 4; ++i)
      EXPECT_LT(cv::norm(own.corners[i] - by_other.corners[i]), 2 * 12.4) << quarters << ", corner " << i;
  }
}

TEST(Scene, ASecondTryAtPlacingThatFailsLeavesTheFirstAsItWas) {
  // The card lies on its back. Beside it a scrap of its front: enough for the details to point there, too
  // little to align a card by.
  const cv::Mat front = samples::to_mat(side(Side::front).face.image);
  const Table scrap = [&](double x, double y) {
    y -= 58;
    if (x < 3 || x > 72 || y < 20 || y > 35) return kGrey(x, y);
    return front.at<cv::Vec3b>(cvFloor(y * kScale), cvFloor(x * kScale));
  };
  const ktp::Image photo = take(Side::back, scrap, {0, 0, 0, -29, 36});
  const cv::Mat pixels = samples::to_mat(photo);
  ASSERT_EQ(insp::place_by_details(*side(Side::front).reference, pixels).state, insp::Placed::State::found)
      << "the scrap is not found: this tests nothing";
  ASSERT_FALSE(insp::place_card(*side(Side::front).reference, pixels).by_details);
  const insp::Report report = insp::inspect(*side(Side::front).reference, photo.view());
  EXPECT_EQ(report.verdict, Verdict::mismatch);
  EXPECT_THAT(kinds(report), Contains("wrong-side"));
}

TEST(Scene, ACardPartlyOutOfViewIsSaidToBe) {
  for (const Table& table : {kGrey, kChecks, kLight}) {
    const ktp::Image photo = take(Side::front, table, {2, 0, 38, 3});
    const insp::Report report = insp::inspect(*side(Side::front).reference, photo.view());
    EXPECT_EQ(report.verdict, Verdict::review);
    EXPECT_THAT(kinds(report), Contains("card-cut-off"));
  }
}

TEST(Scene, AnEmptyTableHasNoCard) {
  for (const Table& table : {kGrey, kChecks, kStripes}) {
    const ktp::Image photo = take(samples::to_mat(side(Side::front).face.image), table, {4, 0},
                                  [](double, double) { return false; });
    const insp::Report report = insp::inspect(*side(Side::front).reference, photo.view());
    EXPECT_EQ(report.verdict, Verdict::review);
    EXPECT_THAT(kinds(report), Contains("no-card"));
  }
}

TEST(Scene, ThePlacementIsMeasuredBetweenOutlineAndPrint) {
  const cv::Mat picture = samples::to_mat(side(Side::front).face.image);
  for (const Table& table : {kGrey, kBlack}) {
    const insp::Report off =
        insp::inspect(*side(Side::front).reference, take(picture, table, {2}, whole, {0.9, -0.2}).view());
    const ktp::Finding* f = finding(off, "misplaced-print");
    ASSERT_NE(f, nullptr) << testing::PrintToString(kinds(off));
    EXPECT_NEAR(f->size_mm, 0.9, 0.12);
    const insp::Report within =
        insp::inspect(*side(Side::front).reference, take(picture, table, {2}, whole, {0.25, 0.25}).view());
    EXPECT_EQ(within.verdict, Verdict::good) << testing::PrintToString(kinds(within));
  }
}

TEST(Scene, AWhiteMarginOnAWhiteTableIsNotTakenForTheTable) {
  const Table white = [](double, double) { return cv::Vec3b(255, 255, 255); };
  for (const Side which : {Side::front, Side::back}) {
    const cv::Mat picture = samples::to_mat(side(which).face.image);
    for (const cv::Point2d& off : {cv::Point2d{0, 0.5}, {0, -0.7}, {0.6, 0}, {-1, 0}}) {
      const insp::Report report =
          insp::inspect(*side(which).reference, take(picture, white, {1}, whole, off).view());
      const ktp::Finding* f = finding(report, "misplaced-print");
      ASSERT_NE(f, nullptr) << off << testing::PrintToString(kinds(report));
      EXPECT_NEAR(f->size_mm, cv::norm(off), 0.12);
    }
    EXPECT_EQ(insp::inspect(*side(which).reference, take(picture, white, {1}).view()).verdict, Verdict::good);
  }
}

TEST(Scene, AChipInTheEdgeIsFoundWhereItIs) {
  const cv::Mat picture = samples::to_mat(side(Side::back).face.image);
  // The ground of a chip lies in the card's own shadow and is not of the colour of the table beside it.
  const Table shadowed = [](double x, double y) {
    return whole(x, y) ? cv::Vec3b(112, 116, 120) : cv::Vec3b(214, 220, 224);
  };
  for (const Table& table : {kGrey, kBlack, kChecks, shadowed}) {
    const Body bitten = [](double x, double y) {
      return whole(x, y) && !(y < 0.9 * (1 - std::abs(x - 30) / 1.6));
    };
    const insp::Report report =
        insp::inspect(*side(Side::back).reference, take(picture, table, {-2}, bitten).view());
    const ktp::Finding* f = finding(report, "edge-chip");
    ASSERT_NE(f, nullptr) << testing::PrintToString(kinds(report));
    EXPECT_NEAR((f->box.x + f->box.w / 2.0) / kScale, 30, 1);
    EXPECT_NEAR(f->size_mm, 0.85, 0.35);
  }
}

TEST(Scene, ALostCornerIsABentOne) {
  const cv::Mat picture = samples::to_mat(side(Side::front).face.image);
  const Body cut = [](double x, double y) { return whole(x, y) && x + y > 4; };
  const insp::Report report =
      insp::inspect(*side(Side::front).reference, take(picture, kGrey, {1}, cut).view());
  EXPECT_EQ(report.verdict, Verdict::damaged);
  EXPECT_THAT(kinds(report), Contains("bent-corner"));
}

TEST(Scene, AColourBesideTheOthersIsMisregister) {
  const cv::Mat picture = samples::to_mat(side(Side::front).face.image);
  for (int colour = 0; colour < 3; ++colour) {
    std::vector<cv::Mat> planes;
    cv::split(picture, planes);
    auto& p = planes[static_cast<std::size_t>(colour)];
    cv::warpAffine(p, p, cv::Matx23d(1, 0, 0.32 * kScale, 0, 1, 0.1 * kScale), p.size(), cv::INTER_LINEAR,
                   cv::BORDER_REPLICATE);
    cv::Mat printed;
    cv::merge(planes, printed);
    const insp::Report report = insp::inspect(*side(Side::front).reference, take(printed, kGrey, {1}).view());
    const ktp::Finding* f = finding(report, "misregister");
    ASSERT_NE(f, nullptr) << colour << testing::PrintToString(kinds(report));
    EXPECT_NEAR(f->size_mm, 0.335, 0.08);
  }
}

TEST(Scene, AMissingAndAWrongPanelHaveTheirNames) {
  const cv::Mat picture = samples::to_mat(side(Side::front).face.image);
  std::vector<cv::Mat> planes;
  cv::split(picture, planes);
  std::vector<cv::Mat> missing = planes, wrong = planes;
  missing[1] = cv::Mat(picture.size(), CV_8U, cv::Scalar(255));
  std::swap(wrong[0], wrong[2]);
  cv::Mat printed;
  cv::merge(missing, printed);
  EXPECT_THAT(kinds(insp::inspect(*side(Side::front).reference, take(printed, kGrey, {1}).view())),
              Contains("missing-panel"));
  cv::merge(wrong, printed);
  EXPECT_THAT(kinds(insp::inspect(*side(Side::front).reference, take(printed, kGrey, {1}).view())),
              Contains("wrong-panel"));
}

TEST(Scene, AStreakOfOneColourIsFoundWhereItIs) {
  const cv::Mat picture = samples::to_mat(side(Side::back).face.image);
  for (int colour = 0; colour < 3; ++colour) {
    cv::Mat line = cv::Mat::zeros(picture.size(), CV_8U);
    cv::line(line, cv::Point2d(14, 33) * kScale, cv::Point2d(36, 26) * kScale, 255, cvRound(0.35 * kScale));
    cv::Mat printed = picture.clone();
    cv::Scalar lighter(0, 0, 0);
    lighter[colour] = 20;
    cv::add(printed, lighter, printed, line);
    const insp::Report report = insp::inspect(*side(Side::back).reference, take(printed, kGrey, {1}).view());
    const ktp::Finding* f = finding(report, "scratch");
    ASSERT_NE(f, nullptr) << colour << testing::PrintToString(kinds(report));
    EXPECT_NEAR((f->box.x + f->box.w / 2.0) / kScale, 25, 4);
    EXPECT_NEAR((f->box.y + f->box.h / 2.0) / kScale, 29.5, 2);
  }
}

// Hair and eyebrows of the portrait: a colour that stands nowhere else.
cv::Mat dark_print(const ktp::Face& face) {
  const cv::Mat picture = samples::to_mat(face.image);
  cv::Mat dark, inside = cv::Mat::zeros(picture.size(), CV_8U);
  cv::inRange(picture, cv::Scalar(0, 0, 0), cv::Scalar(80, 80, 80), dark);
  inside(
      cv::Rect(cvRound(62.4 * kScale), cvRound(13.4 * kScale), cvRound(20.2 * kScale), cvRound(20 * kScale)))
      .setTo(255);
  return dark & inside;
}

TEST(Scene, AColourThatPrintsALittleLighterWhereverItStandsIsNoStain) {
  const ktp::Face& face = side(Side::front).face;
  const cv::Mat hair = dark_print(face);
  ASSERT_GT(cv::countNonZero(hair), 30 * kScale * kScale) << "30 mm2 of it";
  cv::Mat printed = samples::to_mat(face.image).clone();
  cv::add(printed, cv::Scalar(19, 19, 19), printed, hair);
  const insp::Report report = insp::inspect(*side(Side::front).reference, take(printed, kGrey, {1}).view());
  EXPECT_EQ(report.verdict, Verdict::good) << testing::PrintToString(kinds(report));
}

TEST(Scene, AStainOverAWholeColourIsFoundAllTheSame) {
  const ktp::Face& face = side(Side::front).face;
  cv::Mat printed = samples::to_mat(face.image).clone();
  cv::add(printed, cv::Scalar(26, 26, 26), printed, dark_print(face));
  const insp::Report report = insp::inspect(*side(Side::front).reference, take(printed, kGrey, {1}).view());
  EXPECT_EQ(report.verdict, Verdict::damaged) << testing::PrintToString(kinds(report));
}

}  // namespace
