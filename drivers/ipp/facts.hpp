// SPDX-License-Identifier: Apache-2.0
// What a printer says of itself and of a job, out of libcups's attributes into plain values. What it does not
// say is empty, never a default.
#pragma once
#include <cups/cups.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ipp {

/// A value of printer-input-tray or printer-output-tray (PWG 5100.13):
/// "type=...;maxcapacity=50;remaining=-3;".
struct Tray {
  std::optional<std::int64_t> capacity, level, remaining;
};
/// Whatever bytes come: keys that are not there or are no number stay empty.
[[nodiscard]] Tray parse_tray(std::string_view octets);

struct Supply {
  std::string id;           ///< marker-names, in letters of a supply id: "ymcko-ribbon"
  std::int64_t level = -2;  ///< 0 to 100; -1 unavailable, -2 unknown, -3 some left
};

/// Get-Printer-Attributes: state only, or all of it.
struct PrinterFacts {
  int state = 0;                     ///< IPP_PSTATE_*; 0 = not said
  std::vector<std::string> reasons;  ///< printer-state-reasons without "none"
  bool tells_reasons = false;        ///< printer-state-reasons was there at all, as RFC 8011 demands
  std::string message;               ///< printer-state-message
  bool accepting = true;
  std::optional<int> queued;  ///< queued-job-count
  std::vector<Supply> supplies;
  std::optional<bool> output_seen;     ///< a card lies in the output; empty: the printer cannot see that
  std::optional<std::int64_t> hopper;  ///< blanks in the input tray, where it gives a number

  // All of it:
  std::set<std::string, std::less<>> media, sides, formats, raster_types;
  std::set<int> operations;
  std::vector<int> resolutions;       ///< of PWG raster, square ones, dots an inch
  std::string sheet_back = "normal";  ///< pwg-raster-document-sheet-back
  std::string model;                  ///< printer-make-and-model
  bool is_queue = false;              ///< a queue of cupsd, not a printer
};
[[nodiscard]] PrinterFacts printer_facts(ipp_t* answer);
/// The attributes that a look at the state needs, and those that opening needs.
[[nodiscard]] const std::vector<const char*>& state_attributes();
[[nodiscard]] const std::vector<const char*>& all_attributes();

struct JobFacts {
  int id = 0;
  std::string name, user;  ///< job-name, job-originating-user-name
  int state = 0;           ///< IPP_JSTATE_*
  std::set<std::string, std::less<>> reasons;
  std::string message;
  std::optional<bool> processed;   ///< time-at-processing has a value; empty: not said
  std::optional<int> impressions;  ///< job-impressions-completed
  std::optional<int> sheets;       ///< job-media-sheets-completed
  [[nodiscard]] bool ended() const { return state >= IPP_JSTATE_CANCELED; }
};
/// Each job of an answer to Get-Jobs or Get-Job-Attributes.
[[nodiscard]] std::vector<JobFacts> job_facts(ipp_t* answer);
[[nodiscard]] const std::vector<const char*>& job_attributes();

}  // namespace ipp
