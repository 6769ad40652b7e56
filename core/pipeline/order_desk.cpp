// SPDX-License-Identifier: Apache-2.0
#include "pipeline/order_desk.hpp"

#include <algorithm>

namespace ktp::pipeline {

namespace {

// For one lane: one job ready and one being drawn keep both cores busy and memory flat.
constexpr std::size_t kAheadOfOneLane = 2;
// How late a stop by the operator is noticed by a lane that waits here.
constexpr auto kLook = std::chrono::milliseconds(100);

}  // namespace

OrderDesk::OrderDesk(Station& station, const std::vector<std::string>& todo, std::set<std::string> in_hand,
                     int lanes)
    : station_(station),
      ahead_(kAheadOfOneLane + static_cast<std::size_t>(std::max(lanes - 1, 0))),
      in_hand_(std::move(in_hand)),
      starting_(lanes) {
  for (const std::string& order_id : todo)
    if (!in_hand_.contains(order_id)) todo_.push_back(order_id);
}

OrderDesk::~OrderDesk() {
  close();
  for (auto& [dpi, drawer] : drawers_)
    if (drawer->thread.joinable()) drawer->thread.join();
}

void OrderDesk::started() {
  const std::lock_guard lock(mutex_);
  --starting_;
  changed_.notify_all();
}

void OrderDesk::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::optional<OrderDesk::Task> OrderDesk::take(int dpi, bool wait_for_others) {
  std::unique_lock lock(mutex_);
  Drawer& drawer = drawer_for(dpi);
  while (!closed_ && !station_.stop.after_card()) {
    if (starting_ <= 0) {
      const auto ready =
          std::ranges::find_if(todo_, [&](const std::string& id) { return drawer.drawn.contains(id); });
      if (ready != todo_.end()) {
        std::string order_id = std::move(*ready);
        todo_.erase(ready);
        Task task{order_id, std::move(drawer.drawn.extract(order_id).mapped())};
        for (auto& [other, one] : drawers_) one->drawn.erase(order_id);
        in_hand_.insert(std::move(order_id));
        changed_.notify_all();
        return task;
      }
      if (todo_.empty() && (!wait_for_others || in_hand_.empty())) return std::nullopt;
    }
    changed_.wait_for(lock, kLook);
  }
  return std::nullopt;
}

void OrderDesk::give_back(const std::string& order_id, std::shared_ptr<const Job> job, int dpi) {
  const std::lock_guard lock(mutex_);
  in_hand_.erase(order_id);
  if (std::ranges::find(todo_, order_id) == todo_.end()) todo_.push_front(order_id);
  if (job != nullptr && !closed_) drawer_for(dpi).drawn.insert_or_assign(order_id, std::move(job));
  changed_.notify_all();
}

void OrderDesk::finished(const std::string& order_id) {
  const std::lock_guard lock(mutex_);
  in_hand_.erase(order_id);
  changed_.notify_all();
}

bool OrderDesk::work_left() const {
  const std::lock_guard lock(mutex_);
  return !closed_ && !(todo_.empty() && in_hand_.empty());
}

OrderDesk::Drawer& OrderDesk::drawer_for(int dpi) {
  auto& drawer = drawers_[dpi];
  if (!drawer) {
    drawer = std::make_unique<Drawer>(station_, dpi);
    drawer->thread = std::jthread([this, one = drawer.get()] { draw_ahead(*one); });
  }
  return *drawer;
}

std::string OrderDesk::to_draw(const Drawer& drawer) const {
  if (drawer.drawn.size() >= ahead_) return "";
  const auto end = todo_.begin() + static_cast<std::ptrdiff_t>(std::min(ahead_, todo_.size()));
  const auto next =
      std::find_if(todo_.begin(), end, [&](const std::string& id) { return !drawer.drawn.contains(id); });
  return next == end ? "" : *next;
}

void OrderDesk::draw_ahead(Drawer& drawer) {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::string order_id;
    changed_.wait(lock, [&] { return closed_ || !(order_id = to_draw(drawer)).empty(); });
    if (closed_) return;
    lock.unlock();
    auto job = drawer.preparer.prepare(order_id);
    lock.lock();
    // Meanwhile a printer of another resolution may have taken it.
    if (std::ranges::find(todo_, order_id) != todo_.end())
      drawer.drawn.insert_or_assign(order_id, std::move(job));
    changed_.notify_all();
  }
}

}  // namespace ktp::pipeline
