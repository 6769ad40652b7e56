// SPDX-License-Identifier: Apache-2.0
#include "pipeline/chip.hpp"

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace ktp::pipeline {

namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(200);
constexpr int kTries = 3;  // a chip that does not answer once may do so the next time
constexpr int kMostLost = 5;

/// One UID, or why there is none.
ChipReading read_once(const Station& station, devices::ChipReader& reader, std::uint64_t card_number,
                      std::uint64_t not_before_ns) {
  using Kind = ChipReading::Kind;
  ChipReading chip;
  int tries = 0, lost = 0;
  std::optional<std::chrono::steady_clock::time_point> waiting_since;
  const auto tell = [&] {
    station.tell(Notice::Kind::warning, "chip reader " + reader.name() + ": " + chip.why);
  };
  while (tries < kTries) {
    if (station.stop.now()) return {.kind = Kind::stopped, .uid = {}, .why = chip.why};
    devices::Chip found;
    const auto answer = reader.read_uid(card_number, not_before_ns, found);
    chip = {.kind = Kind::unreadable, .uid = std::move(found.uid), .why = why_of(answer)};
    switch (found.kind) {
      case devices::Chip::Kind::read:
        chip.kind = Kind::read;
        return chip;
      case devices::Chip::Kind::none:
        chip.kind = Kind::none;
        break;
      case devices::Chip::Kind::several:
        chip.kind = Kind::several;
        break;
      case devices::Chip::Kind::unreadable:
        break;
      case devices::Chip::Kind::nothing_said:
        chip.reader_failed = true;
        break;
    }
    // The card lies where it is; it waits for the plug or the service as it would for the camera's.
    const bool gone = answer.action == devices::Action::gone;
    if (gone || reader.last_status().quarantine == devices::Quarantine::timed) {
      const auto now = std::chrono::steady_clock::now();
      if (!waiting_since) tell();
      waiting_since = waiting_since.value_or(now);
      if (gone && now - *waiting_since > station.settings.operator_wait) return chip;
      std::this_thread::sleep_for(kLookAgain);
      continue;
    }
    if (chip.reader_failed) tell();
    if (answer.action == devices::Action::stop_device) return chip;
    // A lost worker says nothing of the chip, and the next one is up at once.
    if (!answer.worker_lost || ++lost >= kMostLost) ++tries;
  }
  return chip;
}

const char* word_of(ChipReading::Kind kind) {
  switch (kind) {
    case ChipReading::Kind::read:
      return "read";
    case ChipReading::Kind::none:
      return "none";
    case ChipReading::Kind::random:
      return "random";
    case ChipReading::Kind::several:
      return "several";
    default:
      return "unreadable";
  }
}

}  // namespace

bool is_random_uid(const std::string& uid) {
  return uid.size() == 8 && uid.starts_with("08");
}

bool is_blank_uid(const std::string& uid) {
  return !uid.empty() &&
         (uid.find_first_not_of('0') == std::string::npos || uid.find_first_not_of('F') == std::string::npos);
}

ChipReading read_chip(Machine& machine, std::uint64_t card_number, std::uint64_t not_before_ns) {
  if (machine.reader == nullptr) return {};
  return read_chip(machine.station, *machine.reader, card_number, not_before_ns);
}

ChipReading read_chip(const Station& station, devices::ChipReader& reader, std::uint64_t card_number,
                      std::uint64_t not_before_ns) {
  using Kind = ChipReading::Kind;
  ChipReading chip = read_once(station, reader, card_number, not_before_ns);
  if (chip.kind != Kind::read || chip.reader_failed) return chip;
  const std::string first = std::exchange(chip.uid, "");
  if (is_random_uid(first)) return {.kind = Kind::random, .uid = {}, .why = "single-size UID beginning 08"};
  if (is_blank_uid(first)) return {.kind = Kind::unreadable, .uid = {}, .why = "its UID is empty memory"};
  // Type B chips may make up an identifier that does not look made up.
  chip = read_once(station, reader, card_number, devices::monotonic_ns());
  if (chip.kind != Kind::read || chip.reader_failed) return chip;
  if (chip.uid != first) return {.kind = Kind::random, .uid = {}, .why = "another UID at each activation"};
  return chip;
}

std::string chip_doubt(const ChipReading& chip, const std::string& known) {
  const std::string because = chip.why.empty() ? "" : " (" + chip.why + ")";
  switch (chip.kind) {
    case ChipReading::Kind::not_asked:
      return {};
    case ChipReading::Kind::read:
      return known.empty() || known == chip.uid
                 ? std::string()
                 : "the chip's UID is not the one that this card was seen with before";
    case ChipReading::Kind::none:
      return "no chip answers" + because;
    case ChipReading::Kind::random:
      return "the chip's UID is random and names nothing" + because;
    case ChipReading::Kind::several:
      return "more than one chip answers: two cards?" + because;
    default:
      return "the chip cannot be read" + because;
  }
}

ledger::Event chip_event(const Attempt& attempt, const ChipReading& chip, const std::string& reader) {
  ledger::Event event{
      .type = "chip-read", .order_id = attempt.job->order_id, .card = attempt.card, .token = attempt.token};
  event.uid = chip.uid;
  event.data["reader"] = reader;
  event.data["chip"] = word_of(chip.kind);
  if (!chip.why.empty()) event.data["why"] = chip.why;
  return event;
}

}  // namespace ktp::pipeline
