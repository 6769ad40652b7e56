// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <optional>

#include "web/http.hpp"

namespace ktp::web {

/// What stands behind the gate. Threads: every member from any, several at a time.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Answers a request that passed the gate. May wait for the disk; never for a device.
  virtual Reply answer(const Request& request) = 0;
  /// Who asks, and whether he may, from the head alone: whoever may not is refused before a byte of his body
  /// is read.
  [[nodiscard]] virtual std::optional<Reply> refuses(const Request& head) = 0;
  /// Most bytes of a body sent to this address; asked before any of them is read.
  [[nodiscard]] virtual std::uint64_t body_limit(const Target& target) const = 0;
  /// Not an event stream: nothing. Else who may listen: a function that says whether he still may, or a
  /// refusal.
  using Listening = std::expected<std::function<bool()>, Reply>;
  [[nodiscard]] virtual std::optional<Listening> listens(const Request& request) = 0;
};

}  // namespace ktp::web
