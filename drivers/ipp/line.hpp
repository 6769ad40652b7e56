// SPDX-License-Identifier: Apache-2.0
// One request, one connection, one answer, through libcups; every step of it ends at a deadline. A fresh
// connection for each request leaves nothing of an earlier one behind: no late answer, no half-read one.
#pragma once
#include <cups/cups.h>
#include <station/plugin.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ipp/trouble.hpp"

namespace ipp {

struct MessageDeleter {
  void operator()(ipp_t* message) const { ippDelete(message); }
};
using Message = std::unique_ptr<ipp_t, MessageDeleter>;

/// ipp://HOST[:PORT]/RESOURCE, taken apart.
struct Address {
  std::string uri, host, resource;
  int port = 0;
};
/// Trouble(BAD_INPUT) for anything that is no ipp: address, also for ipps: (never tried, so refused).
[[nodiscard]] Address parse_address(const std::string& uri);

/// How far a request came: what can have reached the printer.
struct Progress {
  std::atomic<bool> began{false};      ///< the first byte may have left
  std::atomic<bool> all_sent{false};   ///< the last byte was taken by the network
  std::atomic<std::uint64_t> sent{0};  ///< bytes of the document so far
};

/// Who the printer is told asks: never a person.
inline constexpr const char* kUser = "ktp-station";

/// A request with its charset, language, printer-uri and requesting-user-name.
[[nodiscard]] Message new_request(ipp_op_t operation, const Address& printer);

class Line {
 public:
  /// Looks the host's name up, once; Trouble(REMOVED) when it has no address.
  Line(station::Host& host, Address address);
  /// To the same printer, without looking its name up again.
  Line(station::Host& host, const Line& other);
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line();

  [[nodiscard]] const Address& address() const { return address_; }

  /// Sends `request` with `document` behind it and gives back the answer, whatever its status code. From any
  /// thread. Trouble: REMOVED (nobody listens there), TIMEOUT (no answer in `timeout_ms`, or interrupted),
  /// PROTOCOL (what came is no answer to this), UNSUPPORTED (asks for a password or TLS).
  Message ask(ipp_t* request, std::uint32_t timeout_ms, std::span<const std::uint8_t> document = {},
              Progress* progress = nullptr);

  /// Ends every `ask` under way, and those to come until `begin`. From any thread.
  void interrupt() noexcept { interrupted_ = true; }
  void begin() noexcept { interrupted_ = false; }

 private:
  station::Host& host_;
  const Address address_;
  http_addrlist_t* addresses_ = nullptr;
  std::atomic<bool> interrupted_{false};
};

/// "client-error-not-found: no such job"; for logs and the operator.
[[nodiscard]] std::string words_of_status(ipp_t* answer);
[[nodiscard]] inline bool is_ok(ipp_t* answer) {
  return ippGetStatusCode(answer) < IPP_STATUS_REDIRECTION_OTHER_SITE;
}

}  // namespace ipp
