// SPDX-License-Identifier: Apache-2.0
#include <station/abi.h>

#include "devices/worker.hpp"

namespace ktp::devices {

Result<std::unique_ptr<ChipReader>> ChipReader::open(DeviceConfig config, EventSink sink) {
  auto worker = std::make_unique<Worker>(std::move(config), std::move(sink), STN_KIND_CHIP_READER);
  if (auto started = worker->start(); !started) return std::unexpected(started.error());
  return std::unique_ptr<ChipReader>(new ChipReader(std::move(worker)));
}

ChipReader::ChipReader(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}
ChipReader::~ChipReader() = default;

CallResult ChipReader::read_uid(std::uint64_t card_number, std::uint64_t not_before_ns, Chip& chip) {
  chip = {};
  const auto prepare = [&](CallResult&) -> std::optional<wire::Body> {
    return wire::ReadChip{card_number, not_before_ns};
  };
  const auto conclude = [&](CallResult& result, const wire::Done& done) {
    if (!result.violation.empty()) return;
    switch (result.code) {
      case STN_OK:
        if (auto uid = judge_chip(done.chip, {not_before_ns, monotonic_ns()}))
          chip = {Chip::Kind::read, *std::move(uid)};
        else
          add_violation(result, Asked::read_chip, uid.error());
        return;
      // What is said of the chip is no fault of the reader.
      case STN_E_NOT_FOUND:
        chip.kind = Chip::Kind::none;
        break;
      case STN_E_BUSY:
        chip.kind = Chip::Kind::several;
        break;
      case STN_E_PROTOCOL:
        chip.kind = Chip::Kind::unreadable;
        break;
      default:
        return;
    }
    result.action = Action::none;
  };
  return worker_->call({Asked::read_chip, worker_->config().read_deadline, prepare, conclude});
}

CallResult ChipReader::status(DeviceStatus& status) {
  CallResult result = worker_->call({Asked::status, worker_->config().status_deadline,
                                     [](CallResult&) { return std::optional<wire::Body>(wire::Status{}); }});
  status = worker_->last_status();
  return result;
}

void ChipReader::cancel() {
  worker_->cancel();
}
DeviceStatus ChipReader::last_status() const {
  return worker_->last_status();
}
const std::string& ChipReader::name() const {
  return worker_->config().name;
}

}  // namespace ktp::devices
