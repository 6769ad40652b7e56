// SPDX-License-Identifier: Apache-2.0
#include "app/sort_run.hpp"

#include <algorithm>
#include <cmath>

#include "app/put_away.hpp"
#include "ledger/boxes.hpp"

namespace ktp::app {

namespace {

// The box that is open, or the next number.
Result<std::string> box_to_go_on_with(const ledger::Ledger& ledger) {
  const auto boxes = ledger::BoxView(ledger).boxes();
  if (!boxes) return std::unexpected(boxes.error());
  for (auto box = boxes->rbegin(); box != boxes->rend(); ++box)
    if (box->counted == 0 && !box->replaced) return box->box;
  for (std::size_t n = boxes->size() + 1;; ++n) {
    std::string name = "box-" + std::to_string(n);
    if (std::ranges::find(*boxes, name, &ledger::BoxRow::box) == boxes->end()) return name;
  }
}

}  // namespace

std::string masked_reading(std::string nik) {
  if (nik.size() > 4) std::fill(nik.begin(), nik.end() - 4, '*');
  return nik;
}

Result<const LaneEntry*> lane_called(const Config& config, const std::string& name) {
  const auto lane = std::ranges::find(config.lanes, name, &LaneEntry::name);
  if (lane == config.lanes.end())
    return fail(ErrorCode::configuration, config.file.string() + ": no printer is called \"" + name + "\"");
  return &*lane;
}

SortRun::SortRun(const SortTools& tools, SortAsked asked, const LaneEntry& lane, SortHooks hooks,
                 pipeline::StopSwitch& stop)
    : asked_(std::move(asked)),
      hooks_(std::move(hooks)),
      numbered_(asked_.trigger.empty() ? lane.camera.plugin == "folder-camera" : asked_.trigger == "file"),
      stop_(stop),
      station_{.ledger = tools.ledger,
               .key = tools.key,
               .lanes = {},
               .art = tools.art,
               .profile = tools.profile(),
               .settings = tools.config.settings,
               .evidence = evidence_folder(tools.data),
               .stop = stop,
               .clock = clock_},
      book_(tools.ledger, tools.key, tools.data) {
  station_.portraits_kept = portraits_folder(tools.data);
  station_.notice = hooks_.notice;
}

Result<std::unique_ptr<SortRun>> SortRun::open(const SortTools& tools, const SortAsked& asked,
                                               SortHooks hooks, pipeline::StopSwitch& stop) {
  const auto lane = lane_called(tools.config, asked.lane);
  if (!lane) return std::unexpected(lane.error());
  pipeline::BoxPlan plan{.box = asked.box,
                         .again = asked.again,
                         .first = asked.first,
                         .back = asked.back,
                         .dpi = 300,
                         .camera = (*lane)->device("camera")};
  if (plan.box.empty()) {
    auto name = box_to_go_on_with(tools.ledger);
    if (!name) return std::unexpected(name.error());
    plan.box = *std::move(name);
  }
  std::unique_ptr<SortRun> run(new SortRun(tools, asked, **lane, std::move(hooks), stop));
  auto desk = pipeline::BoxDesk::open(run->station_, run->book_, std::move(plan));
  if (!desk) return std::unexpected(desk.error());
  run->desk_.emplace(*std::move(desk));
  return run;
}

void SortRun::waits(bool waiting) {
  const std::lock_guard lock(mutex_);
  waiting_ = waiting;
  if (waiting && stop_.after_card() && camera_ != nullptr) camera_->cancel();
}

void SortRun::stop_moved() {
  const std::lock_guard lock(mutex_);
  if (camera_ != nullptr && (waiting_ || stop_.now())) camera_->cancel();
}

Result<SortEnd> SortRun::pass(devices::Camera& camera, devices::ChipReader* reader) {
  {
    const std::lock_guard lock(mutex_);
    camera_ = &camera;
  }
  pipeline::CardWatch watch(station_, camera, reader,
                            {.numbered = numbered_,
                             .back = desk_->plan().back,
                             .idle = std::chrono::milliseconds(std::llround(asked_.idle_s * 1000))},
                            hooks_.state);
  std::optional<Error> ended;
  while (!stop_.after_card() && (asked_.cards == 0 || desk_->seen() < asked_.cards)) {
    waits(true);
    auto pictures = watch.next(desk_->next_photograph());
    waits(false);
    if (!pictures) {
      ended = pictures.error();
      break;
    }
    if (!*pictures) break;
    hooks_.photographed(**pictures);
    const auto card = desk_->take(*std::move(*pictures));
    if (!card) {
      ended = card.error();
      break;
    }
    hooks_.recorded(*card);
  }
  {
    const std::lock_guard lock(mutex_);
    camera_ = nullptr;
  }
  if (ended) return std::unexpected(*ended);
  SortEnd end{.seen = desk_->seen(), .closed = {}};
  // Stopped in the middle nobody has counted anything.
  if (asked_.cards > 0 && !stop_.after_card()) {
    const auto counted = desk_->close(asked_.cards);
    if (!counted) return std::unexpected(counted.error());
    end.closed = *counted;
  }
  return end;
}

}  // namespace ktp::app
