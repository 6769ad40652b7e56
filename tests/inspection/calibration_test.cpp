// SPDX-License-Identifier: Apache-2.0
// Calibration: on numbers whose law is known, and on a handful of simulated photographs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <opencv2/imgproc.hpp>
#include <random>

#include "inspection/calibration.hpp"
#include "inspection/inspect.hpp"
#include "inspection/limit_table.hpp"
#include "inspection/sample_cards.hpp"
#include "inspection/simulated_photograph.hpp"
#include "inspection/specimens.hpp"
#include "temp_folder.hpp"

namespace {

using ktp::Side;
namespace insp = ktp::inspection;

constexpr const char* kProfile = KTP_SOURCE_DIR "/config/inspection/ektp.yaml";

std::shared_ptr<const insp::Profile> profile() {
  static const auto loaded = *insp::load_profile(kProfile);
  return loaded;
}

std::size_t limit_index(const std::string& name) {
  const auto table = insp::limit_table();
  for (std::size_t i = 0; i < table.size(); ++i)
    if (name == table[i].name) return i;
  ADD_FAILURE() << name;
  return 0;
}

// Good cards whose every measurement is log-normal about `middle` of the limit.
std::vector<insp::Observation> invented(std::size_t n, double middle, std::uint64_t seed,
                                        double spread = 0.25) {
  std::mt19937_64 random(seed);
  std::vector<insp::Observation> set;
  for (std::size_t i = 0; i < n; ++i) {
    insp::Observation one;
    one.id = "c" + std::to_string(i);
    one.row = i + 1;
    one.judged = true;
    for (std::size_t k = 0; k < insp::limit_table().size(); ++k) {
      double sum = 0;
      for (int j = 0; j < 12; ++j) sum += static_cast<double>(random() >> 11) * 0x1p-53;
      one.scores.push_back(middle * std::exp(spread * (sum - 6)));
    }
    set.push_back(std::move(one));
  }
  return set;
}

const insp::LimitSet& of(const insp::CalibrationResult& result, const std::string& name) {
  return result.limits[limit_index(name)];
}

double rejected(const insp::CalibrationResult& result, std::span<const insp::Observation> set) {
  const auto table = insp::limit_table();
  std::size_t count = 0;
  for (const auto& one : set) {
    bool over = false;
    for (std::size_t i = 0; i < table.size(); ++i)
      over = over || (table[i].part == insp::LimitInfo::Part::damage &&
                      one.scores[i] * result.limits[i].before >= result.limits[i].after);
    count += over;
  }
  return static_cast<double>(count) / static_cast<double>(set.size());
}

TEST(Calibration, LimitsHoldTheStatedRateOnCardsThatWereNotLearnedFrom) {
  // The base profile would reject a third of these.
  const auto learned = invented(600, 0.8, 1), fresh = invented(40'000, 0.8, 2);
  ASSERT_GT(insp::rejected_share(fresh), 0.3);
  const auto strict = insp::set_limits(*profile(), learned, {}, 0.001),
             loose = insp::set_limits(*profile(), learned, {}, 0.02);
  EXPECT_LE(rejected(strict, fresh), 0.001);
  EXPECT_LE(rejected(loose, fresh), 0.02);
  EXPECT_GT(of(strict, "stain_mm2").after, of(loose, "stain_mm2").after);
  EXPECT_EQ(strict.cards_needed(), 2995u - 600u);
}

TEST(Calibration, TightensWhereGoodCardsLeaveRoomButNotBelowHalf) {
  const auto result = insp::set_limits(*profile(), invented(600, 0.02, 3), {}, 0.001);
  EXPECT_DOUBLE_EQ(of(result, "stain_mm2").after, 0.5 * of(result, "stain_mm2").before);
}

TEST(Calibration, DamageThatMustBeFoundIsNeverLostToAWiderLimit) {
  const auto learned = invented(400, 0.8, 4);
  std::vector<insp::Specimen> specimens;
  for (int i = 0; i < 10; ++i) {
    insp::Specimen one;
    one.kind = 3;  // void
    one.found_before = true;
    one.scores.assign(insp::limit_table().size(), std::numeric_limits<double>::quiet_NaN());
    one.scores[limit_index("stain_mm2")] = 1.02 + 0.01 * i;
    specimens.push_back(one);
  }
  const auto free = insp::set_limits(*profile(), learned, {}, 0.001),
             held = insp::set_limits(*profile(), learned, specimens, 0.001);
  ASSERT_GT(of(free, "stain_mm2").after, 1.2 * of(free, "stain_mm2").before);
  EXPECT_LT(of(held, "stain_mm2").after, 1.02 * of(held, "stain_mm2").before);
  EXPECT_THAT(of(held, "stain_mm2").held_by, testing::HasSubstr("void (0.4 mm)"));
  EXPECT_EQ(held.must[3].found_before, 10);
  EXPECT_EQ(held.must[3].found_after, 10);
  EXPECT_FALSE(held.holds_both());
  EXPECT_TRUE(free.holds_both());
  EXPECT_GT(held.expected_rejects, 0.01);
  EXPECT_EQ(of(held, "fade_share").after, of(free, "fade_share").after);
}

TEST(Calibration, ContentLimitsAreNeverMoved) {
  const auto result = insp::set_limits(*profile(), invented(300, 0.9, 5), {}, 0.001);
  for (const char* name :
       {"digit_margin", "portrait_disagreement", "text_share", "letter_difference", "content_match"})
    EXPECT_EQ(of(result, name).after, of(result, name).before) << name;
}

TEST(Calibration, FindsTheDamagedCardsInASetAlsoWhereTheProfileSuitsTheCameraBadly) {
  auto set = invented(300, 0.9, 6, 0.15);  // half of the good ones are above the base limits
  EXPECT_TRUE(insp::find_damaged(set).empty());
  for (const std::size_t i : {7u, 120u, 266u}) set[i].scores[limit_index("scratch_contrast")] = 2.6;
  set[40].kind = "wrong-card";
  set[40].judged = false;
  std::vector<std::size_t> found;
  for (const auto& suspect : insp::find_damaged(set)) found.push_back(suspect.index);
  EXPECT_THAT(found, testing::ElementsAre(7, 40, 120, 266));
}

// From here on with pictures.

const samples::Card& card(std::uint64_t seed) {
  static const samples::CardMaker maker;
  static std::map<std::uint64_t, samples::Card> made;
  auto [at, fresh] = made.try_emplace(seed);
  if (fresh) at->second = maker.make(seed);
  return at->second;
}

ktp::Image photograph(std::uint64_t shot, const char* defect) {
  cv::RNG rng(shot * 7919 + 5);
  const ktp::Face& face = card(1 + shot % 2).front;
  cv::Mat picture = samples::to_mat(face.image).clone();
  if (*defect) samples::damage(picture, defect, face, card(3).front, rng);
  const double s = 300 / ktp::kMmPerInch;
  const cv::Mat printed = samples::print(picture, s, rng);
  return samples::photograph(printed, s, samples::any_camera(rng), rng);
}

std::shared_ptr<const insp::Reference> reference(std::uint64_t shot,
                                                 const std::shared_ptr<const insp::Profile>& p) {
  return *insp::prepare(card(1 + shot % 2).front, p);
}

TEST(Calibration, LearnsFromPhotographsAndTheWrittenProfileJudgesThemTheSameEveryTime) {
  constexpr std::uint64_t kShots = 12;
  const std::shared_ptr<const insp::Reference> base[2] = {reference(0, profile()), reference(1, profile())};
  insp::LearnedVariation variation;
  std::vector<insp::Observation> first;
  for (std::uint64_t shot = 0; shot < kShots; ++shot) {
    first.push_back(insp::observe(*base[shot % 2], photograph(shot, "").view(), &variation));
    ASSERT_TRUE(first.back().judged);
    ASSERT_FALSE(std::isnan(first.back().scores[limit_index("stain_mm2")]));
  }
  EXPECT_TRUE(insp::find_damaged(first).empty());
  auto with_scratch = first;
  with_scratch.push_back(insp::observe(*base[0], photograph(20, "scratch").view(), nullptr));
  ASSERT_EQ(insp::find_damaged(with_scratch).size(), 1u);
  EXPECT_EQ(insp::find_damaged(with_scratch)[0].index, kShots);

  const auto learned = insp::with_variation(*profile(), variation);
  const std::shared_ptr<const insp::Reference> now[2] = {reference(0, learned), reference(1, learned)};
  std::vector<insp::Observation> second;
  for (std::uint64_t shot = 0; shot < kShots; ++shot)
    second.push_back(insp::observe(*now[shot % 2], photograph(shot, "").view(), nullptr));
  const auto result = insp::set_limits(*profile(), second, {}, 0.001);
  const auto yaml = insp::calibrated_yaml(kProfile, *profile(), *learned, result,
                                          {"2026-01-02T03:04:05Z", "ab", "cd"}),
             later = insp::calibrated_yaml(kProfile, *profile(), *learned, result,
                                           {"2027-01-02T03:04:05Z", "ab", "cd"}),
             other = insp::calibrated_yaml(kProfile, *profile(), *learned, result,
                                           {"2026-01-02T03:04:05Z", "ef", "cd"});
  ASSERT_TRUE(yaml) << yaml.error().message;
  const ktp::test::TempFolder folder;
  const auto load = [&](const std::string& text) {
    std::ofstream(folder.path() / "p.yaml") << text;
    return *insp::load_profile(folder.path() / "p.yaml");
  };
  const auto written = load(*yaml);
  EXPECT_TRUE(insp::version(*written).starts_with(insp::version(*profile()) + "+"));
  EXPECT_EQ(insp::version(*written), insp::version(*load(*later)));
  EXPECT_NE(insp::version(*written), insp::version(*load(*other)));
  ASSERT_TRUE(written->variation.has_value());
  for (std::size_t c = 0; c < 3; ++c)
    EXPECT_NEAR(written->variation->lost_density[c], learned->variation->lost_density[c], 1e-3);
  ASSERT_EQ(written->zones[0].size(), profile()->zones[0].size());
  EXPECT_EQ(written->zones[0].at("portrait").w, profile()->zones[0].at("portrait").w);
  EXPECT_THAT(*yaml, testing::HasSubstr("pictures: 12"));

  const auto once = insp::inspect(*reference(20, written), photograph(20, "scratch").view()),
             twice = insp::inspect(*reference(20, written), photograph(20, "scratch").view());
  EXPECT_EQ(once.verdict, ktp::Verdict::damaged);
  EXPECT_EQ(once.score, twice.score);
  EXPECT_EQ(once.findings.size(), twice.findings.size());
}

// The same coded values to the power of `curve`: more than 1 darkens the middle tones.
void bend(cv::Mat picture, double curve) {
  cv::Mat table(1, 256, CV_8U);
  for (int v = 0; v < 256; ++v)
    table.at<std::uint8_t>(v) = static_cast<std::uint8_t>(std::lround(255 * std::pow(v / 255.0, curve)));
  cv::LUT(picture, table, picture);
}

TEST(Calibration, AFadeThatTheCamerasCurveHidesIsFoundByACalibratedStation) {
  constexpr std::uint64_t kShots = 12;
  constexpr double kCamera = 1.2, kFade = 0.25;
  // Density less by a share is the coded value to the power of what is left of it.
  const auto seen_by_this_camera = [](std::uint64_t shot, double left_density) {
    cv::RNG rng(shot * 7919 + 5);
    cv::Mat printed =
        samples::print(samples::to_mat(card(1 + shot % 2).front.image).clone(), 300 / ktp::kMmPerInch, rng);
    bend(printed, left_density);
    ktp::Image shown = samples::photograph(printed, 300 / ktp::kMmPerInch, samples::any_camera(rng), rng);
    bend(samples::to_mat(shown), kCamera);
    return shown;
  };
  const std::shared_ptr<const insp::Reference> base[2] = {reference(0, profile()), reference(1, profile())};
  insp::LearnedVariation variation;
  for (std::uint64_t shot = 0; shot < kShots; ++shot)
    ASSERT_TRUE(insp::observe(*base[shot % 2], seen_by_this_camera(shot, 1).view(), &variation).judged);
  const auto learned = insp::with_variation(*profile(), variation);
  for (const double share : learned->variation->lost_density) EXPECT_LT(share, -0.05);

  const ktp::Image faded = seen_by_this_camera(40, 1 - kFade), good = seen_by_this_camera(42, 1);
  const auto score = [](const std::shared_ptr<const insp::Profile>& p, const ktp::Image& picture) {
    return insp::observe(*reference(40, p), picture.view(), nullptr).scores[limit_index("fade_share")];
  };
  EXPECT_LT(score(profile(), faded), 1);
  EXPECT_GE(score(learned, faded), 1);
  EXPECT_LT(score(learned, good), 0.5);
}

TEST(Specimens, OfEveryKindThatHasADetectorAreFoundOnAGoodCard) {
  const ktp::Image good = photograph(0, "");
  const auto r = reference(0, profile());
  ASSERT_EQ(insp::inspect(*r, good.view()).verdict, ktp::Verdict::good);
  const auto found = [&](const char* kind) {
    for (std::size_t k = 0; k < insp::must_find().size(); ++k) {
      if (std::string(insp::must_find()[k].kind) != kind) continue;
      int n = 0;
      for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const auto drawn = insp::draw_specimen(good.view(), k, seed, 0.9);
        EXPECT_TRUE(drawn) << kind;
        n += drawn && insp::inspect(*r, drawn->view()).verdict != ktp::Verdict::good;
      }
      return n;
    }
    return -1;
  };
  for (const char* kind : {"scratch", "crack", "stain", "fade", "half-print", "ghosting", "dead-element"})
    EXPECT_GE(found(kind), 3) << kind;
  EXPECT_EQ(insp::draw_specimen(good.view(), 0, 9, 0.9)->pixels,
            insp::draw_specimen(good.view(), 0, 9, 0.9)->pixels);
}

TEST(LearnedBand, OfFactorsOneChangesNothingButRounding) {
  auto same = std::make_shared<insp::Profile>(*profile());
  same->variation.emplace();
  for (auto& row : same->variation->by_value_and_range) row.fill(1);
  for (auto& row : same->variation->by_place) row.fill(1);
  const ktp::Image shot = photograph(4, "stain");
  const auto plain = insp::inspect(*reference(4, profile()), shot.view()),
             learned = insp::inspect(*reference(4, same), shot.view());
  EXPECT_EQ(plain.verdict, learned.verdict);
  EXPECT_NEAR(plain.score, learned.score, 0.05 * plain.score);
  for (auto& row : same->variation->by_value_and_range) row.fill(1.6);
  EXPECT_LT(insp::inspect(*reference(4, same), shot.view()).score, plain.score);
}

}  // namespace
