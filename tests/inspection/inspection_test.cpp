// SPDX-License-Identifier: Apache-2.0
// What the station relies on, each on a handful of cards; error rates are measured by tests/bench/inspection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <opencv2/imgproc.hpp>

#include "inspection/inspection.hpp"
#include "inspection/sample_cards.hpp"
#include "inspection/simulated_photograph.hpp"

namespace {

using ktp::Side;
using ktp::Verdict;
namespace insp = ktp::inspection;

std::shared_ptr<const insp::Profile> card_profile() {
  static const auto profile = *insp::load_profile(KTP_SOURCE_DIR "/config/inspection/ektp.yaml");
  return profile;
}

const samples::Card& card(std::uint64_t seed) {
  static const samples::CardMaker maker;
  static std::map<std::uint64_t, samples::Card> made;
  auto [at, fresh] = made.try_emplace(seed);
  if (fresh) at->second = maker.make(seed);
  return at->second;
}

const ktp::Face& face(std::uint64_t seed, Side side) {
  return side == Side::front ? card(seed).front : card(seed).back;
}

std::shared_ptr<const insp::Reference> reference(std::uint64_t seed, Side side) {
  static std::map<std::pair<std::uint64_t, Side>, std::shared_ptr<const insp::Reference>> made;
  auto& r = made[{seed, side}];
  if (!r)
    r = *insp::prepare(face(seed, side), card_profile(),
                       &face(seed, side == Side::front ? Side::back : Side::front));
  return r;
}

ktp::Image photograph(const cv::Mat& picture, cv::RNG& rng, double s = 300 / ktp::kMmPerInch) {
  const cv::Mat printed = samples::print(picture, s, rng);
  return samples::photograph(printed, s, samples::any_camera(rng), rng);
}

insp::Report judge(const char* defect, Side side, std::uint64_t shot, ktp::BoxMm* truth = nullptr) {
  cv::RNG rng(shot * 7919 + 5);
  const ktp::Face& expected = face(1 + shot % 3, side);
  cv::Mat picture = samples::to_mat(expected.image).clone();
  if (*defect) {
    const ktp::BoxMm box = samples::damage(picture, defect, expected, face(1 + (shot + 1) % 3, side), rng);
    if (truth) *truth = box;
  }
  return insp::inspect(*reference(1 + shot % 3, side), photograph(picture, rng).view());
}

std::vector<std::string> kinds(const insp::Report& report) {
  std::vector<std::string> words;
  for (const auto& f : report.findings) words.push_back(f.kind);
  return words;
}

bool boxed(const insp::Report& report, const std::string& kind, const ktp::BoxMm& truth) {
  const double s = 300 / ktp::kMmPerInch;
  return std::ranges::any_of(report.findings, [&](const ktp::Finding& f) {
    return f.kind == kind && f.box.x < (truth.x + truth.w) * s && f.box.x + f.box.w > truth.x * s &&
           f.box.y < (truth.y + truth.h) * s && f.box.y + f.box.h > truth.y * s;
  });
}

using testing::Contains;
using testing::IsEmpty;

class BothSides : public testing::TestWithParam<Side> {};
INSTANTIATE_TEST_SUITE_P(, BothSides, testing::Values(Side::front, Side::back),
                         [](const auto& side) { return std::string(ktp::to_string(side.param)); });

TEST_P(BothSides, GoodCardsAreGoodAndHaveAScoreBelowTheLimit) {
  for (std::uint64_t shot = 0; shot < 5; ++shot) {
    const insp::Report report = judge("", GetParam(), shot);
    EXPECT_EQ(report.verdict, Verdict::good) << shot << testing::PrintToString(kinds(report));
    EXPECT_THAT(report.findings, IsEmpty());
    EXPECT_GT(report.score, 0);
    EXPECT_LT(report.score, 1);
    EXPECT_LT(report.align_residual_mm, 0.03);
    EXPECT_EQ(report.rectified.width, face(1, GetParam()).image.width);
  }
}

TEST_P(BothSides, HalfFinishedPrintIsDamageNotOtherContent) {
  for (std::uint64_t shot = 0; shot < 6; ++shot) {
    ktp::BoxMm truth;
    const insp::Report report = judge("half-print", GetParam(), shot, &truth);
    EXPECT_EQ(report.verdict, Verdict::damaged) << shot << testing::PrintToString(kinds(report));
    EXPECT_TRUE(boxed(report, "half-print", truth)) << shot;
  }
}

TEST_P(BothSides, GhostingIsFound) {
  for (std::uint64_t shot = 0; shot < 4; ++shot) {
    const insp::Report report = judge("ghosting", GetParam(), shot);
    EXPECT_EQ(report.verdict, Verdict::damaged) << shot << testing::PrintToString(kinds(report));
    EXPECT_THAT(kinds(report), Contains("ghosting")) << shot;
  }
}

TEST_P(BothSides, ScratchIsFoundWhereItIs) {
  for (std::uint64_t shot = 0; shot < 6; ++shot) {
    ktp::BoxMm truth;
    const insp::Report report = judge("scratch", GetParam(), shot, &truth);
    EXPECT_EQ(report.verdict, Verdict::damaged) << shot;
    EXPECT_TRUE(boxed(report, "scratch", truth)) << shot << testing::PrintToString(kinds(report));
  }
}

TEST_P(BothSides, StainIsFoundWhereItIs) {
  for (std::uint64_t shot = 0; shot < 3; ++shot) {
    ktp::BoxMm truth;
    const insp::Report report = judge("stain", GetParam(), shot, &truth);
    EXPECT_EQ(report.verdict, Verdict::damaged) << shot;
    EXPECT_TRUE(boxed(report, "stain", truth) || boxed(report, "scratch", truth))
        << shot << testing::PrintToString(kinds(report));
  }
}

TEST_P(BothSides, DeadHeadElementIsAMissingLine) {
  for (std::uint64_t shot = 0; shot < 3; ++shot) {
    EXPECT_THAT(kinds(judge("dead-line", GetParam(), shot)), Contains("missing-line")) << shot;
  }
}

TEST_P(BothSides, BlankCardIsDamaged) {
  EXPECT_EQ(judge("blank", GetParam(), 1).verdict, Verdict::damaged);
}

TEST(Content, WrongDigitIsAMismatchInItsCell) {
  for (std::uint64_t shot = 0; shot < 8; ++shot) {
    ktp::BoxMm truth;
    const insp::Report report = judge("wrong-digit", Side::front, shot, &truth);
    EXPECT_EQ(report.verdict, Verdict::mismatch) << shot << testing::PrintToString(kinds(report));
    EXPECT_TRUE(boxed(report, "wrong-digit", truth)) << shot;
  }
}

TEST(Content, AnotherPersonsPortraitIsAMismatch) {
  for (std::uint64_t shot = 0; shot < 3; ++shot) {
    const insp::Report report = judge("wrong-portrait", Side::front, shot);
    EXPECT_EQ(report.verdict, Verdict::mismatch) << shot;
    EXPECT_THAT(kinds(report), Contains("wrong-portrait")) << shot;
  }
}

TEST(Content, DamagedPortraitOfTheRightPersonIsDamageOnly) {
  for (std::uint64_t shot = 0; shot < 4; ++shot) {
    for (const char* damage : {"stained-portrait", "blank-portrait"}) {
      const insp::Report report = judge(damage, Side::front, shot);
      EXPECT_EQ(report.verdict, Verdict::damaged) << damage << shot << testing::PrintToString(kinds(report));
    }
  }
}

TEST(Content, OtherTextIsAMismatchAndMissingTextIsDamage) {
  for (std::uint64_t shot = 0; shot < 3; ++shot) {
    EXPECT_THAT(kinds(judge("wrong-text", Side::front, shot)), Contains("wrong-text")) << shot;
    const insp::Report missing = judge("missing-line", Side::front, shot);
    EXPECT_EQ(missing.verdict, Verdict::damaged) << shot << testing::PrintToString(kinds(missing));
    EXPECT_THAT(kinds(missing), Contains("missing-line")) << shot;
  }
}

// A card of order `seed` whose printed field was changed; judged against what was ordered.
insp::Report judge_changed(const char* column, const std::function<void(std::string&)>& change,
                           std::uint64_t seed) {
  static const samples::CardMaker maker;
  ktp::Order order = samples::invented_order(seed);
  order.field("nama") = "OKTAVIANUS CERIA FIRDAUS";
  const ktp::Face expected = maker.front(order, samples::portrait(seed), samples::signature(seed));
  change(order.field(column));
  const ktp::Face printed = maker.front(order, samples::portrait(seed), samples::signature(seed));
  cv::RNG rng(seed + 77);
  return insp::inspect(**insp::prepare(expected, card_profile()),
                       photograph(samples::to_mat(printed.image), rng).view());
}

TEST(Content, ASingleLetterThatLooksNearlyTheSameIsAMismatchInItsField) {
  for (const auto& [at, letter] :
       {std::pair(0, 'Q'), std::pair(11, 'G'), std::pair(12, 'F'), std::pair(17, 'E'), std::pair(14, 'L')}) {
    const insp::Report report =
        judge_changed("nama", [&](std::string& name) { name[static_cast<std::size_t>(at)] = letter; }, 21);
    EXPECT_EQ(report.verdict, Verdict::mismatch) << letter << testing::PrintToString(kinds(report));
    ASSERT_THAT(kinds(report), Contains("wrong-text")) << letter;
    EXPECT_EQ(report.findings.front().field, "name");
  }
}

TEST(Content, ALetterTooManyIsAMismatchAndOneTooFewIsNeverGood) {
  EXPECT_THAT(kinds(judge_changed("kel_desa", [](std::string& t) { t += 'H'; }, 22)), Contains("wrong-text"));
  const insp::Report gone = judge_changed("kel_desa", [](std::string& t) { t.pop_back(); }, 22);
  EXPECT_NE(gone.verdict, Verdict::good);
  EXPECT_THAT(kinds(gone), Contains(testing::AnyOf("missing-text", "unclear-text")));
}

TEST(Content, AnotherDateIsAMismatch) {
  const insp::Report report =
      judge_changed("tanggal_terbit", [](std::string& t) { t = "13" + t.substr(2, 6) + "23"; }, 23);
  EXPECT_EQ(report.verdict, Verdict::mismatch) << testing::PrintToString(kinds(report));
}

TEST(Content, APortraitMoreLikeAnotherOrdersThanItsOwnIsAMismatch) {
  const ktp::Face& own = face(1, Side::front);
  ktp::Face alike = own;  // a third of the way to somebody else
  const cv::Mat other = samples::to_mat(face(2, Side::front).image);
  const ktp::BoxMm zone = own.layout.at("portrait");
  const double s = own.px_per_mm();
  const cv::Rect at(cvRound(zone.x * s), cvRound(zone.y * s), cvRound(zone.w * s), cvRound(zone.h * s));
  cv::Mat blend;
  cv::addWeighted(samples::to_mat(own.image)(at), 0.67, other(at), 0.33, 0, blend);
  alike.image = own.image;
  blend.copyTo(samples::to_mat(alike.image)(at));
  const std::vector<ktp::Image> queue{insp::printed_portrait(face(3, Side::front)),
                                      insp::printed_portrait(alike)};
  cv::RNG rng(31);
  const insp::Report mixed =
      insp::inspect(*reference(1, Side::front), photograph(samples::to_mat(alike.image), rng).view(), queue);
  EXPECT_EQ(mixed.verdict, Verdict::mismatch);
  EXPECT_THAT(kinds(mixed), Contains("wrong-portrait"));
  const insp::Report right =
      insp::inspect(*reference(1, Side::front), photograph(samples::to_mat(own.image), rng).view(), queue);
  EXPECT_EQ(right.verdict, Verdict::good) << testing::PrintToString(kinds(right));
}

TEST(Content, ThePortraitOfAFaceWithoutOneIsEmpty) {
  EXPECT_TRUE(insp::printed_portrait(face(1, Side::back)).empty());
  EXPECT_TRUE(insp::printed_portrait({}).empty());
  EXPECT_FALSE(insp::printed_portrait(face(1, Side::front)).empty());
}

TEST(Content, TheOtherSideUpIsNamed) {
  cv::RNG rng(3);
  const ktp::Image photo = photograph(samples::to_mat(face(1, Side::back).image), rng);
  const insp::Report report = insp::inspect(*reference(1, Side::front), photo.view());
  EXPECT_EQ(report.verdict, Verdict::mismatch);
  EXPECT_THAT(kinds(report), Contains("wrong-side"));
}

TEST(Handling, AnUnknownCardIsRectifiedByItsOutline) {
  cv::RNG rng(12);
  const ktp::Image photo = photograph(samples::to_mat(face(2, Side::front).image), rng);
  const auto card = insp::rectified_card(photo.view(), 300);
  ASSERT_TRUE(card) << card.error().message;
  EXPECT_EQ(card->width, 1011);
  EXPECT_EQ(card->height, 638);
  cv::Mat difference;
  cv::absdiff(samples::to_mat(*card), samples::to_mat(face(2, Side::front).image), difference);
  const cv::Scalar mean = cv::mean(difference);
  EXPECT_LT(mean[0] + mean[1] + mean[2], 3 * 30);
  EXPECT_FALSE(insp::rectified_card(ktp::Image(1300, 900, 3, 50).view(), 300));
  EXPECT_FALSE(insp::rectified_card({}, 300));
}

TEST(Handling, CardUpsideDownIsJudgedAllTheSame) {
  cv::RNG rng(4);
  ktp::Image photo = photograph(samples::to_mat(face(2, Side::front).image), rng);
  cv::rotate(samples::to_mat(photo), samples::to_mat(photo), cv::ROTATE_180);
  EXPECT_EQ(insp::inspect(*reference(2, Side::front), photo.view()).verdict, Verdict::good);
}

TEST(Handling, NoCardAndHalfACardAreForReview) {
  cv::RNG rng(5);
  const ktp::Image photo = photograph(samples::to_mat(face(2, Side::front).image), rng);
  ktp::ImageView half = photo.view();
  half.width = photo.width / 2;
  const insp::Report cut = insp::inspect(*reference(2, Side::front), half);
  EXPECT_EQ(cut.verdict, Verdict::review);
  EXPECT_THAT(kinds(cut), Contains("card-cut-off"));

  ktp::Image desk(1300, 900, 3, 50);
  cv::Mat pixels = samples::to_mat(desk), noise(pixels.size(), CV_8UC3);
  rng.fill(noise, cv::RNG::UNIFORM, 0, 20);
  pixels += noise;
  const insp::Report none = insp::inspect(*reference(2, Side::front), desk.view());
  EXPECT_EQ(none.verdict, Verdict::review);
  EXPECT_THAT(kinds(none), Contains("no-card"));
  EXPECT_TRUE(none.rectified.empty());
}

TEST(Handling, AnyBytesGetAVerdictAndNothingIsThrown) {
  const auto r = reference(1, Side::front);
  EXPECT_EQ(insp::inspect(*r, {}).verdict, Verdict::review);
  for (const int width : {1, 7, 399, 1400}) {
    for (const int level : {0, 255}) {
      const ktp::Image picture(width, 300, 3, static_cast<std::uint8_t>(level));
      EXPECT_EQ(insp::inspect(*r, picture.view()).verdict, Verdict::review) << width;
    }
  }
}

TEST(Handling, TheSamePictureGivesTheSameReport) {
  const insp::Report a = judge("scratch", Side::front, 2), b = judge("scratch", Side::front, 2);
  EXPECT_EQ(a.score, b.score);
  ASSERT_EQ(a.findings.size(), b.findings.size());
  EXPECT_EQ(a.rectified.pixels, b.rectified.pixels);
}

TEST(Handling, BoxesAreInPixelsOfA600DpiFace) {
  static const samples::CardMaker maker(600);
  const samples::Card fine = maker.make(9);
  const auto r = *insp::prepare(fine.front, card_profile());
  cv::RNG rng(6);
  cv::Mat picture = samples::to_mat(fine.front.image).clone();
  const ktp::BoxMm truth = samples::damage(picture, "scratch", fine.front, fine.front, rng);
  samples::Camera camera = samples::any_camera(rng);
  camera.px_per_mm = 24;
  camera.hard_specks = 0;  // at this resolution dust on the glass is as good as dust on the card
  const double s = fine.front.px_per_mm();
  const ktp::Image photo = samples::photograph(samples::print(picture, s, rng), s, camera, rng);
  const insp::Report report = insp::inspect(*r, photo.view());
  ASSERT_THAT(kinds(report), Contains("scratch"));
  EXPECT_EQ(report.rectified.width, 2022);
  const ktp::Finding& f = report.findings.front();
  EXPECT_LT(std::abs((f.box.x + f.box.w / 2.0) / s - (truth.x + truth.w / 2)), 3);
  EXPECT_LT(std::abs((f.box.y + f.box.h / 2.0) / s - (truth.y + truth.h / 2)), 3);
  const samples::Card good = maker.make(10);
  const ktp::Image clean =
      samples::photograph(samples::print(samples::to_mat(good.front.image), s, rng), s, camera, rng);
  EXPECT_EQ(insp::inspect(**insp::prepare(good.front, card_profile()), clean.view()).verdict, Verdict::good);
}

TEST(Handling, APictureWithoutLayoutIsComparedAllTheSame) {
  ktp::Face bare;
  bare.image = face(1, Side::front).image;
  const auto r = *insp::prepare(bare, card_profile());
  cv::RNG rng(8);
  cv::Mat picture = samples::to_mat(bare.image).clone();
  EXPECT_EQ(insp::inspect(*r, photograph(picture, rng).view()).verdict, Verdict::good);
  samples::damage(picture, "scratch", face(1, Side::front), face(2, Side::front), rng);
  EXPECT_EQ(insp::inspect(*r, photograph(picture, rng).view()).verdict, Verdict::damaged);
}

TEST(Handling, APictureWithoutLayoutStillTellsWrongContentFromDamage) {
  int digits = 0;
  for (std::uint64_t shot = 0; shot < 8; ++shot) {
    cv::RNG rng(shot + 60);
    ktp::Face bare;
    bare.image = face(1, Side::front).image;
    const auto r = *insp::prepare(bare, card_profile());
    cv::Mat picture = samples::to_mat(bare.image).clone();
    samples::damage(picture, shot < 6 ? "wrong-digit" : "wrong-portrait", face(1, Side::front),
                    face(2, Side::front), rng);
    const insp::Report report = insp::inspect(*r, photograph(picture, rng).view());
    EXPECT_EQ(report.verdict, Verdict::mismatch) << shot << testing::PrintToString(kinds(report));
    digits += testing::Value(kinds(report), Contains("wrong-digit")) ? 1 : 0;
  }
  EXPECT_EQ(digits, 6);
}

TEST(Handling, PlainFaceIsComparedWithoutPrintToAlignBy) {
  ktp::Face plain;
  plain.image = ktp::Image(1011, 638, 3, 225);
  const auto r = *insp::prepare(plain, card_profile());
  cv::RNG rng(9);
  cv::Mat picture = samples::to_mat(plain.image).clone();
  EXPECT_EQ(insp::inspect(*r, photograph(picture, rng).view()).verdict, Verdict::good);
  cv::circle(picture, {400, 300}, 20, {90, 70, 40}, cv::FILLED);
  EXPECT_EQ(insp::inspect(*r, photograph(picture, rng).view()).verdict, Verdict::damaged);
}

TEST(Prepare, RefusesWhatIsNoWholeCard) {
  ktp::Face wrong;
  wrong.image = ktp::Image(800, 800);
  const auto r = insp::prepare(wrong, card_profile());
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ktp::ErrorCode::bad_data);
  EXPECT_FALSE(insp::prepare({}, card_profile()));
}

TEST(Marked, DrawsOverTheBoxAndNowhereElse) {
  const ktp::Image picture(400, 300, 3, 128);
  ktp::Finding f;
  f.kind = "stain";
  f.box = {100, 150, 40, 30};
  const ktp::Image out = insp::marked(picture, {f});
  EXPECT_NE(out.pixels, picture.pixels);
  EXPECT_EQ(out.row(280)[3 * 350], 128);
  EXPECT_EQ(insp::marked(picture, {}).pixels, picture.pixels);
}

}  // namespace
