// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "web/event_hub.hpp"
#include "web/gate.hpp"
#include "web/handler.hpp"

namespace ktp::web {

/// What all connections share; owned by the server, outlives them.
struct Office {
  Handler& handler;
  const Limits limits;
  HostNames names;
  EventHub& events;
  boost::asio::thread_pool& workers;
  boost::asio::ssl::context* tls = nullptr;  ///< null: plain
  std::atomic<std::size_t> open{0};
};

/// Serves one connection until it ends, asks for something wrong, or is too slow. Runs on the io thread.
void serve(boost::asio::ip::tcp::socket socket, Office& office);

}  // namespace ktp::web
