// SPDX-License-Identifier: Apache-2.0
// A fault that wants the operator, as the manifest says how to bring one about: what the driver says while it
// lasts, and that nothing of it stays behind.
#include <set>

#include "check/cases.hpp"

namespace ktp::check {
namespace {

using devices::CardOutcome;

/// What the events since the last look leave standing.
struct Standing {
  std::int64_t state = STN_STATE_IDLE;
  std::set<std::string> errors;  ///< reasons of severity error

  void take(const std::vector<stn_event>& events) {
    for (const stn_event& event : events) {
      if (event.kind == STN_EV_STATE) state = event.a;
      if (event.kind != STN_EV_REASON) continue;
      if (event.b == 0)
        errors.erase(event.text);
      else if (event.a == STN_SEVERITY_ERROR)
        errors.insert(event.text);
    }
  }
  [[nodiscard]] std::string words() const {
    std::string all;
    for (const std::string& one : errors) all += (all.empty() ? "" : ", ") + one;
    return all;
  }
};

void look(Bench& b, Standing& standing) {
  const auto result = b.status();
  if (!result.ok() && result.violation.empty())
    b.fail("status says code " + std::to_string(result.code) +
           " while the device has a fault; it answers OK and posts state and reasons");
  if (b.last_call_ms() > 500)
    b.fail("status took " + std::to_string(b.last_call_ms()) + " ms while the device has a fault");
  standing.take(b.host().take_events());
}

void fault(Bench& b) {
  constexpr int kLooks = 300;
  constexpr std::uint64_t kPauseMs = 100;
  if (!b.subject().fault) b.skip("the manifest says no fault that could be tried (check.fault)");
  b.prepare_open();
  b.need_kind(STN_KIND_PRINTER);
  Standing standing;
  look(b, standing);
  const Artwork front = b.artwork();
  const std::string first = b.token();
  const auto met = b.print(b.next_op(), first, front, nullptr);
  if (met.ok()) b.give_up("the fault of check.fault did not come: the first print went well");
  if (met.violation.empty() && met.action != devices::Action::op_needed)
    b.fail("the print that met the fault does not ask for the operator (code " + std::to_string(met.code) +
           ")");

  bool shown = false;
  for (int i = 0; i < kLooks; ++i) {
    look(b, standing);
    if (standing.state != STN_STATE_STOPPED && standing.errors.empty()) break;
    shown = true;
    if (i == kLooks - 1)
      b.give_up(standing.state == STN_STATE_STOPPED
                    ? "is still stopped 30 s after the fault (" + standing.words() + ")"
                    : "is ready again, but its reasons were not cleared: " + standing.words());
    b.wait_ms(kPauseMs);
  }
  if (!shown) b.warn("print asks for the operator, but status shows neither a stop nor a reason");

  if (met.outcome == CardOutcome::printed || met.outcome == CardOutcome::spoiled) {
    if (b.can(STN_CAP_BINS)) b.route(first, "damaged");
  }
  const std::string second = b.token();
  const auto after = b.print(b.next_op(), second, front, nullptr);
  if (!after.ok() && after.violation.empty())
    b.fail("does not print after the fault: code " + std::to_string(after.code) + " " + after.message);
  look(b, standing);
  if (!standing.errors.empty())
    b.fail("a reason of severity error stands after a good print: " + standing.words());
  if (b.can(STN_CAP_BINS) && after.ok()) b.route(second, "good");
  b.close();
}

constexpr Case kCases[] = {
    {"printer.fault", "a fault is shown by status while it lasts, and nothing of it stays when it has gone",
     fault},
};

}  // namespace

std::span<const Case> fault_cases() {
  return kCases;
}

}  // namespace ktp::check
