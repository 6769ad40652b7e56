// SPDX-License-Identifier: Apache-2.0
// Server-sent events. Each page gets the newest state, never a backlog: who reads slowly skips what was in
// between.
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "web/http.hpp"

namespace ktp::web {

class EventStream;
class Line;

/// Threads: `publish` from any; the rest on the io thread.
class EventHub {
 public:
  EventHub(boost::asio::io_context& io, const Limits& limits) : io_(io), limits_(limits) {}

  /// Replaces the state and wakes every page that listens.
  void publish(std::string json);
  [[nodiscard]] bool has_room() const { return streams_.size() < limits_.event_streams; }
  /// Takes over a connection whose request was accepted. `still_welcome` is asked before each event.
  void adopt(std::shared_ptr<Line> line, std::function<bool()> still_welcome);
  void close();
  [[nodiscard]] std::size_t listening() const { return streams_.size(); }

 private:
  friend class EventStream;
  struct State {
    std::uint64_t version = 0;
    std::shared_ptr<const std::string> text;
  };
  [[nodiscard]] State latest() const;
  void wake();

  boost::asio::io_context& io_;
  const Limits limits_;
  mutable std::mutex mutex_;  // guards state_
  State state_;
  std::set<std::shared_ptr<EventStream>> streams_;
};

}  // namespace ktp::web
