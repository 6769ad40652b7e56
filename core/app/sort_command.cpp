// SPDX-License-Identifier: Apache-2.0
// `sort`: a box of cards printed earlier passes under a camera.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "app/put_away.hpp"
#include "app/signal_thread.hpp"
#include "ledger/boxes.hpp"
#include "ledger/data_lock.hpp"
#include "pipeline/box_desk.hpp"
#include "pipeline/card_watch.hpp"
#include "pipeline/other_records.hpp"

namespace ktp::app {

namespace {

using nlohmann::ordered_json;

constexpr auto kLockWait = std::chrono::seconds(15);

struct VerdictWords {
  Verdict verdict;
  const char *english, *indonesian, *colour;
};
constexpr VerdictWords kWords[] = {{Verdict::good, "GOOD", "BAIK", "\033[1;32m"},
                                   {Verdict::damaged, "DAMAGED", "RUSAK", "\033[1;31m"},
                                   {Verdict::duplicate, "DUPLICATE", "GANDA", "\033[1;35m"},
                                   {Verdict::mismatch, "MISMATCH", "TIDAK COCOK", "\033[1;31m"},
                                   {Verdict::review, "REVIEW", "PERIKSA", "\033[1;33m"}};

const VerdictWords& words_of(Verdict verdict) {
  return *std::ranges::find(kWords, verdict, &VerdictWords::verdict);
}

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

// Ends the wait for the next card; what is under way is recorded first.
class StopWatch {
 public:
  explicit StopWatch(pipeline::StopSwitch& stop) : stop_(stop) {}
  void watch(devices::Camera* camera) {
    const std::lock_guard lock(mutex_);
    camera_ = camera;
  }
  void waits(bool waiting) {
    const std::lock_guard lock(mutex_);
    waiting_ = waiting;
    if (waiting && stop_.after_card() && camera_ != nullptr) camera_->cancel();
  }

 private:
  void asked() {
    const int before = stop_.level.fetch_add(1);
    const std::lock_guard lock(mutex_);
    // The first one only ends the waiting; a photograph that is being taken is worth a moment.
    if (camera_ != nullptr && (waiting_ || before > 0)) camera_->cancel();
  }
  pipeline::StopSwitch& stop_;
  std::mutex mutex_;
  devices::Camera* camera_ = nullptr;
  bool waiting_ = false;
  SignalThread signals_{[this] { asked(); }};
};

std::string masked(std::string nik) {
  if (nik.size() > 4) std::fill(nik.begin(), nik.end() - 4, '*');
  return nik;
}

ordered_json to_json(const std::string& box, const pipeline::Sighting& card) {
  ordered_json json{{"box", box},
                    {"number", card.number},
                    {"sighting", card.name},
                    {"who", pipeline::to_string(card.who)},
                    {"order_id", card.order_id},
                    {"card", card.decision.card},
                    {"record", card.record},
                    {"nik", masked(card.nik)}};
  json["digits"] = ordered_json::array();
  for (const double digit : card.digits) json["digits"].push_back(rounded(digit));
  json["portrait"] = rounded(card.likeness);
  json["verdict"] = to_string(card.decision.verdict);
  json["bin"] = to_string(card.decision.verdict);
  json["why"] = ordered_json::array();
  for (const pipeline::Reason& reason : card.decision.why)
    json["why"].push_back({{"reason", pipeline::word_of(reason.what)}, {"detail", reason.detail}});
  json["seen"] = ordered_json::array();
  for (const ledger::SightingRow& row : card.seen)
    json["seen"].push_back({{"box", row.box}, {"number", row.number}, {"verdict", row.verdict}});
  json["findings"] = ordered_json::array();
  for (const Finding& finding : card.findings)
    json["findings"].push_back({{"kind", finding.kind},
                                {"side", to_string(finding.side)},
                                {"field", finding.field},
                                {"size_mm", rounded(finding.size_mm)}});
  json["doubt"] = card.decision.doubt;
  json["score"] = rounded(card.score);
  json["ms"] = std::lround(card.ms);
  return json;
}

class Desk {
 public:
  Desk(RunOutput& output, bool json)
      : output_(output),
        json_(json),
        terminal_(::isatty(STDOUT_FILENO) == 1),
        colour_(terminal_ && std::getenv("NO_COLOR") == nullptr) {}

  void show(const std::string& box, const pipeline::Sighting& card) {
    const bool good = card.decision.verdict == Verdict::good;
    if (json_) {
      std::cout << to_json(box, card).dump() << std::endl;
    } else {
      const VerdictWords& words = words_of(card.decision.verdict);
      output_.finish();
      std::cout << (colour_ ? words.colour : "") << "#" << card.number << "  " << words.english << " / "
                << words.indonesian << (colour_ ? "\033[0m" : "") << "  "
                << (card.order_id.empty() ? "" : "order " + card.order_id + "  ") << "-> bin / kotak "
                << to_string(card.decision.verdict) << '\n';
      for (const pipeline::Reason& reason : card.decision.why)
        std::cout << "     " << pipeline::in_english(reason) << " / " << pipeline::in_indonesian(reason)
                  << '\n';
      if (card.decision.doubt)
        std::cout
            << "     card " << card.decision.card
            << " is not handed out until people have looked: ktp-station doubt / tidak diserahkan sebelum "
               "diperiksa orang\n";
      if (card.decision.card.empty())
        std::cout << "     " << card.name
                  << ": no card of this ledger, see ktp-station found list / kartu temuan\n";
      if (card.decision.hold) std::cout << "     order " << card.order_id << " is held / pesanan ditahan\n";
      std::cout.flush();
    }
    // One for the next card, two for another bin. Where JSON is read by a program the bell goes to the
    // person.
    const bool rings = terminal_ || (json_ && ::isatty(STDERR_FILENO) == 1);
    if (rings) (json_ ? std::cerr : std::cout) << (good ? "\a" : "\a\a") << std::flush;
  }
  void state(pipeline::CardWatch::State state) {
    using State = pipeline::CardWatch::State;
    switch (state) {
      case State::ready:
        return output_.status("ready for the next card / siap untuk kartu berikutnya");
      case State::moving:
        return;
      case State::photographing:
        return output_.status("photographing / memotret");
      case State::take_away:
        return output_.line(
            "ATTENTION: take away what lies under the camera; a card that is not recorded is laid down again "
            "/ "
            "angkat yang ada di bawah kamera; kartu yang belum tercatat diletakkan lagi");
      case State::no_card_seen:
        return output_.line(
            "no card is recognised; lay it flat and whole into view / kartu tidak dikenali; letakkan rata "
            "dan utuh");
      case State::too_early:
        return output_.line(
            "ATTENTION: taken away too early and not recorded; lay it down again / terlalu cepat diangkat "
            "dan "
            "belum tercatat; letakkan lagi");
    }
  }

 private:
  RunOutput& output_;
  const bool json_, terminal_, colour_;
};

// The box that is open, or the next number.
Result<std::string> box_to_go_on_with(const ledger::Ledger& ledger) {
  const auto boxes = ledger::BoxView(ledger).boxes();
  if (!boxes) return std::unexpected(boxes.error());
  for (auto box = boxes->rbegin(); box != boxes->rend(); ++box)
    if (box->counted == 0 && !box->replaced) return box->box;
  for (std::size_t n = boxes->size() + 1;; ++n) {
    std::string name = "box-" + std::to_string(n);
    if (std::ranges::find(*boxes, name, &ledger::BoxRow::box) == boxes->end()) return name;
  }
}

int summary(const ledger::Ledger& ledger, const pipeline::BoxDesk& desk, const SortOptions& options,
            RunOutput& output, std::optional<bool> closed) {
  const auto tally = ledger::BoxView(ledger).tally(desk.plan().box);
  if (!tally) return report(tally.error());
  std::string text = "box " + desk.plan().box + ": " + std::to_string(desk.seen()) + " cards / kartu";
  for (const auto& [verdict, n] : *tally) text += ", " + std::to_string(n) + " " + verdict;
  output.line(text);
  if (closed == true) output.line("counted and closed / dihitung dan ditutup");
  if (closed == false || (options.cards > 0 && !closed))
    return report({ErrorCode::internal,
                   "box " + desk.plan().box + ": counted are " + std::to_string(options.cards) +
                       " cards, seen " + std::to_string(desk.seen()) +
                       "; the same command goes on with it, `--again` lets the whole box pass once more"});
  return 0;
}

}  // namespace

int sort_records_command(const CommonOptions& common, const std::filesystem::path& csv,
                         const std::string& source) {
  const auto config = config_of(common.config, find_paths());
  if (!config) return report(config.error());
  const auto art = artwork::Template::load(config->card_template);
  if (!art) return report(art.error());
  const auto regions = artwork::Regions::load(config->regions);
  if (!regions) return report(regions.error());
  const auto lock = ledger::DataLock::acquire(common.data, kLockWait, [](const std::string& holder) {
    std::cerr << "waiting for " << holder << " to finish\n";
  });
  if (!lock) return report(lock.error());
  const auto key = ledger::PersonalKey::load(common.data, true);
  if (!key) return report(key.error());
  const auto ledger = ledger::Ledger::open(common.data, true);
  if (!ledger) return report(ledger.error());
  pipeline::IntakeServices services{.ledger = **ledger,
                                    .key = *key,
                                    .art = **art,
                                    .regions = **regions,
                                    .test_mode = config->settings.test_mode};
  services.refused = [&](const pipeline::RefusedRow& row) {
    std::cerr << csv.string() << ":row " << row.row << ": " << row.reason << '\n';
  };
  const auto taken = pipeline::take_in_records(csv, source, services);
  if (!taken) return report(taken.error());
  if (common.json)
    std::cout << ordered_json{{"source", source},
                              {"rows", taken->rows},
                              {"added", taken->added},
                              {"known", taken->known},
                              {"refused", taken->refused.size()}}
                     .dump()
              << '\n';
  else
    std::cout << taken->rows << " rows of / baris dari " << source << ": " << taken->added
              << " added / ditambahkan, " << taken->known << " known before / sudah ada, "
              << taken->refused.size() << " refused / ditolak\n";
  return 0;
}

int sort_command(const CommonOptions& common, const SortOptions& options) {
  const Paths paths = find_paths();
  const auto config = config_of(common.config, paths);
  if (!config) return report(config.error());
  const auto lane = std::ranges::find(config->lanes, options.lane, &LaneEntry::name);
  if (lane == config->lanes.end())
    return report({ErrorCode::configuration,
                   config->file.string() + ": no printer is called \"" + options.lane + "\""});
  RunOutput output;
  pipeline::StopSwitch stop;
  StopWatch signals(stop);
  auto art = artwork::Template::load(config->card_template);
  if (!art) return report(art.error());
  auto profile = inspection::load_profile(config->profile);
  if (!profile) return report(profile.error());
  auto lock = ledger::DataLock::acquire(common.data, kLockWait, [&](const std::string& holder) {
    output.line("waiting for " + holder + " to finish");
  });
  if (!lock) return report(lock.error());
  auto key = ledger::PersonalKey::load(common.data, true);
  if (!key) return report(key.error());
  auto ledger = ledger::Ledger::open(common.data, true);
  if (!ledger) return report(ledger.error());

  pipeline::StageClock clock;
  pipeline::Station station{.ledger = **ledger,
                            .key = *key,
                            .lanes = {},
                            .art = *art,
                            .profile = *profile,
                            .settings = config->settings,
                            .evidence = evidence_folder(common.data),
                            .stop = stop,
                            .clock = clock};
  station.portraits_kept = portraits_folder(common.data);
  station.notice = [&](const pipeline::Notice& notice) { output.notice(notice); };
  if (auto sealed =
          seal_evidence(**ledger, *key, common.data, [&](const std::string& text) { output.line(text); });
      !sealed)
    return report(sealed.error());
  pipeline::RecordBook book(**ledger, *key, common.data);

  pipeline::BoxPlan plan{.box = options.box,
                         .again = options.again,
                         .first = options.first,
                         .back = options.sides != "front",
                         .dpi = 300,
                         .camera = lane->device("camera")};
  if (plan.box.empty()) {
    auto name = box_to_go_on_with(**ledger);
    if (!name) return report(name.error());
    plan.box = *std::move(name);
  }
  auto desk = pipeline::BoxDesk::open(station, book, std::move(plan));
  if (!desk) return report(desk.error());
  output.line("box / kotak " + desk->plan().box + ": " + std::to_string(desk->seen()) +
              " cards so far / kartu sejauh ini");

  const auto world = world_of(*config, *lane, options.world.empty() ? common.data / "world" : options.world);
  const auto sink = [&](const devices::DeviceEvent& event) {
    if (event.kind == devices::DeviceEvent::Kind::worker_lost ||
        event.kind == devices::DeviceEvent::Kind::violation)
      output.notice({pipeline::Notice::Kind::warning,
                     event.device + ": " + event.text + (event.detail.empty() ? "" : ": " + event.detail)});
  };
  auto camera = open_device<devices::Camera>(
      device_config(lane->device("camera"), lane->camera, config->supervision, paths, common.data, world),
      sink);
  if (!camera) return report(camera.error());
  std::unique_ptr<devices::ChipReader> reader;
  if (lane->reader) {
    auto opened = open_device<devices::ChipReader>(
        device_config(lane->device("reader"), *lane->reader, config->supervision, paths, common.data, world),
        sink);
    if (!opened) return report(opened.error());
    reader = *std::move(opened);
  }
  signals.watch(camera->get());

  Desk shown(output, common.json);
  const bool numbered =
      options.trigger.empty() ? lane->camera.plugin == "folder-camera" : options.trigger == "file";
  pipeline::CardWatch watch(station, **camera, reader.get(),
                            {.numbered = numbered,
                             .back = desk->plan().back,
                             .idle = std::chrono::milliseconds(std::llround(options.idle_s * 1000))},
                            [&](pipeline::CardWatch::State state) { shown.state(state); });
  std::optional<Error> ended;
  while (!stop.after_card() && (options.cards == 0 || desk->seen() < options.cards)) {
    signals.waits(true);
    auto pictures = watch.next(desk->next_photograph());
    signals.waits(false);
    if (!pictures) {
      ended = pictures.error();
      break;
    }
    if (!*pictures) break;
    const auto card = desk->take(*std::move(*pictures));
    if (!card) {
      ended = card.error();
      break;
    }
    shown.show(desk->plan().box, *card);
  }
  signals.watch(nullptr);
  output.finish();
  if (ended) return report(*ended);
  std::optional<bool> closed;
  // Stopped in the middle nobody has counted anything.
  if (options.cards > 0 && !stop.after_card()) {
    const auto counted = desk->close(options.cards);
    if (!counted) return report(counted.error());
    closed = *counted;
  }
  return summary(**ledger, *desk, options, output, closed);
}

}  // namespace ktp::app
