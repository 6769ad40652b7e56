// SPDX-License-Identifier: Apache-2.0
// Where Boost.Beast is: bytes to Request, Reply to bytes, with a deadline and a limit on each.
#include "web/connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "web/beast_request.hpp"
#include "web/line.hpp"

namespace ktp::web {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::ip::tcp::socket socket, Office& office)
      : line_(std::make_shared<Line>(std::move(socket), office.tls)),
        stream_(*line_),
        buffer_(office.limits.head + 4096),
        office_(office) {
    ++office_.open;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { --office_.open; }

  void begin() {
    line_->greet(std::chrono::seconds(office_.limits.head_seconds), [self = shared_from_this()](bool ready) {
      if (ready)
        self->read();
      else
        self->line_->cut();
    });
  }

  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(office_.limits.head));
    parser_->body_limit(
        boost::none);  // each address has its own; nothing of a body is read before it is known
    stream_.expires_after(std::chrono::seconds(office_.limits.head_seconds));
    http::async_read_header(
        stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code failed, std::size_t) {
          if (!failed) return self->head();
          if (failed == http::error::header_limit)
            return self->refuse(problem(431, "too-large", "the head is too large"));
          if (failed.category() == http::make_error_code(http::error::bad_method).category() &&
              failed != http::error::end_of_stream && failed != http::error::partial_message)
            return self->refuse(problem(400, "bad-request", "not a request"));
          self->close();
        });
  }

 private:
  void head() {
    auto request = request_of(parser_->get(), office_.limits);
    if (!request) return refuse(problem(400, "bad-address", request.error().message));
    request_ = std::move(*request);
    if (auto refused = refused_at_the_gate(request_, office_.names, line_->secret()))
      return refuse(std::move(*refused));
    const bool has_body = parser_->chunked() || parser_->content_length().value_or(0) > 0;
    if (!has_body) return answer();
    if (request_.method != "POST") return refuse(problem(400, "bad-request", "only a POST has a body"));
    if (auto refused = office_.handler.refuses(request_)) return refuse(std::move(*refused));
    const std::uint64_t most = office_.handler.body_limit(request_.target);
    if (parser_->content_length().value_or(0) > most)
      return refuse(problem(413, "too-large", "at most " + std::to_string(most) + " bytes"));
    parser_->body_limit(most);
    stream_.expires_after(std::chrono::seconds(office_.limits.body_seconds));
    http::async_read(
        stream_, buffer_, *parser_, [self = shared_from_this(), most](beast::error_code failed, std::size_t) {
          if (failed == http::error::body_limit)
            return self->refuse(problem(413, "too-large", "at most " + std::to_string(most) + " bytes"));
          if (failed) return self->close();
          self->answer();
        });
  }

  void answer() {
    stream_.expires_never();  // the answer is ours to be quick about; writing it has its own deadline
    if (auto listening = office_.handler.listens(request_)) {
      if (!*listening) return refuse(std::move(listening->error()));
      if (!office_.events.has_room()) return refuse(problem(503, "too-many", "too many pages are open"));
      return office_.events.adopt(line_, std::move(**listening));
    }
    request_.body = std::move(parser_->get().body());
    asio::post(office_.workers, [self = shared_from_this()] {
      Reply reply = self->office_.handler.answer(self->request_);
      asio::post(self->stream_.get_executor(), [self, reply = std::move(reply)]() mutable {
        self->write(std::move(reply), self->parser_->get().keep_alive());
      });
    });
  }

  // What was not read to its end cannot be followed by another request.
  void refuse(Reply reply) { write(std::move(reply), false); }

  void write(Reply reply, bool keep) {
    auto message =
        std::make_shared<http::response<http::string_body>>(static_cast<http::status>(reply.status), 11);
    if (reply.status != 204) message->set(http::field::content_type, header_safe(reply.type));
    message->set(http::field::cache_control,
                 reply.cached ? "private, max-age=31536000, immutable" : "no-store");
    for (const auto& [name, value] : security_headers()) message->set(name, value);
    if (line_->secret()) message->set("Strict-Transport-Security", "max-age=31536000");
    for (const auto& [name, value] : reply.headers)
      message->insert(header_safe(name),
                      header_safe(value + (line_->secret() && name == "Set-Cookie" ? "; Secure" : "")));
    message->keep_alive(keep);
    const auto size = reply.body.size();
    if (request_.method != "HEAD") message->body() = std::move(reply.body);
    if (reply.status != 204) message->content_length(size);  // it has no body and says so by its number
    stream_.expires_after(std::chrono::seconds(office_.limits.write_seconds));
    http::async_write(stream_, *message,
                      [self = shared_from_this(), message, keep](beast::error_code failed, std::size_t) {
                        if (failed || !keep) return self->close();
                        self->read();
                      });
  }

  void close() { line_->close(); }

  const std::shared_ptr<Line> line_;
  Line& stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Request request_;
  Office& office_;
};

}  // namespace

void serve(asio::ip::tcp::socket socket, Office& office) {
  std::make_shared<Connection>(std::move(socket), office)->begin();
}

}  // namespace ktp::web
