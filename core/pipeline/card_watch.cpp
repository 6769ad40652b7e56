// SPDX-License-Identifier: Apache-2.0
#include "pipeline/card_watch.hpp"

#include <thread>
#include <utility>

#include "inspection/inspection.hpp"
#include "pipeline/read_card.hpp"

namespace ktp::pipeline {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kBetweenPictures = milliseconds(40);
constexpr auto kLookAgain = milliseconds(200);
constexpr auto kNoCardFor = milliseconds(2000);  // then it counts as a card that nobody can recognise
constexpr int kMostFailed = 20;

milliseconds clock_of(steady_clock::time_point at) {
  return std::chrono::duration_cast<milliseconds>(at.time_since_epoch());
}

Shot shot_of(devices::Frame frame) {
  Shot shot;
  shot.image = std::move(frame.image);
  shot.sha256 = ledger::sha256_text(shot.image.pixels);
  return shot;
}

bool has_card(const Image& picture) {
  return inspection::rectified_card(picture.view(), CardReader::kDpi).has_value();
}

}  // namespace

CardWatch::CardWatch(const Station& station, devices::Camera& camera, devices::ChipReader* reader,
                     WatchPlan plan, std::function<void(State)> state)
    : station_(station), camera_(camera), reader_(reader), plan_(plan), state_(std::move(state)) {}

void CardWatch::tell(State state) {
  if (told_ == state) return;
  told_ = state;
  state_(state);
}

bool CardWatch::over(steady_clock::time_point since) const {
  return station_.stop.after_card() || (plan_.idle.count() > 0 && steady_clock::now() - since >= plan_.idle);
}

Result<std::optional<CardPictures>> CardWatch::next(std::uint64_t number) {
  return plan_.numbered ? next_numbered(number) : next_still();
}

Result<void> CardWatch::trouble(const devices::CallResult& grabbed) {
  const std::string& why = grabbed.violation.empty() ? grabbed.message : grabbed.violation;
  const auto broken = [&] {
    return fail(ErrorCode::internal, "camera " + camera_.name() + " does not work: " + why +
                                         "; see to it and start again, the box goes on where it is");
  };
  if (station_.stop.after_card()) return {};
  if (grabbed.action == devices::Action::stop_device) return broken();
  const bool gone = grabbed.action == devices::Action::gone;
  if (gone || camera_.last_status().quarantine == devices::Quarantine::timed) {
    const auto now = steady_clock::now();
    if (!gone_since_) station_.tell(Notice::Kind::warning, "camera " + camera_.name() + ": " + why);
    gone_since_ = gone_since_.value_or(now);
    if (gone && now - *gone_since_ > station_.settings.operator_wait) return broken();
  } else {
    gone_since_.reset();
    if (++failed_ > kMostFailed) return broken();
    station_.tell(Notice::Kind::warning, "camera " + camera_.name() + ": " + why);
  }
  std::this_thread::sleep_for(kLookAgain);
  return {};
}

bool CardWatch::complete(CardPictures& pictures, std::uint64_t number) {
  const std::uint64_t now = devices::monotonic_ns();
  if (plan_.back) {
    if (plan_.numbered) {
      pictures.back = capture_side(station_, camera_, Side::back, number, now);
    } else {
      devices::Frame frame;
      const auto grabbed = camera_.grab(Side::back, 0, now, frame);
      if (grabbed.no_card()) return false;
      pictures.back = grabbed.ok() && !frame.image.empty()
                          ? shot_of(std::move(frame))
                          : capture_side(station_, camera_, Side::back, 0, now);
    }
  }
  if (reader_ != nullptr) {
    pictures.reader = reader_->name();
    pictures.chip = read_chip(station_, *reader_, number, now);
  }
  return true;
}

Result<std::optional<CardPictures>> CardWatch::next_numbered(std::uint64_t number) {
  const auto since = steady_clock::now();
  int bad = 0;
  while (!over(since)) {
    tell(State::ready);
    devices::Frame frame;
    const auto grabbed = camera_.grab(Side::front, number, devices::monotonic_ns(), frame);
    CardPictures pictures;
    if (grabbed.ok() && !frame.image.empty()) {
      pictures.front = shot_of(std::move(frame));
    } else if (grabbed.no_picture_yet() || station_.stop.after_card()) {
      continue;
    } else if (!grabbed.worker_lost && grabbed.action != devices::Action::gone &&
               grabbed.action != devices::Action::stop_device && ++bad >= station_.settings.grab_attempts) {
      // Its photograph is there and cannot be read: it is a card all the same.
      pictures.front.problem = grabbed.violation.empty() ? grabbed.message : grabbed.violation;
    } else {
      if (auto waited = trouble(grabbed); !waited) return std::unexpected(waited.error());
      continue;
    }
    tell(State::photographing);
    complete(pictures, number);
    if (pictures.back.camera_failed || pictures.chip.reader_failed)
      return fail(ErrorCode::internal,
                  (pictures.chip.reader_failed ? "chip reader: " + pictures.chip.why
                                               : "camera " + camera_.name() + ": " + pictures.back.problem) +
                      "; see to it and start again, the box goes on where it is");
    // Stopped in the middle of it: it was not recorded and comes again.
    if (station_.stop.now()) return std::nullopt;
    failed_ = 0;
    return pictures;
  }
  return std::nullopt;
}

Result<std::optional<CardPictures>> CardWatch::next_still() {
  auto since = steady_clock::now();
  bool doubtful = false;  // something lies still, and no card is recognised in it
  steady_clock::time_point doubtful_since{};
  while (!over(since)) {
    devices::Frame frame;
    const auto grabbed = camera_.grab(Side::front, 0, devices::monotonic_ns(), frame);
    const auto now = steady_clock::now();
    if (grabbed.no_card()) {
      still_.nothing(clock_of(now));
      doubtful = false;
      tell(State::ready);
      std::this_thread::sleep_for(kBetweenPictures);
      continue;
    }
    if (!grabbed.ok() || frame.image.empty()) {
      if (auto waited = trouble(grabbed); !waited) return std::unexpected(waited.error());
      continue;
    }
    failed_ = 0;
    const auto seen = still_.see(frame.image.view(), clock_of(now), [&] { return has_card(frame.image); });
    if (seen == StillCard::Seen::empty || seen == StillCard::Seen::moving) doubtful = false;
    if (seen == StillCard::Seen::empty) tell(State::ready);
    if (seen == StillCard::Seen::moving) tell(State::moving);
    if (seen == StillCard::Seen::occupied) tell(State::take_away);
    bool take = seen == StillCard::Seen::take;
    if (take && !has_card(frame.image)) {
      take = false;
      doubtful = true;
      doubtful_since = now;
      tell(State::no_card_seen);
    }
    if (seen == StillCard::Seen::taken && doubtful) {
      take = has_card(frame.image) || now - doubtful_since >= kNoCardFor;
      doubtful = !take;
    }
    if (!take) {
      std::this_thread::sleep_for(kBetweenPictures);
      continue;
    }
    tell(State::photographing);
    CardPictures pictures;
    pictures.front = shot_of(std::move(frame));
    if (!complete(pictures, 0)) {
      still_.nothing(clock_of(steady_clock::now()));
      since = steady_clock::now();
      tell(State::too_early);
      continue;
    }
    if (pictures.back.camera_failed || pictures.chip.reader_failed)
      return fail(ErrorCode::internal,
                  (pictures.chip.reader_failed ? "chip reader: " + pictures.chip.why
                                               : "camera " + camera_.name() + ": " + pictures.back.problem) +
                      "; see to it and start again, the box goes on where it is");
    if (station_.stop.now()) return std::nullopt;
    pictures.again = [this](Side side) {
      return capture_side(station_, camera_, side, 0, devices::monotonic_ns());
    };
    return pictures;
  }
  return std::nullopt;
}

}  // namespace ktp::pipeline
