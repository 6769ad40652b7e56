// SPDX-License-Identifier: Apache-2.0
// A camera's calls.
#include "check/cases.hpp"
#include "check/process_state.hpp"

namespace ktp::check {
namespace {

constexpr std::size_t kStrip = 4'096;
constexpr std::uint64_t kMostBytes = 1u << 30;

void prepare(Bench& b) {
  b.prepare_open();
  b.need_kind(STN_KIND_CAMERA);
  if (b.camera().max_frame_bytes == 0 || b.camera().max_frame_bytes > kMostBytes)
    b.give_up("max_frame_bytes is " + std::to_string(b.camera().max_frame_bytes) +
              ", allowed are 1 to 1 GiB");
}

/// A view the camera has.
std::uint32_t view(const Bench& b) {
  return b.can(STN_CAP_VIEW_FRONT) ? STN_VIEW_FRONT : STN_VIEW_BACK;
}

/// Without a card there is no picture; then only the manner of the answer is tested.
devices::CallResult grab(Bench& b, std::uint32_t view, std::uint64_t not_before, const Guarded& slot,
                         stn_frame& frame) {
  auto result = b.grab(b.next_op(), view, not_before, slot, frame);
  if (!result.ok() && result.violation.empty() && result.code != STN_E_BAD_INPUT)
    b.skip("no picture here: code " + std::to_string(result.code) + " " + result.message);
  return result;
}

void picture(Bench& b) {
  prepare(b);
  if (!b.can(STN_CAP_VIEW_FRONT) && !b.can(STN_CAP_VIEW_BACK)) b.fail("claims no view at all");
  for (const auto& [cap, which] :
       {std::pair{STN_CAP_VIEW_FRONT, STN_VIEW_FRONT}, {STN_CAP_VIEW_BACK, STN_VIEW_BACK}}) {
    if (!b.can(cap)) continue;
    const Guarded slot(b.camera().max_frame_bytes, kStrip);
    stn_frame frame{};
    grab(b, which, b.host().now(), slot, frame);
  }
  b.close();
}

void fresh(Bench& b) {
  prepare(b);
  const Guarded slot(b.camera().max_frame_bytes, kStrip);
  stn_frame frame{};
  // Later than now: the driver waits, or says that it cannot; an older picture is the card before.
  for (const std::uint64_t later_ms : {0u, 20u, 200u})
    grab(b, view(b), b.host().now() + later_ms * 1'000'000u, slot, frame);
  b.close();
}

void many(Bench& b) {
  constexpr int kFrames = 200, kEnough = 30, kWarm = 10;
  constexpr auto kTime = std::chrono::seconds(5);  // a slow camera shows fewer; the deadline is for hangs
  constexpr std::size_t kHeapSlack = 65'536;
  prepare(b);
  const Guarded slot(b.camera().max_frame_bytes, kStrip);
  stn_frame frame{};
  ProcessState before;
  std::uint64_t last_exposure = 0;
  const auto began = std::chrono::steady_clock::now();
  int taken = 0;
  for (int i = 0; i < kFrames; ++i) {
    if (i >= kEnough && std::chrono::steady_clock::now() - began > kTime) break;
    if (i == kWarm) before = process_state();
    const auto result = grab(b, view(b), b.host().now(), slot, frame);
    if (!result.ok()) break;
    if (frame.exposure_start_ns < last_exposure) b.fail("exposure times go back");
    last_exposure = frame.exposure_start_ns;
    ++taken;
  }
  const ProcessState after = process_state();
  if (after.descriptors > before.descriptors) b.fail("leaks descriptors while taking pictures");
  if (after.threads > before.threads) b.fail("starts a thread with each picture");
  if (after.heap > before.heap + kHeapSlack)
    b.fail("leaks memory while taking pictures: " + std::to_string(after.heap - before.heap) +
           " bytes over " + std::to_string(taken - kWarm) + " frames");
  b.close();
}

void small_slot(Bench& b) {
  prepare(b);
  const std::uint64_t bytes = b.camera().max_frame_bytes;
  const Guarded whole(bytes, kStrip);
  stn_frame frame{};
  grab(b, view(b), b.host().now(), whole, frame);
  if (frame.bytes_used < 2) b.skip("the picture has less than two bytes");
  const Guarded slot(frame.bytes_used - 1, kStrip);
  stn_frame cut{};
  b.grab(b.next_op(), view(b), b.host().now(), slot, cut);
  b.close();
}

void cancelled(Bench& b) {
  prepare(b);
  const Guarded slot(b.camera().max_frame_bytes, kStrip);
  stn_frame frame{};
  const std::uint64_t op = b.next_op();
  b.host().cancel_from(op, 0);
  constexpr std::uint64_t kHour = 3'600'000'000'000u;
  const auto result = b.grab(op, view(b), b.host().now() + kHour, slot, frame);
  b.host().cancel_from(0, -1);
  if (result.ok()) b.fail("grab gives a picture of a moment an hour from now");
  if (b.last_call_ms() > 2'000)
    b.fail("grab went on for " + std::to_string(b.last_call_ms()) + " ms after cancel");
  b.close();
}

constexpr Case kCases[] = {
    {"camera.picture", "a picture of every view lies in its slot and nowhere else, and is described truly",
     picture},
    {"camera.fresh", "no picture is older than it was asked for", fresh},
    {"camera.many",
     "200 pictures (or 5 s of them, at least 30): numbers and times rise, nothing is left behind", many},
    {"camera.small-slot", "a slot that is one byte too small is refused, not overrun", small_slot},
    {"camera.cancel", "a cancelled grab ends", cancelled},
};

}  // namespace

std::span<const Case> camera_cases() {
  return kCases;
}

}  // namespace ktp::check
