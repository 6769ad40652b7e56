// SPDX-License-Identifier: Apache-2.0
// The station: devices, pipeline and page in one process, until somebody ends it.
#include <pthread.h>

#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/audit.hpp"
#include "app/card_desk.hpp"
#include "app/commands.hpp"
#include "app/device_words.hpp"
#include "app/drops.hpp"
#include "app/figures.hpp"
#include "app/handover_desk.hpp"
#include "app/live_view.hpp"
#include "app/looks.hpp"
#include "app/machine.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "app/person_desk.hpp"
#include "app/profile_desk.hpp"
#include "app/put_away.hpp"
#include "app/settings_desk.hpp"
#include "app/sort_desk.hpp"
#include "app/spots.hpp"
#include "ledger/data_lock.hpp"
#include "pipeline/review.hpp"
#include "pipeline/settle_by_hand.hpp"
#include "pipeline/spot_watch.hpp"
#include "web/desk.hpp"
#include "web/server.hpp"

namespace ktp::app {

namespace {

constexpr auto kLockWait = std::chrono::seconds(15);
// How often the log and the devices are looked at for the page; half of it is what an event waits on average.
constexpr auto kLook = std::chrono::milliseconds(50);
constexpr int kStoppedByOperator = 130;  // 128 + SIGINT, as shells have it

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

// True when somebody asked the program to end, waiting at most `time`.
bool asked_to_end(std::chrono::nanoseconds time) {
  const sigset_t set = ending_signals();
  const timespec slice{.tv_sec = time.count() / 1'000'000'000, .tv_nsec = time.count() % 1'000'000'000};
  return ::sigtimedwait(&set, nullptr, &slice) > 0;
}

std::string_view word(pipeline::Notice::Kind kind) {
  switch (kind) {
    case pipeline::Notice::Kind::info:
      return "info";
    case pipeline::Notice::Kind::warning:
      return "warning";
    case pipeline::Notice::Kind::attention:
      return "attention";
  }
  return "info";
}

// Keeps the page's board up to date until it goes.
class Lookout {
 public:
  Lookout(web::Board& board, web::ReviewQueue& review, web::Server& server, const Machine& machine,
          const SortDesk& sort, LiveView& live, RunOutput& output)
      : thread_([&board, &review, &server, &machine, &sort, &live, &output](const std::stop_token& end) {
          ::pthread_setname_np(::pthread_self(), "page-board");  // as web::Server's "page-net"
          bool told = false;
          while (!end.stop_requested()) {
            board.show_run(machine.view());
            board.show_devices(machine.devices());
            board.show_sort(sort.view());
            live.sweep();
            if (const auto looked = review.refresh(); looked)
              board.show_review(review.count().open, review.count().version);
            if (const auto changed = board.refresh(); !changed) {
              if (!told)
                output.line("warning: the board cannot follow the ledger: " + changed.error().message);
              told = true;
            } else if (*changed) {
              server.publish(**changed);
            }
            std::this_thread::sleep_for(kLook);
          }
        }) {}

 private:
  std::jthread thread_;
};

// A decision about a card may send its order back to the machine.
Result<void> after_decision(Machine& machine, const ledger::Ledger& ledger, const std::string& card) {
  const auto row = ledger.card(card);
  if (!row) return std::unexpected(row.error());
  if (!*row) return {};
  const auto order = ledger.order((*row)->order_id);
  if (!order) return std::unexpected(order.error());
  return *order ? machine.look_for_work((*order)->batch) : Result<void>{};
}

web::DropCommands drop_commands_of(
    Machine& machine, Drops& drops,
    std::function<void(const std::string& drop, const std::string& batch)> put_away) {
  using nlohmann::json;
  return {.begin = [&] { return drops.begin(); },
          .put = [&](const std::string& drop, const std::string& name,
                     std::string_view bytes) { return drops.put(drop, name, bytes); },
          .unpack = [&](const std::string& drop, std::string_view zip) { return drops.unpack(drop, zip); },
          .check = [&](const std::string& drop) -> Result<std::string> {
            const auto rows = drops.check(drop);
            if (!rows) return std::unexpected(rows.error());
            const auto csv = drops.batch_file(drop);
            if (!csv) return std::unexpected(csv.error());
            json out{{"file", csv->filename().string()},
                     {"rows", rows->size()},
                     {"good", json::array()},
                     {"refused", json::array()}};
            for (const Drops::CheckedRow& row : *rows) {
              if (!row.reason.empty())
                out["refused"].push_back({{"row", row.row}, {"reason", row.reason}});
              else
                out["good"].push_back({{"row", row.row}, {"order", row.order_id}});
            }
            return out.dump(-1, ' ', false, json::error_handler_t::replace);
          },
          .take_in = [&, put_away = std::move(put_away)](const std::string& drop) -> Result<std::string> {
            const auto csv = drops.batch_file(drop);
            if (!csv) return std::unexpected(csv.error());
            // Before intake: a batch in the ledger must find its pictures after any power cut.
            if (auto kept = drops.keep(drop); !kept) return std::unexpected(kept.error());
            json refused = json::array();
            const auto intake = machine.add(*csv, [&](const pipeline::RefusedRow& row) {
              refused.push_back({{"row", row.row}, {"order", row.order_id}, {"reason", row.reason}});
            });
            if (!intake) return std::unexpected(intake.error());
            put_away(drop, intake->batch);
            return json{{"batch", intake->batch}, {"rows", intake->rows}, {"accepted", intake->accepted},
                        {"known", intake->known}, {"held", intake->held}, {"refused", refused}}
                .dump(-1, ' ', false, json::error_handler_t::replace);
          },
          .face = [&](const std::string& drop, std::size_t row,
                      bool front) { return drops.face(drop, row, front ? Side::front : Side::back); }};
}

// What a person finds out about an unknown card. The printer may be being asked about it: not while it runs.
web::UnknownCommands unknown_commands_of(Machine& machine, ledger::Ledger& ledger) {
  const auto settle = [&machine, &ledger](const std::string& card,
                                          const std::function<Result<void>()>& act) -> Result<void> {
    auto settled = machine.while_standing(act);
    return settled ? after_decision(machine, ledger, card) : settled;
  };
  return {.found =
              [settle, &ledger](const std::string& card, const std::string& where, const std::string& user) {
                return settle(card, [&] { return pipeline::settle_found(ledger, card, where, user); });
              },
          .blanks_say = [&ledger](const std::string& card, std::int64_t counted) -> Result<std::string> {
            const auto says = pipeline::blanks_say(ledger, card, counted);
            if (!says) return std::unexpected(says.error());
            switch (*says) {
              case pipeline::BlanksSay::none_fed:
                return "none-fed";
              case pipeline::BlanksSay::all_fed:
                return "all-fed";
              case pipeline::BlanksSay::unclear:
                break;
            }
            return "unclear";
          },
          .not_fed =
              [settle, &ledger](const std::string& card, std::int64_t counted, const std::string& user,
                                const std::string& second) {
                return settle(card,
                              [&] { return pipeline::settle_not_fed(ledger, card, counted, user, second); });
              }};
}

web::InspectorCommands inspector_commands_of(Machine& machine, ledger::Ledger& ledger,
                                             const ledger::PersonalKey& key,
                                             const std::filesystem::path& data) {
  return {
      .recent_good = [data] { return pipeline::RecentGood::read(recent_good_file(data)); },
      .spot = [data, &key](const std::string& card, const std::string& side,
                           const web::PictureBox& box) { return spot_of(data, key, card, side, box); },
      .accept = [&](const std::vector<std::string>& cards, const std::string& reason, const std::string& user,
                    const std::string& second) -> Result<void> {
        std::vector<pipeline::Override> decisions;
        for (const std::string& card : cards)
          decisions.push_back(
              {.card = card, .verdict = Verdict::good, .reason = reason, .by = user, .confirmed_by = second});
        if (auto decided = pipeline::override_all(ledger, decisions); !decided) return decided;
        for (const std::string& card : cards)
          if (auto looked = after_decision(machine, ledger, card); !looked) return looked;
        return {};
      }};
}

// What the page may do.
web::Commands commands_of(Machine& machine, ledger::Ledger& ledger, const ledger::PersonalKey& key,
                          web::DropCommands drops, HandoverDesk& handover, CardDesk& cards, Looks& looks,
                          const std::filesystem::path& data) {
  return {
      .start = [&](const std::string&) { return machine.start(); },
      .stop_after_card = [&](const std::string&) { return machine.stop_after_card(); },
      .resume_lane = [&](const std::string& camera, const std::string& user) -> Result<void> {
        if (auto resumed = pipeline::resume_lane(ledger, camera, user); !resumed) return resumed;
        // It may have been the last one in the run, and left it in the meantime.
        if (machine.view().state == "failed") return machine.start();
        return {};
      },
      .move_batch = [&](const std::string& batch, bool up,
                        const std::string& user) { return machine.move(batch, up, user); },
      .set_aside = [&](const std::string& batch, bool aside,
                       const std::string& user) { return machine.set_aside(batch, aside, user); },
      .agree = [&](const std::string& card,
                   const std::string& user) { return pipeline::agree(ledger, card, user); },
      .override_verdict = [&](const std::string& card, const std::string& verdict, const std::string& reason,
                              const std::string& user, const std::string& second) -> Result<void> {
        const auto word = verdict_from(verdict);
        if (!word) return fail(ErrorCode::bad_data, "verdict: good, damaged, duplicate, mismatch or review");
        auto decided = pipeline::override_verdict(
            ledger, {.card = card, .verdict = *word, .reason = reason, .by = user, .confirmed_by = second});
        return decided ? after_decision(machine, ledger, card) : decided;
      },
      .take_back = [&](const std::string& card, const std::string& user) -> Result<void> {
        // The machine may be printing what followed from the decision.
        auto taken = machine.while_standing([&] { return pipeline::take_back(ledger, card, user); });
        return taken ? after_decision(machine, ledger, card) : taken;
      },
      .looked = [&](const std::string& card,
                    const std::string& user) { return looks.note_card(ledger, card, user); },
      .listed = [&](const std::string& seal, const std::string& form,
                    const std::string& user) { return looks.note_list(ledger, seal, form, user); },
      .inspector = inspector_commands_of(machine, ledger, key, data),
      .drops = std::move(drops),
      .handover = handover.commands(),
      .cards = cards.commands(),
      .unknown = unknown_commands_of(machine, ledger),
      .post = handover.post_commands(),
      .figures = {},  // with connections of their own to the ledger: see run_command
      .audit = {},
      .settings = {},
      .sort = {},
      .camera = {},
      .limits = {},
      .person = {}};
}

int ending(const Machine& machine, const ledger::Ledger& ledger) {
  const auto last = machine.last();
  if (last && !*last) return report(last->error());
  if (last && (*last)->stopped) return kStoppedByOperator;
  if (last && !(*last)->out.empty() && (*last)->orders_left > 0)
    return report({ErrorCode::internal,
                   std::to_string((*last)->orders_left) +
                       " orders are left, because a printer left the run: " + machine.view().error});
  const auto balance = ledger.balance();
  if (!balance) return report(balance.error());
  if (!balance->closes())
    return report({ErrorCode::internal,
                   "the balance does not close: unknown " + std::to_string(balance->at("unknown")) +
                       ", discrepancy " + std::to_string(balance->at("discrepancy")) +
                       "; `ktp-station balance` and `ktp-station cards` show where to look"});
  return 0;
}

}  // namespace

int run_command(const CommonOptions& common, const RunOptions& options) {
  const sigset_t set = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);  // before any thread: only sigtimedwait hears them
  const Paths paths = find_paths();
  const auto config = config_of(common.config, paths);
  if (!config) return report(config.error());
  RunOutput output;
  auto page = web::PageFiles::load(paths.page);
  if (!page) return report(page.error());
  const auto art = artwork::Template::load(config->card_template);
  if (!art) return report(art.error());
  if (const auto readable = inspection::load_profile(config->profile); !readable)
    return report(readable.error());  // before anything is made in the data folder
  const auto regions = artwork::Regions::load(config->regions);
  if (!regions) return report(regions.error());
  const auto lock = ledger::DataLock::acquire(common.data, kLockWait, [&](const std::string& holder) {
    output.line("waiting for " + holder + " to finish");
  });
  if (!lock) return report(lock.error());
  const auto key = ledger::PersonalKey::load(common.data, true);
  if (!key) return report(key.error());
  const auto ledger = ledger::Ledger::open(common.data, true);
  if (!ledger) return report(ledger.error());
  const auto limits = ProfileDesk::open(**ledger, *key, *config, **art, common.data,
                                        [&](const std::string& text) { output.line(text); });
  if (!limits) return report(limits.error());
  const auto users = web::Users::load(common.data);
  if (!users) return report(users.error());

  const Say say = [&](const std::string& text) { output.line(text); };
  if (auto sealed = seal_evidence(**ledger, *key, common.data, say); !sealed) return report(sealed.error());
  web::Board board(**ledger, config->station, config->settings.test_mode);
  const auto world = options.world.empty() ? common.data / "world" : options.world;
  const auto tell = [&](const pipeline::Notice& notice) {
    output.notice(notice);
    board.note(word(notice.kind), notice.text);
  };
  const auto sink = [&](const devices::DeviceEvent& event) {
    if (const auto notice = notice_of(event)) tell(*notice);
  };
  const auto lanes = open_lanes(*config, paths,
                                {.data = common.data,
                                 .world = world,
                                 .safe_mode = options.safe_mode,
                                 .sink = sink,
                                 .say = [&](const std::string& text) { output.line(text); }});
  if (!lanes) return report(lanes.error());

  int code = 0;
  {
    Looks looks;
    LiveView live(**ledger, looks, *config, *lanes);
    SortDesk sort({.config = *config,
                   .ledger = **ledger,
                   .key = *key,
                   .art = *art,
                   .profile = [&] { return (*limits)->in_force(); },
                   .data = common.data},
                  *lanes, live, looks, tell);
    Machine machine({.config = *config,
                     .ledger = **ledger,
                     .key = *key,
                     .regions = **regions,
                     .art = *art,
                     .profile = [&] { return (*limits)->in_force(); },
                     .data = common.data},
                    *lanes, tell);
    for (const auto& batch : options.batches) {
      const auto intake = machine.add(batch, [&](const pipeline::RefusedRow& row) {
        output.line(batch.string() + ":row " + std::to_string(row.row) + ": " + row.reason);
      });
      if (!intake) return report(intake.error());
      output.line("batch " + intake->batch + ": " + std::to_string(intake->rows) + " rows, " +
                  std::to_string(intake->accepted) + " accepted, " + std::to_string(intake->known) +
                  " known before, " + std::to_string(intake->refused.size()) + " refused, " +
                  std::to_string(intake->held) + " held");
    }
    Drops drops(common.data, *art, **regions, config->settings.test_mode);
    const auto taken_in = [&](const std::filesystem::path& csv) -> Result<std::string> {
      const auto intake = machine.add(csv, {});
      if (!intake) return std::unexpected(intake.error());
      return intake->batch;
    };
    if (auto away = put_drops_away(**ledger, *key, common.data, drops, taken_in, say); !away)
      return report(away.error());
    if (auto found = machine.find_unfinished(); !found) return report(found.error());
    machine.restore_queue();
    HandoverDesk handover(**ledger, *key, *config, **regions, common.data);
    PersonDesk person(**ledger, *key, common.data);
    SettingsDesk settings_desk(**ledger, *config);
    CardDesk cards(
        **ledger, *key, *config, **regions, common.data,
        {.decided = [&](const std::string& card) { return after_decision(machine, **ledger, card); },
         .standing = [&](const std::function<Result<void>()>& act) { return machine.while_standing(act); }});
    web::Commands commands = commands_of(
        machine, **ledger, *key,
        drop_commands_of(
            machine, drops,
            [&](const std::string& drop, const std::string& batch) {
              // The batch is in; what stays of the drop is put away by the next start.
              if (auto away = put_drop_away(**ledger, *key, common.data, drops, drop, batch, say); !away)
                say("warning: " + away.error().message);
            }),
        handover, cards, looks, common.data);
    commands.figures = figures_commands_of(**ledger, common.data);
    commands.settings = settings_desk.commands();
    commands.sort = sort.commands(machine);
    commands.camera = live.commands();
    commands.limits = (*limits)->commands();
    commands.person = person.commands();
    machine.when_standing([&live] { return live.grab_for_watchers(); });
    commands.audit = audit_commands_of(**ledger, common.data, common.config);
    const pipeline::PictureSafe evidence(evidence_folder(common.data), &*key);
    web::ReviewQueue review(**ledger, {.has = [&](const std::string& name) { return evidence.has(name); },
                                       .get = [&](const std::string& name) -> Result<std::string> {
                                         const auto bytes = evidence.get(name);
                                         if (!bytes) return std::unexpected(bytes.error());
                                         return std::string(bytes->begin(), bytes->end());
                                       }});
    web::Desk desk(board, review, **users, std::move(*page), std::move(commands));
    const auto server = web::Server::start(options.port, desk, {}, config->page);
    if (!server) return report(server.error());
    const Lookout lookout(board, review, **server, machine, sort, live, output);
    // On stdout and alone on their lines, so that a script can take them up.
    std::cout << "Halaman stasiun / the station's page: " << (*server)->address() << std::endl;
    if (const std::string first = desk.first_start_code(); !first.empty())
      std::cout
          << "Kode sekali pakai untuk administrator pertama / one-time code for the first administrator: "
          << first << std::endl;
    if (options.unattended)
      if (auto begun = machine.start(); !begun && begun.error().code != ErrorCode::input_missing)
        return report(begun.error());
    for (int asked = 0;;) {
      if (options.unattended && machine.wait_idle(std::chrono::milliseconds(0))) break;
      if (!asked_to_end(std::chrono::milliseconds(200))) {
        if (asked > 0 && machine.wait_idle(std::chrono::milliseconds(0))) break;
        continue;
      }
      if (++asked == 1) {
        if (!machine.stop_after_card()) break;  // nothing runs
        output.line("stopping after the card in the machine; once more to stop at once");
      } else {
        output.line("stopping at once; the card in the machine stays known");
        machine.stop_at_once();
      }
    }
    // The page shows the last state before it goes.
    std::this_thread::sleep_for(2 * kLook);
    output.finish();
    code = options.unattended ? ending(machine, **ledger) : 0;
  }
  return code;
}

}  // namespace ktp::app
