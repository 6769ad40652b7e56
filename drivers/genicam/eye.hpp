// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <arv.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <station/plugin.hpp>
#include <string>

namespace genicam {

/// How a camera is set. 0 = as the camera has it.
struct Setting {
  std::string pixel_format;
  int width = 0, height = 0;         ///< pixels, from the top left of the sensor; 0 = the whole sensor
  double exposure_us = 0, gain = 0;  ///< gain in the camera's own unit, mostly dB
  int packet_bytes = 0;
  std::int64_t packet_delay_ns = 0;
  int socket_bytes = 0;
  std::uint64_t frame_ms = 0;    ///< how long a picture may take from its trigger on
  std::uint64_t control_ms = 0;  ///< how long to wait for a camera that another program controls
  int tries = 1;                 ///< pictures asked for until a whole one comes
};

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Object = std::unique_ptr<T, Unref>;

/// One GigE Vision camera through Aravis, triggered by software: one picture for each trigger, and nothing
/// else in the line. One thread; Aravis has threads of its own, joined by the destructor. Throws
/// station::Failure: REMOVED (does not answer, or control was lost), BUSY (controlled by another), BAD_INPUT
/// (a setting that the camera does not take, with what it allows), UNSUPPORTED (no software trigger).
class Eye {
 public:
  /// `address`: IP address of the camera.
  Eye(station::Host& host, std::string address, const Setting& setting);
  ~Eye();
  Eye(const Eye&) = delete;
  Eye& operator=(const Eye&) = delete;

  [[nodiscard]] std::uint32_t width() const { return width_; }
  [[nodiscard]] std::uint32_t height() const { return height_; }
  [[nodiscard]] bool lost() const { return lost_; }
  [[nodiscard]] const std::string& address() const { return address_; }

  /// Triggers, waits for the whole picture and writes it as RGB; `triggered_ns`: now_ns just before the
  /// trigger, so the exposure begins at or after it. Incomplete pictures are asked for again.
  station::Report look(station::Op& op, std::span<std::uint8_t> rgb, std::uint64_t& triggered_ns);

 private:
  void open(const Setting& setting);
  void set_up(const Setting& setting);
  void start();
  void stop();
  /// Empties the line; false: there was something in it that nobody had asked for.
  bool drain();
  /// One trigger and its picture; "" = it is in `rgb`.
  std::string one(station::Op& op, std::span<std::uint8_t> rgb, std::uint64_t& triggered_ns);
  [[nodiscard]] ArvBuffer* wait(station::Op& op);
  std::string take(ArvBuffer* buffer, std::span<std::uint8_t> rgb) const;
  void must(GError* error, const char* doing) const;

  station::Host& host_;
  const std::string address_;
  std::string format_;
  std::uint32_t width_ = 0, height_ = 0;
  std::uint64_t frame_ns_;
  int tries_;
  std::atomic<bool> lost_{false};
  bool running_ = false;
  Object<ArvCamera> camera_;
  Object<ArvStream> stream_;
};

}  // namespace genicam
