// SPDX-License-Identifier: Apache-2.0
#include "devices/wire.hpp"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace ktp::wire {
namespace {

class Writer {
 public:
  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }
  std::vector<std::uint8_t> bytes;

 private:
  template <class T>
    requires std::is_integral_v<T>
  void put(T value) {
    auto bits = static_cast<std::make_unsigned_t<T>>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes.push_back(static_cast<std::uint8_t>(bits & 0xFFu));
      if constexpr (sizeof(T) > 1) bits = static_cast<std::make_unsigned_t<T>>(bits >> 8);
    }
  }
  void put(double value) { put(std::bit_cast<std::uint64_t>(value)); }
  void put(const std::string& text) {
    const std::size_t n = std::min(text.size(), kMaxText);
    put(static_cast<std::uint32_t>(n));
    bytes.insert(bytes.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(n));
  }
  template <class T>
  void put(const std::vector<T>& items) {
    const std::size_t n = std::min(items.size(), kMaxItems);
    put(static_cast<std::uint32_t>(n));
    for (std::size_t i = 0; i < n; ++i) put(items[i]);
  }
  template <class T>
    requires std::is_class_v<T>
  void put(const T& part) {
    const_cast<T&>(part).fields(*this);  // one `fields` serves both directions; writing only reads
  }
};

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  template <class T>
    requires std::is_integral_v<T>
  void get(T& value) {
    if (!need(sizeof(T))) return;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) bits |= static_cast<std::uint64_t>(rest_[i]) << (8 * i);
    value = static_cast<T>(bits);
    rest_ = rest_.subspan(sizeof(T));
  }
  void get(double& value) {
    std::uint64_t bits = 0;
    get(bits);
    value = std::bit_cast<double>(bits);
  }
  void get(std::string& text) {
    std::uint32_t n = 0;
    get(n);
    if (n > kMaxText) ok_ = false;
    if (!need(n)) return;
    text.assign(rest_.begin(), rest_.begin() + n);
    rest_ = rest_.subspan(n);
  }
  template <class T>
  void get(std::vector<T>& items) {
    std::uint32_t n = 0;
    get(n);
    if (n > kMaxItems) ok_ = false;
    for (std::uint32_t i = 0; ok_ && i < n; ++i) get(items.emplace_back());
  }
  template <class T>
    requires std::is_class_v<T>
  void get(T& part) {
    part.fields(*this);
  }
  bool need(std::size_t n) {
    if (rest_.size() < n) ok_ = false;
    return ok_;
  }

  std::span<const std::uint8_t> rest_;
  bool ok_ = true;
};

template <std::size_t I = 0>
bool emplace_type(Body& body, std::uint32_t type) {
  if constexpr (I == std::variant_size_v<Body>) {
    return false;
  } else {
    if (std::variant_alternative_t<I, Body>::kType != type) return emplace_type<I + 1>(body, type);
    body.emplace<I>();
    return true;
  }
}

}  // namespace

std::vector<std::uint8_t> encode(const Message& message) {
  Writer writer;
  writer.bytes.reserve(256);
  const std::uint32_t type =
      std::visit([](const auto& body) { return std::decay_t<decltype(body)>::kType; }, message.body);
  writer(std::uint32_t{0}, type, message.op, message.seq);
  std::visit([&](const auto& body) { writer(body); }, message.body);
  if (writer.bytes.size() > kMaxBytes) return {};
  const auto len = static_cast<std::uint32_t>(writer.bytes.size());
  for (std::size_t i = 0; i < 4; ++i) writer.bytes[i] = static_cast<std::uint8_t>(len >> (8 * i));
  return std::move(writer.bytes);
}

std::expected<Message, std::string> decode(std::span<const std::uint8_t> packet) {
  if (packet.size() < kHeaderBytes || packet.size() > kMaxBytes) {
    return std::unexpected("message of " + std::to_string(packet.size()) + " bytes");
  }
  Reader reader(packet);
  Header header;
  reader(header.len, header.type, header.op, header.seq);
  if (header.len != packet.size()) {
    return std::unexpected("message says " + std::to_string(header.len) + " bytes and has " +
                           std::to_string(packet.size()));
  }
  Message message{header.op, header.seq, {}};
  if (!emplace_type(message.body, header.type))
    return std::unexpected("message type " + std::to_string(header.type) + " unknown");
  std::visit([&](auto& body) { reader(body); }, message.body);
  if (!reader.ok())
    return std::unexpected("message type " + std::to_string(header.type) + " is cut or over a limit");
  if (!reader.at_end())
    return std::unexpected("message type " + std::to_string(header.type) + " has bytes left over");
  return message;
}

}  // namespace ktp::wire
