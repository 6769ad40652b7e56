// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "devices/devices.hpp"
#include "devices/link.hpp"
#include "devices/referee.hpp"
#include "devices/restart_policy.hpp"
#include "devices/shared_region.hpp"
#include "devices/status_board.hpp"
#include "devices/threads.hpp"
#include "devices/usb_bus.hpp"

namespace ktp::devices {

/// One device over all its worker processes: starts them, calls them, ends them at their deadline, starts the
/// next one within the budget, and has every result judged. Threads as at the door: calls take turns, cancel
/// and last_status are free.
class Worker {
 public:
  Worker(DeviceConfig config, EventSink sink, std::uint32_t kind);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// The first start. Error as Printer::open says.
  Result<void> start();

  /// One operation. `prepare` runs with a worker up and makes the request; nothing: the request cannot be
  /// made (result says why).
  struct Job {
    Asked asked;
    std::chrono::milliseconds deadline;
    std::function<std::optional<wire::Body>(CallResult&)> prepare;
    /// Runs with the answer, still within the turn; may add violations.
    std::function<void(CallResult&, const wire::Done&)> conclude = {};
  };
  CallResult call(const Job& job);

  void cancel();
  [[nodiscard]] DeviceStatus last_status() const { return board_->snapshot(); }
  [[nodiscard]] const DeviceConfig& config() const { return config_; }
  [[nodiscard]] std::uint32_t caps() const { return caps_; }
  [[nodiscard]] std::uint32_t native_dpi() const { return native_dpi_; }

  // For `prepare` and `conclude` only: within a turn, with a worker up.
  /// A region of at least `bytes` that the worker has too; the error is an internal one.
  Result<std::span<std::uint8_t>> raster(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t last_counter() const { return last_counter_; }
  [[nodiscard]] std::uint32_t next_slot();
  [[nodiscard]] std::span<const std::uint8_t> slot(std::uint32_t index) const {
    return slots_[index].bytes();
  }
  [[nodiscard]] std::optional<std::uint64_t> last_frame_seq() const { return last_frame_seq_; }
  void frame_taken(std::uint64_t seq) { last_frame_seq_ = seq; }

 private:
  Result<void> start_worker();
  /// Reads what the plugin declares, again only when its file has changed.
  Result<void> know_plugin();
  /// The driver that the configuration means, its settings checked.
  Result<wire::Open> choose(const Link::Hello& hello, std::vector<wire::Option>& options) const;
  /// The USB device that the driver is for; an empty one where it is for none. Error with open_code_ REMOVED:
  /// not plugged in.
  Result<UsbFound> find_usb();
  Result<void> open_device(Link& link, wire::Open request);
  Result<void> share_slots(Link& link, std::uint64_t bytes);
  /// A running worker, or a result that says why there is none.
  std::shared_ptr<Link> running(CallResult& result);
  [[nodiscard]] std::string quarantine_words() const;
  bool wait_before_restart(std::chrono::milliseconds wait);
  /// Gets the request to a worker, a new one if need be; null: not delivered, and the result says why.
  std::shared_ptr<Link> deliver(const Job& job, std::uint64_t op, CallResult& result);
  CallResult carry_out(Link& link, const Job& job, std::uint64_t op);
  std::optional<wire::Body> await(Link& link, std::uint64_t op, std::chrono::milliseconds deadline);
  void close_device();
  /// The device has gone: its worker ends, and until it is back each call looks for it, not too often.
  void leave();
  /// The device is back, or a result that says that it is not.
  std::shared_ptr<Link> look_for_it(CallResult& result);
  void report(const std::string& violation);
  [[nodiscard]] std::shared_ptr<Link> current() const;
  [[nodiscard]] std::string where() const { return "device \"" + config_.name + "\": "; }

  const DeviceConfig config_;
  const std::uint32_t kind_;
  const std::shared_ptr<StatusBoard> board_;
  Turnstile turnstile_;

  // Within a turn.
  bool absent_ = false;
  int open_code_ = 0;  ///< STN_E_* that the driver answered the last open with; 0 also when it did not answer
  Link::Clock::time_point next_look_{};
  std::optional<Link::Hello> declared_;
  std::filesystem::file_time_type declared_at_{};  ///< of the plugin's file, when it was asked
  RestartPolicy policy_;
  std::uint64_t next_op_ = 1;
  std::uint64_t last_counter_ = 0;
  SharedRegion raster_;
  bool raster_shared_ = false;
  std::vector<SharedRegion> slots_;
  std::uint32_t next_slot_ = 0;
  std::optional<std::uint64_t> last_frame_seq_;

  std::atomic<std::uint32_t> caps_{0}, native_dpi_{0};
  mutable std::mutex mutex_;  // guards what follows; never held over I/O
  std::condition_variable cancelled_;
  std::shared_ptr<Link> link_;
  std::uint64_t op_ = 0;  // under way; 0 = none
  bool cancel_asked_ = false;
};

}  // namespace ktp::devices
