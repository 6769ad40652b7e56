// SPDX-License-Identifier: Apache-2.0
#include "device.hpp"

#include <cstring>

namespace ktp::worker {
namespace {

/// What the driver finds in its result: nothing to be proud of, so a driver that forgets to fill it has not
/// succeeded.
stn_result blank_result() {
  stn_result result{};
  result.size = sizeof result;
  result.code = STN_E_INTERNAL;
  result.action = STN_ACT_STOP_DEVICE;
  result.outcome = STN_CARD_UNKNOWN;
  result.card_at = STN_AT_UNKNOWN;
  return result;
}

template <std::size_t N>
std::string whole(const char (&field)[N]) {
  return {field, N};
}

wire::RawResult raw(std::int32_t returned, const stn_result& r) {
  return {returned,  r.size,        r.code,           r.action,        r.outcome,
          r.card_at, r.vendor_code, r.counter_before, r.counter_after, whole(r.message)};
}

/// The worker's own answer: the driver was not called, no card was touched.
wire::RawResult refused(stn_code code, const char* why) {
  stn_result result = blank_result();
  result.code = code;
  result.action = STN_ACT_REJECT_JOB;
  result.outcome = STN_CARD_NOT_STARTED;
  std::strncpy(result.message, why, sizeof result.message - 1);
  return raw(code, result);
}

wire::Done no(stn_code code, const char* why) {
  wire::Done done;
  done.result = refused(code, why);
  return done;
}

/// The picture's place in the region; false when it does not lie inside.
bool place(const wire::Picture& picture, std::span<const std::uint8_t> region, stn_raster& out) {
  out = {};
  if (picture.width == 0) return true;
  const std::uint64_t bytes = std::uint64_t{picture.stride} * picture.height;
  if (picture.height == 0 || picture.stride < std::uint64_t{picture.width} * 3 ||
      picture.offset > region.size() || bytes > region.size() - picture.offset) {
    return false;
  }
  out = {region.data() + picture.offset, picture.width, picture.height, picture.stride, picture.dpi};
  return true;
}

}  // namespace

wire::Opened Device::open(const stn_driver* driver, const wire::Open& request) {
  wire::Opened opened;
  if (is_open()) {
    opened.result = refused(STN_E_BAD_INPUT, "already open");
    return opened;
  }
  if (usb_ != nullptr && usb_->problem() != STN_OK) {
    opened.result = refused(usb_->problem(), usb_->why().c_str());
    return opened;
  }
  if (pcsc_ != nullptr && pcsc_->problem() != STN_OK) {
    opened.result = refused(pcsc_->problem(), pcsc_->why().c_str());
    return opened;
  }
  std::vector<stn_setting> settings;
  for (const wire::Setting& setting : request.settings)
    settings.push_back({setting.key.c_str(), setting.value.c_str()});
  const stn_open_args args{sizeof args, static_cast<std::uint32_t>(settings.size()), settings.data(),
                           request.serial.c_str(), request.quirks};
  stn_result result = blank_result();
  void* dev = nullptr;
  const std::int32_t returned = driver->open(host_, &args, &dev, &result);
  opened.result = raw(returned, result);
  if (returned != STN_OK || result.code != STN_OK) return opened;

  driver_ = driver;
  dev_ = dev;
  if (driver->kind == STN_KIND_PRINTER) {
    printer_ = static_cast<const stn_printer_v1*>(driver->get_extension(STN_EXT_PRINTER));
    if (printer_ == nullptr || printer_->size < sizeof *printer_ || printer_->reserved != 0 ||
        printer_->print == nullptr) {
      opened.result = refused(STN_E_INTERNAL, "the driver is a printer without a " STN_EXT_PRINTER " table");
      return opened;
    }
    opened.caps = printer_->caps;
    opened.native_dpi = printer_->native_dpi;
  } else if (driver->kind == STN_KIND_CAMERA) {
    camera_ = static_cast<const stn_camera_v1*>(driver->get_extension(STN_EXT_CAMERA));
    if (camera_ == nullptr || camera_->size < sizeof *camera_ || camera_->grab == nullptr) {
      opened.result = refused(STN_E_INTERNAL, "the driver is a camera without a " STN_EXT_CAMERA " table");
      return opened;
    }
    opened.caps = camera_->caps;
    opened.max_frame_bytes = camera_->max_frame_bytes;
  } else if (driver->kind == STN_KIND_CHIP_READER) {
    reader_ = static_cast<const stn_chip_reader_v1*>(driver->get_extension(STN_EXT_CHIP_READER));
    if (reader_ == nullptr || reader_->size < sizeof *reader_ || reader_->read_uid == nullptr) {
      opened.result =
          refused(STN_E_INTERNAL, "the driver is a chip reader without a " STN_EXT_CHIP_READER " table");
      return opened;
    }
    opened.caps = reader_->caps;
  } else {
    opened.result = refused(STN_E_UNSUPPORTED, "this station opens printers, cameras and chip readers only");
    return opened;
  }
  const std::lock_guard lock(interrupt_mutex_);
  interruptible_ = driver_;
  interruptible_dev_ = dev_;
  return opened;
}

void Device::close() {
  {
    const std::lock_guard lock(interrupt_mutex_);
    interruptible_ = nullptr;
  }
  if (driver_ != nullptr) driver_->close(dev_);
  driver_ = nullptr;
  printer_ = nullptr;
  camera_ = nullptr;
  reader_ = nullptr;
}

bool Device::take(const wire::Raster& message, std::vector<Fd> fds) {
  if (fds.size() != 1) return false;
  raster_ = Region(fds[0], message.bytes, Region::Access::read);
  return !raster_.bytes().empty();
}

bool Device::take(const wire::Slots& message, std::vector<Fd> fds) {
  if (fds.size() != message.count || fds.empty()) return false;
  slots_.clear();
  for (const Fd& fd : fds) {
    slots_.emplace_back(fd, message.bytes, Region::Access::write);
    if (slots_.back().bytes().empty()) return false;
  }
  return true;
}

wire::Done Device::call(std::uint64_t op, const wire::Print& request) {
  if (printer_ == nullptr) return no(STN_E_UNSUPPORTED, "not a printer");
  stn_print_job job{};
  job.size = sizeof job;
  job.token = request.token.c_str();
  if (!place(request.front, raster_.bytes(), job.front) || !place(request.back, raster_.bytes(), job.back) ||
      job.front.pixels == nullptr) {
    return no(STN_E_BAD_INPUT, "the picture does not lie in the raster region");
  }
  stn_result result = blank_result();
  const std::int32_t returned = printer_->print(dev_, op, &job, &result);
  wire::Done done;
  done.result = raw(returned, result);
  return done;
}

wire::Done Device::call(std::uint64_t op, const wire::ToCamera& request) {
  if (printer_ == nullptr || printer_->to_camera == nullptr)
    return no(STN_E_UNSUPPORTED, "cannot move a card to the camera");
  stn_result result = blank_result();
  const std::int32_t returned = printer_->to_camera(dev_, op, request.token.c_str(), &result);
  wire::Done done;
  done.result = raw(returned, result);
  return done;
}

wire::Done Device::call(std::uint64_t op, const wire::Route& request) {
  if (printer_ == nullptr || printer_->route == nullptr) return no(STN_E_UNSUPPORTED, "has no bins");
  stn_result result = blank_result();
  const std::int32_t returned =
      printer_->route(dev_, op, request.token.c_str(), request.bin.c_str(), &result);
  wire::Done done;
  done.result = raw(returned, result);
  return done;
}

wire::Done Device::call(std::uint64_t, const wire::Counter&) {
  if (printer_ == nullptr || printer_->counter == nullptr)
    return no(STN_E_UNSUPPORTED, "has no card counter");
  stn_result result = blank_result();
  wire::Done done;
  const std::int32_t returned = printer_->counter(dev_, &done.cards, &result);
  done.result = raw(returned, result);
  return done;
}

wire::Done Device::call(std::uint64_t, const wire::Lookup& request) {
  if (printer_ == nullptr || printer_->lookup == nullptr) return no(STN_E_UNSUPPORTED, "keeps no job log");
  stn_result result = blank_result();
  stn_card card{};
  card.size = sizeof card;
  card.outcome = STN_CARD_UNKNOWN;
  const std::int32_t returned = printer_->lookup(dev_, request.token.c_str(), &card, &result);
  wire::Done done;
  done.result = raw(returned, result);
  done.card = {card.size, card.outcome, card.card_at, card.number, whole(card.uid), whole(card.bin)};
  return done;
}

wire::Done Device::call(std::uint64_t, const wire::Status&) {
  if (driver_ == nullptr) return no(STN_E_BAD_INPUT, "not open");
  stn_result result = blank_result();
  const std::int32_t returned = driver_->status(dev_, &result);
  wire::Done done;
  done.result = raw(returned, result);
  return done;
}

wire::Done Device::call(std::uint64_t op, const wire::Grab& request) {
  if (camera_ == nullptr) return no(STN_E_UNSUPPORTED, "not a camera");
  if (request.slot >= slots_.size()) return no(STN_E_BAD_INPUT, "no such frame slot");
  const auto slot = slots_[request.slot].bytes();
  const stn_grab_request grab{sizeof grab,           request.view, request.card_number,
                              request.not_before_ns, slot.data(),  slot.size()};
  stn_frame frame{};
  frame.size = sizeof frame;
  frame.status = STN_FRAME_INCOMPLETE;
  stn_result result = blank_result();
  const std::int32_t returned = camera_->grab(dev_, op, &grab, &frame, &result);
  wire::Done done;
  done.result = raw(returned, result);
  done.frame = {frame.size,
                frame.status,
                frame.width,
                frame.height,
                frame.stride,
                frame.seq,
                frame.exposure_start_ns,
                frame.bytes_used};
  return done;
}

wire::Done Device::call(std::uint64_t op, const wire::ReadChip& request) {
  if (reader_ == nullptr) return no(STN_E_UNSUPPORTED, "not a chip reader");
  const stn_chip_request wanted{sizeof wanted, 0, request.card_number, request.not_before_ns};
  stn_chip chip{};
  chip.size = sizeof chip;
  stn_result result = blank_result();
  const std::int32_t returned = reader_->read_uid(dev_, op, &wanted, &chip, &result);
  wire::Done done;
  done.result = raw(returned, result);
  done.chip = {chip.size, chip.selected_ns, whole(chip.uid)};
  return done;
}

void Device::interrupt(std::uint64_t op) {
  const std::lock_guard lock(interrupt_mutex_);
  if (interruptible_ != nullptr) interruptible_->interrupt(interruptible_dev_, op);
}

}  // namespace ktp::worker
