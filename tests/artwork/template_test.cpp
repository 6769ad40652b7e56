// SPDX-License-Identifier: Apache-2.0
// What the template loader refuses.
#include <gmock/gmock.h>

#include <algorithm>

#include "artwork/card_fixture.hpp"

namespace ktp::artwork {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Loads the shipped template with one text replaced; the replacement must happen.
Result<std::shared_ptr<const Template>> load_changed(const Folder& folder, const std::string& from,
                                                     const std::string& to) {
  std::string text = text_of(kTemplateFile);
  const auto swap = [&](const std::string& a, const std::string& b) {
    const auto at = text.find(a);
    if (at == std::string::npos) throw std::runtime_error("the shipped template does not hold: " + a);
    text.replace(at, a.size(), b);
  };
  swap("../regions", KTP_SOURCE_DIR "/config/regions");
  if (!from.empty()) swap(from, to);
  put_text(folder / "card.yaml", text);
  return Template::load(folder / "card.yaml");
}

long line_of(const std::string& text, const std::string& what) {
  return 1 + std::count(text.begin(), text.begin() + static_cast<long>(text.find(what)), '\n');
}

TEST(TemplateFile, TheShippedOneLoads) {
  const auto card = Template::load(kTemplateFile);
  ASSERT_TRUE(card) << card.error().message;
  EXPECT_THAT((*card)->version(), StartsWith("ektp-1+"));
}

TEST(TemplateFile, AnyChangeGivesAnotherVersion) {
  const Folder folder;
  const auto a = load_changed(folder, "", "");
  const auto b = load_changed(folder, "alpha: 0.16", "alpha: 0.17");
  EXPECT_NE((*a)->version(), (*b)->version());
}

TEST(TemplateFile, AnUnknownKeyIsAnErrorWithFileAndLine) {
  const Folder folder;
  const auto card = load_changed(folder, "{name: name, value: nama,", "{name: name, colr: 3, value: nama,");
  ASSERT_FALSE(card);
  EXPECT_EQ(card.error().code, ErrorCode::configuration);
  const long line = line_of(text_of(folder / "card.yaml"), "colr: 3");
  EXPECT_THAT(card.error().message,
              StartsWith((folder / "card.yaml").string() + ":" + std::to_string(line) + ": "));
  EXPECT_THAT(card.error().message, HasSubstr("unknown key 'colr'"));
}

TEST(TemplateFile, MistakesAreNamed) {
  struct Case {
    const char *from, *to, *message;
  };
  const Folder folder;
  for (const Case& c : {
           Case{"value: pekerjaan,", "value: pekerjan,", "no such value: pekerjan"},
           Case{"version: ektp-1", "", "template.version: is missing"},
           Case{"box: [23.3, 15.5, 37.6, 4.0]", "box: [23.3, 15.5, 87.6, 4.0]", "does not lie on the card"},
           Case{"box: [23.3, 15.5, 37.6, 4.0]", "box: [23.3, 15.5, 37.6]", "expected 4 numbers"},
           Case{"ink: \"#2f7fb5\"", "ink: blue", "expected a colour"},
           Case{"align: centre", "align: middle", "must be left or centre"},
           Case{"min_size: 1.45", "min_size: 5", "must be from"},
           Case{"size: 2.1,", "size: big,", "expected a number"},
           Case{"{name: sex, value", "{name: name, value", "two fields have this name"},
           Case{"bold: true", "bold: maybe", "expected true or false"},
           Case{"text: Liberation Sans", "text: No Such Font", "font 'No Such Font' is not installed"},
           Case{"size: 3.2, align: centre, bold: true}", "size: 9, align: centre, bold: true}",
                "text 'title' does not fit"},
           Case{"back:", "back: 3\nrest:", "expected keys and values"},
           Case{"papers:", "papers: {", ":"},
       }) {
    const auto card = load_changed(folder, c.from, c.to);
    ASSERT_FALSE(card) << c.to;
    EXPECT_EQ(card.error().code, ErrorCode::configuration) << c.to;
    EXPECT_THAT(card.error().message, HasSubstr(c.message));
    EXPECT_THAT(card.error().message, HasSubstr("card.yaml")) << c.to;
  }
}

TEST(TemplateFile, EveryFaceMustCarryItsSpecimenMark) {
  const Folder folder;
  std::string mark;
  const std::string text = text_of(kTemplateFile);
  const auto at = text.find("    - {text: SPESIMEN");
  mark = text.substr(at, text.find('\n', at) - at);
  const auto card = load_changed(folder, "specimen:\n" + mark, "specimen: []");
  ASSERT_FALSE(card);
  EXPECT_THAT(card.error().message, HasSubstr("at least one mark"));
}

TEST(TemplateFile, AMissingFileIsInputMissing) {
  EXPECT_EQ(Template::load("/no/such/template.yaml").error().code, ErrorCode::input_missing);
}

TEST(TemplateFile, MissingRegionListsAreAConfigurationError) {
  const Folder folder;
  put_text(folder / "card.yaml", text_of(kTemplateFile));  // its ../regions does not exist here
  EXPECT_EQ(Template::load(folder / "card.yaml").error().code, ErrorCode::configuration);
}

}  // namespace
}  // namespace ktp::artwork
