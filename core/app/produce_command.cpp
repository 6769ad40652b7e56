// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "app/commands.hpp"
#include "app/device_words.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "app/profile_desk.hpp"
#include "app/put_away.hpp"
#include "app/signal_thread.hpp"
#include "domain/words.hpp"
#include "ledger/data_lock.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/produce.hpp"
#include "pipeline/spot_watch.hpp"

namespace ktp::app {

namespace {

constexpr auto kLockWait = std::chrono::seconds(15);
constexpr int kStoppedByOperator = 130;  // 128 + SIGINT, as shells have it

// Waits for Ctrl-C on a thread of its own: the first stops after the card in each machine, the second as
// soon as the cards' places are known. Signals must be blocked in every thread before this is made.
class SignalWatch {
 public:
  SignalWatch(pipeline::StopSwitch& stop, RunOutput& output) : stop_(stop), output_(output) {}
  void cancels(const OpenLanes& lanes) {
    const std::lock_guard lock(mutex_);
    lanes_ = &lanes;
  }
  /// The devices are about to go; nothing may be cancelled any more.
  void forget() {
    const std::lock_guard lock(mutex_);
    lanes_ = nullptr;
  }

 private:
  void asked() {
    if (stop_.level.fetch_add(1) == 0) {
      output_.line("stopping after the card in the machine; once more to stop at once");
      return;
    }
    output_.line("stopping at once; the card in the machine stays known");
    const std::lock_guard lock(mutex_);
    if (lanes_ != nullptr) lanes_->cancel();
  }
  pipeline::StopSwitch& stop_;
  RunOutput& output_;
  std::mutex mutex_;
  const OpenLanes* lanes_ = nullptr;
  SignalThread signals_{[this] { asked(); }};
};

/// How long it took to have a working worker again, each time one was lost. Thread-safe.
class RestartTimes {
 public:
  void add(const std::string& microseconds) {
    const std::lock_guard lock(mutex_);
    ms_.push_back(std::strtod(microseconds.c_str(), nullptr) / 1000);
  }
  [[nodiscard]] nlohmann::ordered_json summary() {
    const std::lock_guard lock(mutex_);
    std::ranges::sort(ms_);
    return {{"count", ms_.size()},
            {"median_ms", ms_.empty() ? 0.0 : ms_[ms_.size() / 2]},
            {"worst_ms", ms_.empty() ? 0.0 : ms_.back()}};
  }

 private:
  std::mutex mutex_;
  std::vector<double> ms_;
};

void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void print_json(const pipeline::IntakeReport& intake, const pipeline::ProductionReport& production,
                const pipeline::StageClock& clock, double ledger_seconds, RestartTimes& restarts) {
  nlohmann::ordered_json json;
  json["batch"] = intake.batch;
  json["rows"] = intake.rows;
  json["accepted"] = intake.accepted;
  json["known"] = intake.known;
  json["refused"] = intake.refused.size();
  json["held"] = intake.held + production.held.size();
  const auto& p = production.progress;
  json["printed"] = p.cards_printed;
  for (const auto& [word, n] : {std::pair<const char*, std::size_t>{"good", p.good},
                                {"damaged", p.damaged},
                                {"duplicate", p.duplicate},
                                {"mismatch", p.mismatch},
                                {"review", p.review},
                                {"spoiled", p.spoiled}})
    json[word] = n;
  json["seconds"] = production.seconds;
  json["stage_seconds"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < pipeline::StageClock::kStages; ++i)
    json["stage_seconds"][pipeline::StageClock::kNames[i]] =
        clock.seconds(static_cast<pipeline::StageClock::Stage>(i));
  json["stage_seconds"]["ledger"] = ledger_seconds;
  json["printers"] = nlohmann::ordered_json::array();
  for (const pipeline::LaneProgress& lane : p.lanes)
    json["printers"].push_back({{"name", lane.printer}, {"printed", lane.cards_printed}, {"out", lane.out}});
  json["worker_restarts"] = restarts.summary();
  json["orders_left"] = production.orders_left;
  json["balance"] = nlohmann::ordered_json::object();
  for (const std::string_view term : ledger::kBalanceTerms)
    json["balance"][std::string(term)] = production.balance.at(term);
  std::cout << json.dump() << std::endl;
}

}  // namespace

int produce_command(const CommonOptions& common, const ProduceOptions& options) {
  block_signals();
  const Paths paths = find_paths();
  auto config = config_of(common.config, paths);
  if (!config) return report(config.error());
  RunOutput output;
  pipeline::StopSwitch stop;
  pipeline::StageClock clock;
  SignalWatch signals(stop, output);

  auto art = artwork::Template::load(config->card_template);
  if (!art) return report(art.error());
  if (const auto readable = inspection::load_profile(config->profile); !readable)
    return report(readable.error());  // before anything is made in the data folder
  auto regions = artwork::Regions::load(config->regions);
  if (!regions) return report(regions.error());
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

  if (config->settings.test_mode && !config->simulated())
    output.line("TEST MODE (" + config->file.string() +
                ": test-mode): cards of invented people are accepted");

  if (!options.resume_by.empty()) {
    constexpr std::size_t kLongestName = 80;
    if (auto words = check_words("resume-by", options.resume_by, kLongestName); !words)
      return report(words.error());
    const auto paused = ledger::open_pauses(**ledger);
    if (!paused) return report(paused.error());
    for (const ledger::LanePause& pause : *paused) {
      if (auto resumed = pipeline::resume_lane(**ledger, pause.camera, options.resume_by); !resumed)
        return report(resumed.error());
      output.line("camera " + pause.camera + " was resumed");
    }
  }

  // Intake first: what is wrong with the batch is said before anything moves.
  pipeline::IntakeServices services{.ledger = **ledger,
                                    .key = *key,
                                    .art = **art,
                                    .regions = **regions,
                                    .test_mode = config->settings.test_mode};
  services.refused = [&](const pipeline::RefusedRow& row) {
    output.line(options.batch.string() + ":row " + std::to_string(row.row) + ": " + row.reason);
  };
  auto intake = pipeline::take_in(options.batch, services);
  if (!intake) return report(intake.error());
  output.line("batch " + intake->batch + ": " + std::to_string(intake->rows) + " rows, " +
              std::to_string(intake->accepted) + " accepted, " + std::to_string(intake->known) +
              " known before, " + std::to_string(intake->refused.size()) + " refused, " +
              std::to_string(intake->held) + " held");

  const auto world = options.world.empty() ? common.data / "world" : options.world;
  RestartTimes restarts;
  const auto sink = [&](const devices::DeviceEvent& event) {
    if (event.kind == devices::DeviceEvent::Kind::worker_ready) restarts.add(event.text);
    if (const auto notice = notice_of(event)) output.notice(*notice);
  };
  auto lanes = open_lanes(*config, paths,
                          {.data = common.data,
                           .world = world,
                           .safe_mode = options.safe_mode,
                           .sink = sink,
                           .say = [&](const std::string& text) { output.line(text); }});
  if (!lanes) return report(lanes.error());
  signals.cancels(*lanes);

  pipeline::Station station{.ledger = **ledger,
                            .key = *key,
                            .lanes = lanes->devices(),
                            .art = *art,
                            .profile = *profile,
                            .settings = config->settings,
                            .evidence = evidence_folder(common.data),
                            .stop = stop,
                            .clock = clock};
  station.portraits_kept = portraits_folder(common.data);
  station.notice = [&](const pipeline::Notice& notice) { output.notice(notice); };
  station.progress = [&](const pipeline::Progress& progress) { output.progress(progress); };
  if (auto watched = add_watchers(station, *config, common.data); !watched) return report(watched.error());
  auto production = pipeline::produce(station, intake->batch);
  signals.forget();
  save_watchers(station);
  output.finish();
  if (!production) return report(production.error());
  if (common.json)
    print_json(*intake, *production, clock, (*ledger)->append_seconds(), restarts);
  else
    output.line(std::to_string(production->progress.cards_printed) + " cards printed in " +
                std::to_string(static_cast<long>(production->seconds + 0.5)) +
                " s: " + std::to_string(production->progress.good) + " good, " +
                std::to_string(production->rejects.size()) + " rejected, " +
                std::to_string(production->held.size()) + " orders held");
  if (!production->rejects.empty() && !common.json)
    output.line(
        "rejected cards, with pictures: ktp-station contact-sheet FOLDER --by NAME --reason TEXT --data " +
        common.data.string());
  if (production->stopped) {
    output.line("stopped by the operator; the same command goes on where the ledger stands");
    return kStoppedByOperator;
  }
  if (!production->out.empty() && production->orders_left > 0) {
    std::string why;
    for (const pipeline::LaneOut& out : production->out) why += (why.empty() ? "" : "; ") + out.why;
    return report({ErrorCode::internal, std::to_string(production->orders_left) +
                                            " orders are left, because a printer left the run: " + why});
  }
  if (!production->balance.closes())
    return report(
        {ErrorCode::internal, "the balance does not close: unknown " +
                                  std::to_string(production->balance.at("unknown")) + ", discrepancy " +
                                  std::to_string(production->balance.at("discrepancy")) +
                                  "; `ktp-station balance` and `ktp-station cards` show where to look"});
  return 0;
}

}  // namespace ktp::app
