// SPDX-License-Identifier: Apache-2.0
#include "app/machine.hpp"

#include <algorithm>
#include <map>

#include "app/put_away.hpp"

namespace ktp::app {

namespace {

constexpr auto kAskDevices = std::chrono::milliseconds(1000);

}  // namespace

Machine::Machine(Equipment equipment, const OpenLanes& lanes, Notice notice)
    : equipment_(std::move(equipment)), lanes_(lanes), notice_(std::move(notice)) {
  thread_ = std::thread([this] { run(); });
}

Machine::~Machine() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    wanted_ = false;
    if (stop_.level == 0) stop_.level = 1;
    if (wake_) wake_();
  }
  changed_.notify_all();
  thread_.join();
}

Result<pipeline::IntakeReport> Machine::add(const std::filesystem::path& csv,
                                            const std::function<void(const pipeline::RefusedRow&)>& refused) {
  const std::lock_guard one(intake_);
  pipeline::IntakeServices services{.ledger = equipment_.ledger,
                                    .key = equipment_.key,
                                    .art = *equipment_.art,
                                    .regions = equipment_.regions,
                                    .test_mode = equipment_.config.settings.test_mode};
  if (refused) services.refused = refused;
  auto intake = pipeline::take_in(csv, services);
  if (!intake) return intake;
  const auto left = orders_left(intake->batch);
  if (!left) return std::unexpected(left.error());
  const std::lock_guard lock(mutex_);
  auto found = std::ranges::find(view_.queue, intake->batch, &web::BatchView::batch);
  if (found == view_.queue.end()) found = view_.queue.insert(view_.queue.end(), web::BatchView{});
  if (found->state != "running")
    *found = {.batch = intake->batch,
              .file = csv.filename().string(),
              .rows = intake->rows,
              .accepted = intake->accepted,
              .known = intake->known,
              .refused = intake->refused.size(),
              .held = intake->held,
              .state = *left > 0 ? "waiting" : "done"};
  settle_view(*left);
  return intake;
}

Result<std::size_t> Machine::orders_left(const std::string& batch) const {
  std::size_t left = 0;
  for (const OrderState state : {OrderState::printing, OrderState::accepted}) {
    const auto ids = equipment_.ledger.order_ids(batch, state);
    if (!ids) return std::unexpected(ids.error());
    left += ids->size();
  }
  return left;
}

void Machine::settle_view(std::size_t left) {
  if (busy() || view_.state == "failed") return;
  view_.state = batch_to_run() == nullptr ? "idle" : "ready";
  if (left > 0) {
    view_.orders_total = left;
    view_.orders_done = 0;
  }
}

Result<void> Machine::find_unfinished() {
  std::map<std::string, std::size_t> left;
  auto read = equipment_.ledger.each_order([&](const ledger::OrderRow& order) {
    if (order.state == "accepted" || order.state == "printing") ++left[order.batch];
  });
  if (!read) return read;
  const std::lock_guard lock(mutex_);
  for (const auto& [batch, orders] : left) {
    if (std::ranges::find(view_.queue, batch, &web::BatchView::batch) != view_.queue.end()) continue;
    // The ledger keeps a batch's number and content, not the name of its file.
    view_.queue.push_back(
        web::BatchView{.batch = batch, .file = "#" + batch, .rows = orders, .state = "waiting"});
    settle_view(orders);
  }
  return {};
}

Result<void> Machine::look_for_work(const std::string& batch) {
  const auto left = orders_left(batch);
  if (!left) return std::unexpected(left.error());
  const std::lock_guard lock(mutex_);
  auto found = std::ranges::find(view_.queue, batch, &web::BatchView::batch);
  if (found == view_.queue.end()) {
    if (*left == 0) return {};
    found = view_.queue.insert(
        view_.queue.end(),
        web::BatchView{.batch = batch, .file = "#" + batch, .rows = *left, .state = "waiting"});
  }
  if (found->state == "done" && *left > 0) found->state = "waiting";
  if (found->state != "running" && *left == 0) found->state = "done";
  settle_view(*left);
  return {};
}

Result<void> Machine::while_standing(const std::function<Result<void>()>& act) {
  const std::lock_guard lock(mutex_);
  if (busy()) return fail(ErrorCode::in_use, "the machine runs; stop it first");
  return act();
}

web::BatchView* Machine::batch_to_run() {
  // What was begun is finished first.
  for (const char* state : {"running", "stopped", "failed", "waiting"}) {
    const auto found = std::ranges::find(view_.queue, state, &web::BatchView::state);
    if (found != view_.queue.end()) return &*found;
  }
  return nullptr;
}

Result<void> Machine::start() {
  const std::lock_guard lock(mutex_);
  if (lent_) return fail(ErrorCode::in_use, "a box of cards is being sorted; end that first");
  if (busy()) return fail(ErrorCode::in_use, "the machine runs already");
  if (batch_to_run() == nullptr) return fail(ErrorCode::input_missing, "no batch waits to be printed");
  stop_.level = 0;
  wanted_ = true;
  view_.state = "running";
  view_.error.clear();
  changed_.notify_all();
  return {};
}

Result<void> Machine::stop_after_card() {
  const std::lock_guard lock(mutex_);
  if (!busy()) return fail(ErrorCode::input_missing, "nothing runs that could be stopped");
  if (stop_.level == 0) stop_.level = 1;
  view_.state = "stopping";
  if (wake_) wake_();
  return {};
}

Result<void> Machine::lend(std::function<void(pipeline::StopSwitch&)> work, std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (busy()) return fail(ErrorCode::in_use, "the machine runs; stop it first");
  stop_.level = ending_ ? 1 : 0;
  lent_ = std::move(work);
  wake_ = std::move(wake);
  view_.state = "sorting";
  view_.error.clear();
  changed_.notify_all();
  return {};
}

void Machine::when_standing(std::function<std::chrono::milliseconds()> act) {
  const std::lock_guard lock(mutex_);
  standing_ = std::move(act);
}

void Machine::stop_at_once() {
  stop_.level = 2;
  lanes_.cancel();
}

web::RunView Machine::view() const {
  const std::lock_guard lock(mutex_);
  web::RunView now = view_;
  for (const auto& [camera, turn] : turns_) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(turn.until - std::chrono::steady_clock::now());
    now.turns.push_back({.camera = camera,
                         .card = turn.card,
                         .up = to_string(turn.up),
                         .seen = std::string(to_string(turn.seen)),
                         .left_s = std::max<std::int64_t>(left.count(), 0)});
  }
  return now;
}

std::vector<web::DeviceView> Machine::devices() const {
  std::vector<web::DeviceView> views;
  const auto view = [&](const char* kind, const auto& device) {
    // A lane that was left out is not shown; the others are found by the names that they go by.
    const auto entry = std::ranges::find_if(
        equipment_.config.lanes, [&](const LaneEntry& lane) { return lane.device(kind) == device.name(); });
    std::string plugin;
    if (entry != equipment_.config.lanes.end()) {
      const std::string_view what = kind;
      const DeviceEntry& device_entry = what == "printer"  ? entry->printer
                                        : what == "camera" ? entry->camera
                                                           : *entry->reader;
      plugin = std::filesystem::path(device_entry.plugin).stem().string();
    }
    views.push_back({.name = device.name(), .kind = kind, .plugin = plugin, .status = device.last_status()});
  };
  for (const OpenLanes::Lane& lane : lanes_.lanes) {
    view("printer", *lane.printer);
    view("camera", *lane.camera);
    if (lane.reader) view("reader", *lane.reader);
  }
  return views;
}

bool Machine::wait_idle(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [&] { return !busy(); });
}

std::optional<Result<pipeline::ProductionReport>> Machine::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void Machine::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (wanted_) {
      wanted_ = false;
      running_ = true;
      lock.unlock();
      produce_next();
      lock.lock();
      running_ = false;
      changed_.notify_all();
      continue;
    }
    if (lent_) {
      const auto work = lent_;
      lock.unlock();
      work(stop_);
      lock.lock();
      lent_ = nullptr;
      wake_ = nullptr;
      if (view_.state == "sorting" || view_.state == "stopping")
        view_.state = batch_to_run() == nullptr ? "idle" : "ready";
      changed_.notify_all();
      continue;
    }
    const auto standing = standing_;
    lock.unlock();
    const auto pause = standing ? std::min(standing(), kAskDevices) : kAskDevices;
    // Nothing is under way: a person may have opened the hopper or unplugged the camera.
    devices::DeviceStatus status;
    for (const OpenLanes::Lane& lane : lanes_.lanes) {
      lane.printer->status(status);
      lane.camera->status(status);
      if (lane.reader) lane.reader->status(status);
    }
    lock.lock();
    changed_.wait_for(lock, pause, [&] { return wanted_ || lent_ || ending_; });
  }
}

void Machine::produce_next() {
  std::string batch;
  std::size_t finished = 0;
  {
    const std::lock_guard lock(mutex_);
    web::BatchView* const next = batch_to_run();
    if (next == nullptr) return;
    next->state = "running";
    batch = next->batch;
    finished = next->finished;
  }
  pipeline::Station station{.ledger = equipment_.ledger,
                            .key = equipment_.key,
                            .lanes = lanes_.devices(),
                            .art = equipment_.art,
                            .profile = equipment_.profile(),
                            .settings = equipment_.config.settings,
                            .evidence = evidence_folder(equipment_.data),
                            .stop = stop_,
                            .clock = clock_};
  station.portraits_kept = portraits_folder(equipment_.data);
  station.attended = true;
  station.notice = notice_;
  // What an earlier run of the batch finished belongs to it: the bar goes on where it stood.
  station.progress = [this, finished](const pipeline::Progress& progress) {
    const std::lock_guard lock(mutex_);
    view_.orders_total = finished + progress.orders_total;
    view_.orders_done = finished + progress.orders_done;
    view_.cards_printed = progress.cards_printed;
    view_.cards_per_minute = progress.cards_per_second * 60;
    turns_.clear();
    for (std::size_t i = 0; i < progress.lanes.size() && i < lanes_.lanes.size(); ++i)
      if (const auto& turn = progress.lanes[i].turn) turns_[lanes_.lanes[i].camera->name()] = *turn;
    view_.eta_s = progress.orders_done > 0 ? progress.eta.count() : -1;
  };
  const auto watched = add_watchers(station, equipment_.config, equipment_.data);
  auto report = watched ? pipeline::produce(station, batch) : std::unexpected(watched.error());
  if (watched) save_watchers(station);
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(view_.queue, batch, &web::BatchView::batch);
  // A printer that left the run while orders are left: a person has to see to it before it goes on.
  std::string why;
  if (!report) why = report.error().message;
  if (report && !report->stopped && report->orders_left > 0)
    for (const pipeline::LaneOut& out : report->out) why += (why.empty() ? "" : "; ") + out.why;
  const bool failed = !why.empty();
  const bool stopped = report && report->stopped;
  const bool more_waits =
      !stopped && !failed &&
      std::ranges::any_of(view_.queue, [](const web::BatchView& one) { return one.state == "waiting"; });
  if (found != view_.queue.end()) found->state = failed ? "failed" : stopped ? "stopped" : "done";
  if (found != view_.queue.end()) found->finished = view_.orders_done;
  view_.eta_s = -1;
  turns_.clear();
  view_.state = failed ? "failed" : batch_to_run() == nullptr ? "idle" : "ready";
  view_.error = why;
  last_ = std::move(report);
  if (more_waits && !ending_) {  // the next batch of the queue follows by itself
    wanted_ = true;
    view_.state = "running";
  }
}

}  // namespace ktp::app
