// SPDX-License-Identifier: Apache-2.0
// The campaign's printer: a driver like any other, in a worker like any other, whose device is the mapped
// file of truth.hpp. It prints no picture; it reads off the pixels whose card it is. It fails as printers do:
// refuses, spoils, prints badly, and dies before the feed, in the middle, or after the card is done and
// before anybody heard of it.
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>

#include "bench/campaign/truth.hpp"
#include "station/plugin.hpp"

namespace {

using ktp::campaign::Body;
using ktp::campaign::Place;
using ktp::campaign::Print;
using ktp::campaign::Truth;

// Shares of print commands; the damaged ones are the article's 202 of 132,289.
constexpr double kRefused = 0.0005, kCrashedBefore = 0.0005, kCrashedAfter = 0.0008, kSpoiled = 0.0006,
                 kHalf = 0.0005, kDamaged = 202.0 / 132'289;

class CampaignPrinter final : public station::Printer {
 public:
  static constexpr const char* kId = "campaign-printer";
  static constexpr const char* kName = "Printer of a replayed campaign";
  static constexpr stn_option kOptions[] = {station::path("truth", "The file of the physical world.")};

  CampaignPrinter(station::Host& host, const station::Settings& settings, std::string_view)
      : host_(host), truth_(world(settings.text("truth"))) {}

  std::uint32_t caps() const override {
    return STN_CAP_COUNTER | STN_CAP_JOB_LOG | STN_CAP_MOVE_TO_CAMERA | STN_CAP_BINS | STN_CAP_DUPLEX;
  }
  std::uint32_t native_dpi() const override { return 300; }

  station::Report status() override {
    const bool stopped = truth_.stopped.load() > 0;
    if (stopped) {
      --truth_.stopped;
      host_.reason("media-jam", STN_SEVERITY_ERROR, "Open the cover and take the card out.");
    }
    host_.state(stopped ? STN_STATE_STOPPED : STN_STATE_IDLE);
    host_.supply("hopper", static_cast<std::int64_t>(truth_.in_hopper()), -2, "cards");
    return station::Report::done(STN_AT_HOPPER);
  }

  station::Report print(station::Op& op, const stn_print_job& job) override {
    const double luck = ktp::campaign::share(truth_.seed, 1, truth_.attempts++);
    double upto = 0;
    const auto happens = [&](double part) {
      const bool now = luck >= upto && luck < upto + part;
      upto += part;
      return now;
    };
    const std::uint64_t before = truth_.fed.load();
    if (truth_.in_hopper() == 0 || before >= truth_.capacity)
      return station::Report::refused(STN_E_MEDIA, "the hopper is empty").counted(before, before);
    if (happens(kRefused)) {
      ++truth_.faults.refused;
      truth_.stopped = 2;
      return station::Report::refused(STN_E_JAM, "the card was not picked").counted(before, before);
    }
    if (happens(kCrashedBefore)) {
      ++truth_.faults.crashed_before;
      std::abort();
    }
    pace(op);
    // A blank that leaves the hopper is in the machine from then on, whatever becomes of the program.
    Body& body = truth_.bodies()[before];
    std::strncpy(body.token, job.token, sizeof body.token - 1);
    std::memcpy(&body.person, job.front.pixels, sizeof body.person);
    body.print = Print::unfinished;
    body.place = Place::inside;
    truth_.fed = before + 1;
    op.chip_uid(uid(before + 1));
    if (happens(kSpoiled)) {
      ++truth_.faults.spoiled;
      return station::Report::spoiled(STN_E_HARDWARE, STN_AT_INSIDE, "the ribbon tore")
          .action(STN_ACT_NONE)
          .counted(before, before + 1);
    }
    if (happens(kHalf)) {
      ++truth_.faults.half;
      std::abort();
    }
    if (happens(kDamaged)) {
      ++truth_.faults.damaged;
      body.print = Print::damaged;
    } else {
      body.print = Print::whole;
    }
    if (happens(kCrashedAfter)) {
      ++truth_.faults.crashed_after;
      std::abort();
    }
    return station::Report::printed(STN_AT_INSIDE).counted(before, before + 1);
  }

  station::Report to_camera(station::Op&, std::string_view token) override {
    Body* const body = find(token);
    if (body == nullptr) return station::Report::refused(STN_E_NOT_FOUND, "no such card inside");
    body->place = Place::camera;
    return station::Report::done(STN_AT_CAMERA);
  }
  station::Report route(station::Op&, std::string_view token, std::string_view bin) override {
    Body* const body = find(token);
    if (body == nullptr) return station::Report::refused(STN_E_NOT_FOUND, "no such card inside");
    body->place = bin == "good" ? Place::bin_good : bin == "damaged" ? Place::bin_damaged : Place::bin_other;
    return station::Report::done(STN_AT_OUTPUT);
  }
  station::Report counter(std::uint64_t& cards) override {
    cards = truth_.fed.load();
    return station::Report::done();
  }
  station::Report lookup(std::string_view token, stn_card& card) override {
    const Body* const body = find(token);
    if (body == nullptr) return station::Report::refused(STN_E_NOT_FOUND, "never fed a blank for it");
    card.number = static_cast<std::uint64_t>(body - truth_.bodies()) + 1;
    card.outcome = body->print == Print::unfinished ? STN_CARD_SPOILED : STN_CARD_PRINTED;
    card.card_at = body->place == Place::inside   ? STN_AT_INSIDE
                   : body->place == Place::camera ? STN_AT_CAMERA
                                                  : STN_AT_OUTPUT;
    station::detail::put_text(card.uid, uid(card.number));
    if (card.card_at == STN_AT_OUTPUT)
      station::detail::put_text(card.bin, body->place == Place::bin_good ? "good" : "damaged");
    return station::Report::done();
  }

 private:
  // The station hears 500 events a second from a driver and takes more for a flood; a card is one event.
  void pace(const station::Op& op) {
    using namespace std::chrono;
    while (steady_clock::now() - fed_at_ < microseconds(2'100)) op.sleep_ms(1);
    fed_at_ = steady_clock::now();
  }

  // The newest first: whoever is asked for was printed lately.
  Body* find(std::string_view token) {
    for (std::uint64_t n = truth_.fed.load(); n > 0; --n)
      if (token == truth_.bodies()[n - 1].token) return &truth_.bodies()[n - 1];
    return nullptr;
  }
  static Truth& world(const std::filesystem::path& file) {
    ktp::campaign::lock_truth(file);
    return *ktp::campaign::map_truth(file, 0);
  }
  static std::string uid(std::uint64_t number) {
    char text[24];
    std::snprintf(text, sizeof text, "04%012llX", static_cast<unsigned long long>(number));
    return text;
  }

  station::Host& host_;
  Truth& truth_;
  std::chrono::steady_clock::time_point fed_at_;
};

/// There only because a station has one; the cards of a campaign are looked at in the mapped file.
class NoCamera final : public station::Camera {
 public:
  static constexpr const char* kId = "campaign-camera";
  static constexpr const char* kName = "Camera that is never asked";
  NoCamera(station::Host& host, const station::Settings&, std::string_view) : host_(host) {}
  std::uint32_t caps() const override { return STN_CAP_VIEW_FRONT | STN_CAP_VIEW_BACK; }
  std::uint64_t max_frame_bytes() const override { return 3; }
  station::Report status() override {
    host_.state(STN_STATE_IDLE);
    return station::Report::done(STN_AT_CAMERA);
  }
  station::Report grab(station::Op&, const stn_grab_request&, stn_frame&) override {
    return station::Report::refused(STN_E_NOT_FOUND, "this camera takes no pictures");
  }

 private:
  station::Host& host_;
};

}  // namespace

STATION_PLUGIN("id.ktp-station.test.campaign", "1.0.0", "KTP Station tests", CampaignPrinter, NoCamera);
