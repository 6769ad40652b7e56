// SPDX-License-Identifier: Apache-2.0
#include "devices/worker.hpp"

#include <station/abi.h>

#include <algorithm>

#include "devices/look.hpp"
#include "devices/sandbox.hpp"
#include "devices/settings.hpp"
#include "devices/text.hpp"
#include "devices/usb_bus.hpp"

namespace ktp::devices {
namespace {

using Clock = Link::Clock;

/// How often a device that has gone is looked for; also the time its plug may bounce.
constexpr auto kLookAgain = std::chrono::milliseconds(500);

constexpr std::uint64_t kMostFrameBytes = 512ull << 20;
constexpr std::uint32_t kFrameSlots = 2;  // a driver late with the last frame does not write into this one

std::string kind_name(std::uint32_t kind) {
  switch (kind) {
    case STN_KIND_PRINTER:
      return "printer";
    case STN_KIND_CAMERA:
      return "camera";
    case STN_KIND_CHIP_READER:
      return "chip reader";
    default:
      return "device of kind " + std::to_string(kind);
  }
}

/// Which error a person should see for a device that does not open.
ErrorCode open_error(int code) {
  switch (code) {
    case STN_E_BUSY:
      return ErrorCode::in_use;
    case STN_E_BAD_INPUT:
    case STN_E_UNSUPPORTED:
    case STN_E_NOT_FOUND:
      return ErrorCode::configuration;
    default:
      return ErrorCode::internal;
  }
}

}  // namespace

Worker::Worker(DeviceConfig config, EventSink sink, std::uint32_t kind)
    : config_(std::move(config)),
      kind_(kind),
      board_(std::make_shared<StatusBoard>(config_.name, std::move(sink))),
      policy_(config_.restart_budget, config_.restart_window, config_.backoff_first, config_.backoff_most,
              config_.quarantine) {}

Worker::~Worker() {
  const Turnstile::Turn turn(turnstile_);
  close_device();
  board_->mute();
}

std::shared_ptr<Link> Worker::current() const {
  const std::lock_guard lock(mutex_);
  return link_;
}

// ---- starting and ending ----

Result<void> Worker::start() {
  const Turnstile::Turn turn(turnstile_);
  auto started = start_worker();
  if (!started && config_.may_be_absent && open_code_ == STN_E_REMOVED) {
    leave();
    return {};
  }
  return started;
}

Result<void> Worker::know_plugin() {
  std::error_code none;
  const auto changed = std::filesystem::last_write_time(config_.plugin, none);
  if (declared_ && !none && changed == declared_at_) return {};
  auto hello = look_into(config_);
  if (!hello) return fail(hello.error().code, where() + hello.error().message);
  declared_ = *std::move(hello);
  declared_at_ = changed;
  return {};
}

Result<wire::Open> Worker::choose(const Link::Hello& hello, std::vector<wire::Option>& options) const {
  const auto driver = std::ranges::find_if(hello.drivers, [&](const wire::Driver& d) {
    return config_.driver.empty() ? d.kind == kind_ : d.id == config_.driver;
  });
  if (driver == hello.drivers.end() || driver->kind != kind_) {
    const std::string wanted =
        config_.driver.empty() ? kind_name(kind_) : kind_name(kind_) + " \"" + config_.driver + "\"";
    std::string has;
    for (const wire::Driver& d : hello.drivers)
      has += (has.empty() ? "" : ", ") + clean_text(d.id) + " (" + kind_name(d.kind) + ")";
    return fail(ErrorCode::configuration,
                where() + "plugin " + config_.plugin.string() + " has no " + wanted + "; it has " + has);
  }
  options.clear();
  std::ranges::copy_if(hello.options, std::back_inserter(options),
                       [&](const wire::Option& option) { return option.driver == driver->index; });
  auto settings = check_settings(config_.name, driver->id, options, config_.settings);
  if (!settings) return std::unexpected(settings.error());
  return wire::Open{driver->index, config_.serial, 0, *std::move(settings)};
}

Result<UsbFound> Worker::find_usb() {
  // `choose` has been over it: there is such a driver.
  const auto driver = std::ranges::find_if(declared_->drivers, [&](const wire::Driver& d) {
    return config_.driver.empty() ? d.kind == kind_ : d.id == config_.driver;
  });
  if (driver->matches.empty()) return UsbFound{};
  auto found = find_usb_device(driver->matches, config_.serial);
  if (found) return found;
  if (found.error().code == ErrorCode::input_missing) open_code_ = STN_E_REMOVED;
  const ErrorCode code =
      found.error().code == ErrorCode::input_missing ? ErrorCode::internal : found.error().code;
  return fail(code, where() + found.error().message);
}

Result<void> Worker::start_worker() {
  open_code_ = 0;
  if (auto known = know_plugin(); !known) return known;
  std::vector<wire::Option> options;
  if (auto possible = choose(*declared_, options); !possible) return std::unexpected(possible.error());
  auto sandbox = sandbox_of(config_, options);
  if (!sandbox) return std::unexpected(sandbox.error());
  const auto found = config_.replay.empty() ? find_usb() : Result<UsbFound>(UsbFound{});
  if (!found) return std::unexpected(found.error());
  sandbox->usb = found->node;
  sandbox->replay = config_.replay;
  std::string no_transcript;
  if (!config_.transcripts.empty() && !found->node.empty()) {
    auto file = next_transcript(config_.transcripts, config_.name);
    if (file)
      sandbox->record = *std::move(file);
    else
      no_transcript = file.error().message;
    sandbox->record_whole = config_.transcript_whole;
  }

  auto started = Link::start(config_, config_.plugin.string(), *sandbox, board_);
  if (!started) return std::unexpected(started.error());
  const std::shared_ptr<Link> link = *std::move(started);
  raster_shared_ = false;
  last_frame_seq_.reset();
  if (!no_transcript.empty()) link->tell(DeviceEvent::Kind::log, std::move(no_transcript));

  const std::string plugin = where() + "plugin " + config_.plugin.string() + ": ";
  const auto hello = link->wait_hello(Clock::now() + config_.open_deadline);
  if (!hello || !hello->failure.empty()) {
    const bool late = !hello && !link->dead();
    if (late)
      link->end("did not load within " + std::to_string(config_.open_deadline.count()) + " ms",
                config_.term_grace);
    link->end("", config_.term_grace);
    const std::string why =
        hello ? clean_text(hello->failure) : "its worker " + link->death() + " while loading it";
    return fail(hello ? ErrorCode::configuration : ErrorCode::internal, plugin + why);
  }
  {
    const std::lock_guard lock(mutex_);
    link_ = link;
  }
  for (std::string& news : board_->confined(protections(hello->measures)))
    link->tell(DeviceEvent::Kind::isolation, std::move(news));
  // What this process says counts: it may declare otherwise than the one that was asked first.
  auto request = choose(*hello, options);
  if (!request) {
    close_device();
    return std::unexpected(request.error());
  }
  request->quirks = found->quirks;
  auto opened = open_device(*link, *std::move(request));
  if (!opened) close_device();
  return opened;
}

Result<void> Worker::open_device(Link& link, wire::Open request) {
  const std::uint64_t op = next_op_++;
  if (!link.request(op, std::move(request))) link.kill("did not take a request");
  const auto answer = await(link, op, config_.open_deadline);
  const auto* opened = answer ? std::get_if<wire::Opened>(&*answer) : nullptr;
  if (opened == nullptr) {
    link.end("answered open with something else", config_.term_grace);
    return fail(ErrorCode::internal, where() + "its worker " + link.death() + " while opening it");
  }
  const CallResult result = judge(Asked::open, opened->result, {});
  open_code_ = result.violation.empty() ? result.code : STN_E_INTERNAL;
  if (!result.violation.empty()) return fail(ErrorCode::internal, where() + "its driver " + result.violation);
  if (result.code != STN_OK) {
    return fail(open_error(result.code),
                where() + (result.message.empty() ? "open failed with code " + std::to_string(result.code)
                                                  : result.message));
  }
  caps_ = opened->caps;
  native_dpi_ = opened->native_dpi;
  return kind_ == STN_KIND_CAMERA ? share_slots(link, opened->max_frame_bytes) : Result<void>();
}

Result<void> Worker::share_slots(Link& link, std::uint64_t bytes) {
  if (bytes == 0 || bytes > kMostFrameBytes) {
    return fail(ErrorCode::internal, where() + "its driver wants frames of " + std::to_string(bytes) +
                                         " bytes; allowed are 1 to " + std::to_string(kMostFrameBytes));
  }
  // New ones for every worker: an old one may not be quite dead.
  slots_.clear();
  std::vector<int> fds;
  for (std::uint32_t i = 0; i < kFrameSlots; ++i) {
    auto slot = SharedRegion::create(bytes, SharedRegion::Writers::both);
    if (!slot) return fail(slot.error().code, where() + slot.error().message);
    slots_.push_back(*std::move(slot));
    fds.push_back(slots_.back().fd().get());
  }
  if (!link.send(0, wire::Slots{bytes, kFrameSlots}, fds))
    return fail(ErrorCode::internal, where() + "its worker takes no memory");
  return {};
}

void Worker::close_device() {
  std::shared_ptr<Link> link;
  {
    const std::lock_guard lock(mutex_);
    link = std::exchange(link_, nullptr);
  }
  if (!link) return;
  link->expect_end();
  if (!link->dead() && link->request(next_op_++, wire::Close{}) &&
      link->wait_dead(Clock::now() + config_.interrupt_grace)) {
    link->end("", config_.term_grace);
    return;
  }
  link->end("did not close in time", config_.term_grace);
}

void Worker::leave() {
  close_device();
  absent_ = true;
  next_look_ = Clock::now() + kLookAgain;
  board_->removed(true);
}

std::shared_ptr<Link> Worker::look_for_it(CallResult& result) {
  result.code = STN_E_REMOVED;
  result.action = Action::gone;
  result.outcome = CardOutcome::not_started;
  result.message = where() + "is unplugged or switched off";
  if (Clock::now() < next_look_) return nullptr;
  next_look_ = Clock::now() + kLookAgain;
  auto started = start_worker();
  if (started) {
    absent_ = false;
    board_->removed(false);
    return current();
  }
  if (open_code_ == STN_E_REMOVED || open_code_ == STN_E_NOT_FOUND) return nullptr;
  // It is there again and something else is wrong: from here on as after any other loss.
  absent_ = false;
  result.code = STN_E_HARDWARE;
  result.action = Action::retry_later;
  result.message = started.error().message;
  return nullptr;
}

std::shared_ptr<Link> Worker::running(CallResult& result) {
  if (absent_) return look_for_it(result);
  const auto wanted = Clock::now();
  std::shared_ptr<Link> link = current();
  if (link && !link->ending()) return link;
  if (link) {
    link->wait_dead(Clock::now() + config_.term_grace);
    link->end("", config_.term_grace);  // join its reader
  }
  {
    const std::lock_guard lock(mutex_);
    link_ = nullptr;
    cancel_asked_ = false;
  }
  const auto no = [&](int code, Action action, std::string why) {
    result.code = code;
    result.action = action;
    result.outcome = CardOutcome::not_started;
    result.message = std::move(why);
    return nullptr;
  };
  for (;;) {
    const bool was_quarantined = policy_.quarantined();
    const auto wait = policy_.book(Clock::now());
    if (!wait) {
      const std::string why = quarantine_words();
      if (!was_quarantined) {
        board_->quarantined(config_.quarantine.count() > 0 ? Quarantine::timed : Quarantine::until_restart);
        board_->tell(DeviceEvent::Kind::violation, why);
      }
      return no(STN_E_HARDWARE, Action::stop_device, where() + why);
    }
    if (!wait_before_restart(*wait))
      return no(STN_E_CANCELLED, Action::cancelled, where() + "cancelled before its worker was back");
    auto started = start_worker();
    if (started) {
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - wanted);
      const auto fresh = current();
      if (fresh) fresh->tell(DeviceEvent::Kind::worker_ready, std::to_string(took.count()));
      return fresh;
    }
    if (open_code_ == STN_E_REMOVED) {
      leave();
      return no(STN_E_REMOVED, Action::gone, started.error().message);
    }
    // Lost once more, while it was starting: that is what the budget is for.
    if (started.error().code == ErrorCode::internal && open_code_ == 0) continue;
    const bool busy = started.error().code == ErrorCode::in_use;
    return no(busy ? STN_E_BUSY : STN_E_HARDWARE, busy ? Action::retry_later : Action::stop_device,
              started.error().message);
  }
}

std::string Worker::quarantine_words() const {
  const auto seconds = [](std::chrono::milliseconds time) {
    return std::to_string(time.count() / 1'000) + " s";
  };
  return "quarantined: lost its worker more than " + std::to_string(config_.restart_budget) + " times in " +
         seconds(config_.restart_window) +
         (config_.quarantine.count() > 0 ? "; it is tried again after " + seconds(config_.quarantine) : "");
}

bool Worker::wait_before_restart(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  return !cancelled_.wait_for(lock, wait, [&] { return cancel_asked_; });
}

// ---- calls ----

CallResult Worker::call(const Job& job) {
  const Turnstile::Turn turn(turnstile_);
  CallResult result;
  const std::uint64_t op = next_op_++;
  const std::shared_ptr<Link> link = deliver(job, op, result);
  if (!link) return result;
  result = carry_out(*link, job, op);
  {
    const std::lock_guard lock(mutex_);
    op_ = 0;
  }
  const bool work = job.asked == Asked::print || job.asked == Asked::to_camera || job.asked == Asked::route ||
                    job.asked == Asked::grab || job.asked == Asked::read_chip;
  if (work && result.ok() && result.violation.empty()) policy_.worked();
  if (!result.violation.empty()) report(result.violation);
  if (result.action == Action::gone && !result.worker_lost) leave();
  return result;
}

std::shared_ptr<Link> Worker::deliver(const Job& job, std::uint64_t op, CallResult& result) {
  // A worker that died unnoticed has not got the request, so the next one may have it: no card is in doubt.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const std::shared_ptr<Link> link = running(result);
    if (!link) return nullptr;
    auto request = job.prepare(result);
    if (!request) break;
    board_->begin(op, job.asked == Asked::status);
    {
      const std::lock_guard lock(mutex_);
      op_ = op;
    }
    if (link->request(op, *std::move(request))) return link;
    {
      const std::lock_guard lock(mutex_);
      op_ = 0;
    }
    board_->end(nullptr);
    link->kill("did not take a request");
    link->wait_dead(Clock::now() + config_.term_grace);
    result.code = STN_E_HARDWARE;
    result.action = Action::retry_later;
    result.message = where() + "its worker " + link->death();
  }
  result.outcome = CardOutcome::not_started;  // nothing was delivered
  return nullptr;
}

std::optional<wire::Body> Worker::await(Link& link, std::uint64_t op, std::chrono::milliseconds deadline) {
  auto answer = link.wait_answer(Clock::now() + deadline);
  if (answer || link.dead()) return answer;
  link.send(op, wire::Interrupt{});
  answer = link.wait_answer(Clock::now() + config_.interrupt_grace);
  if (answer || link.dead()) return answer;
  link.end("did not answer within " + std::to_string(deadline.count()) + " ms and did not heed the interrupt",
           config_.term_grace);
  return std::nullopt;
}

CallResult Worker::carry_out(Link& link, const Job& job, std::uint64_t op) {
  const auto answer = await(link, op, job.deadline);
  const auto* done = answer ? std::get_if<wire::Done>(&*answer) : nullptr;
  if (done == nullptr) {
    if (answer) link.end("answered with something else", config_.term_grace);
    CallResult lost;  // outcome and place: unknown
    lost.worker_lost = true;
    lost.code = link.dead() && link.death().starts_with("did not answer") ? STN_E_TIMEOUT : STN_E_INTERNAL;
    lost.message = where() + "its worker " + link.death();
    lost.uid = board_->end(nullptr).uid;
    return lost;
  }
  CallResult result = judge(job.asked, done->result, {caps_, last_counter_});
  const bool answered_status = job.asked == Asked::status && result.ok();
  const bool moved = job.asked == Asked::print || job.asked == Asked::to_camera || job.asked == Asked::route;
  StatusBoard::Notes notes = board_->end(answered_status || moved ? &result.at : nullptr);
  result.uid = std::move(notes.uid);
  if (!notes.violation.empty()) add_violation(result, job.asked, notes.violation);
  if (job.conclude) job.conclude(result, *done);
  if (result.violation.empty()) last_counter_ = std::max(last_counter_, result.counter_after);
  return result;
}

void Worker::report(const std::string& violation) {
  const auto link = current();
  if (!link || !link->tell(DeviceEvent::Kind::violation, violation))
    board_->tell(DeviceEvent::Kind::violation, violation);
}

void Worker::cancel() {
  std::shared_ptr<Link> link;
  std::uint64_t op = 0;
  {
    const std::lock_guard lock(mutex_);
    cancel_asked_ = true;
    link = link_;
    op = op_;
  }
  cancelled_.notify_all();
  if (link && op != 0) link->send(op, wire::Cancel{});
}

// ---- shared memory ----

Result<std::span<std::uint8_t>> Worker::raster(std::uint64_t bytes) {
  const auto link = current();
  if (raster_.bytes().size() < bytes) {
    auto region = SharedRegion::create(bytes, SharedRegion::Writers::core);
    if (!region) return std::unexpected(region.error());
    raster_ = *std::move(region);
    raster_shared_ = false;
  }
  if (!raster_shared_) {
    // A worker that does not get it has gone, and will not get the request either.
    const int fd = raster_.fd().get();
    raster_shared_ = link && link->send(0, wire::Raster{raster_.bytes().size()}, {&fd, 1});
  }
  return raster_.bytes();
}

std::uint32_t Worker::next_slot() {
  return next_slot_++ % kFrameSlots;
}

}  // namespace ktp::devices
