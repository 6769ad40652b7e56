// SPDX-License-Identifier: Apache-2.0
// `found`: bodies that sort mode saw and that are no card of this ledger. `doubt`: cards of this ledger that
// it found damaged, until people have looked.
#include "app/found_cli.hpp"

#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/output.hpp"
#include "app/write_lock.hpp"
#include "handover/found.hpp"
#include "ledger/boxes.hpp"

namespace ktp::app {

namespace {

struct FoundOptions {
  std::vector<std::string> names;
  std::string box, verdict, at, to, signed_by, reason, card, by, confirmed_by;
  bool all = false;
};

// Those that are named, or every open one of a box and, where it is given, of one verdict.
Result<std::vector<std::string>> meant(const ledger::Ledger& ledger, const FoundOptions& options) {
  if (!options.names.empty()) return options.names;
  const auto rows = ledger::BoxView(ledger).found_cards(false);
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::string> names;
  for (const ledger::FoundRow& row : *rows)
    if (row.seen.box == options.box && (options.verdict.empty() || row.seen.verdict == options.verdict))
      names.push_back(ledger::sighting_name(row.seen.id));
  if (names.empty())
    return fail(ErrorCode::input_missing,
                "no found card of box " + options.box + " is open; `found list` lists them");
  return names;
}

int list_command(const CommonOptions& common, const FoundOptions& options) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  const auto rows = ledger::BoxView(**ledger).found_cards(options.all);
  if (!rows) return report(rows.error());
  for (const ledger::FoundRow& row : *rows)
    if (common.json)
      std::cout << nlohmann::ordered_json{{"sighting", ledger::sighting_name(row.seen.id)},
                                          {"box", row.seen.box},
                                          {"number", row.seen.number},
                                          {"who", row.seen.who},
                                          {"verdict", row.seen.verdict},
                                          {"order_id", row.seen.order_id},
                                          {"record", row.seen.record},
                                          {"place", row.place},
                                          {"state", row.state},
                                          {"detail", row.detail}}
                       .dump()
                << '\n';
    else
      std::cout << ledger::sighting_name(row.seen.id) << "  box " << row.seen.box << ", card "
                << row.seen.number << "  " << row.seen.who << ", " << row.seen.verdict
                << (row.seen.record.empty() ? "" : ", record " + row.seen.record)
                << (row.seen.order_id.empty() ? "" : ", order " + row.seen.order_id) << "  " << row.state
                << " at " << row.place << (row.detail.empty() ? "" : ": " + row.detail) << '\n';
  if (rows->empty() && !common.json) std::cout << "none / tidak ada\n";
  return 0;
}

int doubts_command(const CommonOptions& common) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  const auto rows = ledger::BoxView(**ledger).doubts();
  if (!rows) return report(rows.error());
  for (const ledger::DoubtRow& row : *rows)
    if (common.json)
      std::cout << nlohmann::ordered_json{{"card", row.card},
                                          {"sighting", ledger::sighting_name(row.seen.id)},
                                          {"box", row.seen.box},
                                          {"number", row.seen.number},
                                          {"verdict", row.seen.verdict}}
                       .dump()
                << '\n';
    else
      std::cout << row.card << "  box " << row.seen.box << ", card " << row.seen.number << ": "
                << row.seen.verdict << "; look at it: doubt confirm, or doubt clear / periksa kartunya\n";
  if (rows->empty() && !common.json) std::cout << "none / tidak ada\n";
  return 0;
}

int act(const CommonOptions& common, const std::string& done,
        const std::function<Result<void>(ledger::Ledger&)>& body) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    if (auto acted = body(ledger); !acted) return std::unexpected(acted.error());
    std::cout << done << '\n';
    return 0;
  }));
}

void add_found(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code) {
  auto* const found = app.add_subcommand(
      "found",
      "Cards that sort mode saw and that are none of this ledger: where they are, and on / kartu temuan");
  found->require_subcommand(1);
  const auto options = std::make_shared<FoundOptions>();
  auto* const list =
      command(*found, "list", "Those that are open, with the bin they went to or where they are now");
  list->add_flag("--all", options->all, "Closed ones too, with what became of them");
  list->callback([&common, &code, options] { code = list_command(common, *options); });
  const auto which = [options](CLI::App* sub) {
    auto* const names = sub->add_option("names", options->names, "Sightings (S0000012 ...)");
    auto* const box = sub->add_option("--box", options->box, "Every open one of this box");
    sub->add_option("--verdict", options->verdict, "With --box: only those of this verdict")
        ->check(CLI::IsMember({"good", "damaged", "duplicate", "mismatch", "review"}))
        ->needs(box);
    names->excludes(box);
    sub->add_option("--by", options->by, "Who does it, for the log")->required();
    return [names, box] {
      if (names->count() + box->count() == 0) throw CLI::RequiredError("names or --box");
    };
  };
  auto* const move = command(*found, "move", "They lie somewhere else now");
  const auto move_which = which(move);
  move->add_option("--to", options->at, "Where")->required();
  move->callback([&common, &code, options, move_which] {
    move_which();
    code = act(common, "noted / dicatat", [&](ledger::Ledger& ledger) -> Result<void> {
      const auto names = meant(ledger, *options);
      return names ? handover::move_found(ledger, *names, options->at, options->by)
                   : std::unexpected(names.error());
    });
  });
  auto* const on =
      command(*found, "hand-on",
              "Given on against a signature, to the station that printed them, kecamatan or kelurahan");
  const auto on_which = which(on);
  on->add_option("--to", options->to, "To whom")->required();
  on->add_option("--signed-by", options->signed_by, "Who signed for them")->required();
  on->add_option("--reason", options->reason, "Why there, for the log")->required();
  on->callback([&common, &code, options, on_which] {
    on_which();
    code = act(common, "handed on / diserahkan", [&](ledger::Ledger& ledger) -> Result<void> {
      const auto names = meant(ledger, *options);
      return names ? handover::hand_on_found(
                         ledger, *names,
                         {.to = options->to, .signed_by = options->signed_by, .reason = options->reason},
                         options->by)
                   : std::unexpected(names.error());
    });
  });
  auto* const is = command(*found, "is", "Two people found out which card of this ledger it is");
  is->add_option("names", options->names, "Sighting (S0000012)")->required()->expected(1);
  is->add_option("card", options->card, "Card (C0000012)")->required();
  is->add_option("--reason", options->reason, "How they know, for the log")->required();
  is->add_option("--by", options->by, "Who says so, for the log")->required();
  is->add_option("--confirmed-by", options->confirmed_by, "The second person")->required();
  is->callback([&common, &code, options] {
    code = act(common, "noted / dicatat", [&](ledger::Ledger& ledger) {
      return handover::identify_found(ledger, options->names.front(), options->card, options->reason,
                                      options->by, options->confirmed_by);
    });
  });
}

void add_doubt(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code) {
  auto* const doubt = app.add_subcommand(
      "doubt",
      "Cards that sort mode found damaged: not handed out before people have looked / kartu diragukan");
  doubt->require_subcommand(1);
  const auto options = std::make_shared<FoundOptions>();
  command(*doubt, "list", "Cards to be looked at")->callback([&common, &code] {
    code = doubts_command(common);
  });
  auto* const confirm = command(*doubt, "confirm", "It is damaged or wrong: withdrawn");
  confirm->add_option("card", options->card, "Card (C0000012)")->required();
  confirm->add_option("--by", options->by, "Who looked, for the log")->required();
  confirm->callback([&common, &code, options] {
    code = act(common, options->card + " is withdrawn / ditarik", [&](ledger::Ledger& ledger) {
      return handover::confirm_doubt(ledger, options->card, options->by);
    });
  });
  auto* const clear = command(*doubt, "clear", "It is whole: two people; it may be handed out");
  clear->add_option("card", options->card, "Card (C0000012)")->required();
  clear->add_option("--reason", options->reason, "What it was, for the log")->required();
  clear->add_option("--by", options->by, "Who looked, for the log")->required();
  clear->add_option("--confirmed-by", options->confirmed_by, "The second person")->required();
  clear->callback([&common, &code, options] {
    code = act(common, options->card + " may be handed out / boleh diserahkan", [&](ledger::Ledger& ledger) {
      return handover::clear_doubt(ledger, options->card, options->reason, options->by,
                                   options->confirmed_by);
    });
  });
}

}  // namespace

void add_found_commands(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code) {
  add_found(app, command, common, code);
  add_doubt(app, command, common, code);
}

}  // namespace ktp::app
