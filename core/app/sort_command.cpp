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
#include "app/profile_desk.hpp"
#include "app/put_away.hpp"
#include "app/signal_thread.hpp"
#include "app/sort_desk.hpp"
#include "app/sort_run.hpp"
#include "ledger/boxes.hpp"
#include "ledger/data_lock.hpp"
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

// Ctrl-C ends the wait for the next card; what is under way is recorded first. A second one ends at once.
class StopWatch {
 public:
  explicit StopWatch(pipeline::StopSwitch& stop) : stop_(stop) {}
  void watch(SortRun* run) {
    const std::lock_guard lock(mutex_);
    run_ = run;
  }

 private:
  void asked() {
    ++stop_.level;
    const std::lock_guard lock(mutex_);
    if (run_ != nullptr) run_->stop_moved();
  }
  pipeline::StopSwitch& stop_;
  std::mutex mutex_;
  SortRun* run_ = nullptr;
  SignalThread signals_{[this] { asked(); }};
};

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
      std::cout << sighting_json(box, card).dump() << std::endl;
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

int summary(const ledger::Ledger& ledger, const std::string& box, const SortEnd& end,
            const SortOptions& options, RunOutput& output) {
  const auto tally = ledger::BoxView(ledger).tally(box);
  if (!tally) return report(tally.error());
  std::string text = "box " + box + ": " + std::to_string(end.seen) + " cards / kartu";
  for (const auto& [verdict, n] : *tally) text += ", " + std::to_string(n) + " " + verdict;
  output.line(text);
  if (end.closed == true) output.line("counted and closed / dihitung dan ditutup");
  if (end.closed == false || (options.cards > 0 && !end.closed))
    return report({ErrorCode::internal,
                   "box " + box + ": counted are " + std::to_string(options.cards) + " cards, seen " +
                       std::to_string(end.seen) +
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
  const auto found = lane_called(*config, options.lane);
  if (!found) return report(found.error());
  const LaneEntry* const lane = *found;
  RunOutput output;
  pipeline::StopSwitch stop;
  StopWatch signals(stop);
  auto art = artwork::Template::load(config->card_template);
  if (!art) return report(art.error());
  if (const auto readable = inspection::load_profile(config->profile); !readable)
    return report(readable.error());  // before anything is made in the data folder
  auto lock = ledger::DataLock::acquire(common.data, kLockWait, [&](const std::string& holder) {
    output.line("waiting for " + holder + " to finish");
  });
  if (!lock) return report(lock.error());
  auto key = ledger::PersonalKey::load(common.data, true);
  if (!key) return report(key.error());
  auto ledger = ledger::Ledger::open(common.data, true);
  if (!ledger) return report(ledger.error());
  const auto profile =
      profile_in_force(*config, common.data, **ledger, [&](const std::string& text) { output.line(text); });
  if (!profile) return report(profile.error());
  if (auto sealed =
          seal_evidence(**ledger, *key, common.data, [&](const std::string& text) { output.line(text); });
      !sealed)
    return report(sealed.error());

  Desk shown(output, common.json);
  std::string box;
  auto run = SortRun::open({.config = *config,
                            .ledger = **ledger,
                            .key = *key,
                            .art = *art,
                            .profile = [&] { return *profile; },
                            .data = common.data},
                           {.box = options.box,
                            .again = options.again,
                            .lane = options.lane,
                            .trigger = options.trigger,
                            .cards = options.cards,
                            .first = options.first,
                            .back = options.sides != "front",
                            .idle_s = options.idle_s},
                           {.state = [&](pipeline::CardWatch::State state) { shown.state(state); },
                            .recorded = [&](const pipeline::Sighting& card) { shown.show(box, card); },
                            .notice = [&](const pipeline::Notice& notice) { output.notice(notice); }},
                           stop);
  if (!run) return report(run.error());
  box = (*run)->box();
  output.line("box / kotak " + box + ": " + std::to_string((*run)->seen()) +
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
  signals.watch(run->get());
  const auto end = (*run)->pass(**camera, reader.get());
  signals.watch(nullptr);
  output.finish();
  if (!end) return report(end.error());
  return summary(**ledger, box, *end, options, output);
}

}  // namespace ktp::app
