// SPDX-License-Identifier: Apache-2.0
// The driver's pure parts.
#include <gtest/gtest.h>

#include "ipp/evidence.hpp"
#include "ipp/facts.hpp"
#include "ipp/pages.hpp"
#include "ipp/reasons.hpp"

namespace ipp {
namespace {

Evidence whole() {
  Evidence evidence;
  evidence.sent = Sent::all;
  evidence.sides = 2;
  evidence.was_processing = true;
  evidence.job.emplace();
  evidence.job->state = IPP_JSTATE_COMPLETED;
  evidence.job->impressions = 2;
  evidence.output_seen = true;
  return evidence;
}

TEST(Evidence, EachThingThatIsMissingIsEnoughNotToBePrinted) {
  EXPECT_EQ(judge(whole()).outcome, STN_CARD_PRINTED);
  const auto expect_not = [](const char* what, auto change) {
    Evidence evidence = whole();
    change(evidence);
    const Judgement judgement = judge(evidence);
    EXPECT_NE(judgement.outcome, STN_CARD_PRINTED) << what;
    EXPECT_FALSE(judgement.why.empty()) << what;
  };
  for (const int state :
       std::initializer_list<int>{IPP_JSTATE_PENDING, IPP_JSTATE_HELD, IPP_JSTATE_PROCESSING,
                                  IPP_JSTATE_STOPPED, IPP_JSTATE_CANCELED, IPP_JSTATE_ABORTED, 0, 99})
    expect_not("state", [&](Evidence& e) { e.job->state = state; });
  expect_not("no count", [](Evidence& e) { e.job->impressions.reset(); });
  expect_not("one side", [](Evidence& e) { e.job->impressions = 1; });
  expect_not("no card", [](Evidence& e) { e.job->sheets = 0; });
  expect_not("two cards", [](Evidence& e) { e.job->sheets = 2; });
  expect_not("errors", [](Evidence& e) { e.job->reasons.insert("job-completed-with-errors"); });
  expect_not("not seen", [](Evidence& e) { e.output_seen = false; });
  expect_not("part sent", [](Evidence& e) { e.sent = Sent::part; });
  expect_not("no answer", [](Evidence& e) { e.sent = Sent::unknown; });
  expect_not("a queue", [](Evidence& e) { e.count_is_believed = false; });
  expect_not("hopper as before", [](Evidence& e) { e.hopper_before = e.hopper_after = 7; });
  expect_not("no job", [](Evidence& e) { e.job.reset(); });
}

// A completed job is never "not started", and neither is one that had begun, unless an exact hopper says so.
TEST(Evidence, NotStartedNeedsProof) {
  int proven = 0;
  for (const Sent sent : {Sent::nothing, Sent::part, Sent::all, Sent::unknown})
    for (const int state : {IPP_JSTATE_PENDING, IPP_JSTATE_PROCESSING, IPP_JSTATE_STOPPED,
                            IPP_JSTATE_CANCELED, IPP_JSTATE_ABORTED, IPP_JSTATE_COMPLETED})
      for (const int processed : {-1, 0, 1})
        for (const bool was : {false, true})
          for (const int seen : {-1, 0, 1})
            for (const int hopper : {-1, 0, 1})  // not counted, one less, as before
              for (const bool jam : {false, true}) {
                Evidence evidence = whole();
                evidence.sent = sent;
                evidence.job->state = state;
                evidence.job->processed = processed < 0 ? std::nullopt : std::optional(processed == 1);
                evidence.was_processing = was;
                evidence.output_seen = seen < 0 ? std::nullopt : std::optional(seen == 1);
                if (hopper >= 0) evidence.hopper_before = 7, evidence.hopper_after = 6 + hopper;
                evidence.jammed = jam;
                if (judge(evidence).outcome != STN_CARD_NOT_STARTED) continue;
                ++proven;
                if (sent == Sent::nothing) continue;
                EXPECT_TRUE(state == IPP_JSTATE_CANCELED || state == IPP_JSTATE_ABORTED);
                EXPECT_TRUE((processed == 0 && !was) || hopper == 1);
                EXPECT_FALSE(jam || seen == 1 || hopper == 0);
              }
  EXPECT_GT(proven, 0);
}

TEST(Reasons, KeepIppsWordsAndSayWhatToDo) {
  EXPECT_EQ(reason_of("media-jam", false).severity, STN_SEVERITY_ERROR);
  EXPECT_EQ(reason_of("media-jam-warning", false).severity, STN_SEVERITY_WARNING);
  EXPECT_EQ(reason_of("media-jam-warning", false).keyword, "media-jam");
  EXPECT_EQ(reason_of("media-low", false).severity, STN_SEVERITY_WARNING);
  EXPECT_EQ(reason_of("media-low-error", false).severity, STN_SEVERITY_ERROR);
  EXPECT_EQ(reason_of("wifi-not-configured-report", true).severity, STN_SEVERITY_REPORT);
  EXPECT_EQ(reason_of("laser-out-of-order", true).severity, STN_SEVERITY_ERROR);
  EXPECT_EQ(reason_of("laser-out-of-order", false).severity, STN_SEVERITY_WARNING);
  EXPECT_NE(reason_of("laser-out-of-order", true).words.find("laser-out-of-order"), std::string::npos);
  EXPECT_EQ(reason_of("Nonsense!", true).keyword, "other");
  EXPECT_EQ(reason_of("-error", true).keyword, "-error");
}

TEST(Reasons, OfAPrinterThatTellsNoneAreNotTakenForGood) {
  PrinterFacts facts;
  facts.state = IPP_PSTATE_IDLE;
  ASSERT_EQ(reasons_of(facts).size(), 1u);
  EXPECT_EQ(reasons_of(facts)[0].severity, STN_SEVERITY_ERROR);
  facts.tells_reasons = true;
  EXPECT_TRUE(reasons_of(facts).empty());
  facts.reasons = {"media-low-warning", "media-low-error", "media-low"};
  ASSERT_EQ(reasons_of(facts).size(), 1u);
  EXPECT_EQ(reasons_of(facts)[0].severity, STN_SEVERITY_ERROR) << "the worst of them";
}

TEST(Tray, OnlyNumbersThatAreThereCount) {
  const Tray full = parse_tray("type=unRemovableBin;maxcapacity=50;remaining=-3;status=0;name=Face-up Tray;");
  EXPECT_EQ(full.capacity, 50);
  EXPECT_EQ(full.remaining, -3);
  EXPECT_FALSE(full.level);
  EXPECT_EQ(parse_tray("level=12").level, 12);
  EXPECT_FALSE(parse_tray("level=12x;").level);
  EXPECT_FALSE(parse_tray("level=;level").level);
  EXPECT_FALSE(parse_tray("level=99999999999999999999;").level);
  EXPECT_FALSE(parse_tray(std::string_view("lev\0l=1;;;=;", 12)).level);
}

TEST(Facts, TheOutputIsSeenOnlyWhereOneTrayTellsItsRoom) {
  const auto seen = [](std::vector<std::string> trays) {
    ipp_t* const answer = ippNew();
    ipp_attribute_t* attribute = nullptr;
    for (std::size_t i = 0; i < trays.size(); ++i)
      if (i == 0)
        attribute = ippAddOctetString(answer, IPP_TAG_PRINTER, "printer-output-tray", trays[i].data(),
                                      static_cast<int>(trays[i].size()));
      else
        ippSetOctetString(answer, &attribute, static_cast<int>(i), trays[i].data(),
                          static_cast<int>(trays[i].size()));
    const auto facts = printer_facts(answer);
    ippDelete(answer);
    return facts.output_seen;
  };
  EXPECT_EQ(seen({}), std::nullopt);
  EXPECT_EQ(seen({"maxcapacity=1;remaining=1;"}), false);
  EXPECT_EQ(seen({"maxcapacity=1;remaining=0;"}), true);
  EXPECT_EQ(seen({"maxcapacity=50;remaining=-3;"}), std::nullopt) << "as an Epson printer has it";
  EXPECT_EQ(seen({"maxcapacity=-2;remaining=-2;"}), std::nullopt) << "as PAPPL has it";
  EXPECT_EQ(seen({"maxcapacity=1;remaining=1;", "maxcapacity=50;remaining=-3;"}), std::nullopt);
}

TEST(Pages, ACardIsAsLibcupsCountsItAndNothingElseIsACard) {
  const PageSize size = page_size("iso_id-1_53.98x85.6mm", 300);
  EXPECT_EQ(size.width, 637);
  EXPECT_EQ(size.height, 1011);
  EXPECT_EQ(page_size("om_card_85.6x53.98mm", 300).width, 1011) << "fed long edge first";
  EXPECT_EQ(page_size("iso_a4_210x297mm", 300).width, 0);
  EXPECT_EQ(page_size("rubbish", 300).width, 0);
}

}  // namespace
}  // namespace ipp
