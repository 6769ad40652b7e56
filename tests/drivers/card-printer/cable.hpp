// SPDX-License-Identifier: Apache-2.0
// A driver and the model of its printer in one process: a cable made of calls, on which every transfer can go
// wrong, and a clock that only waiting moves.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <station/plugin.hpp>

#include "models/byte_device.hpp"
#include "models/tray.hpp"

namespace card_test {

inline constexpr int kWidth = 1011, kHeight = 638;

struct Card {
  bool finished = false, whole = false;
  std::string place = "inside";
  model::Face front, back;
};

class MemoryTray final : public model::Tray {
 public:
  explicit MemoryTray(std::uint64_t blanks) : left_(blanks) {}
  std::uint64_t left() override { return left_; }
  std::uint64_t feed() override {
    --left_;
    cards[++last];
    return last;
  }
  void finish(std::uint64_t card, const model::Face& front, const model::Face& back, bool whole) override {
    Card& it = cards.at(card);
    it.finished = true;
    it.whole = whole;
    it.front = front;
    it.back = back;
  }
  void to_output(std::uint64_t card) override { cards.at(card).place = "output"; }
  void to_reject(std::uint64_t card) override { cards.at(card).place = "reject"; }
  bool output_taken() override {
    for (const auto& [number, card] : cards)
      if (card.place == "output") return true;
    return false;
  }
  void take_away() {
    for (auto& [number, card] : cards)
      if (card.place == "output") card.place = "bin";
  }
  void throw_away() { --left_; }  ///< a blank, from the hopper
  void fill(std::uint64_t more) { left_ += more; }
  std::map<std::uint64_t, Card> cards;
  std::uint64_t last = 0;

 private:
  std::uint64_t left_;
};

/// What one transfer comes to instead of what it should.
enum class Mishap {
  none,
  // either way
  unplugged,       ///< before anything passed
  unplugged_late,  ///< after all of it passed
  stall,           ///< nothing passed
  bus_error,       ///< nothing passed; of a reply: it is lost
  time_out,        ///< nothing passed; of a reply: it comes with the next read
  // to the printer
  stall_half,
  bus_error_half,
  bus_error_late,
  time_out_half,
  time_out_late,
  short_write,
  // from the printer
  missing,
  garbage,
  half_reply,
  duplicated,
  much_too_long,
  empty_packet,
  error_text,
};
[[nodiscard]] const char* to_string(Mishap mishap);
[[nodiscard]] const std::vector<Mishap>& mishaps_out();
[[nodiscard]] const std::vector<Mishap>& mishaps_in();

/// The host: station.usb/1 over the model.
class Cable {
 public:
  explicit Cable(model::ByteDevice& printer);
  Cable(const Cable&) = delete;
  Cable& operator=(const Cable&) = delete;

  [[nodiscard]] const stn_host* host() const { return &host_; }
  /// From now on the `index`-th transfer (from 0) comes to grief.
  void arm(std::size_t index, Mishap mishap) {
    count_ = 0;
    index_ = index;
    mishap_ = mishap;
    directions.clear();
  }
  void plug_in() { plugged_ = true; }
  [[nodiscard]] bool plugged() const { return plugged_; }
  [[nodiscard]] std::uint64_t milliseconds() const { return now_ / 1'000'000; }

  std::vector<bool> directions;  ///< of each transfer since `arm`: true = from the printer
  std::vector<std::string> log;
  std::vector<std::uint8_t> sent;  ///< every byte that reached the printer
  std::map<std::string, std::string> reasons;
  /// Called whenever time passes, with the milliseconds since the clock began: what the world does meanwhile.
  std::function<void(std::uint64_t)> meanwhile;

 private:
  std::int32_t out(const std::uint8_t* data, std::uint32_t length, std::uint32_t timeout_ms,
                   std::uint32_t* done);
  std::int32_t in(std::uint8_t* data, std::uint32_t length, std::uint32_t timeout_ms, std::uint32_t* done);
  [[nodiscard]] Mishap next(bool from_printer);
  std::uint32_t deliver(const std::uint8_t* data, std::uint32_t length);
  void wait(std::uint64_t ms);
  void pass_time(std::uint64_t ns);

  model::ByteDevice& printer_;
  stn_host host_{};
  stn_usb_v1 usb_{};
  std::uint64_t now_ = 1'000'000'000;
  std::size_t count_ = 0, index_ = ~std::size_t{0};
  Mishap mishap_ = Mishap::none;
  bool plugged_ = true;
  std::deque<std::vector<std::uint8_t>> held_;  ///< packets on their way
};

/// A driver on that cable; a new one is a new worker.
template <class T>
class Driver {
 public:
  Driver(Cable& cable, const std::vector<stn_setting>& settings) : host_(cable.host()) {
    driver_ = std::make_unique<T>(
        host_, station::Settings(settings.data(), static_cast<std::uint32_t>(settings.size())), "");
  }
  T& operator*() { return *driver_; }
  stn_result print(const std::vector<std::uint8_t>& front, const std::vector<std::uint8_t>* back) {
    stn_print_job job{};
    job.size = sizeof job;
    job.token = "0123456789abcdef0123456789abcdef";
    job.front = {front.data(), kWidth, kHeight, kWidth * 3, 300};
    if (back != nullptr) job.back = {back->data(), kWidth, kHeight, kWidth * 3, 300};
    station::Op op(host_, 1);
    return filled(driver_->print(op, job));
  }
  stn_result status() { return filled(driver_->status()); }
  stn_result counter(std::uint64_t& cards) { return filled(driver_->counter(cards)); }
  stn_result to_camera() {
    station::Op op(host_, 2);
    return filled(driver_->to_camera(op, "0123456789abcdef0123456789abcdef"));
  }

 private:
  static stn_result filled(const station::Report& report) {
    stn_result result{};
    result.size = sizeof result;
    report.fill(&result);
    return result;
  }
  station::Host host_;
  std::unique_ptr<T> driver_;
};

/// A face with colours, fine black writing, and no symmetry that would hide a turned or mirrored print.
[[nodiscard]] std::vector<std::uint8_t> test_face(int variant);

}  // namespace card_test
