// SPDX-License-Identifier: Apache-2.0
#include "ledger/lane_pause.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace ktp::ledger {

using nlohmann::json;

namespace {

Spot spot_of(const json& finding) {
  Spot spot;
  if (!finding.is_object()) return spot;
  spot.kind = finding.value("kind", "");
  spot.side = finding.value("side", "");
  const auto box = finding.find("box");
  if (box == finding.end() || !box->is_array() || box->size() != 4) return spot;
  for (const auto& [member, i] :
       {std::pair{&Spot::x, 0u}, std::pair{&Spot::y, 1u}, std::pair{&Spot::w, 2u}, std::pair{&Spot::h, 3u}})
    if (box->at(i).is_number()) spot.*member = box->at(i).get<double>();
  return spot;
}

}  // namespace

LanePause pause_from(const json& event) {
  LanePause pause{
      .camera = event.value("camera", ""),
      .printer = event.value("printer", ""),
      .spot = spot_of(event),
      .cards = {},
      .width = event.contains("width") && event["width"].is_number_integer() ? event["width"].get<int>() : 0,
      .time = event.value("time", "")};
  if (const auto cards = event.find("cards"); cards != event.end() && cards->is_array())
    for (const json& card : *cards)
      if (card.is_string()) pause.cards.push_back(card.get<std::string>());
  return pause;
}

std::vector<Spot> spots_of(const json& inspected) {
  std::vector<Spot> spots;
  if (const auto findings = inspected.find("findings"); findings != inspected.end() && findings->is_array())
    for (const json& finding : *findings) spots.push_back(spot_of(finding));
  return spots;
}

Event paused_event(const LanePause& pause) {
  Event event{.type = kLanePaused, .card = pause.cards.empty() ? "" : pause.cards.back()};
  event.data["camera"] = pause.camera;
  event.data["printer"] = pause.printer;
  event.data["kind"] = pause.spot.kind;
  event.data["side"] = pause.spot.side;
  event.data["box"] = {pause.spot.x, pause.spot.y, pause.spot.w, pause.spot.h};
  event.data["width"] = pause.width;
  event.data["cards"] = pause.cards;
  return event;
}

Event resumed_event(const LanePause& pause, const std::string& by) {
  Event event{.type = kLaneResumed, .actor = by};
  event.data["camera"] = pause.camera;
  event.data["printer"] = pause.printer;
  return event;
}

Result<std::vector<LanePause>> open_pauses(const Ledger& ledger) {
  const auto paused = ledger.lines_of_type(kLanePaused), resumed = ledger.lines_of_type(kLaneResumed);
  if (!paused) return std::unexpected(paused.error());
  if (!resumed) return std::unexpected(resumed.error());
  std::map<std::string, std::uint64_t> ended;  // camera -> the last event that ended a pause of it
  for (const std::string& line : *resumed)
    if (const auto event = json::parse(line, nullptr, false); event.is_object())
      ended[event.value("camera", "")] = event.value("seq", std::uint64_t{0});
  std::vector<LanePause> open;
  for (const std::string& line : *paused) {
    const auto event = json::parse(line, nullptr, false);
    if (!event.is_object()) continue;
    LanePause pause = pause_from(event);
    if (event.value("seq", std::uint64_t{0}) < ended[pause.camera]) continue;
    std::erase_if(open, [&](const LanePause& other) { return other.camera == pause.camera; });
    open.push_back(std::move(pause));
  }
  return open;
}

}  // namespace ktp::ledger
