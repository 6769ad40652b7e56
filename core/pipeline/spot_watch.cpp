// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spot_watch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace ktp::pipeline {

using nlohmann::json;

namespace {

constexpr std::size_t kLongestRow = 40;  // twice the most that may be asked for

}  // namespace

SpotWatch::SpotWatch(const ledger::Ledger& ledger, std::string camera, std::string printer, int in_a_row)
    : ledger_(ledger),
      camera_(std::move(camera)),
      printer_(std::move(printer)),
      in_a_row_(static_cast<std::size_t>(in_a_row)) {}

Result<void> SpotWatch::follow() {
  constexpr std::size_t kBatch = 500;
  if (!begun_) {
    const auto size = ledger_.size();
    if (!size) return std::unexpected(size.error());
    const auto open = ledger::open_pauses(ledger_);
    if (!open) return std::unexpected(open.error());
    for (const ledger::LanePause& pause : *open)
      if (pause.camera == camera_) paused_ = pause;
    seq_ = *size > kBack ? *size - kBack : 0;
    begun_ = true;
  }
  for (;;) {
    const auto last = ledger_.lines_after(seq_, kBatch, [&](std::string_view line) { hear(line); });
    if (!last) return std::unexpected(last.error());
    const std::uint64_t read = *last - seq_;
    seq_ = *last;
    if (read < kBatch) return {};
  }
}

void SpotWatch::hear(std::string_view line) {
  // Most events are none of these, and need not be taken apart.
  constexpr std::string_view kTypes[] = {"\"captured\"", "\"inspected\"", "\"judged\"", "\"lane-paused\"",
                                         "\"lane-resumed\""};
  if (std::ranges::none_of(kTypes, [&](std::string_view type) { return line.contains(type); })) return;
  const auto event = json::parse(line, nullptr, false);
  if (!event.is_object()) return;
  const std::string type = event.value("type", ""), card = event.value("card", "");
  if (type == "captured") {
    seen_[card] = {.camera = event.value("camera", ""), .spots = {}};
  } else if (type == "inspected") {
    if (const auto found = seen_.find(card); found != seen_.end())
      found->second.spots = ledger::spots_of(event);
  } else if (type == "judged") {
    const auto found = seen_.find(card);
    if (found == seen_.end()) return;  // not photographed: says nothing about a glass
    const Seen seen = std::move(found->second);
    seen_.erase(found);
    if (seen.camera != camera_) return;
    if (event.value("verdict", "") == "good")
      forget();
    else
      judged(card, event.value("order_id", ""), seen.spots);
  } else if (event.value("camera", "") != camera_) {
    return;
  } else if (type == ledger::kLanePaused) {
    paused_ = ledger::pause_from(event);
  } else if (type == ledger::kLaneResumed) {
    paused_.reset();
    forget();
  }
}

void SpotWatch::judged(const std::string& card, const std::string& order_id, const std::vector<Spot>& spots) {
  std::vector<Spot> common;
  for (const Spot& spot : spots)
    if (std::ranges::any_of(spots_, [&](const Spot& before) { return same_spot(before, spot); }))
      common.push_back(spot);
  if (common.empty()) {  // the first of a row of its own, if it has a place on the picture
    forget();
    std::ranges::copy_if(spots, std::back_inserter(common),
                         [](const Spot& spot) { return same_spot(spot, spot); });
    if (common.empty()) return;
  }
  spots_ = std::move(common);
  row_.push_back(card);
  orders_.push_back(order_id);
  if (row_.size() > kLongestRow) {
    row_.erase(row_.begin());
    orders_.erase(orders_.begin());
  }
}

void SpotWatch::forget() {
  spots_.clear();
  row_.clear();
  orders_.clear();
}

std::optional<ledger::LanePause> SpotWatch::due() const {
  if (paused_ || in_a_row_ == 0 || row_.size() < in_a_row_) return std::nullopt;
  if (std::ranges::all_of(orders_, [&](const std::string& order) { return order == orders_.front(); }))
    return std::nullopt;
  return ledger::LanePause{.camera = camera_, .printer = printer_, .spot = spots_.front(), .cards = row_};
}

std::string words_of(const ledger::LanePause& pause) {
  return "camera " + pause.camera + " is paused: " + std::to_string(pause.cards.size()) +
         " cards in a row have " + pause.spot.kind + " at the same spot of the " + pause.spot.side +
         "; clean its glass, then resume";
}

Result<void> resume_lane(ledger::Ledger& ledger, const std::string& camera, const std::string& by) {
  const auto open = ledger::open_pauses(ledger);
  if (!open) return std::unexpected(open.error());
  const auto found = std::ranges::find(*open, camera, &ledger::LanePause::camera);
  if (found == open->end()) return fail(ErrorCode::input_missing, "camera: its lane is not paused");
  return ledger.append({ledger::resumed_event(*found, by)});
}

}  // namespace ktp::pipeline
