// SPDX-License-Identifier: Apache-2.0
#include "check/bench.hpp"

#include <algorithm>
#include <cstring>
#include <random>

#include "devices/settings.hpp"
#include "library.hpp"

namespace ktp::check {
namespace {

using devices::Asked;
using devices::CallResult;

constexpr std::uint32_t kMaxOptions = 128;
constexpr std::uint32_t kMaxDrivers = 16;

/// What the worker hands to a driver: nothing that could pass for success.
stn_result blank_result() {
  stn_result result{};
  result.size = sizeof result;
  result.code = STN_E_INTERNAL;
  result.action = STN_ACT_STOP_DEVICE;
  result.outcome = STN_CARD_UNKNOWN;
  return result;
}

wire::RawResult raw(std::int32_t returned, const stn_result& r) {
  return {
      returned,  r.size,        r.code,           r.action,        r.outcome,
      r.card_at, r.vendor_code, r.counter_before, r.counter_after, std::string(r.message, sizeof r.message)};
}

std::string text(const char* words) {
  return words == nullptr ? std::string() : std::string(words, ::strnlen(words, 1'000));
}

bool is_keyword(const char* text) {
  const std::size_t n = ::strnlen(text, 64);
  return n != 0 && std::all_of(text, text + n, [](char c) {
           return (c >= 'a' && c <= 'z') || c == '-' || (c >= '0' && c <= '9');
         });
}

}  // namespace

Artwork::Artwork(std::uint32_t width, std::uint32_t height, std::uint32_t dpi, std::uint64_t seed)
    : pixels(std::size_t{width} * height * 3, 0),
      raster{pixels.bytes().data(), width, height, width * 3, dpi} {
  std::uint64_t state = seed * 2 + 1;
  for (std::uint8_t& byte : pixels.bytes()) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<std::uint8_t>(state >> 56);
  }
  pixels.read_only();
}

Bench::Bench(const Subject& subject, const Teller& teller)
    : subject_(subject), teller_(teller), host_(subject.real_time) {}

void Bench::skip(std::string_view why) const {
  teller_.found(plugins::CheckStatus::skip, why);
  throw Over{};
}
void Bench::give_up(std::string_view what) const {
  fail(what);
  throw Over{};
}

void Bench::load() {
  auto loaded = call("load", [&] { return worker::load_module(subject_.library); });
  if (!loaded) give_up(loaded.error());
  module_ = *loaded;
}

void Bench::init() {
  const std::string folder = subject_.library.parent_path().string();
  if (module_->size < sizeof(stn_module) || module_->init == nullptr || module_->deinit == nullptr ||
      module_->driver_count == nullptr || module_->driver_at == nullptr) {
    give_up("its station_module table is malformed");
  }
  const auto code = call("init", [&] { return module_->init(host_.table(), folder.c_str()); });
  if (code != STN_OK) give_up("init failed with code " + std::to_string(code));
}

void Bench::deinit() {
  call("deinit", [&] { module_->deinit(); });
}

void Bench::prepare() {
  load();
  init();
  const std::uint32_t count = call("driver_count", [&] { return module_->driver_count(); });
  if (count == 0 || count > kMaxDrivers)
    give_up("driver_count says " + std::to_string(count) + ", allowed are 1 to 16");
  driver_ = call("driver_at", [&] { return module_->driver_at(subject_.driver); });
  if (driver_ == nullptr || driver_->size < sizeof(stn_driver) || driver_->open == nullptr ||
      driver_->close == nullptr || driver_->status == nullptr || driver_->interrupt == nullptr ||
      driver_->get_extension == nullptr || driver_->id == nullptr) {
    give_up("driver " + std::to_string(subject_.driver) + " is malformed");
  }
}

void Bench::prepare_open() {
  prepare();
  std::string why;
  const auto chosen = settings(why);
  if (!chosen) skip("cannot be opened here: " + why);
  const CallResult result = open(*chosen, subject_.serial);
  if (!is_open_) skip("cannot be opened here: code " + std::to_string(result.code) + " " + result.message);
}

std::vector<wire::Option> Bench::options() const {
  const auto* config = call("get_extension", [&] {
    return static_cast<const stn_config_v1*>(driver_->get_extension(STN_EXT_CONFIG));
  });
  std::vector<wire::Option> options;
  if (config == nullptr) return options;
  if (config->size < sizeof *config || config->n_options > kMaxOptions ||
      (config->n_options != 0 && config->options == nullptr)) {
    give_up("its table of options is malformed");
  }
  const auto* at = reinterpret_cast<const unsigned char*>(config->options);
  const std::uint32_t step = config->n_options == 0 ? 0 : config->options->size;
  for (std::uint32_t i = 0; i < config->n_options; ++i, at += step) {
    const auto& option = *reinterpret_cast<const stn_option*>(at);
    if (step < sizeof option || option.size != step || option.key == nullptr || option.type > STN_OPT_CHOICE)
      give_up("its option " + std::to_string(i) + " is malformed");
    options.push_back({subject_.driver, option.type, option.default_value == nullptr ? 1u : 0u,
                       text(option.key), text(option.unit), text(option.default_value), text(option.choices),
                       text(option.doc), option.min, option.max, option.flags});
  }
  return options;
}

std::optional<std::map<std::string, std::string>> Bench::settings(std::string& why) const {
  const auto checked = devices::check_settings("check", text(driver_->id), options(), subject_.settings);
  if (!checked) {
    why = checked.error().message + "; give it with --set KEY=VALUE or check.settings in the manifest";
    return std::nullopt;
  }
  std::map<std::string, std::string> all;
  for (const wire::Setting& setting : *checked) all[setting.key] = setting.value;
  return all;
}

template <class F>
CallResult Bench::judged(Asked asked, const char* name, F&& f) {
  stn_result result = blank_result();
  const auto began = std::chrono::steady_clock::now();
  const std::int32_t returned = call(name, [&] { return f(&result); });
  last_ms_ =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  CallResult judged = devices::judge(asked, raw(returned, result), evidence_);
  if (!judged.violation.empty()) fail(std::string(name) + ": " + judged.violation);
  if (judged.code != STN_OK && judged.violation.empty() && result.message[0] == 0)
    warn(std::string(name) + " failed with code " + std::to_string(judged.code) + " without a message");
  evidence_.last_counter = std::max(evidence_.last_counter, result.counter_after);
  for (const std::string& complaint : host_.take_complaints()) fail(std::string(name) + ": " + complaint);
  return judged;
}

CallResult Bench::open(const std::map<std::string, std::string>& chosen, const std::string& serial) {
  std::vector<stn_setting> list;
  for (const auto& [key, value] : chosen) list.push_back({key.c_str(), value.c_str()});
  const stn_open_args args{sizeof args, static_cast<std::uint32_t>(list.size()), list.data(), serial.c_str(),
                           0};
  host_.device_opens();
  dev_ = nullptr;
  CallResult result = judged(Asked::open, "open",
                             [&](stn_result* r) { return driver_->open(host_.table(), &args, &dev_, r); });
  look_at_events(0);
  if (!result.ok()) {
    host_.device_closed();
    return result;
  }
  is_open_ = true;
  last_seq_.reset();
  const auto table = [&](const char* id) {
    return call("get_extension", [&] { return driver_->get_extension(id); });
  };
  if (driver_->kind == STN_KIND_PRINTER) {
    printer_ = static_cast<const stn_printer_v1*>(table(STN_EXT_PRINTER));
    if (printer_ == nullptr || printer_->size < sizeof *printer_ || printer_->print == nullptr)
      give_up("a printer without a whole " STN_EXT_PRINTER " table");
    caps_ = evidence_.caps = printer_->caps;
  } else if (driver_->kind == STN_KIND_CAMERA) {
    camera_ = static_cast<const stn_camera_v1*>(table(STN_EXT_CAMERA));
    if (camera_ == nullptr || camera_->size < sizeof *camera_ || camera_->grab == nullptr)
      give_up("a camera without a whole " STN_EXT_CAMERA " table");
    caps_ = camera_->caps;
  } else if (driver_->kind == STN_KIND_CHIP_READER) {
    reader_ = static_cast<const stn_chip_reader_v1*>(table(STN_EXT_CHIP_READER));
    if (reader_ == nullptr || reader_->size < sizeof *reader_ || reader_->read_uid == nullptr)
      give_up("a chip reader without a whole " STN_EXT_CHIP_READER " table");
    caps_ = reader_->caps;
  } else {
    give_up("driver kind " + std::to_string(driver_->kind) + " is unknown");
  }
  return result;
}

void Bench::close() {
  call("close", [&] { driver_->close(dev_); });
  host_.device_closed();
  is_open_ = false;
  for (const std::string& complaint : host_.take_complaints()) fail("close: " + complaint);
}

CallResult Bench::status() {
  CallResult result =
      judged(Asked::status, "status", [&](stn_result* r) { return driver_->status(dev_, r); });
  return result;
}

void Bench::interrupt(std::uint64_t op) {
  call("interrupt", [&] { driver_->interrupt(dev_, op); });
}

void Bench::need_kind(std::uint32_t kind) const {
  if (driver_ != nullptr && driver_->kind != kind) skip("the driver is of another kind");
}
void Bench::need(std::uint32_t caps, const char* what) const {
  if (!can(caps)) skip(std::string("the device has no ") + what);
}

std::string Bench::token() {
  std::mt19937_64 random(subject_.seed * 1'000'003 + ++tokens_);
  std::string token;
  for (int i = 0; i < 32; ++i) token += static_cast<char>('a' + random() % 26);
  return token;
}

void Bench::look_at_events(std::uint64_t op) {
  std::int64_t last_step = -1;
  for (const stn_event& event : host_.take_events()) {
    switch (event.kind) {
      case STN_EV_PROGRESS:
        if (event.a < STN_STEP_QUEUED || event.a > STN_STEP_DONE)
          fail("posted the unknown progress step " + std::to_string(event.a));
        else if (event.a < last_step)
          fail("progress goes back from step " + std::to_string(last_step) + " to " +
               std::to_string(event.a));
        if (static_cast<std::uint64_t>(event.b) != op)
          fail("posted progress of operation " + std::to_string(event.b) + " during " + std::to_string(op));
        last_step = std::max(last_step, event.a);
        break;
      case STN_EV_STATE:
        if (event.a < STN_STATE_IDLE || event.a > STN_STATE_STOPPED)
          fail("posted the unknown state " + std::to_string(event.a));
        break;
      case STN_EV_REASON:
        if (!is_keyword(event.text))
          fail("posted a reason that is no IPP keyword: \"" + text(event.text) + "\"");
        if (event.a < STN_SEVERITY_REPORT || event.a > STN_SEVERITY_ERROR)
          fail("posted the unknown severity " + std::to_string(event.a));
        break;
      case STN_EV_SUPPLY:
        if (!is_keyword(event.text)) fail("posted a supply with the id \"" + text(event.text) + "\"");
        if (event.a < -3 || (event.b > 0 && event.a > event.b))
          fail("posted supply " + text(event.text) + " with level " + std::to_string(event.a) + " of " +
               std::to_string(event.b));
        break;
      case STN_EV_CHIP_UID:
        if (!devices::is_uid(text(event.text))) fail("posted a chip UID that is not upper-case hex");
        break;
      default:
        fail("posted an event of the unknown kind " + std::to_string(event.kind));
    }
  }
}

CallResult Bench::print(std::uint64_t op, const std::string& token, const Artwork& front, const Artwork* back,
                        std::uint32_t reserved) {
  stn_print_job job{};
  job.size = sizeof job;
  job.reserved = reserved;
  job.token = token.c_str();
  job.front = front.raster;
  if (back != nullptr) job.back = back->raster;
  CallResult result =
      judged(Asked::print, "print", [&](stn_result* r) { return printer_->print(dev_, op, &job, r); });
  look_at_events(op);
  return result;
}
CallResult Bench::to_camera(const std::string& token) {
  const std::uint64_t op = next_op();
  return judged(Asked::to_camera, "to_camera",
                [&](stn_result* r) { return printer_->to_camera(dev_, op, token.c_str(), r); });
}
CallResult Bench::route(const std::string& token, const std::string& bin) {
  const std::uint64_t op = next_op();
  return judged(Asked::route, "route",
                [&](stn_result* r) { return printer_->route(dev_, op, token.c_str(), bin.c_str(), r); });
}
CallResult Bench::counter(std::uint64_t& cards) {
  return judged(Asked::counter, "counter", [&](stn_result* r) { return printer_->counter(dev_, &cards, r); });
}
CallResult Bench::lookup(const std::string& token, std::optional<devices::CardRecord>& record) {
  stn_card card{};
  card.size = sizeof card;
  card.outcome = STN_CARD_UNKNOWN;
  record.reset();
  CallResult result = judged(Asked::lookup, "lookup",
                             [&](stn_result* r) { return printer_->lookup(dev_, token.c_str(), &card, r); });
  if (!result.ok()) return result;
  auto judged_card =
      devices::judge_card({card.size, card.outcome, card.card_at, card.number,
                           std::string(card.uid, sizeof card.uid), std::string(card.bin, sizeof card.bin)});
  if (!judged_card)
    fail("lookup: " + judged_card.error());
  else
    record = *std::move(judged_card);
  return result;
}

CallResult Bench::grab(std::uint64_t op, std::uint32_t view, std::uint64_t not_before_ns, const Guarded& slot,
                       stn_frame& frame) {
  const stn_grab_request request{sizeof request,     view, 0, not_before_ns, slot.bytes().data(),
                                 slot.bytes().size()};
  frame = {};
  frame.size = sizeof frame;
  frame.status = STN_FRAME_INCOMPLETE;
  CallResult result = judged(Asked::grab, "grab",
                             [&](stn_result* r) { return camera_->grab(dev_, op, &request, &frame, r); });
  if (const std::string scribbled = slot.scribbled(); !scribbled.empty()) fail("grab: " + scribbled);
  if (!result.ok()) return result;
  if (frame.reserved != 0) fail("grab: the reserved field of its frame is not zero");
  const std::string wrong =
      devices::judge_frame({frame.size, frame.status, frame.width, frame.height, frame.stride, frame.seq,
                            frame.exposure_start_ns, frame.bytes_used},
                           {slot.bytes().size(), not_before_ns, host_.now(), last_seq_});
  if (!wrong.empty()) fail("grab: " + wrong);
  last_seq_ = frame.seq;
  return result;
}

CallResult Bench::read_uid(std::uint64_t not_before_ns, stn_chip& chip) {
  const stn_chip_request request{sizeof request, 0, 0, not_before_ns};
  chip = {};
  chip.size = sizeof chip;
  const std::uint64_t op = next_op();
  CallResult result = judged(Asked::status, "read_uid",
                             [&](stn_result* r) { return reader_->read_uid(dev_, op, &request, &chip, r); });
  if (!result.ok()) return result;
  if (chip.size != sizeof chip)
    fail("read_uid: changed the size of its answer to " + std::to_string(chip.size));
  if (chip.selected_ns < not_before_ns)
    fail("read_uid: stale, the chip was selected before it was asked for");
  if (chip.selected_ns > host_.now()) fail("read_uid: the chip was selected in the future");
  if (std::memchr(chip.uid, 0, sizeof chip.uid) == nullptr || !devices::is_uid(text(chip.uid)) ||
      text(chip.uid).size() < 8 || text(chip.uid).size() > 20) {
    fail("read_uid: the UID is not 8 to 20 digits of upper-case hex");
  }
  return result;
}

Artwork Bench::artwork(std::uint64_t seed) const {
  const std::uint32_t dpi =
      printer_->native_dpi < 100 || printer_->native_dpi > 1'200 ? 300 : printer_->native_dpi;
  constexpr double kInch = 25.4;
  return {static_cast<std::uint32_t>(85.60 / kInch * dpi + 0.5),
          static_cast<std::uint32_t>(53.98 / kInch * dpi + 0.5), dpi, seed};
}

}  // namespace ktp::check
