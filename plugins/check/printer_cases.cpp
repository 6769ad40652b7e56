// SPDX-License-Identifier: Apache-2.0
// A printer's calls, each judged as the station would judge it.
#include <atomic>
#include <thread>

#include "check/cases.hpp"

namespace ktp::check {
namespace {

using devices::CardAt;
using devices::CardOutcome;

void prepare(Bench& b) {
  b.prepare_open();
  b.need_kind(STN_KIND_PRINTER);
}

/// One good card, or the end of the test.
std::string print_one(Bench& b, const Artwork& front, const Artwork* back = nullptr,
                      std::uint64_t* counter_after = nullptr) {
  const std::string token = b.token();
  const auto result = b.print(b.next_op(), token, front, back);
  if (result.outcome == CardOutcome::not_started && result.action == devices::Action::op_needed)
    b.skip("the device asks for an operator: " + result.message);
  if (!result.ok()) {
    b.give_up("print failed with code " + std::to_string(result.code) + ", card " +
              std::string(devices::to_string(result.outcome)) + ": " + result.message);
  }
  if (counter_after != nullptr) *counter_after = result.counter_after;
  return token;
}

/// The card out of the way, so that the next one can be printed.
void put_away(Bench& b, const std::string& token) {
  if (b.can(STN_CAP_MOVE_TO_CAMERA)) b.to_camera(token);
  if (b.can(STN_CAP_BINS)) b.route(token, "good");
}

std::uint64_t count(Bench& b) {
  std::uint64_t cards = 0;
  if (b.can(STN_CAP_COUNTER) && b.printer().counter != nullptr) b.counter(cards);
  return cards;
}

void table(Bench& b) {
  prepare(b);
  const stn_printer_v1& t = b.printer();
  if (t.native_dpi < 100 || t.native_dpi > 1'200)
    b.fail("native_dpi is " + std::to_string(t.native_dpi) + ", allowed are 100 to 1200");
  constexpr std::uint32_t kKnown = STN_CAP_DUPLEX | STN_CAP_COUNTER | STN_CAP_EJECT_SENSOR |
                                   STN_CAP_MOVE_TO_CAMERA | STN_CAP_BINS | STN_CAP_JOB_LOG;
  if ((t.caps & ~kKnown) != 0) b.fail("caps has bits that ABI 1.0 does not know");
  if (b.can(STN_CAP_COUNTER) && t.counter == nullptr) b.fail("claims a counter, but its function is null");
  if (b.can(STN_CAP_BINS) && t.route == nullptr) b.fail("claims bins, but route is null");
  if (b.can(STN_CAP_MOVE_TO_CAMERA) && t.to_camera == nullptr)
    b.fail("claims to move cards, but to_camera is null");
  if (b.can(STN_CAP_JOB_LOG) && t.lookup == nullptr) b.fail("claims a job log, but lookup is null");
  if (!b.can(STN_CAP_COUNTER) && !b.can(STN_CAP_EJECT_SENSOR) && !b.can(STN_CAP_JOB_LOG))
    b.warn(
        "has neither counter, eject sensor nor job log: after a crash only a person can say what became of a "
        "card");
  b.close();
}

void print(Bench& b) {
  prepare(b);
  const Artwork front = b.artwork();
  for (int i = 0; i < 3; ++i) put_away(b, print_one(b, front));
  b.close();
}

void both_sides(Bench& b) {
  prepare(b);
  b.need(STN_CAP_DUPLEX, "second side");
  const Artwork front = b.artwork(1), back = b.artwork(2);
  put_away(b, print_one(b, front, &back));
  b.close();
}

void counter(Bench& b) {
  prepare(b);
  b.need(STN_CAP_COUNTER, "counter");
  const Artwork front = b.artwork();
  const std::uint64_t before = count(b);
  std::uint64_t said = 0;
  const std::string token = print_one(b, front, nullptr, &said);
  const std::uint64_t printed = count(b);
  if (printed != said)
    b.fail("counter() says " + std::to_string(printed) + ", the print before it said " +
           std::to_string(said));
  if (printed != before + 1) {
    b.fail("counter went from " + std::to_string(before) + " to " + std::to_string(printed) +
           " over one printed card");
  }
  put_away(b, token);
  b.status();
  if (const std::uint64_t after = count(b); after != printed)
    b.fail("counter moved from " + std::to_string(printed) + " to " + std::to_string(after) +
           " without a card");
  b.close();
}

void counter_survives(Bench& b) {
  prepare(b);
  b.need(STN_CAP_COUNTER, "counter");
  const Artwork front = b.artwork();
  put_away(b, print_one(b, front));
  const std::uint64_t before = count(b);
  b.close();
  std::string why;
  b.open(*b.settings(why), b.subject().serial);
  if (!b.is_open()) b.give_up("cannot be opened again after a card");
  if (const std::uint64_t after = count(b); after != before)
    b.fail("counter was " + std::to_string(before) + " before close and is " + std::to_string(after) +
           " after open");
  b.close();
}

void moves(Bench& b) {
  prepare(b);
  if (!b.can(STN_CAP_MOVE_TO_CAMERA) && !b.can(STN_CAP_BINS)) b.skip("the device moves no cards");
  const Artwork front = b.artwork();
  const std::string token = print_one(b, front);
  if (b.can(STN_CAP_MOVE_TO_CAMERA)) {
    const auto moved = b.to_camera(token);
    if (!moved.ok() && moved.violation.empty()) b.fail("to_camera failed: " + moved.message);
  }
  if (b.can(STN_CAP_BINS)) {
    const auto sorted = b.route(token, "good");
    if (!sorted.ok() && sorted.violation.empty()) b.fail("route failed: " + sorted.message);
    const auto again = b.route(token, "good");
    if (!again.ok() && again.violation.empty())
      b.fail("route says code " + std::to_string(again.code) +
             " for a card that lies there already; that must be OK");
  }
  b.close();
}

void nobodys_card(Bench& b) {
  prepare(b);
  const std::string token = b.token();
  if (b.can(STN_CAP_JOB_LOG) && b.printer().lookup != nullptr) {
    std::optional<devices::CardRecord> record;
    const auto result = b.lookup(token, record);
    if (result.code != STN_E_NOT_FOUND && result.violation.empty())
      b.fail("lookup of a token it never saw says code " + std::to_string(result.code) +
             ", expected NOT_FOUND (40)");
  }
  if (b.can(STN_CAP_BINS)) b.route(token, "no-such-bin");
  b.close();
}

void lookup(Bench& b) {
  prepare(b);
  b.need(STN_CAP_JOB_LOG, "job log");
  const Artwork front = b.artwork();
  const std::string token = print_one(b, front);
  std::optional<devices::CardRecord> record;
  const auto result = b.lookup(token, record);
  if (!result.ok() && result.violation.empty()) b.fail("lookup of a printed card failed: " + result.message);
  if (record && record->outcome != CardOutcome::printed)
    b.fail("lookup of a printed card says " + std::string(devices::to_string(record->outcome)));
  put_away(b, token);
  b.close();
}

void one_card_a_token(Bench& b) {
  prepare(b);
  b.need(STN_CAP_JOB_LOG, "job log");
  const Artwork front = b.artwork();
  const std::string token = print_one(b, front);
  put_away(b, token);
  const auto again = b.print(b.next_op(), token, front, nullptr);
  if (again.outcome != CardOutcome::not_started)
    b.fail("printed a second card for the same token; a device that keeps a job log refuses it");
  b.close();
}

void wrong_picture(Bench& b) {
  prepare(b);
  const Artwork good = b.artwork();
  const Artwork huge(good.raster.width * 2, good.raster.height * 2, good.raster.dpi, 3);
  const auto result = b.print(b.next_op(), b.token(), huge, nullptr);
  if (result.ok()) {
    b.fail("printed a picture of twice the card's width and height");
  } else if (result.outcome != CardOutcome::not_started) {
    b.fail("fed a blank for a picture that does not fit (card " +
           std::string(devices::to_string(result.outcome)) + ")");
  }
  b.close();
}

void reserved(Bench& b) {
  prepare(b);
  const Artwork front = b.artwork();
  const auto result = b.print(b.next_op(), b.token(), front, nullptr, 1);
  if (result.ok()) {
    b.fail("printed a job whose reserved field is not zero: a later station may mean something by it");
  } else if (result.outcome != CardOutcome::not_started) {
    b.fail("fed a blank for a job whose reserved field is not zero (card " +
           std::string(devices::to_string(result.outcome)) + ")");
  }
  b.close();
}

/// Cancels at the n-th question for n = 0, 1, ...: before the feed, between the sides, at the end.
void cancel(Bench& b) {
  constexpr int kMost = 12;
  prepare(b);
  const Artwork front = b.artwork();
  for (std::int64_t n = 0; n < kMost; ++n) {
    const std::uint64_t op = b.next_op();
    const std::string token = b.token();
    b.host().cancel_from(op, n);
    const auto result = b.print(op, token, front, nullptr);
    const std::string when = "cancelled at its question " + std::to_string(n + 1) + ": ";
    const bool asked = b.host().questions() > n;
    b.host().cancel_from(0, -1);
    if (result.outcome == CardOutcome::spoiled && result.at == CardAt::unknown && result.violation.empty())
      b.fail(when + "the card is spoiled and nobody knows where it is");
    if (n == 0 && !asked && result.ok()) b.warn("print never asks whether it was cancelled");
    if (n == 0 && asked && result.outcome == CardOutcome::printed && b.last_call_ms() > 2'000)
      b.warn(when + "printed all the same");
    if (result.outcome == CardOutcome::unknown && result.violation.empty())
      b.fail(when + "the card is unknown; a cancelled card is spoiled, printed or not started");
    if (result.outcome == CardOutcome::printed || result.outcome == CardOutcome::spoiled) put_away(b, token);
    if (!asked) break;  // the print has no more questions
  }
  b.close();
}

/// The deadline has passed: cancelled and interrupted from another thread. The driver then has two seconds.
void interrupt(Bench& b) {
  prepare(b);
  const Artwork front = b.artwork();
  const std::uint64_t op = b.next_op();
  std::atomic<bool> ended{false};
  std::thread other([&] {
    if (b.subject().real_time) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    b.host().cancel_from(op, 0);
    for (int i = 0; i < 3 && !ended; ++i) b.interrupt_now(op);
  });
  const std::string token = b.token();
  const auto result = b.print(op, token, front, nullptr);
  ended = true;
  other.join();
  if (b.last_call_ms() > 2'000)
    b.fail("print went on for " + std::to_string(b.last_call_ms()) + " ms after interrupt, allowed are 2000");
  if (result.outcome == CardOutcome::printed || result.outcome == CardOutcome::spoiled) put_away(b, token);
  b.close();
}

constexpr Case kCases[] = {
    {"printer.table", "what it can is said in caps, and every function that goes with it is there", table},
    {"printer.print",
     "three cards: printed on evidence, progress never goes back, the pictures are only read", print},
    {"printer.both-sides", "a card with two sides", both_sides},
    {"printer.counter", "the counter moves by one for a printed card and by nothing else", counter},
    {"printer.counter-survives", "the counter is the same after close and open", counter_survives},
    {"printer.moves", "the card goes to the camera and into a bin, and is said to be there", moves},
    {"printer.lookup", "the job log knows a printed card", lookup},
    {"printer.one-card-a-token", "a token is printed once", one_card_a_token},
    {"printer.nobodys-card", "a token it never saw ends in a proper answer", nobodys_card},
    {"printer.wrong-picture", "a picture that does not fit is refused before a blank is fed", wrong_picture},
    {"printer.reserved", "a job with something in its reserved field is refused before a blank is fed",
     reserved},
    {"printer.cancel", "cancelled at every question: the card is located and honestly named", cancel},
    {"printer.interrupt", "cancelled and interrupted from another thread, the call ends", interrupt},
};

}  // namespace

std::span<const Case> printer_cases() {
  return kCases;
}

}  // namespace ktp::check
