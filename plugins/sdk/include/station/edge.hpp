// SPDX-License-Identifier: Apache-2.0
// The edge between the C ABI and the driver's classes: every exception ends here, every struct is taken by
// its size. Part of plugin.hpp; drivers do not use it directly.
#ifndef STATION_EDGE_HPP
#define STATION_EDGE_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>

#include "station/plugin.hpp"

namespace station {

/// How closely the wrapper watches both sides: not at all, or every thread tag and the order of calls.
struct Lean {};
struct Strict {};

namespace detail {

template <std::size_t N>
constexpr void put_literal(char (&field)[N], const char* text) {
  for (std::size_t i = 0; i + 1 < N && text[i] != 0; ++i) field[i] = text[i];
}

constexpr stn_module_info make_info(const char* id, const char* version, const char* vendor) {
  stn_module_info info{};
  info.magic = STN_MAGIC;
  info.size = sizeof info;
  info.abi_major = STN_ABI_MAJOR;
  info.abi_minor_min = STN_ABI_MINOR;
  info.abi_minor_built = STN_ABI_MINOR;
  put_literal(info.id, id);
  put_literal(info.version, version);
  put_literal(info.vendor, vendor);
  return info;
}

/// The caller's struct as this header knows it: what an older caller does not have is zero.
template <class T>
T take(const T* in) {
  T copy{};
  if (in != nullptr) std::memcpy(&copy, in, in->size < sizeof copy ? in->size : sizeof copy);
  return copy;
}

/// Gives back no more than the caller has room for.
template <class T>
void give(T* out, const T& value) {
  const std::uint32_t room = out->size;
  std::memcpy(out, &value, room < sizeof value ? room : sizeof value);
  out->size = room;
}

/// What Strict keeps in mind of one process: the device's thread, and where in its life the device is.
class Watcher {
 public:
  enum class Need { closed, open };

  Watcher(const stn_host* host) : host_(host), device_thread_(std::this_thread::get_id()) {}

  /// A [device] call begins. "" = as the tag says, and `leave` must follow; else what the host did wrong.
  std::string enter(const char* where, Need need) {
    std::string wrong;
    if (std::this_thread::get_id() != device_thread_)
      wrong = " on another thread than the device's";
    else if (need == Need::closed && open_)
      wrong = " while the device is open";
    else if (need == Need::open && !open_)
      wrong = " while the device is closed";
    else if (busy_.exchange(true))
      wrong = " while another call is under way";
    if (wrong.empty()) return wrong;
    blame(STN_LOG_HOST_MISBEHAVING, where + wrong);
    return where + wrong;
  }
  void leave() { busy_ = false; }
  void opened() { may_post_ = open_ = true; }
  void opening() { may_post_ = true; }
  void closed() { may_post_ = open_ = false; }

  /// An [any & open] call. False: the device is closed.
  bool enter_any(const char* where) {
    if (open_) return true;
    blame(STN_LOG_HOST_MISBEHAVING, std::string(where) + " while the device is closed");
    return false;
  }
  bool may_post() {
    if (!may_post_) blame(STN_LOG_PLUGIN_MISBEHAVING, "the driver posts while the device is closed");
    return may_post_;
  }
  bool may_sleep() {
    const bool may = std::this_thread::get_id() == device_thread_;
    if (!may) blame(STN_LOG_PLUGIN_MISBEHAVING, "the driver sleeps on another thread than the device's");
    return may;
  }

 private:
  void blame(std::uint32_t level, const std::string& what) { host_->log(host_, level, what.c_str()); }

  const stn_host* host_;
  const std::thread::id device_thread_;
  std::atomic<bool> open_{false}, may_post_{false}, busy_{false};
};

/// One per process: the worker opens one device. Null before init.
inline Host*& host_slot() {
  static Host* host = nullptr;
  return host;
}
/// Null before init, and always with Lean.
inline Watcher*& watcher_slot() {
  static Watcher* watcher = nullptr;
  return watcher;
}

/// Ends what Watcher::enter began, if it did.
struct Leave {
  bool entered = false;
  ~Leave() {
    if (entered) watcher_slot()->leave();
  }
};

inline Report escaped(const char* where, const char* what) {
  return Report::unknown(STN_E_INTERNAL, std::string("exception in ") + where + ": " + what);
}

/// Runs one call of the driver; whatever it throws becomes a result.
template <class F>
std::int32_t guarded(const char* where, stn_result* result, F&& call,
                     Watcher::Need need = Watcher::Need::open) noexcept {
  Leave leave;
  try {
    try {
      if (host_slot() == nullptr)
        return Report::refused(STN_E_BAD_INPUT, std::string(where) + " before init").fill(result);
      if (watcher_slot() != nullptr) {
        if (const std::string wrong = watcher_slot()->enter(where, need); !wrong.empty())
          return Report::refused(STN_E_BAD_INPUT, wrong).fill(result);
        leave.entered = true;
      }
      return call().fill(result);
    } catch (const Failure& failure) {
      return failure.report().fill(result);
    } catch (const std::exception& e) {
      return escaped(where, e.what()).fill(result);
    } catch (...) {
      return escaped(where, "not a std::exception").fill(result);
    }
  } catch (...) {  // no memory left for the message itself
    if (result != nullptr && result->size >= offsetof(stn_result, message)) {
      result->code = STN_E_INTERNAL;
      result->action = STN_ACT_STOP_DEVICE;
      result->outcome = STN_CARD_UNKNOWN;
      result->card_at = STN_AT_UNKNOWN;
    }
    return STN_E_INTERNAL;
  }
}

template <class D, class = void>
struct OptionsOf {
  static const stn_option* table() { return nullptr; }
  static std::uint32_t count() { return 0; }
};
template <class D>
struct OptionsOf<D, std::void_t<decltype(D::kOptions)>> {
  static const stn_option* table() { return std::data(D::kOptions); }
  static std::uint32_t count() { return static_cast<std::uint32_t>(std::size(D::kOptions)); }
};

template <class D, class = void>
struct MatchesOf {
  static constexpr const stn_match* kTable = nullptr;
  static constexpr std::uint32_t kCount = 0;
};
template <class D>
struct MatchesOf<D, std::void_t<decltype(D::kMatches)>> {
  static constexpr const stn_match* kTable = std::data(D::kMatches);
  static constexpr std::uint32_t kCount = static_cast<std::uint32_t>(std::size(D::kMatches));
};

template <class D>
struct PrinterTable {
  static std::int32_t print(void* dev, std::uint64_t op, const stn_print_job* job, stn_result* result) {
    return guarded("print", result, [&] {
      Op operation(*host_slot(), op);
      const stn_print_job known = take(job);
      if (known.reserved != 0)  // something a later station means and this header does not know
        return Report::refused(STN_E_UNSUPPORTED, "the job asks for something newer than this driver");
      return static_cast<D*>(dev)->print(operation, known);
    });
  }
  static std::int32_t to_camera(void* dev, std::uint64_t op, const char* token, stn_result* result) {
    return guarded("to_camera", result, [&] {
      Op operation(*host_slot(), op);
      return static_cast<D*>(dev)->to_camera(operation, token);
    });
  }
  static std::int32_t route(void* dev, std::uint64_t op, const char* token, const char* bin,
                            stn_result* result) {
    return guarded("route", result, [&] {
      Op operation(*host_slot(), op);
      return static_cast<D*>(dev)->route(operation, token, bin);
    });
  }
  static std::int32_t counter(void* dev, std::uint64_t* cards, stn_result* result) {
    return guarded("counter", result, [&] { return static_cast<D*>(dev)->counter(*cards); });
  }
  static std::int32_t lookup(void* dev, const char* token, stn_card* card, stn_result* result) {
    return guarded("lookup", result, [&] {
      stn_card found{};
      found.size = sizeof found;
      Report report = static_cast<D*>(dev)->lookup(token, found);
      give(card, found);
      return report;
    });
  }

  static inline stn_printer_v1 table = {
      sizeof(stn_printer_v1), 0, 0, 0, print, to_camera, route, counter, nullptr};

  /// What only the open device knows; before that the table says nothing it could not keep.
  static void learn(const D& device) {
    table.caps = device.caps();
    table.native_dpi = device.native_dpi();
    table.lookup = (table.caps & STN_CAP_JOB_LOG) != 0 ? lookup : nullptr;
  }
  static const void* extension(std::string_view id) { return id == STN_EXT_PRINTER ? &table : nullptr; }
};

template <class D>
struct CameraTable {
  static std::int32_t grab(void* dev, std::uint64_t op, const stn_grab_request* request, stn_frame* frame,
                           stn_result* result) {
    return guarded("grab", result, [&] {
      Op operation(*host_slot(), op);
      stn_frame picture{};
      picture.size = sizeof picture;
      Report report = static_cast<D*>(dev)->grab(operation, take(request), picture);
      give(frame, picture);
      return report;
    });
  }

  static inline stn_camera_v1 table = {sizeof(stn_camera_v1), 0, 0, grab};

  static void learn(const D& device) {
    table.caps = device.caps();
    table.max_frame_bytes = device.max_frame_bytes();
  }
  static const void* extension(std::string_view id) { return id == STN_EXT_CAMERA ? &table : nullptr; }
};

template <class D>
struct ChipReaderTable {
  static std::int32_t read_uid(void* dev, std::uint64_t op, const stn_chip_request* request, stn_chip* chip,
                               stn_result* result) {
    return guarded("read_uid", result, [&] {
      Op operation(*host_slot(), op);
      stn_chip found{};
      found.size = sizeof found;
      Report report = static_cast<D*>(dev)->read_uid(operation, take(request), found);
      give(chip, found);
      return report;
    });
  }

  static constexpr stn_chip_reader_v1 table = {sizeof(stn_chip_reader_v1), 0, read_uid};

  static void learn(const D&) {}
  static const void* extension(std::string_view id) { return id == STN_EXT_CHIP_READER ? &table : nullptr; }
};

/// The table of one driver class.
template <class D>
struct DriverTable {
  using Kind = std::conditional_t<
      std::is_base_of_v<Printer, D>, PrinterTable<D>,
      std::conditional_t<std::is_base_of_v<Camera, D>, CameraTable<D>, ChipReaderTable<D>>>;
  static_assert(std::is_base_of_v<Printer, D> || std::is_base_of_v<Camera, D> ||
                    std::is_base_of_v<ChipReader, D>,
                "derive from station::Printer, station::Camera or station::ChipReader");

  static std::int32_t open(const stn_host*, const stn_open_args* args, void** dev, stn_result* result) {
    *dev = nullptr;
    const auto call = [&] {
      if (watcher_slot() != nullptr) watcher_slot()->opening();
      const stn_open_args known = take(args);
      const Settings settings(known.settings, known.n_settings);
      auto device = std::make_unique<D>(*host_slot(), settings,
                                        std::string_view(known.serial != nullptr ? known.serial : ""));
      Kind::learn(*device);
      *dev = device.release();
      if (watcher_slot() != nullptr) watcher_slot()->opened();
      return Report::done();
    };
    return guarded("open", result, call, Watcher::Need::closed);
  }
  static void close(void* dev) {
    Leave leave;
    if (watcher_slot() != nullptr) {
      if (!watcher_slot()->enter("close", Watcher::Need::open).empty()) return;
      leave.entered = true;
    }
    delete static_cast<D*>(dev);
    if (watcher_slot() != nullptr) watcher_slot()->closed();
  }
  static std::int32_t status(void* dev, stn_result* result) {
    return guarded("status", result, [&] { return static_cast<D*>(dev)->status(); });
  }
  static void interrupt(void* dev, std::uint64_t op) {
    if (watcher_slot() == nullptr || watcher_slot()->enter_any("interrupt"))
      static_cast<D*>(dev)->interrupt(op);
  }
  static const void* get_extension(const char* id) {
    if (id == nullptr) return nullptr;
    if (std::string_view(id) == STN_EXT_CONFIG) {
      static const stn_config_v1 config = {sizeof(stn_config_v1), OptionsOf<D>::count(),
                                           OptionsOf<D>::table()};
      return &config;
    }
    return Kind::extension(id);
  }

  static constexpr stn_driver kTable = {sizeof(stn_driver),
                                        D::kKind,
                                        D::kId,
                                        D::kName,
                                        MatchesOf<D>::kTable,
                                        MatchesOf<D>::kCount,
                                        0,
                                        open,
                                        close,
                                        status,
                                        interrupt,
                                        get_extension};
};

template <class Checking, class... D>
struct Module {
  static std::int32_t init(const stn_host* host, const char* plugin_dir) noexcept {
    try {
      if constexpr (std::is_same_v<Checking, Strict>) {
        static Watcher watcher(host);
        watcher_slot() = &watcher;
      }
      static Host the_host(host, plugin_dir != nullptr ? plugin_dir : "", watcher_slot());
      host_slot() = &the_host;
      return STN_OK;
    } catch (...) {  // no memory
      return STN_E_INTERNAL;
    }
  }
  static void deinit() {}
  static std::uint32_t driver_count() { return sizeof...(D); }
  static const stn_driver* driver_at(std::uint32_t index) {
    static constexpr const stn_driver* kDrivers[] = {&DriverTable<D>::kTable...};
    return index < sizeof...(D) ? kDrivers[index] : nullptr;
  }

  static constexpr stn_module kTable = {sizeof(stn_module), 0, init, deinit, driver_count, driver_at};
};

}  // namespace detail

inline bool Host::may_post() const {
  return watcher_ == nullptr || watcher_->may_post();
}
inline bool Host::may_sleep() const {
  return watcher_ == nullptr || watcher_->may_sleep();
}

}  // namespace station

#endif
