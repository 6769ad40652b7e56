// SPDX-License-Identifier: Apache-2.0
// Opening, closing, waiting; what is left behind.
#include <thread>

#include "check/cases.hpp"
#include "check/own_sleep.hpp"
#include "check/process_state.hpp"

namespace ktp::check {
namespace {

void opens(Bench& b) {
  b.prepare();
  std::string why;
  const auto settings = b.settings(why);
  if (!settings) b.give_up(why);
  const auto result = b.open(*settings, b.subject().serial);
  if (!b.is_open()) {
    // Plugging it in would not help: no test has the host's USB.
    const bool on_usb = result.code == STN_E_UNSUPPORTED && b.driver().n_matches != 0;
    b.give_up(
        "open failed with code " + std::to_string(result.code) + ": " + result.message +
        (on_usb ? "; its device is on USB, which this checker gives to no driver: run it against a recorded "
                  "session with `ktp-station plugin replay`, and on the device"
                : "; connect the device, give --set, or a device model in the manifest (check.model)"));
  }
  b.close();
  b.deinit();
}

void open_close(Bench& b) {
  constexpr int kRounds = 50, kWarm = 10;
  constexpr std::size_t kHeapSlack = 16'384;
  b.prepare();
  std::string why;
  const auto settings = b.settings(why);
  if (!settings) b.skip("cannot be opened here: " + why);
  ProcessState before;
  for (int i = 0; i < kRounds; ++i) {
    if (i == kWarm) before = process_state();
    const auto result = b.open(*settings, b.subject().serial);
    if (!b.is_open()) {
      if (i == 0) b.skip("cannot be opened here: " + result.message);
      b.give_up("open number " + std::to_string(i + 1) + " failed: " + result.message);
    }
    b.close();
  }
  const ProcessState after = process_state();
  const std::string rounds = " over " + std::to_string(kRounds - kWarm) + " times open and close";
  if (after.descriptors > before.descriptors)
    b.fail("leaks descriptors: " + std::to_string(after.descriptors - before.descriptors) + rounds);
  if (after.threads > before.threads)
    b.fail("leaves threads running: " + std::to_string(after.threads - before.threads) + rounds);
  if (after.heap > before.heap + kHeapSlack)
    b.fail("leaks memory: " + std::to_string(after.heap - before.heap) + " bytes" + rounds);
  b.deinit();
}

void absent_device(Bench& b) {
  b.prepare();
  std::string why;
  const auto settings = b.settings(why);
  if (!settings) b.skip("cannot be opened here: " + why);
  // A driver that knows only one device may open it under any name; then it must do so properly.
  b.open(*settings, "serial-that-nobody-has");
  if (b.is_open()) b.close();
  b.deinit();
}

void status(Bench& b) {
  b.prepare_open();
  for (int i = 0; i < 3; ++i) {
    const auto result = b.status();
    if (b.last_call_ms() > 500)
      b.fail("status took " + std::to_string(b.last_call_ms()) + " ms, allowed are 500");
    if (!result.ok() && result.violation.empty())
      b.warn("status says code " + std::to_string(result.code) + ": " + result.message);
    bool state = false;
    for (const stn_event& event : b.host().take_events()) state = state || event.kind == STN_EV_STATE;
    if (result.ok() && !state) b.warn("status posts no state");
  }
  b.close();
  b.deinit();
}

void status_events(Bench& b) {
  b.prepare_open();
  std::map<std::string, std::int64_t> supplies;
  for (int i = 0; i < 3; ++i) {
    b.status();
    for (const stn_event& event : b.host().take_events()) {
      if (event.kind == STN_EV_REASON) {
        const std::string keyword = event.text;
        const bool good =
            !keyword.empty() &&
            keyword.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
        if (!good) b.fail("posted a reason that is no IPP keyword: \"" + keyword + "\"");
        if (keyword.ends_with("-error") || keyword.ends_with("-warning") || keyword.ends_with("-report"))
          b.fail("posted the reason " + keyword +
                 " with its severity in the word; it belongs in the event's field a");
      } else if (event.kind == STN_EV_SUPPLY) {
        const auto known = supplies.find(event.text);
        if (known != supplies.end() && event.a > known->second && known->second >= 0) {
          b.fail("supply " + known->first + " grew by itself from " + std::to_string(known->second) + " to " +
                 std::to_string(event.a));
        }
        supplies[event.text] = event.a;
      } else if (event.kind < STN_EV_PROGRESS || event.kind > STN_EV_CHIP_UID) {
        b.fail("posted an event of the unknown kind " + std::to_string(event.kind));
      }
    }
  }
  b.close();
}

void own_sleep(Bench& b) {
  b.prepare_open();
  const OwnSleeps before = own_sleeps();
  b.status();
  if (b.driver().kind == STN_KIND_PRINTER) {
    const Artwork front = b.artwork();
    const std::string token = b.token();
    const auto printed = b.print(b.next_op(), token, front, nullptr);
    if (printed.outcome == devices::CardOutcome::printed && b.can(STN_CAP_MOVE_TO_CAMERA)) b.to_camera(token);
    if (printed.outcome == devices::CardOutcome::printed && b.can(STN_CAP_BINS)) b.route(token, "good");
  } else if (b.driver().kind == STN_KIND_CAMERA && b.camera().max_frame_bytes <= std::uint64_t{1} << 30) {
    const Guarded slot(b.camera().max_frame_bytes, 4'096);
    stn_frame frame{};
    b.grab(b.next_op(), b.can(STN_CAP_VIEW_FRONT) ? STN_VIEW_FRONT : STN_VIEW_BACK,
           b.host().now() + 50'000'000u, slot, frame);
  }
  const OwnSleeps after = own_sleeps();
  if (after.times > before.times) {
    b.warn(
        "slept " + std::to_string(after.times - before.times) + " times, " +
        std::to_string((after.ns - before.ns) / 1'000'000) +
        " ms, by the C library; only the host's sleep_ns ends early on cancel and can be virtual in tests");
  }
  b.close();
  b.deinit();
}

void interrupt_idle(Bench& b) {
  b.prepare_open();
  b.interrupt(1);
  b.interrupt(1);
  std::thread other([&] { b.interrupt(0); });
  other.join();
  const auto result = b.status();
  if (result.code == STN_E_CANCELLED) b.fail("an interrupt without an operation cancelled the next call");
  b.interrupt(77);
  b.close();
  b.deinit();
}

void after_close(Bench& b) {
  b.prepare_open();
  b.status();
  const ProcessState open = process_state();
  b.close();
  b.deinit();
  std::this_thread::sleep_for(std::chrono::milliseconds(30));  // a thread that was left would speak now
  if (b.host().late_events() != 0)
    b.fail("posted " + std::to_string(b.host().late_events()) + " events after close");
  const ProcessState after = process_state();
  if (after.threads > 1) b.fail("left " + std::to_string(after.threads - 1) + " threads running after close");
  if (after.descriptors > open.descriptors) b.fail("closing opened descriptors");
}

constexpr Case kCases[] = {
    {"life.open", "opens its device with the settings of this check", opens},
    {"life.open-close", "50 times open and close leave no descriptor, thread or memory behind", open_close},
    {"life.absent-device", "opening a serial number that is not there ends in a proper answer",
     absent_device},
    {"life.status", "status answers within 500 ms and posts the state", status},
    {"life.status-events", "reasons are IPP keywords, supplies do not grow by themselves", status_events},
    {"life.own-sleep", "time is slept away through the host, not the C library", own_sleep},
    {"life.interrupt-idle", "interrupt without an operation, twice and from another thread, does nothing",
     interrupt_idle},
    {"life.after-close", "after close nothing is posted and no thread runs", after_close},
};

}  // namespace

std::span<const Case> life_cases() {
  return kCases;
}

}  // namespace ktp::check
