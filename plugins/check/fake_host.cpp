// SPDX-License-Identifier: Apache-2.0
#include "check/fake_host.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

#include "check/own_sleep.hpp"

namespace ktp::check {
namespace {

constexpr std::size_t kMostEvents = 10'000;
constexpr std::uint64_t kShortSleep =
    100'000;  // what is really slept of any sleep without a device behind it

template <std::size_t N>
bool ends(const char (&field)[N]) {
  return std::memchr(field, 0, N) != nullptr;
}

}  // namespace

FakeHost::FakeHost(bool real_time) : real_time_(real_time) {
  stn_host& host = sized_.host;
  host.size = sizeof(stn_host);
  host.abi = STN_ABI_MAJOR << 16 | STN_ABI_MINOR;
  host.ctx = this;
  host.get_extension = [](const stn_host*, const char*) -> const void* { return nullptr; };
  host.log = [](const stn_host* h, std::uint32_t level, const char* text) {
    if (text == nullptr || level > STN_LOG_PLUGIN_MISBEHAVING)
      self(h).complain("logged without text or level");
    if (level == STN_LOG_PLUGIN_MISBEHAVING && text != nullptr) self(h).complain(text);
  };
  host.post = [](const stn_host* h, const stn_event* event) { self(h).post(event); };
  host.cancelled = [](const stn_host* h, std::uint64_t op) -> std::uint32_t {
    return self(h).ask(op) ? 1u : 0u;
  };
  host.now_ns = [](const stn_host* h) -> std::uint64_t { return self(h).now(); };
  host.sleep_ns = [](const stn_host* h, std::uint64_t op, std::uint64_t ns) {
    FakeHost& me = self(h);
    ns = std::min<std::uint64_t>(ns, 3'600'000'000'000u);
    if (me.real_time_) {
      constexpr std::uint64_t kStep = 5'000'000;
      for (std::uint64_t slept = 0; slept < ns && !(op != 0 && me.ask(op)); slept += kStep)
        uncounted_sleep(std::min(kStep, ns - slept));
      return;
    }
    if (op != 0 && me.ask(op)) return;
    const std::uint64_t real = std::min(ns, kShortSleep);
    uncounted_sleep(real);
    me.skipped_ += ns - real;
  };
}

void FakeHost::pretend_newer() {
  sized_.host.size = sizeof sized_;
  sized_.host.abi = STN_ABI_MAJOR << 16 | (STN_ABI_MINOR + 7);
  std::memset(sized_.later_fields, 0xDB, sizeof sized_.later_fields);
}

std::uint64_t FakeHost::now() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec) +
         skipped_;
}

void FakeHost::cancel_from(std::uint64_t op, std::int64_t question) {
  questions_ = 0;
  cancel_question_ = question;
  cancel_op_ = op;
}

bool FakeHost::ask(std::uint64_t op) {
  const std::int64_t question = questions_++;
  return op == cancel_op_ && cancel_question_ >= 0 && question >= cancel_question_;
}

void FakeHost::post(const stn_event* event) {
  if (!open_) {
    ++late_;
    return;
  }
  if (event == nullptr || event->size < sizeof(stn_event)) return complain("posted an event of a wrong size");
  if (!ends(event->text) || !ends(event->detail))
    return complain("posted an event whose text is not terminated");
  const std::lock_guard lock(mutex_);
  if (events_.size() < kMostEvents) events_.push_back(*event);
}

void FakeHost::complain(std::string what) {
  const std::lock_guard lock(mutex_);
  if (complaints_.size() < 10) complaints_.push_back(std::move(what));
}

std::vector<stn_event> FakeHost::take_events() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

std::vector<std::string> FakeHost::take_complaints() {
  const std::lock_guard lock(mutex_);
  return std::exchange(complaints_, {});
}

}  // namespace ktp::check
