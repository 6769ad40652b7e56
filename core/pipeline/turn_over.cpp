// SPDX-License-Identifier: Apache-2.0
#include "pipeline/turn_over.hpp"

#include <algorithm>
#include <thread>

#include "inspection/inspection.hpp"
#include "pipeline/inspect.hpp"
#include "pipeline/read_card.hpp"
#include "pipeline/still_card.hpp"

namespace ktp::pipeline {

namespace {

using std::chrono::steady_clock;

constexpr auto kBetweenPictures = std::chrono::milliseconds(60);

bool wrong_side(const inspection::Report& report) {
  return std::ranges::any_of(report.findings, [](const Finding& f) { return f.kind == "wrong-side"; });
}

std::string place_words(const Attempt& attempt, Side side) {
  return side == Side::front ? "kartu " + attempt.card + ": letakkan dengan sisi DEPAN ke atas / card " +
                                   attempt.card + ": lay it with its FRONT up"
                             : "kartu " + attempt.card + ": BALIK, sisi belakang ke atas / card " +
                                   attempt.card + ": TURN IT OVER, back up";
}

std::string still_words(const Attempt& attempt, Side side) {
  return side == Side::front ? "kartu " + attempt.card + ": yang terlihat sisi BELAKANG; balik / card " +
                                   attempt.card + ": it shows its BACK; turn it over"
                             : "kartu " + attempt.card + ": yang terlihat masih sisi DEPAN; balik / card " +
                                   attempt.card + ": it still shows its FRONT; turn it over";
}

/// Asks, and says that the machine waits for a person, until it goes.
class Asking {
 public:
  Asking(Machine& machine, Turn turn) : machine_(machine), turn_(std::move(turn)) {}
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() {
    if (!asked_) return;
    machine_.turning(std::nullopt);
    machine_.waiting("");
  }
  void ask(const std::string& words, Turn::Seen seen) {
    machine_.station.tell(Notice::Kind::attention,
                          "camera " + machine_.camera.name() + " needs you: " + words);
    machine_.waiting(words);
    asked_ = true;
    turn_.seen = seen;
    machine_.turning(turn_);
  }
  /// What becomes of what was asked. Until somebody touches a card that was laid wrongly, it lies wrongly.
  void sees(Turn::Seen seen) {
    if (!asked_ || turn_.seen == seen) return;
    turn_.seen = seen;
    machine_.turning(turn_);
  }

 private:
  Machine& machine_;
  Turn turn_;
  bool asked_ = false;
};

/// What lies under the camera now. An empty picture: nothing, or (camera_failed) a camera that does not work.
Shot look(Machine& machine, const Attempt& attempt) {
  Shot shot;
  devices::Frame frame;
  const auto grabbed = machine.camera.grab(Side::front, attempt.number, devices::monotonic_ns(), frame);
  if (grabbed.no_card()) return shot;
  if (!grabbed.ok() || frame.image.empty())
    return capture_side(machine, Side::front, attempt.number, devices::monotonic_ns());
  shot.image = std::move(frame.image);
  shot.sha256 = ledger::sha256_text(shot.image.pixels);
  return shot;
}

bool lies_still(StillCard::Seen seen) {
  return seen == StillCard::Seen::take || seen == StillCard::Seen::taken || seen == StillCard::Seen::occupied;
}

}  // namespace

std::string_view to_string(Turn::Seen seen) {
  switch (seen) {
    case Turn::Seen::untouched:
      return "untouched";
    case Turn::Seen::nothing:
      return "nothing";
    case Turn::Seen::moving:
      return "moving";
    case Turn::Seen::wrong:
      return "wrong";
  }
  return "moving";
}

ShownSide wait_for_side(Machine& machine, const Attempt& attempt, Side side, const Image& before) {
  const Station& station = machine.station;
  const auto& reference = side == Side::front ? attempt.job->front_reference : attempt.job->back_reference;
  const auto begun = steady_clock::now();
  const auto at = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begun);
  };
  StillCard still;
  const auto see = [&](const Image& picture) {
    return still.see(picture.view(), at(), [&] {
      return inspection::rectified_card(picture.view(), CardReader::kDpi).has_value();
    });
  };
  Asking asking(machine, {.card = attempt.card, .up = side, .until = begun + station.settings.operator_wait});
  bool moved = before.empty();
  if (!moved) {
    see(before);
    asking.ask(place_words(attempt, side), Turn::Seen::untouched);
  }
  while (true) {
    if (station.stop.now())
      return {{},
              "stopped before the other side of card " + attempt.card +
                  " was shown; both sides will be photographed at the next start"};
    if (at() > station.settings.operator_wait)
      return {
          {},
          "card " + attempt.card + " was not shown with its " + to_string(side) + " up within " +
              std::to_string(
                  std::chrono::duration_cast<std::chrono::seconds>(station.settings.operator_wait).count()) +
              " s; it waits at the camera, start again when somebody is there"};
    Shot shot = look(machine, attempt);
    if (shot.camera_failed) return {std::move(shot), {}};
    if (shot.image.empty()) {  // taken away, or a picture that could not be had: it has been told
      moved = true;
      still.nothing(at());
      asking.sees(Turn::Seen::nothing);
      std::this_thread::sleep_for(kBetweenPictures);
      continue;
    }
    const StillCard::Seen seen = see(shot.image);
    if (still.moved() || seen == StillCard::Seen::empty) {
      moved = true;
      asking.sees(Turn::Seen::moving);
    }
    if (moved && lies_still(seen)) {
      if (!wrong_side(inspect_side(*reference, shot, side, {}))) return {std::move(shot), {}};
      asking.ask(still_words(attempt, side), Turn::Seen::wrong);
      moved = false;  // until somebody touches it, it is the same
    }
    std::this_thread::sleep_for(kBetweenPictures);
  }
}

}  // namespace ktp::pipeline
