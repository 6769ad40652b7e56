// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tally.hpp"

#include <algorithm>

namespace ktp::pipeline {

Tally::Tally(Station& station, std::size_t orders_total) : station_(station) {
  progress_.orders_total = orders_total;
  for (const LaneDevices& lane : station.lanes) {
    LaneProgress one;
    one.printer = lane.printer.name();
    progress_.lanes.push_back(std::move(one));
  }
}

double Tally::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

template <class Change>
void Tally::change(Change&& make) {
  const std::lock_guard one_at_a_time(telling_);
  Progress now;
  {
    const std::lock_guard lock(mutex_);
    make();
    Progress& p = progress_;
    const double elapsed = seconds();
    p.cards_per_second = elapsed > 0 ? static_cast<double>(p.cards_printed) / elapsed : 0;
    if (p.orders_done > 0 && p.orders_total >= p.orders_done) {
      const double left = static_cast<double>(p.orders_total - p.orders_done);
      p.eta = std::chrono::seconds(static_cast<long>(elapsed / static_cast<double>(p.orders_done) * left));
    }
    p.ribbon_left = p.hopper_left = -2;
    for (std::size_t i = 0; i < p.lanes.size(); ++i) {
      const devices::DeviceStatus status = station_.lanes[i].printer.last_status();
      const auto level = [&](const char* id) {
        const auto found = status.supplies.find(id);
        return found == status.supplies.end() ? std::int64_t{-2} : found->second.level;
      };
      LaneProgress& lane = p.lanes[i];
      lane.ribbon_left = level("ribbon");
      lane.hopper_left = level("hopper");
      if (lane.ribbon_left >= 0)
        p.ribbon_left = p.ribbon_left < 0 ? lane.ribbon_left : std::min(p.ribbon_left, lane.ribbon_left);
      if (lane.hopper_left >= 0) p.hopper_left = std::max<std::int64_t>(p.hopper_left, 0) + lane.hopper_left;
    }
    now = p;
  }
  station_.progress(now);
}

void Tally::step(std::size_t lane, std::string what) {
  change([&] {
    progress_.step = what;
    progress_.lanes[lane].step = std::move(what);
  });
}

void Tally::waiting(std::size_t lane, std::string words) {
  change([&] { progress_.lanes[lane].waits = std::move(words); });
}

void Tally::turning(std::size_t lane, const std::optional<Turn>& turn) {
  change([&] { progress_.lanes[lane].turn = turn; });
}

void Tally::out(std::size_t lane, std::string why) {
  change([&] {
    progress_.lanes[lane].out = true;
    progress_.lanes[lane].waits = std::move(why);
  });
}

void Tally::printed(std::size_t lane) {
  change([&] {
    ++progress_.cards_printed;
    ++progress_.lanes[lane].cards_printed;
  });
}

void Tally::spoiled(std::size_t lane, Reject reject) {
  change([&] {
    ++progress_.cards_printed;
    ++progress_.lanes[lane].cards_printed;
    ++progress_.spoiled;
    rejects_.push_back(std::move(reject));
  });
}

void Tally::judged(Verdict verdict) {
  change([&] {
    switch (verdict) {
      case Verdict::good:
        ++progress_.good;
        break;
      case Verdict::damaged:
        ++progress_.damaged;
        break;
      case Verdict::duplicate:
        ++progress_.duplicate;
        break;
      case Verdict::mismatch:
        ++progress_.mismatch;
        break;
      case Verdict::review:
        ++progress_.review;
        break;
    }
  });
}

void Tally::rejected(Reject reject) {
  change([&] { rejects_.push_back(std::move(reject)); });
}

void Tally::done(const std::string& order_id) {
  if (done_.insert(order_id).second) ++progress_.orders_done;
}

void Tally::order_done(const std::string& order_id) {
  change([&] {
    done(order_id);
    progress_.step = "order " + order_id + " done";
  });
}

void Tally::order_held(const std::string& order_id) {
  change([&] {
    done(order_id);
    held_.push_back(order_id);
  });
}

ProductionReport Tally::report() const {
  const std::lock_guard lock(mutex_);
  ProductionReport report;
  report.progress = progress_;
  report.rejects = rejects_;
  report.held = held_;
  report.seconds = seconds();
  return report;
}

}  // namespace ktp::pipeline
