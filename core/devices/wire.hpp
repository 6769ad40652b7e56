// SPDX-License-Identifier: Apache-2.0
// The messages between the core and a worker, and their bytes. Shared by both sides; drivers never see it.
// Pure: no I/O, no clock, no allocation beyond the message itself, so that hostile bytes can be thrown at
// `decode` all day.
//
// A message is one SOCK_SEQPACKET packet: a header of 24 bytes, then the fields of the body in the order of
// its `fields`, all little-endian. Text is u32 length + bytes, not terminated. Every length is checked
// against what is left and its own limit.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ktp::wire {

inline constexpr std::size_t kHeaderBytes = 24;
inline constexpr std::size_t kMaxBytes =
    65'536;  ///< whole message; a socket takes this much at once everywhere
inline constexpr std::size_t kMaxText = 8'192;  ///< one text field
inline constexpr std::size_t kMaxItems = 256;   ///< one list

struct Header {
  std::uint32_t len = 0;   ///< of the whole message, header included; must equal the packet's size
  std::uint32_t type = 0;  ///< kType of the body
  std::uint64_t op = 0;    ///< which operation; 0 = none
  std::uint64_t seq = 0;   ///< of the request; a reply repeats it
};

// ---- core -> worker ----

struct Setting {
  std::string key, value;
  template <class A>
  void fields(A& a) {
    a(key, value);
  }
};
/// Opens driver number `driver` of the plugin. The settings have been checked.
struct Open {
  static constexpr std::uint32_t kType = 1;
  std::uint32_t driver = 0;
  std::string serial;
  std::uint64_t quirks = 0;  ///< of the match that the device was found by
  std::vector<Setting> settings;
  template <class A>
  void fields(A& a) {
    a(driver, serial, quirks, settings);
  }
};
/// One descriptor comes with it: the region of print pictures, from now on used instead of the last one.
struct Raster {
  static constexpr std::uint32_t kType = 2;
  std::uint64_t bytes = 0;
  template <class A>
  void fields(A& a) {
    a(bytes);
  }
};
/// `count` descriptors come with it: the frame slots, each of `bytes`.
struct Slots {
  static constexpr std::uint32_t kType = 3;
  std::uint64_t bytes = 0;
  std::uint32_t count = 0;
  template <class A>
  void fields(A& a) {
    a(bytes, count);
  }
};
/// Where a picture lies in the raster region; width 0 = there is none.
struct Picture {
  std::uint64_t offset = 0;
  std::uint32_t width = 0, height = 0, stride = 0, dpi = 0;
  template <class A>
  void fields(A& a) {
    a(offset, width, height, stride, dpi);
  }
};
struct Print {
  static constexpr std::uint32_t kType = 4;
  std::string token;
  Picture front, back;
  template <class A>
  void fields(A& a) {
    a(token, front, back);
  }
};
struct ToCamera {
  static constexpr std::uint32_t kType = 5;
  std::string token;
  template <class A>
  void fields(A& a) {
    a(token);
  }
};
struct Route {
  static constexpr std::uint32_t kType = 6;
  std::string token, bin;
  template <class A>
  void fields(A& a) {
    a(token, bin);
  }
};
struct Counter {
  static constexpr std::uint32_t kType = 7;
  template <class A>
  void fields(A&) {}
};
struct Lookup {
  static constexpr std::uint32_t kType = 8;
  std::string token;
  template <class A>
  void fields(A& a) {
    a(token);
  }
};
struct Status {
  static constexpr std::uint32_t kType = 9;
  template <class A>
  void fields(A&) {}
};
struct Grab {
  static constexpr std::uint32_t kType = 10;
  std::uint32_t view = 0, slot = 0;
  std::uint64_t card_number = 0, not_before_ns = 0;
  template <class A>
  void fields(A& a) {
    a(view, slot, card_number, not_before_ns);
  }
};
/// The operation `op` should stop as soon as the card allows.
struct Cancel {
  static constexpr std::uint32_t kType = 11;
  template <class A>
  void fields(A&) {}
};
/// The deadline of `op` has passed: cancelled, and the driver's blocked I/O is woken.
struct Interrupt {
  static constexpr std::uint32_t kType = 12;
  template <class A>
  void fields(A&) {}
};
/// Close the device, end the process. Answered by Done, then by the end of the socket.
struct Close {
  static constexpr std::uint32_t kType = 13;
  template <class A>
  void fields(A&) {}
};

struct ReadChip {
  static constexpr std::uint32_t kType = 14;
  std::uint64_t card_number = 0, not_before_ns = 0;
  template <class A>
  void fields(A& a) {
    a(card_number, not_before_ns);
  }
};

// ---- worker -> core ----

struct Module {
  static constexpr std::uint32_t kType = 32;
  std::string id, version, vendor;
  template <class A>
  void fields(A& a) {
    a(id, version, vendor);
  }
};
/// USB devices that a driver is for; product 0 = every device of that vendor with a printer-class interface.
struct Match {
  std::uint32_t vendor = 0, product = 0, score = 0;
  std::uint64_t quirks = 0;
  template <class A>
  void fields(A& a) {
    a(vendor, product, score, quirks);
  }
};
struct Driver {
  static constexpr std::uint32_t kType = 33;
  std::uint32_t index = 0, kind = 0;
  std::string id, name;
  std::vector<Match> matches;
  template <class A>
  void fields(A& a) {
    a(index, kind, id, name, matches);
  }
};
struct Option {
  static constexpr std::uint32_t kType = 34;
  std::uint32_t driver = 0, type = 0, required = 0;
  std::string key, unit, default_value, choices, doc;
  double min = 0, max = 0;
  std::uint32_t flags = 0;
  template <class A>
  void fields(A& a) {
    a(driver, type, required, key, unit, default_value, choices, doc, min, max, flags);
  }
};
/// The plugin is loaded and described; the worker waits for Open or Close.
struct Ready {
  static constexpr std::uint32_t kType = 35;
  template <class A>
  void fields(A&) {}
};
/// The plugin cannot be used; the worker ends.
struct Failed {
  static constexpr std::uint32_t kType = 36;
  std::string text;
  template <class A>
  void fields(A& a) {
    a(text);
  }
};
/// A stn_result as the driver left it, unjudged. `message` is the whole field, terminator and all.
struct RawResult {
  std::int32_t returned = 0;
  std::uint32_t size = 0;
  std::int32_t code = 0;
  std::uint32_t action = 0, outcome = 0, card_at = 0;
  std::int32_t vendor_code = 0;
  std::uint64_t counter_before = 0, counter_after = 0;
  std::string message;
  template <class A>
  void fields(A& a) {
    a(returned, size, code, action, outcome, card_at, vendor_code, counter_before, counter_after, message);
  }
};
struct Opened {
  static constexpr std::uint32_t kType = 37;
  RawResult result;
  std::uint32_t caps = 0, native_dpi = 0;
  std::uint64_t max_frame_bytes = 0;
  template <class A>
  void fields(A& a) {
    a(result, caps, native_dpi, max_frame_bytes);
  }
};
struct RawCard {
  std::uint32_t size = 0, outcome = 0, card_at = 0;
  std::uint64_t number = 0;
  std::string uid, bin;  ///< the whole fields
  template <class A>
  void fields(A& a) {
    a(size, outcome, card_at, number, uid, bin);
  }
};
struct RawFrame {
  std::uint32_t size = 0, status = 0, width = 0, height = 0, stride = 0;
  std::uint64_t seq = 0, exposure_start_ns = 0, bytes_used = 0;
  template <class A>
  void fields(A& a) {
    a(size, status, width, height, stride, seq, exposure_start_ns, bytes_used);
  }
};
struct RawChip {
  std::uint32_t size = 0;
  std::uint64_t selected_ns = 0;
  std::string uid;  ///< the whole field
  template <class A>
  void fields(A& a) {
    a(size, selected_ns, uid);
  }
};
/// The answer to every request but Open. `cards` belongs to Counter, `card` to Lookup, `frame` to Grab,
/// `chip` to ReadChip.
struct Done {
  static constexpr std::uint32_t kType = 38;
  RawResult result;
  std::uint64_t cards = 0;
  RawCard card;
  RawFrame frame;
  RawChip chip;
  template <class A>
  void fields(A& a) {
    a(result, cards, card, frame, chip);
  }
};
struct Event {
  static constexpr std::uint32_t kType = 39;
  std::uint32_t kind = 0;
  std::int64_t a = 0, b = 0;
  std::string text, detail;
  template <class A>
  void fields(A& archive) {
    archive(kind, a, b, text, detail);
  }
};
struct Log {
  static constexpr std::uint32_t kType = 40;
  std::uint32_t level = 0;
  std::string text;
  template <class A>
  void fields(A& a) {
    a(level, text);
  }
};
/// Every second, from a thread of its own.
struct Heartbeat {
  static constexpr std::uint32_t kType = 41;
  std::uint64_t busy_op = 0;
  template <class A>
  void fields(A& a) {
    a(busy_op);
  }
};
/// Something the worker itself caught the driver at.
struct Violation {
  static constexpr std::uint32_t kType = 42;
  std::string text;
  template <class A>
  void fields(A& a) {
    a(text);
  }
};

/// One thing that the worker has given up, or could not.
struct Measure {
  static constexpr std::uint32_t kInForce = 0, kWeaker = 1, kMissing = 2;
  std::string name;  ///< "files", "system-calls", "memory", "limits", "privileges"
  std::uint32_t state = kInForce;
  std::string detail;  ///< how it is done; where it is not in force, what that means
  template <class A>
  void fields(A& a) {
    a(name, state, detail);
  }
};
/// Sent first, before the plugin's file is opened.
struct Isolation {
  static constexpr std::uint32_t kType = 43;
  std::vector<Measure> measures;
  template <class A>
  void fields(A& a) {
    a(measures);
  }
};

using Body = std::variant<Open, Raster, Slots, Print, ToCamera, Route, Counter, Lookup, Status, Grab, Cancel,
                          Interrupt, Close, ReadChip, Module, Driver, Option, Ready, Failed, Opened, Done,
                          Event, Log, Heartbeat, Violation, Isolation>;

struct Message {
  std::uint64_t op = 0;
  std::uint64_t seq = 0;
  Body body;
};

/// The bytes of a message; fields beyond their limits are cut, so the result always decodes. Empty: it would
/// be larger than kMaxBytes.
[[nodiscard]] std::vector<std::uint8_t> encode(const Message& message);

/// The message in one packet, or what is wrong with it. Any bytes are allowed.
[[nodiscard]] std::expected<Message, std::string> decode(std::span<const std::uint8_t> packet);

}  // namespace ktp::wire
