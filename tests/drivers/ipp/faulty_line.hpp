// SPDX-License-Identifier: Apache-2.0
// A cable between driver and printer on which any request can come to grief: a TCP relay that knows where a
// request ends and which IPP operation it is, and nothing else of either side.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace drivers_test {

enum class Mishap : std::uint8_t {
  none,
  reset_at_once,      ///< before anything is read
  closed_at_once,     ///< politely
  request_lost,       ///< read whole, never passed on; closed
  request_swallowed,  ///< read whole, never passed on, never answered
  request_cut,        ///< half of it reaches the printer, then both ends are reset
  request_stalls,     ///< half of it reaches the printer, then nothing more happens
  reply_lost,         ///< the printer answers, nobody hears it; reset
  reply_swallowed,    ///< the printer answers, nobody hears it, the line stays open
  reply_cut,          ///< half of the answer
  reply_garbage,      ///< an answer that is no IPP
  reply_of_another,   ///< an answer to another request
  http_error,         ///< 503 in place of an answer; not passed on
  ipp_error,          ///< server-error-internal-error in place of an answer; not passed on
  late,               ///< passed on 250 ms late, nothing lost
  gone,               ///< from here on nobody listens, for longer than the driver looks for its printer
  gone_half_way,      ///< the same, after half of this request
};
[[nodiscard]] const char* to_string(Mishap mishap);
[[nodiscard]] const std::vector<Mishap>& all_mishaps();

/// "Create-Job 1": the first request of that operation since `arm`.
struct Exchange {
  int operation = 0;
  int nth = 0;
  friend auto operator<=>(const Exchange&, const Exchange&) = default;
};
[[nodiscard]] std::string to_string(const Exchange& exchange);

class FaultyLine {
 public:
  /// Relays to 127.0.0.1:`to`.
  explicit FaultyLine(int to);
  FaultyLine(const FaultyLine&) = delete;
  FaultyLine& operator=(const FaultyLine&) = delete;
  ~FaultyLine();

  [[nodiscard]] int port() const { return port_; }
  void arm(Exchange where, Mishap what);
  /// The line is whole again.
  void mend();
  /// True when the armed mishap happened.
  [[nodiscard]] bool struck() const { return struck_; }
  /// How often each operation was asked since `arm` or `mend`.
  [[nodiscard]] std::map<int, int> seen();

 private:
  void accept_all();
  void relay(int client);
  [[nodiscard]] Mishap meet(int operation);

  const int to_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> over_{false}, struck_{false}, down_{false};
  std::mutex mutex_;
  Exchange where_;
  Mishap what_ = Mishap::none;
  std::map<int, int> seen_;
  std::thread acceptor_;
  std::atomic<int> running_{0};
};

}  // namespace drivers_test
