// SPDX-License-Identifier: Apache-2.0
// When the picture is taken, and that it is taken once for each card.
#include <gtest/gtest.h>

#include <random>

#include "pipeline/still_card.hpp"

namespace ktp::pipeline {
namespace {

using Seen = StillCard::Seen;
using std::chrono::milliseconds;

// A table with a lamp, sensor noise, and what lies on it: pictures every 100 ms.
class Place {
 public:
  Image picture(int card_x = -1, double lamp = 1, int shade = 220) {
    Image image(480, 320);
    for (int y = 0; y < image.height; ++y)
      for (int x = 0; x < image.width; ++x) {
        const bool card = card_x >= 0 && x >= card_x && x < card_x + 300 && y >= 60 && y < 250;
        const bool print = card && (x / 9 + y / 7) % 3 == 0;
        const double level = (print ? 60 : card ? shade : 90) * lamp * (1 - 0.0003 * x);
        const int noisy = static_cast<int>(level + noise_(random_));
        for (int c = 0; c < 3; ++c)
          image.row(y)[3 * x + c] = static_cast<std::uint8_t>(std::clamp(noisy, 0, 255));
      }
    return image;
  }
  Seen see(const Image& image, bool has_card = false) {
    now_ += milliseconds(100);
    return detector.see(image.view(), now_, [&] { return has_card; });
  }
  // Shows it so long that it counts as still; how many pictures were taken.
  int rest(int card_x, double lamp = 1, int shade = 220) {
    int taken = 0;
    for (int i = 0; i < 12; ++i)
      taken += (last = see(picture(card_x, lamp, shade), card_x >= 0)) == Seen::take;
    return taken;
  }
  StillCard detector;
  Seen last = Seen::moving;
  milliseconds now_{0};

 private:
  std::mt19937 random_{7};
  std::normal_distribution<double> noise_{0, 3};
};

TEST(StillCard, ACardThatComesToRestIsTakenOnceAndTheNextAfterThePlaceWasEmpty) {
  Place place;
  EXPECT_EQ(place.rest(-1), 0);
  EXPECT_EQ(place.last, Seen::empty);
  for (int card = 0; card < 3; ++card) {
    for (int x = 180; x > 60; x -= 40) EXPECT_EQ(place.see(place.picture(x)), Seen::moving);
    EXPECT_EQ(place.rest(60 + card), 1);
    EXPECT_EQ(place.last, Seen::taken);
    EXPECT_EQ(place.rest(-1), 0);
    EXPECT_EQ(place.last, Seen::empty);
  }
}

TEST(StillCard, NothingIsTakenWhileItMoves) {
  Place place;
  place.rest(-1);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(place.see(place.picture(i % 2 ? 40 : 70)), Seen::moving);
}

TEST(StillCard, ACardThatLiesThereFromTheBeginningIsNeverTaken) {
  Place place;
  EXPECT_EQ(place.rest(60), 0);
  EXPECT_EQ(place.last, Seen::occupied);
  place.rest(-1);
  EXPECT_EQ(place.rest(60), 1);
}

TEST(StillCard, AHandOverATakenCardDoesNotMakeItANewOne) {
  Place place;
  place.rest(-1);
  EXPECT_EQ(place.rest(60), 1);
  EXPECT_EQ(place.rest(60, 1, 130), 0);  // a hand, still, over it
  EXPECT_EQ(place.last, Seen::occupied);
  EXPECT_EQ(place.rest(60), 0);
  EXPECT_EQ(place.last, Seen::taken);
}

TEST(StillCard, AnotherCardInItsPlaceIsSaidAndNotGuessed) {
  Place place;
  place.rest(-1);
  EXPECT_EQ(place.rest(60), 1);
  EXPECT_EQ(place.rest(110), 0);
  EXPECT_EQ(place.last, Seen::occupied);
}

TEST(StillCard, ALampThatAgesIsNoCard) {
  Place place;
  place.rest(-1);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(place.rest(-1, 1 - 0.005 * i), 0) << i;
    EXPECT_EQ(place.last, Seen::empty) << i;
  }
  EXPECT_EQ(place.rest(60, 0.8), 1);
}

TEST(StillCard, AnotherLampIsLearntWhenSomebodySaysThatThereIsNoCard) {
  Place place;
  place.rest(-1);
  EXPECT_EQ(place.rest(-1, 1.6), 1) << "it cannot know better";
  place.detector.place_looks_like_this();
  EXPECT_EQ(place.rest(-1, 1.6), 0);
  EXPECT_EQ(place.rest(60, 1.1), 1);
}

TEST(StillCard, ACameraThatTellsItselfThatNothingLiesThereIsBelieved) {
  Place place;
  EXPECT_EQ(place.detector.nothing(milliseconds(0)), Seen::empty);
  EXPECT_EQ(place.rest(60), 1);
  EXPECT_EQ(place.rest(60), 0);
  place.detector.nothing(place.now_);
  EXPECT_EQ(place.see(place.picture(60)), Seen::moving) << "it has to lie still first";
  EXPECT_EQ(place.rest(60), 1);
}

TEST(StillCard, PicturesOfAnotherSizeOrNoneAreNeverACard) {
  Place place;
  place.rest(-1);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(place.see(Image()), Seen::moving);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(place.see(Image(10, 10)), Seen::moving);
}

}  // namespace
}  // namespace ktp::pipeline
