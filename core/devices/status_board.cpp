// SPDX-License-Identifier: Apache-2.0
#include "devices/status_board.hpp"

#include <station/abi.h>

#include <algorithm>
#include <utility>

#include "devices/log_levels.hpp"
#include "devices/referee.hpp"
#include "devices/text.hpp"

namespace ktp::devices {

static_assert(kLogInfo == STN_LOG_INFO && kLogWarning == STN_LOG_WARNING);
namespace {

bool is_keyword(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

constexpr std::size_t kMostEntries = 64;
/// A machine that stood still for so long may have been opened and closed again without anybody asking it.
constexpr auto kHandsIn = std::chrono::seconds(10);
using Kind = DeviceEvent::Kind;

/// A violation begins with its name and a colon.
std::string name_of(const std::string& violation) {
  const auto end = violation.find(": ");
  const bool named = end != std::string::npos && end != 0 &&
                     std::ranges::all_of(violation.substr(0, end),
                                         [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  return named ? violation.substr(0, end) : std::string("other");
}

}  // namespace

void StatusBoard::forward(DeviceEvent event) {
  event.device = device_;
  if (sink_ && !muted_) sink_(event);
}

void StatusBoard::tell(Kind kind, std::string text, std::int64_t a) {
  if (kind == Kind::violation) {
    const std::lock_guard lock(mutex_);
    if (status_.violations.size() < kMostEntries || status_.violations.contains(name_of(text)))
      ++status_.violations[name_of(text)];
  }
  forward({kind, {}, a, 0, std::move(text), {}});
}

void StatusBoard::line(std::string_view text) {
  if (!lines_.allow()) return;
  if (const auto lost = lines_.take_dropped(); lost != 0) {
    tell(Kind::log, std::to_string(lost) + " lines were too many and are lost", STN_LOG_WARNING);
  }
  tell(Kind::log, clean_text(text), STN_LOG_WARNING);
}

void StatusBoard::hear(const wire::Message& message) {
  if (const auto* event = std::get_if<wire::Event>(&message.body)) {
    hear_event(*event);
  } else if (const auto* log = std::get_if<wire::Log>(&message.body)) {
    if (lines_.allow())
      tell(Kind::log, clean_text(log->text), std::min<std::int64_t>(log->level, STN_LOG_PLUGIN_MISBEHAVING));
  } else if (const auto* violation = std::get_if<wire::Violation>(&message.body)) {
    if (lines_.allow()) tell(Kind::violation, clean_text(violation->text));
  }
}

void StatusBoard::hear_event(const wire::Event& event) {
  if (!events_.allow()) return;
  DeviceEvent out{Kind::state, {}, event.a, event.b, clean_text(event.text), clean_text(event.detail)};
  std::string violation;
  if (const auto lost = events_.take_dropped(); lost != 0) {
    tell(Kind::violation, "flood: posted " + std::to_string(lost) + " events too fast; they are lost");
  }
  {
    const std::lock_guard lock(mutex_);
    violation = apply(event, out);
  }
  if (violation.empty()) {
    forward(std::move(out));
  } else {
    tell(Kind::violation, std::move(violation));
  }
}

std::string StatusBoard::apply(const wire::Event& event, DeviceEvent& out) {
  DeviceStatus& status = collecting_ ? fresh_ : status_;
  switch (event.kind) {
    case STN_EV_PROGRESS:
      out.kind = Kind::progress;
      if (event.a < STN_STEP_QUEUED || event.a > STN_STEP_DONE)
        return "malformed-event: unknown progress step " + std::to_string(event.a);
      if (op_ == 0 || static_cast<std::uint64_t>(event.b) != op_)
        return "events-out-of-order: progress of an operation that is not under way";
      if (event.a < step_) {
        return "events-out-of-order: progress went back from step " + std::to_string(step_) + " to " +
               std::to_string(event.a);
      }
      step_ = event.a;
      return {};
    case STN_EV_STATE:
      out.kind = Kind::state;
      if (event.a < STN_STATE_IDLE || event.a > STN_STATE_STOPPED)
        return "malformed-event: unknown state " + std::to_string(event.a);
      status.state = event.a == STN_STATE_IDLE         ? State::idle
                     : event.a == STN_STATE_PROCESSING ? State::processing
                                                       : State::stopped;
      status_.state = status.state;
      if (status.state == State::stopped) attended_ = true;
      return {};
    case STN_EV_REASON: {
      out.kind = Kind::reason;
      if (event.a < STN_SEVERITY_REPORT || event.a > STN_SEVERITY_ERROR)
        return "malformed-event: unknown severity " + std::to_string(event.a);
      if (out.text.empty()) return "malformed-event: a reason without a keyword";
      std::erase_if(status.reasons, [&](const Reason& reason) { return reason.keyword == out.text; });
      if (event.b == 0) return {};
      if (status.reasons.size() >= kMostEntries) return "flood: more than 64 reasons at once";
      const auto severity = event.a == STN_SEVERITY_REPORT    ? Severity::report
                            : event.a == STN_SEVERITY_WARNING ? Severity::warning
                                                              : Severity::error;
      status.reasons.push_back({out.text, severity, out.detail});
      if (severity == Severity::error) attended_ = true;
      // Kept all the same: whatever it is, the device says that something is the matter.
      if (!is_keyword(out.text)) return "malformed-event: reason \"" + out.text + "\" is no IPP keyword";
      return {};
    }
    case STN_EV_SUPPLY:
      out.kind = Kind::supply;
      if (out.text.empty()) return "malformed-event: a supply without a name";
      if (event.a < -3) return "malformed-event: supply " + out.text + " at level " + std::to_string(event.a);
      if (status.supplies.size() >= kMostEntries && !status.supplies.contains(out.text))
        return "flood: more than 64 supplies";
      status.supplies[out.text] = {event.a, event.b, out.detail};
      return grown(out.text, event.a) ? doubt_supply(status, out.text, event.a) : std::string();
    case STN_EV_CHIP_UID:
      out.kind = Kind::chip_uid;
      if (op_ == 0 || static_cast<std::uint64_t>(event.b) != op_)
        return "events-out-of-order: chip UID for an operation that is not under way";
      if (!is_uid(out.text)) return "malformed-event: chip UID is not upper-case hex";
      if (!notes_.uid.empty() && notes_.uid != out.text)
        return notes_.violation = "contradiction: two chip UIDs in one print: two blanks fed?";
      notes_.uid = out.text;
      return {};
    default:
      return "malformed-event: unknown event kind " + std::to_string(event.kind);
  }
}

bool StatusBoard::grown(const std::string& id, std::int64_t level) {
  // Blanks are added to an open hopper at any time; what lies inside the machine cannot be reached while it
  // says of itself that nothing is open, empty or stopped.
  const auto before = levels_.find(id);
  const bool known = level >= 0;
  const bool stood_still = op_ == 0 && Clock::now() - idle_since_ > kHandsIn;
  const bool grew = known && before != levels_.end() && level > before->second && id != "hopper" &&
                    !attended_ && !stood_still;
  if (known) levels_[id] = level;
  return grew;
}

std::string StatusBoard::doubt_supply(DeviceStatus& status, const std::string& id, std::int64_t level) {
  constexpr std::int64_t kUnknown = -2;
  status.supplies[id].level =
      kUnknown;  // whoever counts wrongly once is not believed until it was attended to
  return "supply-grew: supply " + id + " grew to " + std::to_string(level) +
         " though nobody could have reached it";
}

void StatusBoard::begin(std::uint64_t op, bool status_call) {
  const std::lock_guard lock(mutex_);
  op_ = op;
  step_ = -1;
  notes_ = {};
  collecting_ = status_call;
  if (!status_call) attended_ = false;  // an operation runs with everything closed
  fresh_ = {};
  fresh_.state = status_.state;
}

StatusBoard::Notes StatusBoard::end(const CardAt* card_at) {
  const std::lock_guard lock(mutex_);
  if (collecting_ && card_at != nullptr) {
    status_.state = fresh_.state;
    status_.reasons = std::move(fresh_.reasons);
    status_.supplies = std::move(fresh_.supplies);
  }
  if (card_at != nullptr) status_.card_at = *card_at;
  if (!collecting_) idle_since_ = Clock::now();
  collecting_ = false;
  op_ = 0;
  return std::move(notes_);
}

void StatusBoard::worker_started(int pid) {
  {
    const std::lock_guard lock(mutex_);
    const int restarts = status_.restarts + (started_before_ ? 1 : 0);
    auto violations = std::move(status_.violations);
    auto isolation = std::move(status_.isolation);
    status_ = {};
    status_.isolation = std::move(isolation);
    status_.violations = std::move(violations);
    status_.state = State::idle;
    status_.worker_alive = true;
    status_.worker_pid = pid;
    status_.restarts = restarts;
    started_before_ = true;
    levels_.clear();
  }
  tell(Kind::worker_started, {}, pid);
}

std::vector<std::string> StatusBoard::confined(std::vector<Protection> protections) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> news;
  for (const Protection& protection : protections)
    if (protection.force != Protection::Force::in_force && !told_isolation_)
      news.push_back(protection.name + ": " + protection.detail);
  told_isolation_ = true;
  status_.isolation = std::move(protections);
  return news;
}

void StatusBoard::worker_gone() {
  const std::lock_guard lock(mutex_);
  status_.worker_alive = false;
  status_.worker_pid = 0;
  status_.state = State::stopped;
  status_.card_at = CardAt::unknown;
}

void StatusBoard::quarantined(Quarantine how) {
  const std::lock_guard lock(mutex_);
  status_.quarantine = how;
  status_.state = State::stopped;
  std::erase_if(status_.reasons, [&](const Reason& reason) { return reason.keyword == "paused"; });
  status_.reasons.push_back(
      {"paused", Severity::error,
       how == Quarantine::timed
           ? "Its driver failed too often. It is tried again after a while by itself."
           : "Its driver failed too often. See to the device and start the station again."});
}

void StatusBoard::removed(bool gone) {
  constexpr const char* kKeyword = "connecting-to-device";
  const std::lock_guard lock(mutex_);
  std::erase_if(status_.reasons, [&](const Reason& reason) { return reason.keyword == kKeyword; });
  if (!gone) return;
  status_.reasons.push_back(
      {kKeyword, Severity::error,
       "It is unplugged or switched off. Plug it in again, with the same cards in it."});
  attended_ = true;
}

DeviceStatus StatusBoard::snapshot() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace ktp::devices
