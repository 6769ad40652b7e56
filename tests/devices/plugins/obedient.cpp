// SPDX-License-Identifier: Apache-2.0
// A printer and a camera that keep every rule, written with the wrapper as a vendor would. The printer's
// counter and jobs lie in a folder, because a device remembers what its driver forgets.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include "station/plugin.hpp"

namespace {

class ObedientPrinter final : public station::Printer {
 public:
  static constexpr const char* kId = "obedient-printer";
  static constexpr const char* kName = "Printer that keeps the rules";
  static constexpr stn_option kOptions[] = {
      station::path("folder", "Where the counter and the jobs are kept."),
      station::integer("print_ms", "0", 0, 60'000, "ms", "How long a print takes."),
      station::number("warmth", "0.5", 0, 1, "", "Nothing in particular."),
      station::boolean("chatty", "false", "Says more."),
      station::choice("colour", "full", "full|grey|none", "How it prints."),
      station::text("label", "Shown in status.", "-"),
  };

  ObedientPrinter(station::Host& host, const station::Settings& settings, std::string_view serial)
      : host_(host),
        folder_(settings.text("folder")),
        print_ms_(static_cast<std::uint64_t>(settings.integer("print_ms"))),
        label_(settings.text("label") + "/" + settings.text("colour") + "/" +
               std::to_string(settings.number("warmth")) + "/" +
               (settings.boolean("chatty") ? "chatty" : "quiet") + "/" + std::string(serial)) {
    if (int crashes = 0; std::ifstream(folder_ / "crashes-left") >> crashes && crashes > 0) {
      std::ofstream(folder_ / "crashes-left") << crashes - 1;
      std::abort();
    }
    if (std::filesystem::exists(folder_ / "taken"))
      throw station::Failure(STN_E_BUSY, "the folder belongs to process 4711");
    if (unplugged()) throw station::Failure(STN_E_REMOVED, "the plug is out");
    std::ifstream(folder_ / "count") >> count_;
  }

  std::uint32_t caps() const override {
    return STN_CAP_COUNTER | STN_CAP_JOB_LOG | STN_CAP_MOVE_TO_CAMERA | STN_CAP_BINS | STN_CAP_DUPLEX;
  }
  std::uint32_t native_dpi() const override { return 300; }

  station::Report status() override {
    host_.state(STN_STATE_IDLE);
    if (++status_calls_ == 1) host_.reason("media-low", STN_SEVERITY_WARNING, label_);
    host_.supply("ribbon", 100 - static_cast<std::int64_t>(count_), 100, "cards");
    return station::Report::done(STN_AT_HOPPER);
  }

  station::Report print(station::Op& op, const stn_print_job& job) override {
    for (std::uint64_t ms = 0; ms < print_ms_; ms += 10) {
      if (op.cancelled())
        return station::Report::refused(STN_E_CANCELLED, "cancelled before the feed").counted(count_, count_);
      op.sleep_ms(10);
    }
    op.progress(STN_STEP_FEEDING);
    const std::uint64_t before = count_++;
    std::ofstream(folder_ / "count") << count_;
    op.chip_uid("04A1B2C3" + std::to_string(10 + count_ % 90));
    if (label_.rfind("unplug-in-print", 0) == 0) std::ofstream(folder_ / "unplugged") << 1;
    if (unplugged()) return station::Report::unknown(STN_E_REMOVED, "the plug is out");
    op.progress(STN_STEP_FRONT);
    std::ofstream(folder_ / job.token) << count_ << " " << sum(job.front) << " " << sum(job.back);
    op.progress(STN_STEP_DONE);
    return station::Report::printed(STN_AT_INSIDE).counted(before, count_);
  }

  station::Report to_camera(station::Op&, std::string_view) override {
    return station::Report::done(STN_AT_CAMERA);
  }
  station::Report route(station::Op&, std::string_view, std::string_view bin) override {
    if (bin == "nowhere") return station::Report::refused(STN_E_BAD_INPUT, "no bin of that name");
    return station::Report::done(STN_AT_OUTPUT);
  }
  station::Report counter(std::uint64_t& cards) override {
    if (unplugged()) return station::Report::refused(STN_E_REMOVED, "the plug is out");
    cards = count_;
    return station::Report::done();
  }
  station::Report lookup(std::string_view token, stn_card& card) override {
    std::ifstream file(folder_ / token);
    if (!(file >> card.number)) return station::Report::refused(STN_E_NOT_FOUND, "no such job");
    card.outcome = STN_CARD_PRINTED;
    card.card_at = STN_AT_OUTPUT;
    station::detail::put_text(card.uid, "04A1B2C3D4");
    station::detail::put_text(card.bin, "good");
    return station::Report::done();
  }

 private:
  [[nodiscard]] bool unplugged() const { return std::filesystem::exists(folder_ / "unplugged"); }
  static std::uint64_t sum(const stn_raster& raster) {
    std::uint64_t total = 0;
    if (raster.pixels == nullptr) return 0;
    for (std::uint32_t y = 0; y < raster.height; ++y) {
      for (std::uint32_t x = 0; x < raster.width * 3; ++x)
        total = total * 31 + raster.pixels[y * raster.stride + x];
    }
    return total;
  }

  station::Host& host_;
  const std::filesystem::path folder_;
  const std::uint64_t print_ms_;
  const std::string label_;
  std::uint64_t count_ = 0;
  int status_calls_ = 0;
};

/// Every pixel follows from frame number and place, so that a test can tell one wrong byte.
class ObedientCamera final : public station::Camera {
 public:
  static constexpr const char* kId = "obedient-camera";
  static constexpr const char* kName = "Camera that keeps the rules";
  static constexpr stn_option kOptions[] = {
      station::integer("width", "64", 1, 8'192, "px", "Width of a frame."),
      station::integer("height", "48", 1, 8'192, "px", "Height of a frame."),
      station::integer("padding", "0", 0, 256, "bytes", "Bytes between rows."),
  };
  ObedientCamera(station::Host& host, const station::Settings& settings, std::string_view)
      : host_(host),
        width_(static_cast<std::uint32_t>(settings.integer("width"))),
        height_(static_cast<std::uint32_t>(settings.integer("height"))),
        stride_(width_ * 3 + static_cast<std::uint32_t>(settings.integer("padding"))) {}

  std::uint32_t caps() const override { return STN_CAP_VIEW_FRONT | STN_CAP_VIEW_BACK; }
  std::uint64_t max_frame_bytes() const override { return std::uint64_t{stride_} * height_; }
  station::Report status() override {
    host_.state(STN_STATE_IDLE);
    return station::Report::done(STN_AT_CAMERA);
  }
  station::Report grab(station::Op&, const stn_grab_request& request, stn_frame& frame) override {
    frame.exposure_start_ns = host_.now();
    frame.seq = ++seq_;
    for (std::uint32_t y = 0; y < height_; ++y) {
      std::uint8_t* row = request.pixels + std::uint64_t{y} * stride_;
      for (std::uint32_t x = 0; x < width_ * 3; ++x)
        row[x] = static_cast<std::uint8_t>(seq_ * 31 + y * 7 + x * 13);
    }
    frame.width = width_;
    frame.height = height_;
    frame.stride = stride_;
    frame.bytes_used = std::uint64_t{stride_} * height_;
    return station::Report::done(STN_AT_CAMERA);
  }

 private:
  station::Host& host_;
  const std::uint32_t width_, height_, stride_;
  std::uint64_t seq_ = 0;
};

/// What the wrapper makes of exceptions.
class ThrowingPrinter final : public station::Printer {
 public:
  static constexpr const char* kId = "throwing-printer";
  static constexpr const char* kName = "Printer that throws";
  ThrowingPrinter(station::Host&, const station::Settings&, std::string_view serial) {
    if (serial == "broken") throw std::runtime_error("no luck");
  }
  std::uint32_t caps() const override { return 0; }
  std::uint32_t native_dpi() const override { return 300; }
  station::Report status() override { throw station::Failure(STN_E_COVER, "close the cover"); }
  station::Report print(station::Op&, const stn_print_job&) override {
    throw std::runtime_error("out of ideas");
  }
  station::Report to_camera(station::Op&, std::string_view) override { throw 42; }
};

}  // namespace

STATION_PLUGIN("id.ktp-station.test.obedient", "1.2.3", "KTP Station tests", ObedientPrinter, ObedientCamera,
               ThrowingPrinter);
