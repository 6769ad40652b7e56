// SPDX-License-Identifier: Apache-2.0
#include "web/event_hub.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "web/gate.hpp"
#include "web/line.hpp"

namespace ktp::web {

namespace asio = boost::asio;
using Failed = boost::system::error_code;

namespace {

constexpr auto kHeartbeat = std::chrono::seconds(10);  // a page that hears nothing for longer says so

}  // namespace

class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(EventHub& hub, std::shared_ptr<Line> line, std::function<bool()> still_welcome)
      : hub_(hub),
        line_(std::move(line)),
        timer_(line_->get_executor()),
        still_welcome_(std::move(still_welcome)) {}

  void begin() {
    std::string head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: "
        "close\r\n";
    for (const auto& [name, value] : security_headers()) head += name + ": " + value + "\r\n";
    watch_for_end();
    write(std::make_shared<const std::string>(head + "\r\nretry: 1000\n\n"));
  }

  void wake() {
    if (writing_ || closed_) return;
    if (!still_welcome_()) return end();
    const EventHub::State now = hub_.latest();
    if (now.version == sent_ || now.text == nullptr) return rest();
    sent_ = now.version;
    write(now.text);
  }

  void end() {
    if (closed_) return;
    closed_ = true;
    timer_.cancel();
    line_->cut();
    hub_.streams_.erase(shared_from_this());
  }

 private:
  void write(std::shared_ptr<const std::string> text) {
    writing_ = true;
    timer_.expires_after(std::chrono::seconds(hub_.limits_.write_seconds));
    timer_.async_wait([self = shared_from_this()](Failed failed) {
      if (!failed) self->end();  // who does not take it in this time has gone
    });
    asio::async_write(*line_, asio::buffer(*text),
                      [self = shared_from_this(), text](Failed failed, std::size_t) {
                        self->writing_ = false;
                        if (failed) return self->end();
                        self->wake();
                      });
  }

  void rest() {
    timer_.expires_after(kHeartbeat);
    timer_.async_wait([self = shared_from_this()](Failed failed) {
      if (failed || self->writing_ || self->closed_) return;
      if (!self->still_welcome_()) return self->end();
      static const auto kBeat = std::make_shared<const std::string>("event: beat\ndata: \n\n");
      self->write(kBeat);
    });
  }

  // Nothing more is to be said by the page; whatever arrives, or the end, ends the stream.
  void watch_for_end() {
    line_->async_read_some(asio::buffer(incoming_),
                           [self = shared_from_this()](Failed, std::size_t) { self->end(); });
  }

  EventHub& hub_;
  std::shared_ptr<Line> line_;
  asio::steady_timer timer_;
  std::function<bool()> still_welcome_;
  std::array<char, 16> incoming_{};
  std::uint64_t sent_ = 0;
  bool writing_ = false, closed_ = false;
};

void EventHub::publish(std::string json) {
  {
    const std::lock_guard lock(mutex_);
    ++state_.version;
    state_.text = std::make_shared<const std::string>("event: board\nid: " + std::to_string(state_.version) +
                                                      "\ndata: " + json + "\n\n");
  }
  asio::post(io_, [this] { wake(); });
}

EventHub::State EventHub::latest() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void EventHub::wake() {
  const auto streams = streams_;  // one that ends takes itself out
  for (const auto& stream : streams) stream->wake();
}

void EventHub::adopt(std::shared_ptr<Line> line, std::function<bool()> still_welcome) {
  auto stream = std::make_shared<EventStream>(*this, std::move(line), std::move(still_welcome));
  streams_.insert(stream);
  stream->begin();
}

void EventHub::close() {
  const auto streams = streams_;
  for (const auto& stream : streams) stream->end();
}

}  // namespace ktp::web
