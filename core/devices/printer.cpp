// SPDX-License-Identifier: Apache-2.0
#include <station/abi.h>

#include <algorithm>
#include <cstring>

#include "devices/worker.hpp"

namespace ktp::devices {
namespace {

constexpr std::uint64_t kAlign = 4096;
constexpr std::uint64_t kMostRaster = 512ull << 20;

std::optional<wire::Body> refuse(CallResult& result, int code, std::string why) {
  result.code = code;
  result.action = code == STN_E_BAD_INPUT ? Action::reject_job : Action::stop_device;
  result.message = std::move(why);
  return std::nullopt;
}

/// Tokens and bin names end up as file names and protocol fields of drivers: nothing that could mean more
/// than itself.
bool is_word(std::string_view word) {
  return !word.empty() && word.size() <= 64 && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool printable(const Image& image) {
  return image.channels == 3 && image.width > 0 && image.height > 0 && image.width < 65'536 &&
         image.height < 65'536 &&
         image.pixels.size() == image.stride() * static_cast<std::size_t>(image.height);
}

wire::Picture place(const Image& image, std::uint64_t offset, int dpi) {
  return {offset, static_cast<std::uint32_t>(image.width), static_cast<std::uint32_t>(image.height),
          static_cast<std::uint32_t>(image.stride()), static_cast<std::uint32_t>(dpi)};
}

/// Copies both pictures to where the worker sees them.
std::optional<wire::Body> lay_out(Worker& worker, CallResult& result, const std::string& token,
                                  const Image& front, const Image* back, int dpi) {
  if (!printable(front) || (back != nullptr && !printable(*back)) || dpi <= 0) {
    return refuse(result, STN_E_BAD_INPUT, "a print needs RGB pictures, rows packed, and a resolution");
  }
  if (!is_word(token)) return refuse(result, STN_E_BAD_INPUT, "a token has 1 to 64 letters, digits, - or _");
  const std::uint64_t back_at = (front.pixels.size() + kAlign - 1) / kAlign * kAlign;
  const std::uint64_t bytes = back != nullptr ? back_at + back->pixels.size() : front.pixels.size();
  if (bytes > kMostRaster) return refuse(result, STN_E_BAD_INPUT, "the pictures are larger than 512 MiB");
  const auto region = worker.raster(bytes);
  if (!region) return refuse(result, STN_E_INTERNAL, region.error().message);
  std::memcpy(region->data(), front.pixels.data(), front.pixels.size());
  wire::Print print{token, place(front, 0, dpi), {}};
  if (back != nullptr) {
    std::memcpy(region->data() + back_at, back->pixels.data(), back->pixels.size());
    print.back = place(*back, back_at, dpi);
  }
  return print;
}

/// A request that needs nothing but a token (and a bin).
auto just(wire::Body body, std::string_view token = "-", std::string_view bin = "-") {
  return [body = std::move(body), words = is_word(token) && is_word(bin)](CallResult& result) {
    return words ? std::optional(body)
                 : refuse(result, STN_E_BAD_INPUT, "a token or bin has 1 to 64 letters, digits, - or _");
  };
}

}  // namespace

Result<std::unique_ptr<Printer>> Printer::open(DeviceConfig config, EventSink sink) {
  auto worker = std::make_unique<Worker>(std::move(config), std::move(sink), STN_KIND_PRINTER);
  if (auto started = worker->start(); !started) return std::unexpected(started.error());
  return std::unique_ptr<Printer>(new Printer(std::move(worker)));
}

Printer::Printer(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}
Printer::~Printer() = default;

CallResult Printer::print(const std::string& token, const Image& front, const Image* back, int dpi) {
  return worker_->call({Asked::print, worker_->config().print_deadline, [&](CallResult& result) {
                          return lay_out(*worker_, result, token, front, back, dpi);
                        }});
}

CallResult Printer::to_camera(const std::string& token) {
  return worker_->call(
      {Asked::to_camera, worker_->config().move_deadline, just(wire::ToCamera{token}, token)});
}

CallResult Printer::route(const std::string& token, std::string_view bin) {
  return worker_->call({Asked::route, worker_->config().move_deadline,
                        just(wire::Route{token, std::string(bin)}, token, bin)});
}

CallResult Printer::counter() {
  return worker_->call({Asked::counter, worker_->config().status_deadline, just(wire::Counter{}),
                        [&](CallResult& result, const wire::Done& done) {
                          if (!result.ok()) return;
                          if (done.cards < worker_->last_counter()) {
                            add_violation(result, Asked::counter,
                                          "counter-went-back: counter went back from " +
                                              std::to_string(worker_->last_counter()) + " to " +
                                              std::to_string(done.cards));
                          }
                          result.counter_before = result.counter_after = done.cards;
                        }});
}

CallResult Printer::lookup(const std::string& token, std::optional<CardRecord>& record) {
  record.reset();
  return worker_->call({Asked::lookup, worker_->config().status_deadline, just(wire::Lookup{token}, token),
                        [&](CallResult& result, const wire::Done& done) {
                          if (!result.violation.empty()) return;
                          if (result.code == STN_E_NOT_FOUND) {
                            result.code = STN_OK;
                            result.action = Action::none;
                          } else if (result.code == STN_OK) {
                            if (auto card = judge_card(done.card)) {
                              record = *std::move(card);
                            } else {
                              add_violation(result, Asked::lookup, card.error());
                            }
                          }
                        }});
}

CallResult Printer::status(DeviceStatus& status) {
  CallResult result = worker_->call({Asked::status, worker_->config().status_deadline, just(wire::Status{})});
  status = worker_->last_status();
  return result;
}

void Printer::cancel() {
  worker_->cancel();
}
DeviceStatus Printer::last_status() const {
  return worker_->last_status();
}
const std::string& Printer::name() const {
  return worker_->config().name;
}
std::uint32_t Printer::caps() const {
  return worker_->caps();
}
bool Printer::keeps_job_log() const {
  return (caps() & STN_CAP_JOB_LOG) != 0;
}

bool Printer::counts_cards() const {
  return (caps() & STN_CAP_COUNTER) != 0;
}

bool Printer::has_bins() const {
  return (caps() & STN_CAP_BINS) != 0;
}

int Printer::native_dpi() const {
  return static_cast<int>(worker_->native_dpi());
}

}  // namespace ktp::devices
