// SPDX-License-Identifier: Apache-2.0
//
// The C++ side of the plugin ABI, header only, C++17: derive from station::Printer or station::Camera, say
// what it is with STATION_PLUGIN, and the two exports of abi.h are there. Nothing here needs more than abi.h
// and the standard library.
//
//   class MyPrinter final : public station::Printer {
//    public:
//     static constexpr const char* kId = "my-printer";
//     static constexpr const char* kName = "My printer";
//     static constexpr stn_option kOptions[] = {station::path("folder", "Where the cards go.")};
//     static constexpr stn_match kMatches[] = {{0x1234, 0x5678, 50, 0}};  // optional: its USB devices
//
//     // = open; may throw Failure
//     MyPrinter(station::Host& host, const station::Settings& settings, std::string_view serial);
//     ~MyPrinter() override;  // = close
//     std::uint32_t caps() const override { return STN_CAP_COUNTER; }
//     std::uint32_t native_dpi() const override { return 300; }
//     station::Report status() override;
//     station::Report print(station::Op& op, const stn_print_job& job) override;
//     station::Report counter(std::uint64_t& cards) override;
//   };
//   STATION_PLUGIN("id.example.my-printer", "1.0.0", "Example", MyPrinter)
//
// Threads: constructor, destructor and every method are called on the device's one thread, never two at a
// time, except `interrupt`, which comes from any thread while another method runs. Host may be used from any
// thread, except sleep. Errors: return a Report, or throw Failure; any other exception stops at the edge as
// STN_E_INTERNAL, card unknown.
//
// Strict: with STATION_STRICT defined where STATION_PLUGIN stands (or with STATION_PLUGIN_STRICT) the wrapper
// watches thread tags and the order of calls. A breach by the host refuses the call and is logged as
// STN_LOG_HOST_MISBEHAVING; one by the driver (sleeping on another thread, posting after close) is logged as
// STN_LOG_PLUGIN_MISBEHAVING. For tests and trial runs; costs an atomic exchange a call.
#ifndef STATION_PLUGIN_HPP
#define STATION_PLUGIN_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "station/abi.h"
#include "station/options.hpp"
#include "station/report.hpp"

namespace station {

namespace detail {
class Watcher;  // what Strict keeps in mind; edge.hpp
}

/// The station's services. Valid for the life of the process; every function may be called from any thread
/// except sleep.
class Host {
 public:
  explicit Host(const stn_host* host, std::string plugin_dir = {}, detail::Watcher* watcher = nullptr)
      : host_(host), plugin_dir_(std::move(plugin_dir)), watcher_(watcher) {}

  /// The folder of the plugin's library: where its own data files lie.
  [[nodiscard]] const std::string& plugin_dir() const { return plugin_dir_; }

  /// One line for the station's log, at most 500 bytes are kept. No personal data. Never blocks; floods are
  /// thinned out.
  void log(std::uint32_t level, const std::string& line) const { host_->log(host_, level, line.c_str()); }
  void debug(const std::string& line) const { log(STN_LOG_DEBUG, line); }
  void info(const std::string& line) const { log(STN_LOG_INFO, line); }
  void warning(const std::string& line) const { log(STN_LOG_WARNING, line); }
  void error(const std::string& line) const { log(STN_LOG_ERROR, line); }

  /// STN_STATE_*.
  void state(std::int64_t state) const { post(STN_EV_STATE, state, 0, {}, {}); }
  /// An IPP printer-state-reasons keyword ("media-jam") now holds; `words` tell the operator what to do.
  void reason(std::string_view keyword, std::int64_t severity, std::string_view words) const {
    post(STN_EV_REASON, severity, 1, keyword, words);
  }
  void clear_reason(std::string_view keyword) const {
    post(STN_EV_REASON, STN_SEVERITY_REPORT, 0, keyword, {});
  }
  /// level: -1 unavailable, -2 unknown, -3 some left. unit: "cards", "percent", "panels".
  void supply(std::string_view id, std::int64_t level, std::int64_t max, std::string_view unit) const {
    post(STN_EV_SUPPLY, level, max, id, unit);
  }
  /// The plain event; the helpers above and those of Op cover every kind. Text beyond the field is cut.
  void post(std::uint32_t kind, std::int64_t a, std::int64_t b, std::string_view text,
            std::string_view detail) const {
    if (!may_post()) return;
    stn_event event{};
    event.size = sizeof event;
    event.kind = kind;
    event.a = a;
    event.b = b;
    detail::put_text(event.text, text);
    detail::put_text(event.detail, detail);
    host_->post(host_, &event);
  }

  /// True once the station wants operation `op` stopped; poll at least every 100 ms.
  [[nodiscard]] bool cancelled(std::uint64_t op) const { return host_->cancelled(host_, op) != 0; }
  /// CLOCK_MONOTONIC in nanoseconds; virtual under test, so never ask the C library.
  [[nodiscard]] std::uint64_t now() const { return host_->now_ns(host_); }
  /// Sleeps `ns` nanoseconds, less when `op` is cancelled. Device thread only.
  void sleep(std::uint64_t op, std::uint64_t ns) const {
    if (may_sleep()) host_->sleep_ns(host_, op, ns);
  }
  void sleep_ms(std::uint64_t op, std::uint64_t ms) const { sleep(op, ms * 1'000'000u); }

  /// A service by its id, null where this station has none of that name.
  [[nodiscard]] const void* extension(const char* id) const { return host_->get_extension(host_, id); }
  /// For calls of such a service.
  [[nodiscard]] const stn_host* raw() const { return host_; }

 private:
  [[nodiscard]] bool may_post() const;   // Strict only: false after close
  [[nodiscard]] bool may_sleep() const;  // Strict only: false away from the device's thread

  const stn_host* host_;
  std::string plugin_dir_;
  detail::Watcher* watcher_;
};

/// The operation under way: who asked for it, and whether they still want it.
class Op {
 public:
  Op(Host& host, std::uint64_t id) : host_(host), id_(id) {}
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] bool cancelled() const { return host_.cancelled(id_); }
  void sleep_ms(std::uint64_t ms) const { host_.sleep_ms(id_, ms); }
  /// One of STN_STEP_*, never going back.
  void progress(std::int64_t step) const {
    host_.post(STN_EV_PROGRESS, step, static_cast<std::int64_t>(id_), {}, {});
  }
  /// UID of the blank just fed: upper-case hex without separators.
  void chip_uid(std::string_view uid) const {
    host_.post(STN_EV_CHIP_UID, 0, static_cast<std::int64_t>(id_), uid, {});
  }

 private:
  Host& host_;
  std::uint64_t id_;
};

/// What printers and cameras have in common.
class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  /// Within 500 ms: posts state, reasons and supplies anew; Report::done(card_at) with where a card now lies.
  virtual Report status() = 0;
  /// From any thread while another method runs: wakes blocked I/O, nothing else. May come twice or for an
  /// ended `op`.
  virtual void interrupt(std::uint64_t op) noexcept { static_cast<void>(op); }
};

/// A card printer. Only `print` must be there; the others follow the capabilities.
class Printer : public Device {
 public:
  static constexpr std::uint32_t kKind = STN_KIND_PRINTER;

  /// STN_CAP_*; asked once, after the constructor.
  [[nodiscard]] virtual std::uint32_t caps() const = 0;
  [[nodiscard]] virtual std::uint32_t native_dpi() const = 0;

  /// Feeds one blank and prints it. Report::printed only on the device's own evidence.
  virtual Report print(Op& op, const stn_print_job& job) = 0;
  /// STN_CAP_MOVE_TO_CAMERA: moves the card with this token, now inside, to the camera.
  virtual Report to_camera(Op& op, std::string_view token);
  /// STN_CAP_BINS: moves the card with this token to a bin. Already there: done.
  virtual Report route(Op& op, std::string_view token, std::string_view bin);
  /// STN_CAP_COUNTER: blanks that ever left the hopper.
  virtual Report counter(std::uint64_t& cards);
  /// STN_CAP_JOB_LOG: what became of a job; Report::refused(STN_E_NOT_FOUND, ...) where no blank was ever fed
  /// for it.
  virtual Report lookup(std::string_view token, stn_card& card);
};

/// A camera over the card.
class Camera : public Device {
 public:
  static constexpr std::uint32_t kKind = STN_KIND_CAMERA;

  /// STN_CAP_VIEW_*; asked once, after the constructor.
  [[nodiscard]] virtual std::uint32_t caps() const = 0;
  /// Bytes of the largest picture (stride x height); asked once, after the constructor.
  [[nodiscard]] virtual std::uint64_t max_frame_bytes() const = 0;

  /// Waits for a fresh picture and writes it to request.pixels, at most request.capacity bytes; fills width,
  /// height, stride, seq, exposure_start_ns, bytes_used. Report::done() when `frame` holds the picture.
  virtual Report grab(Op& op, const stn_grab_request& request, stn_frame& frame) = 0;
};

/// A reader of the chip in the card.
class ChipReader : public Device {
 public:
  static constexpr std::uint32_t kKind = STN_KIND_CHIP_READER;

  /// Selects the chip anew, at or after request.not_before_ns, and fills uid (upper-case hex) and
  /// selected_ns. Report::refused(STN_E_NOT_FOUND, ...) where no chip answers.
  virtual Report read_uid(Op& op, const stn_chip_request& request, stn_chip& chip) = 0;
};

inline Report Printer::to_camera(Op&, std::string_view) {
  return Report::refused(STN_E_UNSUPPORTED, "cannot move a card to the camera");
}
inline Report Printer::route(Op&, std::string_view, std::string_view) {
  return Report::refused(STN_E_UNSUPPORTED, "has no bins");
}
inline Report Printer::counter(std::uint64_t&) {
  return Report::refused(STN_E_UNSUPPORTED, "has no card counter");
}
inline Report Printer::lookup(std::string_view, stn_card&) {
  return Report::refused(STN_E_UNSUPPORTED, "keeps no job log");
}

}  // namespace station

#include "station/edge.hpp"

/// Defines the two exports. ID is the plugin's ("id.ktp-station.sim-printer"); the rest are the driver
/// classes, in order.
#ifdef STATION_STRICT
#define STATION_PLUGIN STATION_PLUGIN_STRICT
#else
#define STATION_PLUGIN(ID, VERSION, VENDOR, ...) \
  STATION_PLUGIN_CHECKED(::station::Lean, ID, VERSION, VENDOR, __VA_ARGS__)
#endif
#define STATION_PLUGIN_STRICT(ID, VERSION, VENDOR, ...) \
  STATION_PLUGIN_CHECKED(::station::Strict, ID, VERSION, VENDOR, __VA_ARGS__)
#define STATION_PLUGIN_CHECKED(CHECKING, ID, VERSION, VENDOR, ...)                                   \
  extern "C" {                                                                                       \
  STN_EXPORT extern const stn_module_info station_module_info;                                       \
  STN_EXPORT extern const stn_module station_module;                                                 \
  constexpr stn_module_info station_module_info = ::station::detail::make_info(ID, VERSION, VENDOR); \
  constexpr stn_module station_module = ::station::detail::Module<CHECKING, __VA_ARGS__>::kTable;    \
  }                                                                                                  \
  static_assert(true, "a semicolon may follow")

#endif
