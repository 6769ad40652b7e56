// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/abi.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check/fake_host.hpp"
#include "check/guarded.hpp"
#include "check/outcome.hpp"
#include "check/subject.hpp"
#include "devices/devices.hpp"
#include "devices/referee.hpp"

namespace ktp::check {

/// Ends a test early; what had to be said has been said.
struct Over {};

/// A picture to print: pixels at the end of a page that may only be read, behind it nothing.
struct Artwork {
  Artwork(std::uint32_t width, std::uint32_t height, std::uint32_t dpi, std::uint64_t seed);
  Guarded pixels;
  stn_raster raster;
};

/// One plugin in this process, and the calls a worker would make, each judged by the station's own referee.
/// Used by one test on one thread; the process ends with the test.
class Bench {
 public:
  Bench(const Subject& subject, const Teller& teller);

  // ---- what is found ----
  void fail(std::string_view what) const { teller_.found(plugins::CheckStatus::fail, what); }
  void warn(std::string_view what) const { teller_.found(plugins::CheckStatus::warn, what); }
  [[noreturn]] void skip(std::string_view why) const;
  [[noreturn]] void give_up(std::string_view what) const;  ///< fail, and there is nothing more to test

  /// Runs a call of the plugin: tells its name first, stops what it throws.
  template <class F>
  auto call(std::string_view name, F&& f) const {
    teller_.enter(name);
    try {
      if constexpr (std::is_void_v<decltype(f())>) {
        f();
        teller_.enter("");
      } else {
        auto result = f();
        teller_.enter("");
        return result;
      }
    } catch (const std::exception& e) {
      give_up("threw an exception through the edge in " + std::string(name) + ": " + e.what());
    } catch (...) {
      give_up("threw something through the edge in " + std::string(name));
    }
  }

  // ---- the plugin's life ----
  void load();
  void init();
  void deinit();
  /// Loads, inits and picks the driver; ends the test when one of them does not work (the library tests say
  /// why).
  void prepare();
  /// prepare and open with the subject's settings; ends the test when that fails.
  void prepare_open();

  [[nodiscard]] const stn_module& module() const { return *module_; }
  [[nodiscard]] const stn_driver& driver() const { return *driver_; }
  [[nodiscard]] const Subject& subject() const { return subject_; }
  [[nodiscard]] const Teller& teller() const { return teller_; }
  FakeHost& host() { return host_; }

  // ---- its device ----
  /// The declared options; empty where there are none. Malformed ones end the test.
  [[nodiscard]] std::vector<wire::Option> options() const;
  /// The subject's settings against the options, with defaults; nullopt: they do not fit (`why` says it).
  [[nodiscard]] std::optional<std::map<std::string, std::string>> settings(std::string& why) const;
  devices::CallResult open(const std::map<std::string, std::string>& settings, const std::string& serial);
  void close();
  [[nodiscard]] bool is_open() const { return is_open_; }
  devices::CallResult status();
  void interrupt(std::uint64_t op);
  /// The same from another thread while a call runs: that call stays the one that is named in a crash.
  void interrupt_now(std::uint64_t op) const noexcept { driver_->interrupt(dev_, op); }

  [[nodiscard]] const stn_printer_v1& printer() const { return *printer_; }
  [[nodiscard]] const stn_camera_v1& camera() const { return *camera_; }
  [[nodiscard]] const stn_chip_reader_v1& reader() const { return *reader_; }
  [[nodiscard]] bool can(std::uint32_t caps) const { return (caps_ & caps) == caps; }
  void need_kind(std::uint32_t kind) const;               ///< skips for a driver of another kind
  void need(std::uint32_t caps, const char* what) const;  ///< skips without this capability

  /// A token as the station makes them; never the same twice in a test.
  std::string token();
  std::uint64_t next_op() { return ++op_; }
  /// `reserved`: what a later station might say there; this ABI says 0.
  devices::CallResult print(std::uint64_t op, const std::string& token, const Artwork& front,
                            const Artwork* back, std::uint32_t reserved = 0);
  /// Time passes by the host's clock: really with a device behind it, else by a jump.
  void wait_ms(std::uint64_t ms) { host_.table()->sleep_ns(host_.table(), 0, ms * 1'000'000u); }
  devices::CallResult to_camera(const std::string& token);
  devices::CallResult route(const std::string& token, const std::string& bin);
  devices::CallResult counter(std::uint64_t& cards);
  devices::CallResult lookup(const std::string& token, std::optional<devices::CardRecord>& record);
  devices::CallResult grab(std::uint64_t op, std::uint32_t view, std::uint64_t not_before_ns,
                           const Guarded& slot, stn_frame& frame);
  devices::CallResult read_uid(std::uint64_t not_before_ns, stn_chip& chip);
  /// A picture of the printer's own resolution and the size of a card.
  [[nodiscard]] Artwork artwork(std::uint64_t seed = 1) const;

  /// Milliseconds the last call took by the clock on the wall.
  [[nodiscard]] std::int64_t last_call_ms() const { return last_ms_; }

 private:
  template <class F>
  devices::CallResult judged(devices::Asked asked, const char* name, F&& f);
  void look_at_events(std::uint64_t op);

  const Subject& subject_;
  const Teller& teller_;
  FakeHost host_;
  const stn_module* module_ = nullptr;
  const stn_driver* driver_ = nullptr;
  void* dev_ = nullptr;
  bool is_open_ = false;
  const stn_printer_v1* printer_ = nullptr;
  const stn_camera_v1* camera_ = nullptr;
  const stn_chip_reader_v1* reader_ = nullptr;
  std::uint32_t caps_ = 0;
  devices::Evidence evidence_;
  std::uint64_t op_ = 0, tokens_ = 0;
  std::optional<std::uint64_t> last_seq_;
  std::int64_t last_ms_ = 0;
};

}  // namespace ktp::check
