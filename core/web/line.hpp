// SPDX-License-Identifier: Apache-2.0
// Inside the room: one connection, plain or behind TLS. Both ends of Beast and of the event streams read and
// write it alike.
#pragma once
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace ktp::web {

/// Threads: the io thread. One read and one write at a time. Kept by a shared pointer: the last words of TLS
/// may outlive whoever spoke.
class Line : public std::enable_shared_from_this<Line> {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;

  /// `tls` null: plain; else it must outlive the line.
  Line(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls) : tcp_(std::move(socket)) {
    if (tls != nullptr) tls_.emplace(tcp_, *tls);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  executor_type get_executor() { return tcp_.get_executor(); }
  [[nodiscard]] bool secret() const { return tls_.has_value(); }
  /// What is read and written from now on has to be done in this time; then it fails.
  void expires_after(std::chrono::seconds time) { tcp_.expires_after(time); }
  void expires_never() { tcp_.expires_never(); }

  /// TLS's greeting, within `time`; a plain line is ready at once. Whoever greets otherwise is never
  /// answered.
  void greet(std::chrono::seconds time, std::function<void(bool ready)> then) {
    if (!tls_) return then(true);
    expires_after(time);
    tls_->async_handshake(boost::asio::ssl::stream_base::server,
                          [self = shared_from_this(),
                           then = std::move(then)](boost::system::error_code failed) { then(!failed); });
  }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_)
      tls_->async_read_some(buffers, std::forward<Handler>(handler));
    else
      tcp_.async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_)
      tls_->async_write_some(buffers, std::forward<Handler>(handler));
    else
      tcp_.async_write_some(buffers, std::forward<Handler>(handler));
  }

  /// Says good-bye where there is a way to, and ends. Operations under way fail.
  void close() {
    boost::system::error_code ignored;
    if (!tls_ || closing_) {
      tcp_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
      tcp_.close();
      return;
    }
    closing_ = true;
    constexpr auto kGoodBye = std::chrono::seconds(2);
    expires_after(kGoodBye);
    tls_->async_shutdown([self = shared_from_this()](boost::system::error_code) { self->cut(); });
  }
  /// Ends at once.
  void cut() { tcp_.close(); }

 private:
  boost::beast::tcp_stream tcp_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
  bool closing_ = false;
};

}  // namespace ktp::web
