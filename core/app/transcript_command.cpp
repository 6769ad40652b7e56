// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "artwork/picture.hpp"
#include "devices/wire/transcript.hpp"

namespace ktp::app {
namespace {

namespace fs = std::filesystem;
using transcript::Call;
using transcript::Ended;

/// What the replaying worker says of the transcript, in the order in which it said it.
class Said {
 public:
  void hear(const devices::DeviceEvent& event) {
    if (event.kind != devices::DeviceEvent::Kind::violation || !event.text.starts_with("transcript-")) return;
    const std::lock_guard lock(mutex_);
    if (first_.empty()) first_ = event.text.substr(event.text.find(": ") + 2);
  }
  [[nodiscard]] std::string first() const {
    const std::lock_guard lock(mutex_);
    return first_;
  }

 private:
  mutable std::mutex mutex_;
  std::string first_;
};

/// A card of nobody, with colours and black writing, where no face is given.
Image card_of_nobody(int width, int height) {
  Image face(width, height, 3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const bool bar = y > height / 4 && y < height / 2 && x / 8 % 2 == 0;
      std::uint8_t* const pixel = face.row(y) + static_cast<std::ptrdiff_t>(x) * 3;
      pixel[0] = bar ? 0 : static_cast<std::uint8_t>(255 * x / width);
      pixel[1] = bar ? 0 : static_cast<std::uint8_t>(255 * y / height);
      pixel[2] = bar ? 0 : 200;
    }
  return face;
}

Result<std::optional<Image>> face_of(const Call::Picture& wanted, const fs::path& file) {
  if (wanted.width == 0) return std::optional<Image>();
  const int width = static_cast<int>(wanted.width), height = static_cast<int>(wanted.height);
  if (std::uint64_t{wanted.width} * wanted.height > artwork::PictureLimits{}.max_pixels)
    return fail(ErrorCode::bad_data, "the transcript prints a picture of more than 40 megapixels");
  if (file.empty()) return std::optional(card_of_nobody(width, height));
  auto picture = artwork::read_picture(file);
  if (!picture) return fail(picture.error().code, file.string() + ": " + picture.error().message);
  if (picture->width != width || picture->height != height)
    return fail(ErrorCode::bad_data, file.string() + " has " + std::to_string(picture->width) + " x " +
                                         std::to_string(picture->height) + " pixels, the transcript's face " +
                                         std::to_string(width) + " x " + std::to_string(height));
  return std::optional(*std::move(picture));
}

std::string words_of(int code, std::uint32_t outcome, std::uint64_t before, std::uint64_t after) {
  std::string words = transcript::name_of_code(code);
  if (outcome <= static_cast<std::uint32_t>(devices::CardOutcome::unknown))
    words += ", " + std::string(devices::to_string(static_cast<devices::CardOutcome>(outcome)));
  return words + ", counter " + std::to_string(before) + " to " + std::to_string(after);
}

class Replaying {
 public:
  Replaying(const transcript::Transcript& transcript, const TranscriptOptions& options, const Paths& paths)
      : transcript_(transcript), options_(options), paths_(paths) {}

  Result<int> run() {
    for (std::size_t i = 0; i < transcript_.entries.size(); ++i) {
      const auto* call = std::get_if<Call>(&transcript_.entries[i]);
      if (call == nullptr) continue;
      const Ended* recorded = nullptr;
      for (std::size_t k = i + 1; k < transcript_.entries.size() && recorded == nullptr; ++k) {
        if (std::holds_alternative<Call>(transcript_.entries[k])) break;
        recorded = std::get_if<Ended>(&transcript_.entries[k]);
      }
      const auto done = call->name == "open" ? open(*call, recorded) : carry_out(*call, recorded);
      if (!done) return std::unexpected(done.error());
      if (!said_.first().empty()) break;
    }
    printer_.reset();  // closes: what nobody asked for is told now
    if (const std::string what = said_.first(); !what.empty())
      return fail(ErrorCode::bad_data, options_.transcript.string() + ": " + what);
    if (calls_ == 0) return fail(ErrorCode::bad_data, options_.transcript.string() + ": has no calls");
    std::cout << calls_ << " calls replayed, " << others_ << " ended otherwise than recorded\n";
    return others_;
  }

 private:
  Result<void> open(const Call& call, const Ended* recorded) {
    devices::DeviceConfig config;
    config.name = "printer";
    std::error_code none;
    config.plugin = fs::canonical(options_.plugin, none);
    config.driver = call.driver;
    config.settings = options_.settings;
    config.worker = paths_.worker;
    config.replay = fs::absolute(options_.transcript);
    config.restart_budget = 0;
    auto opened = devices::Printer::open(
        config, [said = &said_](const devices::DeviceEvent& event) { said->hear(event); });
    const bool ok_then = recorded == nullptr || recorded->code == 0;
    if (!opened && !said_.first().empty()) return {};
    if (!opened && ok_then) return std::unexpected(opened.error());
    ++calls_;
    if (opened && !ok_then) ++others_;
    std::cout << "open: " << (opened ? "ok" : opened.error().message)
              << (opened.has_value() == ok_then ? "; as recorded\n" : "; recorded: failed\n");
    if (opened) printer_ = *std::move(opened);
    return {};
  }

  Result<void> carry_out(const Call& call, const Ended* recorded) {
    if (call.name == "close" || !printer_) return {};
    devices::CallResult result;
    const std::string token = "replay-" + std::to_string(calls_);
    if (call.name == "print") {
      const auto front = face_of(call.front, options_.front), back = face_of(call.back, options_.back);
      if (!front) return std::unexpected(front.error());
      if (!back) return std::unexpected(back.error());
      if (!*front) return fail(ErrorCode::bad_data, "the transcript prints a card without a front");
      result = printer_->print(token, **front, *back ? &**back : nullptr, static_cast<int>(call.front.dpi));
    } else if (call.name == "counter") {
      result = printer_->counter();
    } else if (call.name == "status") {
      devices::DeviceStatus status;
      result = printer_->status(status);
    } else if (call.name == "to-camera") {
      result = printer_->to_camera(token);
    } else if (call.name == "lookup") {
      std::optional<devices::CardRecord> record;
      result = printer_->lookup(token, record);
    } else if (call.name == "route") {
      result = printer_->route(token, "good");
    } else {
      return fail(ErrorCode::bad_data, "the transcript calls " + call.name + ", which no printer has");
    }
    compare(call, recorded, result);
    return {};
  }

  void compare(const Call& call, const Ended* recorded, const devices::CallResult& result) {
    ++calls_;
    const bool print = call.name == "print";
    const std::uint32_t outcome = print ? static_cast<std::uint32_t>(result.outcome) : ~0u;
    std::string now = words_of(result.code, outcome, result.counter_before, result.counter_after);
    if (!result.violation.empty()) now += "; " + result.violation;
    std::cout << call.name << ": " << now;
    if (!result.message.empty()) std::cout << " (" << result.message << ')';
    if (recorded == nullptr) {
      std::cout << "; its end was not recorded\n";
      return;
    }
    // What the driver said then went through the same judge.
    const std::string then = words_of(recorded->code, print ? recorded->outcome : ~0u,
                                      recorded->counter_before, recorded->counter_after);
    const bool same = now == then;
    if (!same) ++others_;
    std::cout << (same ? "; as recorded\n" : "; recorded: " + then + "\n");
  }

  const transcript::Transcript& transcript_;
  const TranscriptOptions& options_;
  const Paths& paths_;
  Said said_;  // before the printer, whose threads use it
  std::unique_ptr<devices::Printer> printer_;
  int calls_ = 0, others_ = 0;
};

}  // namespace

int plugin_replay_command(const TranscriptOptions& options) {
  std::error_code none;
  for (const fs::path& file : {options.plugin, options.transcript})
    if (!fs::is_regular_file(file, none))
      return report({ErrorCode::input_missing, file.string() + ": there is no such file"});
  const auto bytes = artwork::read_bytes(options.transcript, transcript::kMaxFile);
  if (!bytes) return report({bytes.error().code, options.transcript.string() + ": " + bytes.error().message});
  const auto transcript = transcript::parse({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (!transcript)
    return report({ErrorCode::bad_data, options.transcript.string() + ": " + transcript.error()});
  const Paths paths = find_paths();
  const auto others = Replaying(*transcript, options, paths).run();
  if (!others) return report(others.error());
  if (*others == 0) return 0;
  return report({ErrorCode::bad_data, "the driver's answers are not those of the recording (see above)"});
}

}  // namespace ktp::app
