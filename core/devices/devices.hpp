// SPDX-License-Identifier: Apache-2.0
// The door of the devices room: what the host knows of a printer, camera or chip reader. Each device lives in
// a worker process of its own; a call that the worker does not survive comes back as a result with
// `worker_lost`, never as an exception or a hang.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "domain/face.hpp"
#include "domain/image.hpp"

namespace ktp::devices {

enum class CardOutcome { not_started, printed, spoiled, unknown };
enum class CardAt { unknown, hopper, inside, camera, output, reject };
enum class Action { none, retry_now, retry_later, op_needed, reject_job, stop_device, gone, cancelled };
enum class Severity { report, warning, error };
enum class State { idle, processing, stopped };
/// Out of service because its worker was lost too often: for a time, or until the station is started again.
enum class Quarantine { none, timed, until_restart };

/// One protection around a device's driver, and whether this kernel gives it.
struct Protection {
  enum class Force { in_force, weaker, missing };
  std::string name;  ///< "files", "system-calls", "memory", "limits", "privileges"
  Force force = Force::missing;
  std::string detail;  ///< how; where it is not in force, what that means
};

[[nodiscard]] std::string_view to_string(CardOutcome outcome);
[[nodiscard]] std::string_view to_string(CardAt at);
[[nodiscard]] std::string_view to_string(State state);
[[nodiscard]] std::string_view to_string(Protection::Force force);

/// How one call ended. `code` is an STN_E_* of the plugin ABI (0 = done). The referee has been over it: a
/// success that contradicts its evidence (counter, card_at) arrives as outcome `unknown` with `violation`
/// saying why.
struct CallResult {
  int code = 0;
  Action action = Action::none;
  CardOutcome outcome = CardOutcome::unknown;
  CardAt at = CardAt::unknown;
  int vendor_code = 0;
  std::uint64_t counter_before = 0, counter_after = 0;  ///< cards ever fed; 0 = the device has no counter
  std::string message;                                  ///< English, no personal data
  std::string uid;           ///< chip UID of the blank fed in this call, "" = not read
  std::string violation;     ///< "" or what the plugin did wrong
  bool worker_lost = false;  ///< crashed, hung past its deadline, or was killed

  [[nodiscard]] bool ok() const { return code == 0 && !worker_lost; }
  /// A camera that works says that no card lies there.
  [[nodiscard]] bool no_card() const;
  /// A camera that works has no picture, now: no card lies there, or none came in its own time.
  [[nodiscard]] bool no_picture_yet() const;
};

/// What the device remembers of a job.
struct CardRecord {
  CardOutcome outcome = CardOutcome::unknown;
  CardAt at = CardAt::unknown;
  std::uint64_t number = 0;
  std::string uid;
  std::string bin;
};

struct Reason {
  std::string keyword;  ///< IPP printer-state-reasons keyword, "media-jam"
  Severity severity = Severity::error;
  std::string text;  ///< what to do, English
};

struct Supply {
  std::int64_t level = -2;  ///< -1 unavailable, -2 unknown, -3 some left (as CUPS)
  std::int64_t max = -2;
  std::string unit;  ///< "cards", "panels", "percent"
};

struct DeviceStatus {
  State state = State::stopped;
  std::vector<Reason> reasons;
  std::map<std::string, Supply> supplies;  ///< "ribbon", "hopper"
  CardAt card_at = CardAt::unknown;
  bool worker_alive = false;
  int worker_pid = 0;
  int restarts = 0;
  Quarantine quarantine = Quarantine::none;  ///< its reason is `paused`
  std::vector<Protection> isolation;         ///< of the running or last worker
  std::map<std::string, std::uint64_t>
      violations;  ///< what the driver did wrong so far, by name ("stale-frame"): README.md lists them

  /// True when nothing of severity error stands in the way of work.
  [[nodiscard]] bool ready() const;
};

/// One device of the configuration, already checked.
struct DeviceConfig {
  std::string name;              ///< unique in the station, e.g. "printer"
  std::filesystem::path plugin;  ///< absolute path of the shared library
  std::string driver;            ///< driver id inside the plugin, "" = the first
  std::string serial;
  bool may_be_absent = false;  ///< unplugged when opened: no error; its calls answer `gone` until it is there
  std::map<std::string, std::string> settings;
  std::filesystem::path worker;                         ///< absolute path of station-plugin-worker
  bool network = false;                                 ///< the driver may use IP networks and local services
  bool pcsc = false;                                    ///< the driver may use the smart card service (pcscd)
  std::uint64_t memory_bytes = std::uint64_t{4} << 30;  ///< address space of its worker; 0 = no limit
  /// Each session with a USB device leaves a transcript NAME-N.jsonl here (docs/contracts.md section 11);
  /// empty: none. `transcript_whole`: with pictures, for cards of invented people only.
  std::filesystem::path transcripts;
  bool transcript_whole = false;
  std::filesystem::path replay;  ///< a transcript that answers in the USB device's place; empty: none
  std::vector<std::filesystem::path> keep_out;  ///< the station's own; no setting may open them to the driver
  std::chrono::milliseconds open_deadline{20'000};
  std::chrono::milliseconds print_deadline{120'000};
  std::chrono::milliseconds move_deadline{30'000};
  std::chrono::milliseconds grab_deadline{30'000};
  std::chrono::milliseconds read_deadline{15'000};
  std::chrono::milliseconds status_deadline{5'000};
  std::chrono::milliseconds interrupt_grace{
      2'000};                                   ///< after a deadline: time for the driver to heed `interrupt`
  std::chrono::milliseconds term_grace{2'000};  ///< then from SIGTERM to SIGKILL
  std::chrono::milliseconds silence_limit{5'000};  ///< a worker without a heartbeat for so long is killed
  std::chrono::milliseconds backoff_first{
      250};  ///< wait before the second restart without any work done in between; doubles each time
  std::chrono::milliseconds backoff_most{5'000};
  int restart_budget = 5;  ///< worker restarts allowed within restart_window; then the device is quarantined
  std::chrono::milliseconds restart_window{180'000};
  std::chrono::milliseconds quarantine{0};  ///< then it is tried again with a new budget; 0 = never by itself
};

/// Something a device said between calls or during one: progress step, state, reason, supply, log line.
struct DeviceEvent {
  enum class Kind {
    progress,
    state,
    reason,
    supply,
    chip_uid,
    log,
    worker_started,
    worker_lost,
    violation,
    worker_ready,  ///< a lost worker is replaced, its device open again; text: microseconds since it was
                   ///< wanted
    isolation      ///< text: a protection that this kernel does not give, and what that means
  } kind;
  std::string device;
  std::int64_t a = 0, b = 0;
  std::string text, detail;
};
/// Called on the device's reader thread; must return quickly and must not call back into the device.
using EventSink = std::function<void(const DeviceEvent&)>;

class Worker;  // one worker process and the wire to it (worker.hpp)

/// Threads: calls are serialised inside (one operation at a time); `cancel` and `last_status` may be called
/// from any thread at any time. A call after a lost worker starts a new one first, within the restart budget;
/// beyond it every call fails with code STN_E_HARDWARE, action stop_device, until its quarantine ends.
class Printer {
 public:
  /// Starts the worker and opens the device. Error in_use when the device or its world belongs to another
  /// process (the message names it), configuration for a plugin that is not one or settings it does not
  /// accept.
  static Result<std::unique_ptr<Printer>> open(DeviceConfig config, EventSink sink);
  ~Printer();

  CallResult print(const std::string& token, const Image& front, const Image* back, int dpi);
  CallResult to_camera(const std::string& token);
  CallResult route(const std::string& token, std::string_view bin);
  /// Lifetime counter in counter_after.
  CallResult counter();
  /// nullopt with code 0: the device never fed a blank for this token.
  CallResult lookup(const std::string& token, std::optional<CardRecord>& record);
  CallResult status(DeviceStatus& status);

  void cancel();  ///< [any thread] asks the operation under way to stop as soon as the card allows
  [[nodiscard]] DeviceStatus last_status() const;  ///< [any thread]
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::uint32_t caps() const;  ///< STN_CAP_*
  [[nodiscard]] int native_dpi() const;
  [[nodiscard]] bool keeps_job_log() const;  ///< lookup() works
  [[nodiscard]] bool has_bins() const;       ///< route() works
  [[nodiscard]] bool counts_cards() const;   ///< counter() is a lifetime count of blanks fed

 private:
  explicit Printer(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

struct Frame {
  Image image;
  std::uint64_t seq = 0;
  std::uint64_t exposure_start_ns = 0;
};

class Camera {
 public:
  static Result<std::unique_ptr<Camera>> open(DeviceConfig config, EventSink sink);
  ~Camera();

  /// Photographs one side of the card at the camera. The picture is copied out of shared memory before it is
  /// returned, so it cannot change any more. A frame exposed before `not_before_ns` (CLOCK_MONOTONIC) is
  /// refused as stale.
  CallResult grab(Side side, std::uint64_t card_number, std::uint64_t not_before_ns, Frame& frame);
  CallResult status(DeviceStatus& status);

  /// Is given every whole frame that `grab` returns, and an empty picture where the camera says that no card
  /// lies there; on the thread that grabbed, before it goes on: must be quick. Set before the first grab.
  using Onlooker = std::function<void(Side side, const Image& picture)>;
  void show_to(Onlooker onlooker) { onlooker_ = std::move(onlooker); }

  void cancel();
  [[nodiscard]] DeviceStatus last_status() const;
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::uint32_t caps() const;
  [[nodiscard]] bool sees_back() const;

 private:
  explicit Camera(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
  Onlooker onlooker_;
};

/// What a reader found in its field.
struct Chip {
  enum class Kind {
    nothing_said,  ///< the reader failed; the chip may be as it should
    read,          ///< `uid`
    none,          ///< no chip answers
    several,       ///< more than one answers
    unreadable     ///< one answers, but gives no UID
  } kind = Kind::nothing_said;
  std::string uid;  ///< upper-case hex of 4, 7 or 10 bytes; only with `read`
};

/// A reader of the chip in the card that lies at the camera.
class ChipReader {
 public:
  static Result<std::unique_ptr<ChipReader>> open(DeviceConfig config, EventSink sink);
  ~ChipReader();

  /// Selects the chip anew and reads its UID. An answer from before `not_before_ns` (CLOCK_MONOTONIC) is
  /// refused as stale. `chip` says what is in the field; with `nothing_said` the result says what is wrong
  /// with the reader. A UID is an identifier and no proof: it can be copied onto another chip.
  CallResult read_uid(std::uint64_t card_number, std::uint64_t not_before_ns, Chip& chip);
  CallResult status(DeviceStatus& status);

  void cancel();
  [[nodiscard]] DeviceStatus last_status() const;
  [[nodiscard]] const std::string& name() const;

 private:
  explicit ChipReader(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

/// What a plugin file says of itself without being loaded, and the settings its drivers declare (asked of a
/// worker).
struct PluginOption {
  std::string key, type, unit, default_value, choices, doc;
  bool required = false;
  bool needs_restart = false;  ///< a new value counts only after the device was opened anew
  double min = 0, max = 0;
};
struct PluginDescription {
  std::string id, version, vendor;
  struct Driver {
    std::string id, name, kind;
    std::vector<PluginOption> options;
  };
  std::vector<Driver> drivers;
};
/// The plugin ABI of this station.
struct PluginAbi {
  unsigned major = 0, minor = 0;
};
[[nodiscard]] PluginAbi plugin_abi();

Result<PluginDescription> describe(const std::filesystem::path& plugin, const std::filesystem::path& worker);

/// What a worker on this machine can give up, tried out in one that loads no plugin. Error: it cannot be
/// started, or cannot be confined though the kernel says it could.
Result<std::vector<Protection>> check_isolation(const std::filesystem::path& worker);

/// CLOCK_MONOTONIC in nanoseconds: the clock of exposure times.
[[nodiscard]] std::uint64_t monotonic_ns();

}  // namespace ktp::devices
