// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "drivers/plugin_host.hpp"
#include "drivers/world_check.hpp"
#include "sim-world/trouble.hpp"
#include "sim-world/world.hpp"

namespace {

using namespace drivers_test;
using sim::Side;
using sim::State;
using sim::World;

constexpr int kDpi = 20;  // small faces: what is tested here is files

sim::WorldOptions options(const fs::path& folder, std::uint64_t blanks = 100) {
  sim::WorldOptions o;
  o.folder = folder;
  o.blanks = blanks;
  o.dpi = kDpi;
  return o;
}

sim::Blank print(World& world, const std::string& token) {
  const sim::Picture face(67, 43, 90);
  const sim::Blank blank = world.feed(token);
  world.put_face(blank.number, Side::front, face.view());
  world.put_face(blank.number, Side::back, face.view());
  world.finish(blank.number, State::printed);
  return blank;
}

TEST(World, NumbersBlanksFromOneAndCountsTheHopperDown) {
  TempFolder temp;
  World world(options(temp / "w"));
  EXPECT_EQ(world.left(), 100u);
  EXPECT_EQ(print(world, "a").number, 1u);
  EXPECT_EQ(print(world, "b").number, 2u);
  EXPECT_EQ(world.left(), 98u);
  EXPECT_EQ(world.taken(), 2u);
  EXPECT_EQ(read_text(temp / "w/inside/2.json").find("{\"n\":2,\"uid\":\"04"), 0u);
}

TEST(World, AJobIsFedOnceAlsoAfterARestart) {
  TempFolder temp;
  {
    World world(options(temp / "w"));
    print(world, "a");
    EXPECT_THROW(world.feed("a"), sim::Trouble);
  }
  World world(options(temp / "w"));
  EXPECT_THROW(world.feed("a"), sim::Trouble);
  EXPECT_EQ(world.left(), 99u);
  EXPECT_EQ(world.find("a")->text.state, State::printed);
  EXPECT_FALSE(world.find("b").has_value());
}

TEST(World, UsesAHopperOfSomebodyElseAndKeepsItsKeys) {
  TempFolder temp;
  fs::create_directories(temp / "w");
  write_text(temp / "w/hopper.json", R"({"left": 3, "supplier": "PNRI"})");
  {
    World world(options(temp / "w"));
    EXPECT_EQ(world.left(), 3u);
    print(world, "a");
    EXPECT_NE(read_text(temp / "w/hopper.json").find("\"supplier\":\"PNRI\""), std::string::npos);
    // Filled up while the printer is open, by a file with nothing but the number.
    write_text(temp / "w/hopper.json", R"({"left": 50})");
    EXPECT_EQ(print(world, "b").number, 2u);
    EXPECT_EQ(world.left(), 49u);
  }
  write_text(temp / "w/hopper.json", R"({"left": 10})");
  World world(options(temp / "w"));
  EXPECT_EQ(print(world, "c").number, 3u);
  EXPECT_EQ(world.left(), 9u);
  WorldCheck check(temp / "w", 12);
  check();
}

TEST(World, AnEmptyHopperFeedsNothing) {
  TempFolder temp;
  World world(options(temp / "w", 1));
  print(world, "a");
  try {
    world.feed("b");
    FAIL() << "fed a blank that is not there";
  } catch (const sim::Trouble& trouble) {
    EXPECT_EQ(trouble.kind(), sim::Kind::empty);
  }
  EXPECT_FALSE(world.find("b").has_value());
  EXPECT_EQ(world.taken(), 1u);
}

TEST(World, ADamagedHopperIsAnErrorThatNamesTheFileAndIsNotOverwritten) {
  TempFolder temp;
  fs::create_directories(temp / "w");
  for (const char* wrong : {"", "{", "[]", R"({"left": -1})", R"({"left": "5"})", R"({})"}) {
    write_text(temp / "w/hopper.json", wrong);
    try {
      World world(options(temp / "w"));
      FAIL() << "accepted " << wrong;
    } catch (const sim::Trouble& trouble) {
      EXPECT_NE(std::string(trouble.what()).find("hopper.json"), std::string::npos);
    }
    EXPECT_EQ(read_text(temp / "w/hopper.json"), wrong);
  }
}

TEST(World, UidsAreUniqueInALotAndDifferBetweenWorlds) {
  TempFolder temp;
  const sim::Files files;
  fs::create_directories(temp / "a");
  fs::create_directories(temp / "b");
  sim::Hopper a(files, temp / "a", 10), b(files, temp / "b", 10);
  std::set<std::string> seen;
  for (std::uint64_t n = 1; n <= 100000; ++n) ASSERT_TRUE(seen.insert(a.uid_of(n)).second) << n;
  EXPECT_NE(a.uid_of(1), b.uid_of(1));
  EXPECT_EQ(sim::Hopper(files, temp / "a", 10).uid_of(5), a.uid_of(5));
}

TEST(World, NeverWritesOverACard) {
  TempFolder temp;
  World world(options(temp / "w"));
  const sim::Picture face(67, 43, 90);
  write_text(temp / "w/inside/1-front.png", "somebody else's");
  const sim::Blank blank = world.feed("a");
  EXPECT_THROW(world.put_face(blank.number, Side::front, face.view()), sim::Trouble);
  EXPECT_EQ(read_text(temp / "w/inside/1-front.png"), "somebody else's");
}

TEST(World, TheJsonArrivesLastSoThatWhereItIsTheWholeCardIs) {
  TempFolder temp;
  sim::WorldOptions o = options(temp / "w");
  int seen_under_way = 0;
  // Called before every change: also between any two renames. The card goes inside -> at-camera once.
  o.before_change = [&] {
    for (const char* place : {"inside", "at-camera"}) {
      const fs::path folder = temp / "w" / place;
      const int pictures = fs::exists(folder / "1-front.png") + fs::exists(folder / "1-back.png");
      const bool json = fs::exists(folder / "1.json");
      if (place == std::string("at-camera")) {
        EXPECT_TRUE(!json || pictures == 2) << "the json came before its pictures";
      }
      if (pictures > 0 && !json) ++seen_under_way;
    }
  };
  World world(o);
  print(world, "a");
  world.move(1, sim::kAtCamera);
  print(world, "b");
  EXPECT_GT(seen_under_way, 3);
}

TEST(World, FindsACardThatSomebodyMovedByHand) {
  TempFolder temp;
  World world(options(temp / "w"));
  print(world, "a");
  for (const char* name : {"1-front.png", "1-back.png", "1.json"})
    fs::rename(temp / "w/inside" / name, temp / "w/bins/review" / name);
  EXPECT_EQ(world.find("a")->place, "bins/review");
}

TEST(World, TheIndexIsOnlyACache) {
  TempFolder temp;
  const auto tokens_work = [&] {
    World world(options(temp / "w"));
    for (const char* token : {"a", "b", "c"}) ASSERT_TRUE(world.find(token).has_value()) << token;
  };
  {
    World world(options(temp / "w"));
    for (const char* token : {"a", "b", "c"}) print(world, token);
  }
  const std::string index = read_text(temp / "w/.cards");
  fs::remove(temp / "w/.cards");
  tokens_work();
  EXPECT_EQ(read_text(temp / "w/.cards"), index);
  write_text(temp / "w/.cards", index.substr(0, index.size() - 5));
  tokens_work();
  EXPECT_EQ(read_text(temp / "w/.cards"), index);
  write_text(temp / "w/.cards", "\n\n12 X garbage\n");
  tokens_work();
}

}  // namespace
