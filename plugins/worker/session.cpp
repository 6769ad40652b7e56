// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

namespace ktp::worker {
namespace {

constexpr std::size_t kMaxQueue =
    16;  // the core has one operation under way; more waiting means it has lost its way
constexpr auto kPulse = std::chrono::seconds(1);

// What a transcript calls the calls. Tokens stay out of it.
transcript::Call note_of(const wire::Print& print) {
  const auto picture = [](const wire::Picture& it) {
    return transcript::Call::Picture{it.width, it.height, it.dpi};
  };
  return {"print", 0, "", picture(print.front), picture(print.back), 0};
}
transcript::Call note_of(const wire::ToCamera&) {
  return {"to-camera", 0, "", {}, {}, 0};
}
transcript::Call note_of(const wire::Route&) {
  return {"route", 0, "", {}, {}, 0};
}
transcript::Call note_of(const wire::Counter&) {
  return {"counter", 0, "", {}, {}, 0};
}
transcript::Call note_of(const wire::Lookup&) {
  return {"lookup", 0, "", {}, {}, 0};
}
transcript::Call note_of(const wire::Status&) {
  return {"status", 0, "", {}, {}, 0};
}
transcript::Call note_of(const wire::Grab&) {
  return {"grab", 0, "", {}, {}, 0};
}
transcript::Call note_of(const wire::ReadChip&) {
  return {"read-chip", 0, "", {}, {}, 0};
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "station-plugin-worker: %s\n", why.c_str());
  ::_exit(70);
}

}  // namespace

void Session::start_threads() {
  std::thread([this] { read_forever(); }).detach();
  std::thread([this] { pulse_forever(); }).detach();
}

void Session::read_forever() {
  while (true) {
    wire::Packet packet = line_.receive();
    auto message = wire::decode(packet.bytes);
    if (!message) give_up("unreadable message from the core: " + message.error());
    if (std::holds_alternative<wire::Cancel>(message->body)) {
      services_.cancel(message->op);
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (std::holds_alternative<wire::Interrupt>(message->body)) {
      if (interrupts_.size() < kMaxQueue) interrupts_.push_back(message->op);
      interrupt_came_.notify_one();
      continue;
    }
    if (requests_.size() >= kMaxQueue) give_up("the core sends more requests than it may");
    requests_.push_back({std::move(*message), std::move(packet.fds)});
    request_came_.notify_one();
  }
}

void Session::pulse_forever() {
  while (true) {
    std::uint64_t op = 0;
    {
      std::unique_lock lock(mutex_);
      if (interrupt_came_.wait_for(lock, kPulse, [&] { return !interrupts_.empty(); })) {
        op = interrupts_.front();
        interrupts_.pop_front();
      }
    }
    if (op != 0) {
      services_.cancel(op);
      device_.interrupt(op);
    }
    line_.try_send(wire::Heartbeat{busy_op_.load()});
  }
}

Session::Request Session::next() {
  std::unique_lock lock(mutex_);
  request_came_.wait(lock, [&] { return !requests_.empty(); });
  Request request = std::move(requests_.front());
  requests_.pop_front();
  return request;
}

void Session::serve(const Plugin& plugin) {
  while (true) {
    Request request = next();
    busy_op_ = request.message.op;
    handle(plugin, request);
    busy_op_ = 0;
  }
}

template <class Answer, class Call>
Answer Session::noted(transcript::Call call, const Call& carry_out) {
  if (recorder_ == nullptr) return carry_out();
  transcript::Ended ended;
  ended.name = call.name;
  recorder_->call(std::move(call));
  Answer answer = carry_out();
  const wire::RawResult& result = answer.result;
  ended.code = result.returned != STN_OK ? result.returned : result.code;
  ended.outcome = result.outcome;
  ended.card_at = result.card_at;
  ended.counter_before = result.counter_before;
  ended.counter_after = result.counter_after;
  if constexpr (std::is_same_v<Answer, wire::Done>)
    if (ended.name == "counter" && ended.code == STN_OK)
      ended.counter_before = ended.counter_after = answer.cards;
  ended.message = result.message.substr(0, result.message.find('\0'));
  recorder_->ended(std::move(ended));
  return answer;
}

void Session::handle(const Plugin& plugin, Request& request) {
  const std::uint64_t op = request.message.op;
  const std::uint64_t seq = request.message.seq;
  std::visit(
      [&](auto& body) {
        using T = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<T, wire::Open>) {
          if (body.driver >= plugin.drivers.size()) give_up("the core asks for a driver that is not there");
          const stn_driver* const driver = plugin.drivers[body.driver];
          if (replay_ != nullptr) body.quirks = replay_->quirks();
          line_.send(op, seq, noted<wire::Opened>({"open", 0, driver->id, {}, {}, body.quirks}, [&] {
                       return device_.open(driver, body);
                     }));
        } else if constexpr (std::is_same_v<T, wire::Raster> || std::is_same_v<T, wire::Slots>) {
          if (!device_.take(body, std::move(request.fds)))
            give_up("shared memory from the core is not what it says");
        } else if constexpr (std::is_same_v<T, wire::Close>) {
          finish(plugin, request.message);
        } else if constexpr (requires { device_.call(op, body); }) {
          line_.send(op, seq, noted<wire::Done>(note_of(body), [&] { return device_.call(op, body); }));
        } else {
          give_up("the core sends a message that is not for a worker");
        }
      },
      request.message.body);
}

void Session::finish(const Plugin& plugin, const wire::Message& message) {
  if (recorder_ != nullptr) recorder_->call({"close", 0, "", {}, {}, 0});
  device_.close();
  if (recorder_ != nullptr) recorder_->close();
  if (replay_ != nullptr) replay_->close();
  services_.device_closed();
  plugin.module->deinit();
  if (usb_ != nullptr) usb_->release();
  if (const auto late = services_.late_events(); late != 0) {
    line_.send(
        0, 0, wire::Violation{"posting-after-close: posted " + std::to_string(late) + " events after close"});
  }
  line_.send(message.op, message.seq, wire::Done{});
  ::_exit(0);  // no destructors, no atexit of vendor libraries: the plugin is never unloaded
}

}  // namespace ktp::worker
