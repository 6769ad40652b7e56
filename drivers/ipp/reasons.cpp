// SPDX-License-Identifier: Apache-2.0
#include "ipp/reasons.hpp"

#include <algorithm>
#include <array>

namespace ipp {
namespace {

struct Known {
  std::string_view keyword;
  bool blocks;  ///< without a suffix
  stn_code code;
  const char* words;
};

// Keywords of RFC 8011 5.4.12 and the IANA registry of printer-state-reasons.
constexpr std::array kKnown{
    Known{"media-empty", true, STN_E_MEDIA, "Fill the feeder with blanks."},
    Known{"media-needed", true, STN_E_MEDIA, "Put in the blanks that the printer asks for."},
    Known{"media-low", false, STN_E_MEDIA, "The blanks are running out."},
    Known{"input-tray-missing", true, STN_E_MEDIA, "Put the input tray back."},
    Known{"media-jam", true, STN_E_JAM,
          "A card is stuck. Open the printer, take the card out of the path, close it."},
    Known{"cover-open", true, STN_E_COVER, "Close the cover."},
    Known{"door-open", true, STN_E_COVER, "Close the door."},
    Known{"interlock-open", true, STN_E_COVER, "Close the printer: an interlock is open."},
    Known{"marker-supply-empty", true, STN_E_SUPPLY, "The ribbon is used up: put in a new one."},
    Known{"marker-supply-low", false, STN_E_SUPPLY, "The ribbon is running out."},
    Known{"marker-supply-missing", true, STN_E_SUPPLY, "Put in a ribbon."},
    Known{"toner-empty", true, STN_E_SUPPLY, "The printer's supply is used up: put in a new one."},
    Known{"toner-low", false, STN_E_SUPPLY, "The printer's supply is running out."},
    Known{"marker-waste-full", true, STN_E_SUPPLY, "Empty or change the waste container."},
    Known{"marker-waste-almost-full", false, STN_E_SUPPLY, "The waste container is almost full."},
    Known{"output-area-full", true, STN_E_MEDIA, "Empty the output."},
    Known{"output-area-almost-full", false, STN_E_MEDIA, "Empty the output."},
    Known{"output-tray-missing", true, STN_E_MEDIA, "Put the output tray back."},
    Known{"paused", true, STN_E_WARMING, "The printer is paused: resume it at its panel."},
    Known{"moving-to-paused", true, STN_E_WARMING, "The printer is being paused: resume it at its panel."},
    Known{"shutdown", true, STN_E_HARDWARE, "The printer is shut down: switch it on."},
    Known{"offline", true, STN_E_HARDWARE, "The printer is offline: see to its power, cable and panel."},
    Known{"connecting-to-device", false, STN_E_HARDWARE, "The queue is connecting to the printer."},
    Known{"timed-out", true, STN_E_HARDWARE,
          "The printer does not answer its queue: see to power and cable."},
    Known{"spool-area-full", true, STN_E_HARDWARE, "The printer has no room for jobs: clear its queue."},
    Known{"stopped-partly", false, STN_E_HARDWARE, "A part of the printer is stopped: see its panel."},
};

bool is_keyword(std::string_view text) {
  return !text.empty() && text.size() < 60 &&
         std::ranges::all_of(
             text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

Reason reason_of(std::string_view reason, bool stopped) {
  std::string_view base = reason;
  int suffix = -1;
  for (const auto& [ending, severity] : {std::pair{std::string_view("-error"), 2},
                                         {std::string_view("-warning"), 1},
                                         {std::string_view("-report"), 0}})
    if (base.size() > ending.size() && base.ends_with(ending)) {
      base.remove_suffix(ending.size());
      suffix = severity;
      break;
    }
  if (!is_keyword(base))
    return {"other", STN_SEVERITY_WARNING, "The printer gives a reason that is no keyword.", STN_E_HARDWARE};
  const auto known = std::ranges::find(kKnown, base, &Known::keyword);
  const bool found = known != kKnown.end();
  const bool blocks = found ? known->blocks : stopped;
  const std::int64_t severity = suffix == 2   ? STN_SEVERITY_ERROR
                                : suffix == 1 ? STN_SEVERITY_WARNING
                                : suffix == 0 ? STN_SEVERITY_REPORT
                                : blocks      ? STN_SEVERITY_ERROR
                                              : STN_SEVERITY_WARNING;
  return {std::string(base), severity,
          found ? known->words : "The printer reports " + std::string(base) + ": see its panel.",
          found ? known->code : STN_E_HARDWARE};
}

std::vector<Reason> reasons_of(const PrinterFacts& facts) {
  std::vector<Reason> reasons;
  for (const std::string& said : facts.reasons) {
    Reason reason = reason_of(said, facts.state == IPP_PSTATE_STOPPED);
    const auto known = std::ranges::find(reasons, reason.keyword, &Reason::keyword);
    if (known == reasons.end())
      reasons.push_back(std::move(reason));
    else if (reason.severity > known->severity)
      *known = std::move(reason);
  }
  if (!facts.tells_reasons)
    reasons.push_back({"other", STN_SEVERITY_ERROR,
                       "The printer does not say what is wrong with it: see its panel, doors and covers.",
                       STN_E_HARDWARE});
  return reasons;
}

}  // namespace ipp
