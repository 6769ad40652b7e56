// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "drivers/specimen.hpp"
#include "sim-world/damage.hpp"
#include "sim-world/paint.hpp"
#include "sim-world/png_file.hpp"
#include "sim-world/trouble.hpp"

namespace {

using drivers_test::difference;
using drivers_test::specimen;
using sim::Picture;
using sim::Side;

constexpr sim::paint::Zone kNik{24, 9.5, 40, 4};

sim::damage::Area area(const Picture& p) {
  return {p.width, p.height, p.view().stride};
}

int changed_pixels(const Picture& a, const Picture& b) {
  int count = 0;
  for (std::size_t i = 0; i < a.rgb.size(); i += 3)
    if (a.rgb[i] != b.rgb[i] || a.rgb[i + 1] != b.rgb[i + 1] || a.rgb[i + 2] != b.rgb[i + 2]) ++count;
  return count;
}

TEST(Paint, AHalfPrintIsWhiteFromTheFractionOn) {
  const Picture whole = specimen(1, Side::front);
  Picture half = whole;
  sim::paint::stop_at(half, 0.6);
  const double printed[4] = {0, 0, 51, 53.98}, rest[4] = {52, 0, 33, 53.98};
  EXPECT_EQ(difference(half, whole, printed), 0);
  EXPECT_EQ(difference(half, Picture(whole.width, whole.height, 255), rest), 0);
}

TEST(Paint, AGhostDarkensAndNeverBrightens) {
  const Picture whole = specimen(1, Side::front);
  Picture ghost = whole;
  sim::paint::ghost(ghost, 1.2, 0.35);
  for (std::size_t i = 0; i < whole.rgb.size(); ++i) ASSERT_LE(ghost.rgb[i], whole.rgb[i]);
  EXPECT_GT(difference(ghost, whole, drivers_test::kWholeCard), 3);
  Picture none = whole;
  sim::paint::ghost(none, 1.2, 0);
  EXPECT_EQ(none.rgb, whole.rgb);
}

TEST(Paint, ASwappedDigitChangesOneCellIntoAnother) {
  const Picture whole = specimen(1, Side::front, 300);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Picture wrong = whole;
    ASSERT_TRUE(sim::paint::copy_cell(wrong, kNik, 16, seed));
    int cells = 0;
    for (int i = 0; i < 16; ++i) {
      const double cell[4] = {kNik.x + i * 2.5, kNik.y, 2.5, 4};
      if (difference(wrong, whole, cell) > 5) ++cells;
    }
    EXPECT_EQ(cells, 1) << seed;
    EXPECT_LT(changed_pixels(wrong, whole), 31 * 48);
  }
  Picture blank(1011, 638, 255);
  EXPECT_FALSE(sim::paint::copy_cell(blank, kNik, 16, 1));
}

TEST(Paint, EveryPanelAndTheHeadLeaveTheirMark) {
  const Picture whole = specimen(1, Side::front, 300);
  Picture no_yellow = whole;
  sim::paint::missing_panel(no_yellow, 0);
  for (std::size_t i = 0; i < whole.rgb.size(); i += 3) {
    ASSERT_EQ(no_yellow.rgb[i + 2], 255);
    ASSERT_EQ(no_yellow.rgb[i], whole.rgb[i]);
  }
  Picture dead = whole;
  sim::paint::dead_elements(dead, 2, 5);
  EXPECT_EQ(changed_pixels(dead, whole), 2 * whole.width);
  Picture faded = whole;
  sim::paint::fade(faded, 25);
  EXPECT_NEAR(255 - faded.rgb[0], (255 - whole.rgb[0]) * 0.75, 1.5);
  Picture shifted = whole;
  sim::paint::shift(shifted, 1, 0);
  EXPECT_EQ(shifted.at(5, 300)[0], 255);
  EXPECT_EQ(shifted.at(500, 300)[0], whole.at(500 - 12, 300)[0]);
}

TEST(Damage, HasAboutTheSizeItSaysAndDependsOnTheSeedOnly) {
  const Picture card(1011, 638, 90);
  Picture scratched = card, again = card, other = card, stained = card;
  sim::damage::scratch(scratched.rgb.data(), area(card), 12, 0.35, 0.85, 3);
  sim::damage::scratch(again.rgb.data(), area(card), 12, 0.35, 0.85, 3);
  sim::damage::scratch(other.rgb.data(), area(card), 12, 0.35, 0.85, 4);
  EXPECT_EQ(scratched.rgb, again.rgb);
  EXPECT_NE(scratched.rgb, other.rgb);
  const double mm2 = card.scale() * card.scale();
  EXPECT_NEAR(changed_pixels(scratched, card) / mm2, 12 * 0.43, 2.5);  // smoothed edges count too
  sim::damage::stain(stained.rgb.data(), area(card), 1.5, 0.6, 3);
  EXPECT_NEAR(changed_pixels(stained, card) / mm2, 1.77, 0.7);
}

TEST(Png, ComesBackAsItWentAndRefusesWhatIsCut) {
  const Picture face = specimen(7, Side::back, 300);
  const auto file = sim::encode_png(face.view(), 300);
  EXPECT_EQ(sim::decode_png(file).rgb, face.rgb);
  for (const std::size_t keep :
       {std::size_t{0}, std::size_t{10}, std::size_t{40}, file.size() / 2, file.size() - 20})
    EXPECT_THROW(static_cast<void>(sim::decode_png(std::span(file).first(keep))), sim::Trouble) << keep;
  auto flipped = file;
  flipped[flipped.size() / 2] ^= 0x55;
  EXPECT_THROW(static_cast<void>(sim::decode_png(flipped)), sim::Trouble);
}

}  // namespace
