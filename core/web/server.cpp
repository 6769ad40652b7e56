// SPDX-License-Identifier: Apache-2.0
#include "web/server.hpp"

#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "web/connection.hpp"

namespace ktp::web {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t kWorkers = 2;

}  // namespace

struct Server::Impl {
  Impl(Handler& handler, const Limits& limits)
      : workers(kWorkers),
        events(io, limits),
        office{handler, limits, {}, events, workers, {}},
        acceptor(io),
        pause(io) {}

  void accept() {
    acceptor.async_accept([this](boost::system::error_code failed, tcp::socket socket) {
      if (failed == asio::error::operation_aborted) return;
      if (!failed && office.open + events.listening() < office.limits.connections)
        serve(std::move(socket), office);
      if (!failed) return accept();
      // Out of descriptors, most likely: trying again at once would only burn the processor.
      pause.expires_after(std::chrono::milliseconds(100));
      pause.async_wait([this](boost::system::error_code stopped) {
        if (!stopped) accept();
      });
    });
  }

  // In this order: what waits on the loop when it ends belongs to connections, which know the office.
  asio::thread_pool workers;
  EventHub events;
  Office office;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::uint16_t port = 0;
  std::thread thread;
};

Result<std::unique_ptr<Server>> Server::start(std::uint16_t port, Handler& handler, const Limits& limits) {
  auto impl = std::make_unique<Impl>(handler, limits);
  boost::system::error_code failed;
  const tcp::endpoint place(asio::ip::address_v4::loopback(), port);
  impl->acceptor.open(place.protocol(), failed);
  if (!failed) impl->acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) impl->acceptor.bind(place, failed);
  if (!failed) impl->acceptor.listen(asio::socket_base::max_listen_connections, failed);
  if (failed == asio::error::address_in_use)
    return fail(ErrorCode::in_use,
                "port " + std::to_string(port) +
                    " belongs to another program; give another one with --port N (0: any free one)");
  if (failed)
    return fail(ErrorCode::internal,
                "cannot listen on port " + std::to_string(port) + ": " + failed.message());
  impl->port = impl->acceptor.local_endpoint().port();
  const std::string at = ":" + std::to_string(impl->port);
  impl->office.names = {"127.0.0.1" + at, "localhost" + at};
  impl->accept();
  impl->thread = std::thread([io = &impl->io] {
    ::pthread_setname_np(::pthread_self(), "page-net");  // tests/bench/page_live.mjs asks what it costs
    io->run();
  });
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  impl_->io.stop();
  impl_->thread.join();
  impl_->workers.join();  // answers under way
  impl_->events.close();
}

std::uint16_t Server::port() const {
  return impl_->port;
}
std::string Server::address() const {
  return "http://127.0.0.1:" + std::to_string(impl_->port) + "/";
}
void Server::publish(std::string json) {
  impl_->events.publish(std::move(json));
}

}  // namespace ktp::web
