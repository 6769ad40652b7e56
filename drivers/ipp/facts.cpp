// SPDX-License-Identifier: Apache-2.0
#include "ipp/facts.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <type_traits>

namespace ipp {
namespace {

std::string text_of(ipp_attribute_t* attribute, int index) {
  const char* const text = ippGetString(attribute, index, nullptr);
  return text != nullptr ? text : "";
}

bool is_text(ipp_attribute_t* attribute) {
  switch (ippGetValueTag(attribute)) {
    case IPP_TAG_KEYWORD:
    case IPP_TAG_NAME:
    case IPP_TAG_NAMELANG:
    case IPP_TAG_TEXT:
    case IPP_TAG_TEXTLANG:
    case IPP_TAG_URI:
    case IPP_TAG_MIMETYPE:
      return true;
    default:
      return false;
  }
}

std::vector<std::string> texts(ipp_t* answer, const char* name) {
  std::vector<std::string> values;
  ipp_attribute_t* const attribute = ippFindAttribute(answer, name, IPP_TAG_ZERO);
  if (attribute == nullptr || !is_text(attribute)) return values;
  for (int i = 0; i < ippGetCount(attribute); ++i) values.push_back(text_of(attribute, i));
  return values;
}

std::string first_text(ipp_t* answer, const char* name) {
  const auto values = texts(answer, name);
  return values.empty() ? "" : values.front();
}

std::set<std::string, std::less<>> text_set(ipp_t* answer, const char* name) {
  const auto values = texts(answer, name);
  return {values.begin(), values.end()};
}

bool is_number(ipp_attribute_t* attribute) {
  const auto tag = ippGetValueTag(attribute);
  return tag == IPP_TAG_INTEGER || tag == IPP_TAG_ENUM;
}

std::optional<int> number(ipp_attribute_t* attribute) {
  if (attribute == nullptr || !is_number(attribute)) return std::nullopt;
  return ippGetInteger(attribute, 0);
}
std::optional<int> number(ipp_t* answer, const char* name) {
  return number(ippFindAttribute(answer, name, IPP_TAG_ZERO));
}

/// "YMCKO ribbon" -> "ymcko-ribbon".
std::string supply_id(std::string_view name) {
  std::string id;
  for (const char c : name) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool plain = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9');
    if (plain)
      id += low;
    else if (!id.empty() && id.back() != '-')
      id += '-';
    if (id.size() == 40) break;
  }
  while (id.ends_with('-')) id.pop_back();
  return id;
}

std::vector<Supply> supplies(ipp_t* answer) {
  std::vector<Supply> found;
  const auto names = texts(answer, "marker-names");
  ipp_attribute_t* const levels = ippFindAttribute(answer, "marker-levels", IPP_TAG_INTEGER);
  for (std::size_t i = 0; i < names.size() && found.size() < 16; ++i) {
    Supply supply{supply_id(names[i]), -2};
    if (supply.id.empty()) supply.id = "supply-" + std::to_string(i + 1);
    if (levels != nullptr && static_cast<int>(i) < ippGetCount(levels)) {
      const int level = ippGetInteger(levels, static_cast<int>(i));
      supply.level = level >= -3 && level <= 100 ? level : -2;
    }
    const bool known = std::ranges::any_of(found, [&](const Supply& other) { return other.id == supply.id; });
    if (!known) found.push_back(std::move(supply));
  }
  return found;
}

std::vector<Tray> trays(ipp_t* answer, const char* name) {
  std::vector<Tray> found;
  ipp_attribute_t* const attribute = ippFindAttribute(answer, name, IPP_TAG_STRING);
  for (int i = 0; attribute != nullptr && i < ippGetCount(attribute); ++i) {
    int length = 0;
    const void* const octets = ippGetOctetString(attribute, i, &length);
    if (octets != nullptr && length > 0)
      found.push_back(parse_tray({static_cast<const char*>(octets), static_cast<std::size_t>(length)}));
  }
  return found;
}

/// Only a printer with one output that says how much room is left can tell whether a card lies there.
std::optional<bool> output_seen(ipp_t* answer) {
  const auto found = trays(answer, "printer-output-tray");
  if (found.size() != 1) return std::nullopt;
  const Tray& tray = found.front();
  if (!tray.capacity || *tray.capacity < 1 || !tray.remaining || *tray.remaining < 0) return std::nullopt;
  return *tray.remaining < *tray.capacity;
}

std::optional<std::int64_t> hopper(ipp_t* answer) {
  const auto found = trays(answer, "printer-input-tray");
  if (found.size() != 1 || !found.front().level || *found.front().level < 0) return std::nullopt;
  return found.front().level;
}

constexpr const char* kState[] = {
    "printer-state",      "printer-state-reasons", "printer-state-message", "printer-is-accepting-jobs",
    "queued-job-count",   "marker-names",          "marker-levels",         "printer-input-tray",
    "printer-output-tray"};

}  // namespace

Tray parse_tray(std::string_view octets) {
  Tray tray;
  while (!octets.empty()) {
    const std::size_t end = std::min(octets.find(';'), octets.size());
    const std::string_view part = octets.substr(0, end);
    octets.remove_prefix(std::min(end + 1, octets.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = part.substr(0, equals), value = part.substr(equals + 1);
    std::int64_t parsed = 0;
    const auto [last, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (error != std::errc() || last != value.data() + value.size()) continue;
    if (key == "maxcapacity") tray.capacity = parsed;
    if (key == "level") tray.level = parsed;
    if (key == "remaining") tray.remaining = parsed;
  }
  return tray;
}

PrinterFacts printer_facts(ipp_t* answer) {
  PrinterFacts facts;
  facts.state = number(answer, "printer-state").value_or(0);
  const auto reasons = texts(answer, "printer-state-reasons");
  facts.tells_reasons = !reasons.empty();
  for (const std::string& reason : reasons)
    if (reason != "none" && facts.reasons.size() < 32) facts.reasons.push_back(reason);
  facts.message = first_text(answer, "printer-state-message");
  if (ipp_attribute_t* const accepting =
          ippFindAttribute(answer, "printer-is-accepting-jobs", IPP_TAG_BOOLEAN))
    facts.accepting = ippGetBoolean(accepting, 0) != 0;
  facts.queued = number(answer, "queued-job-count");
  facts.supplies = supplies(answer);
  facts.output_seen = output_seen(answer);
  facts.hopper = hopper(answer);

  facts.media = text_set(answer, "media-supported");
  facts.sides = text_set(answer, "sides-supported");
  facts.formats = text_set(answer, "document-format-supported");
  facts.raster_types = text_set(answer, "pwg-raster-document-type-supported");
  if (ipp_attribute_t* const operations = ippFindAttribute(answer, "operations-supported", IPP_TAG_ENUM))
    for (int i = 0; i < ippGetCount(operations); ++i) facts.operations.insert(ippGetInteger(operations, i));
  if (ipp_attribute_t* const all =
          ippFindAttribute(answer, "pwg-raster-document-resolution-supported", IPP_TAG_RESOLUTION)) {
    for (int i = 0; i < ippGetCount(all); ++i) {
      int across = 0;
      ipp_res_t units{};
      const int along = ippGetResolution(all, i, &across, &units);
      // libcups puts the printer's byte there, whatever it is: no value of the enumeration may be assumed.
      std::underlying_type_t<ipp_res_t> said{};
      static_assert(sizeof said == sizeof units);
      std::memcpy(&said, &units, sizeof said);
      if (said == IPP_RES_PER_INCH && along == across) facts.resolutions.push_back(along);
    }
  }
  if (std::string back = first_text(answer, "pwg-raster-document-sheet-back"); !back.empty())
    facts.sheet_back = std::move(back);
  facts.model = first_text(answer, "printer-make-and-model");
  facts.is_queue = ippFindAttribute(answer, "cups-version", IPP_TAG_ZERO) != nullptr ||
                   ippFindAttribute(answer, "printer-type", IPP_TAG_ZERO) != nullptr;
  return facts;
}

const std::vector<const char*>& state_attributes() {
  static const std::vector<const char*> names(std::begin(kState), std::end(kState));
  return names;
}

const std::vector<const char*>& all_attributes() {
  static const std::vector<const char*> names = [] {
    std::vector<const char*> all(std::begin(kState), std::end(kState));
    for (const char* name : {"media-supported", "sides-supported", "document-format-supported",
                             "pwg-raster-document-type-supported", "pwg-raster-document-resolution-supported",
                             "pwg-raster-document-sheet-back", "operations-supported",
                             "printer-make-and-model", "cups-version", "printer-type"})
      all.push_back(name);
    return all;
  }();
  return names;
}

std::vector<JobFacts> job_facts(ipp_t* answer) {
  std::vector<JobFacts> jobs;
  bool inside = false;
  for (ipp_attribute_t* at = ippFirstAttribute(answer); at != nullptr; at = ippNextAttribute(answer)) {
    if (ippGetGroupTag(at) != IPP_TAG_JOB || ippGetName(at) == nullptr) {
      inside = false;  // a separator stands between two jobs
      continue;
    }
    if (!inside) jobs.emplace_back();
    inside = true;
    JobFacts& job = jobs.back();
    const std::string_view name = ippGetName(at);
    if (name == "job-id") job.id = number(at).value_or(0);
    if (name == "job-name" && is_text(at)) job.name = text_of(at, 0);
    if (name == "job-originating-user-name" && is_text(at)) job.user = text_of(at, 0);
    if (name == "job-state") job.state = number(at).value_or(0);
    if (name == "job-state-message" && is_text(at)) job.message = text_of(at, 0);
    if (name == "job-state-reasons" && is_text(at))
      for (int i = 0; i < ippGetCount(at); ++i) job.reasons.insert(text_of(at, i));
    if (name == "time-at-processing") {
      if (is_number(at)) job.processed = true;
      if (ippGetValueTag(at) == IPP_TAG_NOVALUE) job.processed = false;
    }
    if (name == "job-impressions-completed") job.impressions = number(at);
    if (name == "job-media-sheets-completed") job.sheets = number(at);
  }
  return jobs;
}

const std::vector<const char*>& job_attributes() {
  static const std::vector<const char*> names{"job-id",
                                              "job-name",
                                              "job-originating-user-name",
                                              "job-state",
                                              "job-state-reasons",
                                              "job-state-message",
                                              "time-at-processing",
                                              "job-impressions-completed",
                                              "job-media-sheets-completed"};
  return names;
}

}  // namespace ipp
