// SPDX-License-Identifier: Apache-2.0
// The edge between the C ABI and the driver's classes: every exception ends here, every struct is taken by
// its size. Part of plugin.hpp; drivers do not use it directly.
#ifndef STATION_EDGE_HPP
#define STATION_EDGE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "station/plugin.hpp"

namespace station::detail {

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

/// One per process: the worker opens one device.
inline Host*& host_slot() {
  static Host* host = nullptr;
  return host;
}

inline Report escaped(const char* where, const char* what) {
  return Report::unknown(STN_E_INTERNAL, std::string("exception in ") + where + ": " + what);
}

/// Runs one call of the driver; whatever it throws becomes a result.
template <class F>
std::int32_t guarded(const char* where, stn_result* result, F&& call) noexcept {
  try {
    try {
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

template <class D>
struct PrinterTable {
  static std::int32_t print(void* dev, std::uint64_t op, const stn_print_job* job, stn_result* result) {
    return guarded("print", result, [&] {
      Op operation(*host_slot(), op);
      return static_cast<D*>(dev)->print(operation, take(job));
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

/// The table of one driver class.
template <class D>
struct DriverTable {
  using Kind = std::conditional_t<std::is_base_of_v<Printer, D>, PrinterTable<D>, CameraTable<D>>;
  static_assert(std::is_base_of_v<Printer, D> || std::is_base_of_v<Camera, D>,
                "derive from station::Printer or station::Camera");

  static std::int32_t open(const stn_host*, const stn_open_args* args, void** dev, stn_result* result) {
    *dev = nullptr;
    return guarded("open", result, [&] {
      const stn_open_args known = take(args);
      const Settings settings(known.settings, known.n_settings);
      auto device = std::make_unique<D>(*host_slot(), settings,
                                        std::string_view(known.serial != nullptr ? known.serial : ""));
      Kind::learn(*device);
      *dev = device.release();
      return Report::done();
    });
  }
  static void close(void* dev) { delete static_cast<D*>(dev); }
  static std::int32_t status(void* dev, stn_result* result) {
    return guarded("status", result, [&] { return static_cast<D*>(dev)->status(); });
  }
  static void interrupt(void* dev, std::uint64_t op) { static_cast<D*>(dev)->interrupt(op); }
  static const void* get_extension(const char* id) {
    if (id == nullptr) return nullptr;
    if (std::string_view(id) == STN_EXT_CONFIG) {
      static const stn_config_v1 config = {sizeof(stn_config_v1), OptionsOf<D>::count(),
                                           OptionsOf<D>::table()};
      return &config;
    }
    return Kind::extension(id);
  }

  static constexpr stn_driver kTable = {
      sizeof(stn_driver), D::kKind, D::kId, D::kName, open, close, status, interrupt, get_extension};
};

template <class... D>
struct Module {
  static std::int32_t init(const stn_host* host, const char*) {
    static Host the_host(host);
    host_slot() = &the_host;
    return STN_OK;
  }
  static void deinit() {}
  static std::uint32_t driver_count() { return sizeof...(D); }
  static const stn_driver* driver_at(std::uint32_t index) {
    static constexpr const stn_driver* kDrivers[] = {&DriverTable<D>::kTable...};
    return index < sizeof...(D) ? kDrivers[index] : nullptr;
  }

  static constexpr stn_module kTable = {sizeof(stn_module), 0, init, deinit, driver_count, driver_at};
};

}  // namespace station::detail

#endif
