// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "sim-world/script.hpp"
#include "sim-world/trouble.hpp"

namespace {

using sim::FaultRule;
using sim::Script;
using sim::Side;

const std::vector<FaultRule> kRules = {{"jam", false, {}},
                                       {"scratch", true, {{12, 0.5, 80}, {0.3, 0.02, 5}}},
                                       {"stain", true, {{1.5, 0.1, 30}}}};

std::string error_of(std::string_view text) {
  try {
    static_cast<void>(Script::parse(text, kRules));
  } catch (const sim::Trouble& trouble) {
    return trouble.what();
  }
  return "";
}

TEST(Script, FiresAtTheNumbersItNamesAndNowhereElse) {
  const Script script = Script::parse("jam@3; scratch@5-6/back:20x0.5 # a comment; jam@1\nstain@6:2", kRules);
  for (const std::uint64_t quiet : {1, 2, 4, 7}) EXPECT_TRUE(script.at(quiet, 1).empty()) << quiet;
  ASSERT_EQ(script.at(3, 1).size(), 1u);
  EXPECT_EQ(script.at(3, 1)[0].kind, "jam");
  const auto six = script.at(6, 1);
  ASSERT_EQ(six.size(), 2u);
  EXPECT_EQ(six[0].side, Side::back);
  EXPECT_EQ(six[0].values, (std::vector<double>{20, 0.5}));
  EXPECT_EQ(six[1].kind, "stain");
  EXPECT_FALSE(six[1].side.has_value());
}

TEST(Script, ValuesLeftOutHaveTheirDefault) {
  EXPECT_EQ(Script::parse("scratch@1:30", kRules).at(1, 1)[0].values, (std::vector<double>{30, 0.3}));
  EXPECT_EQ(Script::parse("scratch@1", kRules).at(1, 1)[0].values, (std::vector<double>{12, 0.3}));
}

TEST(Script, ARateStrikesAboutAsOftenAsItSaysAndTheSameForTheSameSeed) {
  const Script script = Script::parse("rate scratch 0.1:7", kRules);
  int hits = 0, back = 0, other = 0;
  for (std::uint64_t n = 1; n <= 5000; ++n) {
    const auto faults = script.at(n, 1);
    hits += static_cast<int>(faults.size());
    if (!faults.empty()) {
      EXPECT_EQ(faults[0].values[0], 7);
      if (faults[0].side == Side::back) ++back;
    }
    EXPECT_EQ(script.at(n, 1).size(), faults.size());
    if (script.at(n, 2).size() != faults.size()) ++other;
  }
  EXPECT_NEAR(hits, 500, 100);
  EXPECT_NEAR(back, hits / 2, 60);
  EXPECT_GT(other, 500);
}

TEST(Script, AMistakeIsAnErrorThatNamesTheEntry) {
  for (const char* wrong :
       {"jam", "jam@", "jam@0", "jam@x", "jam@7-3", "explode@3", "jam@3/front", "scratch@3/side",
        "scratch@3:1x2x3", "scratch@3:900", "rate jam", "rate jam 2", "jam@3 now", "scratch@3:"}) {
    const std::string error = error_of(std::string("stain@2; ") + wrong);
    EXPECT_NE(error.find(std::string("\"") + wrong), std::string::npos) << wrong << " -> " << error;
  }
  EXPECT_EQ(error_of(" ; jam@3 ;\n\n; "), "");
}

}  // namespace
