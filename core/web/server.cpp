// SPDX-License-Identifier: Apache-2.0
#include "web/server.hpp"

#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "web/connection.hpp"
#include "web/tls.hpp"

namespace ktp::web {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t kWorkers = 2;

// The first is the one that people are shown.
HostNames names_of(const Binding& binding, const asio::ip::address& address, std::uint16_t port) {
  std::vector<std::string> hosts = binding.names;
  if (!address.is_unspecified()) {
    const std::string text = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    hosts.insert(hosts.begin() + (binding.names.empty() ? 0 : 1), text);
  }
  if (address.is_loopback() || address.is_unspecified()) {
    hosts.emplace_back("127.0.0.1");
    hosts.emplace_back("localhost");
  }
  HostNames names;
  for (const std::string& host : hosts) {
    names.push_back(host + ":" + std::to_string(port));
    // Browsers leave out the port that their scheme stands for.
    if (port == (binding.tls() ? 443 : 80)) names.push_back(host);
  }
  return names;
}

}  // namespace

struct Server::Impl {
  Impl(Handler& handler, const Limits& limits)
      : workers(kWorkers),
        events(io, limits),
        office{handler, limits, {}, events, workers, nullptr, {}},
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
  std::unique_ptr<asio::ssl::context> tls;
  EventHub events;
  Office office;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::uint16_t port = 0;
  std::string called;  // the name it is shown by
  std::thread thread;
};

Result<std::unique_ptr<Server>> Server::start(std::uint16_t port, Handler& handler, const Limits& limits,
                                              const Binding& binding) {
  auto impl = std::make_unique<Impl>(handler, limits);
  boost::system::error_code failed;
  const auto address = asio::ip::make_address(binding.address, failed);
  if (failed) return fail(ErrorCode::configuration, "page bind: \"" + binding.address + "\" is no address");
  // The last door: whatever a configuration says, passwords and pictures cross no network in the clear.
  if (!address.is_loopback() && !binding.tls())
    return fail(
        ErrorCode::configuration,
        "page bind: " + binding.address + " can be reached from elsewhere; that needs certificate and key");
  if (binding.tls()) {
    auto tls = tls_of(binding);
    if (!tls) return std::unexpected(tls.error());
    impl->tls = *std::move(tls);
    impl->office.tls = impl->tls.get();
  }
  const tcp::endpoint place(address, port);
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
  impl->office.names = names_of(binding, address, impl->port);
  impl->called = (binding.tls() ? "https://" : "http://") + impl->office.names.front() + "/";
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
  return impl_->called;
}
void Server::publish(std::string json) {
  impl_->events.publish(std::move(json));
}

}  // namespace ktp::web
