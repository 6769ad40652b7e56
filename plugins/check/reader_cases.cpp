// SPDX-License-Identifier: Apache-2.0
// A chip reader's calls, and the random sequence of any driver's.
#include <algorithm>
#include <random>

#include "check/cases.hpp"

namespace ktp::check {
namespace {

void read(Bench& b) {
  b.prepare_open();
  b.need_kind(STN_KIND_CHIP_READER);
  stn_chip chip{};
  for (int i = 0; i < 3; ++i) {
    const auto result = b.read_uid(b.host().now(), chip);
    if (!result.ok() && result.violation.empty())
      b.skip("no chip here: code " + std::to_string(result.code) + " " + result.message);
  }
  b.close();
}

constexpr Case kCases[] = {
    {"reader.read", "the UID of a chip is upper-case hex and was read anew each time", read},
};

void fuzz_printer(Bench& b, std::mt19937_64& random, std::vector<std::string>& tokens, const Artwork& art) {
  const std::string token =
      tokens.empty() || random() % 3 == 0 ? b.token() : tokens[random() % tokens.size()];
  switch (random() % 6) {
    case 0:
    case 1: {
      const std::uint64_t op = b.next_op();
      if (random() % 3 == 0) b.host().cancel_from(op, static_cast<std::int64_t>(random() % 6));
      const std::string fresh = b.token();
      b.print(op, fresh, art, b.can(STN_CAP_DUPLEX) && random() % 2 == 0 ? &art : nullptr);
      b.host().cancel_from(0, -1);
      tokens.push_back(fresh);
      break;
    }
    case 2:
      if (b.can(STN_CAP_MOVE_TO_CAMERA) && b.printer().to_camera != nullptr) b.to_camera(token);
      break;
    case 3:
      if (b.can(STN_CAP_BINS) && b.printer().route != nullptr)
        b.route(token, random() % 4 == 0 ? "no-such-bin" : "good");
      break;
    case 4: {
      std::uint64_t cards = 0;
      if (b.can(STN_CAP_COUNTER) && b.printer().counter != nullptr) b.counter(cards);
      break;
    }
    default: {
      std::optional<devices::CardRecord> record;
      if (b.can(STN_CAP_JOB_LOG) && b.printer().lookup != nullptr) b.lookup(token, record);
    }
  }
}

void fuzz(Bench& b) {
  constexpr int kCalls = 40;
  b.prepare_open();
  std::mt19937_64 random(b.subject().seed);
  std::vector<std::string> tokens;
  std::optional<Artwork> art;
  std::optional<Guarded> slot;
  if (b.driver().kind == STN_KIND_PRINTER) {
    const std::uint32_t dpi = std::clamp(b.printer().native_dpi, 100u, 1'200u);
    constexpr double kInch = 25.4;
    art.emplace(static_cast<std::uint32_t>(85.60 / kInch * dpi + 0.5),
                static_cast<std::uint32_t>(53.98 / kInch * dpi + 0.5), dpi, b.subject().seed);
  }
  if (b.driver().kind == STN_KIND_CAMERA)
    slot.emplace(std::min<std::uint64_t>(b.camera().max_frame_bytes, 1u << 30), 4'096);
  for (int i = 0; i < kCalls; ++i) {
    switch (random() % 8) {
      case 0:
        b.status();
        static_cast<void>(b.host().take_events());
        break;
      case 1:
        b.interrupt(random() % 4);
        break;
      case 2: {
        b.close();
        std::string why;
        const auto settings = b.settings(why);
        if (!settings || (b.open(*settings, b.subject().serial), !b.is_open()))
          b.give_up("cannot be opened again after " + std::to_string(i) + " calls");
        break;
      }
      default:
        if (art) {
          fuzz_printer(b, random, tokens, *art);
        } else if (slot) {
          const std::uint64_t op = b.next_op();
          if (random() % 4 == 0) b.host().cancel_from(op, static_cast<std::int64_t>(random() % 3));
          stn_frame frame{};
          b.grab(op, random() % 2 == 0 ? STN_VIEW_FRONT : STN_VIEW_BACK,
                 b.host().now() + random() % 50'000'000, *slot, frame);
          b.host().cancel_from(0, -1);
        } else {
          stn_chip chip{};
          b.read_uid(b.host().now(), chip);
        }
    }
  }
  b.close();
  b.deinit();
}

constexpr Case kFuzz{"fuzz", "a random sequence of 40 allowed calls", fuzz};

}  // namespace

std::span<const Case> reader_cases() {
  return kCases;
}
const Case& fuzz_case() {
  return kFuzz;
}

std::vector<const Case*> all_cases() {
  std::vector<const Case*> all;
  for (const auto group : {library_cases(), config_cases(), life_cases(), printer_cases(), fault_cases(),
                           camera_cases(), reader_cases()}) {
    for (const Case& one : group) all.push_back(&one);
  }
  return all;
}

}  // namespace ktp::check
