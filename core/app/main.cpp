// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "app/blanks_cli.hpp"
#include "app/commands.hpp"
#include "app/found_cli.hpp"
#include "app/keeping_cli.hpp"
#include "app/paths.hpp"

namespace {

constexpr int kUsage = 64;
constexpr int kInternal = 70;

}  // namespace

int main(int argc, char** argv) try {
  using namespace ktp::app;
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"KTP Station: prints, photographs, inspects and accounts for e-KTP cards"};
  app.set_version_flag("--version", KTP_STATION_VERSION);
  app.require_subcommand(1);
  app.fallthrough(false);

  CommonOptions common{.data = default_data_folder(), .config = {}, .json = false};
  int code = 0;
  const auto command = [&](CLI::App& parent, const char* name, const char* help) {
    CLI::App* const sub = parent.add_subcommand(name, help);
    sub->add_option("--data", common.data, "The station's data folder: ledger, key, evidence, reports")
        ->capture_default_str();
    sub->add_option("--config", common.config, "station.yaml (default: the one that belongs to the program)");
    sub->add_flag("--json", common.json, "Output for scripts");
    return sub;
  };

  ProduceOptions produce;
  auto* const produce_sub = command(app, "produce",
                                    "Import a batch, print, photograph, inspect, sort and balance it; the "
                                    "same file again goes on where the ledger stands");
  produce_sub->add_option("batch", produce.batch, "Batch file (CSV)")->required();
  produce_sub->add_option(
      "--world", produce.world,
      "Folder of the simulated devices (default: DATA/world); of a further printer NAME: DIR-NAME");
  produce_sub->add_flag("--safe-mode", produce.safe_mode,
                        "Without printers whose plugin was not shipped with the station; says which");
  produce_sub->add_option("--resume-by", produce.resume_by,
                          "Who cleaned the glass of the paused cameras, for the log: their lanes go on");
  produce_sub->callback([&] { code = produce_command(common, produce); });

  RunOptions run;
  auto* const run_sub =
      command(app, "run",
              "The station: its devices, the pipeline, and the page on 127.0.0.1; ends after "
              "the card in the machine when interrupted");
  run_sub->add_option("batches", run.batches, "Batch files (CSV) that are to be ready to start");
  run_sub->add_option("--port", run.port, "Port of the page; 0: any free one")->capture_default_str();
  run_sub->add_option("--world", run.world, "Folder of the simulated devices (default: DATA/world)");
  run_sub->add_flag("--unattended", run.unattended,
                    "Start at once and end when everything is printed, with `produce`'s exit codes");
  run_sub->add_flag("--safe-mode", run.safe_mode, "Only with plugins that were shipped with the station");
  run_sub->callback([&] { code = run_command(common, run); });

  SortOptions sort;
  auto* const sort_sub =
      command(app, "sort",
              "Cards printed earlier, one after the other under the camera: who is it, is it whole, was it "
              "seen before, which bin / memilah kartu yang sudah dicetak");
  sort_sub->add_option("--box", sort.box, "Name of the box (default: the one that is open, or a new one)");
  sort_sub->add_option("--cards", sort.cards,
                       "As many cards were counted in it: ends with the last one and closes the box; exit 70 "
                       "while they are not as many");
  sort_sub->add_option("--again", sort.again,
                       "The cards of this box pass once more; what was seen of them counts no longer");
  sort_sub->add_option("--sides", sort.sides, "Sides that are looked at")
      ->check(CLI::IsMember({"both", "front"}))
      ->capture_default_str();
  sort_sub->add_option("--idle", sort.idle_s, "End when no card came for so many seconds (default: never)")
      ->check(CLI::Range(0.0, 86400.0));
  sort_sub
      ->add_option("--trigger", sort.trigger,
                   "card: a picture as soon as a card lies still; file: numbered photographs as they come "
                   "(default for folder-camera)")
      ->check(CLI::IsMember({"card", "file"}));
  sort_sub->add_option("--first", sort.first, "Number of the photograph of a new box's first card")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40))
      ->capture_default_str();
  sort_sub->add_option("--printer", sort.lane, "The printer whose camera it is (default: the first)");
  sort_sub->add_option("--world", sort.world, "Folder of the simulated devices (default: DATA/world)");
  std::filesystem::path sort_records;
  std::string sort_source;
  auto* const records_option = sort_sub->add_option(
      "--records", sort_records,
      "Take in another station's batch file (CSV) instead, so that its cards are recognised");
  sort_sub->add_option("--source", sort_source, "What that station is called: 1 to 20 of a-z, 0-9, '-'")
      ->needs(records_option);
  sort_sub->callback([&] {
    if (records_option->count() > 0 && sort_source.empty()) throw CLI::RequiredError("--source");
    code = records_option->count() > 0 ? sort_records_command(common, sort_records, sort_source)
                                       : sort_command(common, sort);
  });

  RenderOptions render;
  auto* const render_sub =
      command(app, "render", "Draw the expected faces of a batch as PNG files, and where each field stands");
  render_sub->add_option("batch", render.batch, "Batch file (CSV)")->required();
  render_sub->add_option("--out", render.out, "Folder for the pictures")->required();
  render_sub->add_option("--dpi", render.dpi, "Dots per inch")
      ->check(CLI::Range(100, 1200))
      ->capture_default_str();
  render_sub->callback([&] { code = render_command(common, render); });

  InspectOptions inspect;
  auto* const inspect_sub =
      command(app, "inspect",
              "Judge pictures without a station: CASES.csv (id,side,expected,captured) to VERDICTS.csv");
  auto* const inspect_cases =
      inspect_sub->add_option("--cases", inspect.cases, "Cases (CSV); paths in it are relative to it");
  inspect_sub->add_option("--profile", inspect.profile, "Inspection profile (YAML)")->required();
  inspect_sub->add_option("--out", inspect.out, "Verdicts (CSV) to write")->required();
  inspect_sub->add_option("--pictures", inspect.pictures,
                          "Folder: for every reject expected, photograph, difference and overlay, and "
                          "findings.jsonl with size, score and limit");
  auto* const inspect_evidence =
      inspect_sub->add_option("--evidence", inspect.evidence,
                              "Judge stored evidence (DATA/evidence) again and compare with what was "
                              "recorded; exit 70 if it differs");
  inspect_evidence->excludes(inspect_cases);
  inspect_sub->callback([&] {
    if (inspect_cases->count() + inspect_evidence->count() == 0)
      throw CLI::RequiredError("--cases or --evidence");
    code = inspect_command(common, inspect);
  });

  CalibrateOptions calibrate;
  auto* const calibrate_sub = command(app, "calibrate",
                                      "Learn normal variation from good cards (CSV as for inspect) and set "
                                      "the limits for a rate of false rejects");
  calibrate_sub
      ->add_option("--cases", calibrate.cases, "Good cards only (CSV); paths in it are relative to it")
      ->required();
  calibrate_sub->add_option("--profile", calibrate.profile, "Inspection profile to begin with (YAML)")
      ->required();
  calibrate_sub->add_option("--out", calibrate.out, "Calibrated profile to write (YAML)")->required();
  calibrate_sub
      ->add_option("--false-rejects", calibrate.false_rejects, "Share of good pictures that may be rejected")
      ->check(CLI::Range(0.00001, 0.2))
      ->capture_default_str();
  calibrate_sub
      ->add_option("--specimens", calibrate.specimens,
                   "Drawn damage of each kind that must be found, to test the limits with")
      ->check(CLI::Range(4, 500))
      ->capture_default_str();
  calibrate_sub->callback([&] { code = calibrate_command(common, calibrate); });

  IdentifyOptions identify;
  auto* const identify_sub =
      command(app, "identify", "Read NIK and portrait off photographs of cards, without being told");
  identify_sub->add_option("pictures", identify.pictures, "Photographs, or rectified fronts (JPEG, PNG)")
      ->required();
  identify_sub->add_flag("--show-nik", identify.show_nik,
                         "Show all sixteen digits (personal data), not the last four");
  identify_sub->callback([&] { code = identify_command(common, identify); });

  std::string balance_time;
  auto* const balance_sub =
      command(app, "balance", "Where every blank is; exit 0 if everything is accounted for");
  balance_sub->add_option("--at", balance_time,
                          "As of a past moment, UTC: 2026-11-23, 2026-11-23T14:30 or 2026-11-23T14:30:00");
  balance_sub->callback([&] { code = balance_command(common, balance_time); });
  command(app, "cards", "Every card: order, state, verdict, bin, chip UID")->callback([&] {
    code = cards_command(common);
  });
  command(app, "orders", "Every order: state, and why it was refused or held")->callback([&] {
    code = orders_command(common);
  });
  std::string card;
  auto* const card_sub = command(app, "card", "One card and everything that happened to it");
  card_sub->add_option("card", card, "Card, as `cards` names it (C0000001)")->required();
  card_sub->callback([&] { code = card_command(common, card); });

  add_blanks_commands(app, command, common, code);

  auto* const ledger = app.add_subcommand("ledger", "The log");
  ledger->require_subcommand(1);
  VerifyOptions verify;
  auto* const verify_sub =
      command(*ledger, "verify",
              "Prove the log: its signed head, every line, and every table rebuilt from the events");
  verify_sub->add_option("--export", verify.exported,
                         "Verify the exported log in this folder instead of the data folder");
  verify_sub->add_option("--key", verify.key, "Public key as it was published (file `key` of an export)");
  verify_sub->add_option("--checkpoint", verify.checkpoints,
                         "A head that somebody kept (file); the log must begin with what it covers");
  verify_sub->add_option("--proof", verify.proof, "Verify this proof (file of `ledger prove`) instead")
      ->excludes("--export");
  verify_sub->callback([&] { code = ledger_verify_command(common, verify); });
  ProveOptions prove;
  auto* const prove_sub = command(*ledger, "prove",
                                  "Print a proof for whoever holds a head and not the log: of one event, or "
                                  "that the log goes on from that head");
  auto* const event =
      prove_sub->add_option("--event", prove.event, "Number of the event (seq)")->check(CLI::PositiveNumber);
  auto* const under = prove_sub->add_option("--under", prove.head, "The head (file) to prove it under");
  auto* const since =
      prove_sub->add_option("--since", prove.head, "The head (file) that the log goes on from");
  under->needs(event);
  since->excludes(event);
  prove_sub->callback([&, event, since] {
    if (event->count() + since->count() == 0) throw CLI::RequiredError("--event or --since");
    code = ledger_prove_command(common, prove);
  });
  command(*ledger, "head", "Print the signed head (checkpoint)")->callback([&] {
    code = ledger_head_command(common);
  });
  std::filesystem::path folder;
  auto* const export_sub =
      command(*ledger, "export", "Write events.jsonl, checkpoint and key, which anybody can verify");
  export_sub->add_option("folder", folder, "Folder to write to")->required();
  export_sub->callback([&] { code = ledger_export_command(common, folder); });

  add_keeping_commands(app, *ledger, command, common, code);
  add_found_commands(app, command, common, code);

  const auto by_option = [](CLI::App* sub, std::string& by) {
    sub->add_option("--by", by, "Who does it, for the log")->capture_default_str();
  };
  SealOptions seal;
  auto* const seal_sub = command(app, "seal",
                                 "Seal good cards, one batch for each desa, and write their covering lists "
                                 "(DATA/manifests); refused while a blank is unexplained");
  seal_sub->add_option("--region", seal.region, "Only this kode wilayah and below (32.16.01); default: all");
  by_option(seal_sub, seal.by);
  seal_sub->callback([&] { code = seal_command(common, seal); });

  command(app, "batches", "Sealed batches: region, cards, and who took them")->callback([&] {
    code = batches_command(common);
  });
  std::string batch_name;
  auto* const manifest_sub = command(app, "manifest", "Write the covering list of a sealed batch anew");
  manifest_sub->add_option("batch", batch_name, "Batch, as `batches` names it (S000001)")->required();
  manifest_sub->callback([&] { code = manifest_command(common, batch_name); });

  UnsealOptions unseal;
  auto* const unseal_sub = command(app, "unseal", "Take a card out of a sealed batch, back into its bin");
  unseal_sub->add_option("card", unseal.card, "Card (C0000001)")->required();
  unseal_sub->add_option("--reason", unseal.reason, "Why, for the log")->required();
  by_option(unseal_sub, unseal.by);
  unseal_sub->callback([&] { code = unseal_command(common, unseal); });

  HandoverOptions handover;
  auto* const handover_sub = command(app, "handover",
                                     "Hand a sealed batch to the post office: countersigned by count, or by "
                                     "scanning every item; a difference is named card by card");
  handover_sub->add_option("batch", handover.seal, "Batch, as `batches` names it (S000001)")->required();
  handover_sub->add_option("--given-by", handover.given_by, "Who hands it over")->required();
  handover_sub->add_option("--taken-by", handover.taken_by, "Who takes it")->required();
  auto* const counted = handover_sub->add_option("--count", handover.counted, "Cards that the taker counted")
                            ->check(CLI::Range(1LL, 10'000'000LL));
  auto* const scanned =
      handover_sub->add_option("--scan", handover.scanned, "File with every scanned item number, one a line");
  counted->excludes(scanned);
  handover_sub->callback([&] {
    if (counted->count() + scanned->count() == 0) throw CLI::RequiredError("--count or --scan");
    code = handover_command(common, handover);
  });

  auto* const post = app.add_subcommand("post", "Post results");
  post->require_subcommand(1);
  PostOptions post_file;
  auto* const import = command(*post, "import",
                               "Book what the post office says: entered, delivered, returned; the same file "
                               "again adds nothing, contradictions are named by row");
  import->add_option("file", post_file.file, "Result file (CSV)")->required();
  import->add_option("--mapping", post_file.mapping,
                     "Columns and words of the file (YAML); default: configuration");
  by_option(import, post_file.by);
  import->callback([&] { code = post_import_command(common, post_file); });

  RecallOptions recall;
  auto* const recall_sub =
      command(app, "recall",
              "Withdraw every card of a region or of a batch at any stage, and hold its waiting "
              "orders; says where each card was / tarik kembali");
  auto* const recalled = recall_sub->add_option_group("what", "One of them");
  recalled->add_option("--region", recall.region, "Kode wilayah (32.16.06.1001, or 32.16.06 and below)");
  recalled->add_option("--batch", recall.batch, "A batch of orders, or a sealed one as `batches` names it");
  recalled->require_option(1);
  recall_sub->add_option("--reason", recall.reason, "Why, for the log")->required();
  recall_sub->add_flag("--dry-run", recall.dry_run, "Only say what would be done");
  by_option(recall_sub, recall.by);
  recall_sub->callback([&] { code = recall_command(common, recall); });

  DestroyOptions destroy;
  auto* const destroy_sub =
      command(app, "destroy",
              "Destroy rejected, spoiled and withdrawn cards with a berita acara (PDF in "
              "DATA/records); without cards: all that wait");
  destroy_sub->add_option("cards", destroy.cards, "Cards (C0000001 ...)");
  destroy_sub->add_option("--name", destroy.destruction.names, "Who saw it; at least two, --name A --name B")
      ->required();
  destroy_sub->add_option("--place", destroy.destruction.place, "Where")->required();
  destroy_sub->add_option("--manner", destroy.destruction.manner, "How")->capture_default_str();
  by_option(destroy_sub, destroy.by);
  destroy_sub->callback([&] { code = destroy_command(common, destroy); });

  std::string record;
  auto* const record_sub =
      command(app, "record", "Write the berita acara of a destruction again (PDF in DATA/records)");
  record_sub->add_option("number", record, "Its number (BA-000001)")->required();
  record_sub->callback([&] { code = record_command(common, record); });

  WithdrawOptions withdraw;
  auto* const withdraw_sub = command(
      app, "withdraw", "Withdraw single cards at any stage before delivery; `locate` says where each went");
  withdraw_sub->add_option("cards", withdraw.cards, "Cards (C0000001 ...)")->required();
  withdraw_sub->add_option("--reason", withdraw.reason, "Why, for the log")->required();
  by_option(withdraw_sub, withdraw.by);
  withdraw_sub->callback([&] { code = withdraw_command(common, withdraw); });

  ReleaseOptions release;
  auto* const release_sub =
      command(app, "release", "Release held orders, which are then printed; two people, with a reason");
  release_sub->add_option("orders", release.orders, "Orders, as `orders` names them")->required();
  release_sub->add_option("--reason", release.reason, "Why, for the log")->required();
  release_sub->add_option("--confirmed-by", release.confirmed_by, "The second person")->required();
  by_option(release_sub, release.by);
  release_sub->callback([&] { code = release_command(common, release); });

  SettleOptions settle;
  auto* const settle_sub =
      command(app, "settle",
              "Say what became of an unknown card: where it was found (it goes to bin damaged), or how many "
              "blanks two people counted in its printer's hopper");
  settle_sub->add_option("card", settle.card, "Card (C0000001)")->required();
  auto* const found = settle_sub->add_option("--found", settle.found, "Where it was found");
  auto* const blanks_left =
      settle_sub->add_option("--blanks", settle.blanks, "Blanks in the hopper: none was fed for this card")
          ->check(CLI::Range(0LL, 100'000LL))
          ->excludes(found);
  settle_sub->add_option("--confirmed-by", settle.confirmed_by, "Who counted them too")->needs(blanks_left);
  by_option(settle_sub, settle.by);
  settle_sub->callback([&] {
    if (found->count() + blanks_left->count() == 0) throw CLI::RequiredError("--found or --blanks");
    code = settle_command(common, settle);
  });

  auto* const returned = app.add_subcommand("returned", "Cards that the post brought back");
  returned->require_subcommand(1);
  WhereaboutsOptions whereabouts;
  const auto where_options = [&](CLI::App* sub, const char* place_option, const char* place_help) {
    sub->add_option("card", whereabouts.card, "Card (C0000001)")->required();
    if (place_option != nullptr) {
      sub->add_option(place_option, whereabouts.place, place_help)->required();
      sub->add_option("--signed-by", whereabouts.signed_by, "Who signed for it")->required();
    }
    by_option(sub, whereabouts.by);
  };
  auto* const receive_back = command(*returned, "receive", "It is in the office's hands again, in bin good");
  where_options(receive_back, nullptr, nullptr);
  receive_back->callback([&] { code = receive_back_command(common, whereabouts); });
  auto* const redistribute = command(*returned, "redistribute", "It goes out again, against a signature");
  where_options(redistribute, "--to", "Kecamatan or desa that takes it");
  redistribute->callback([&] { code = redistribute_command(common, whereabouts); });
  auto* const locate = command(app, "locate", "Record where a withdrawn card is, and who signed for it");
  where_options(locate, "--at", "Where it is");
  locate->callback([&] { code = locate_command(common, whereabouts); });

  command(app, "open", "Whatever is not finished, the oldest first, and what to do next")->callback([&] {
    code = open_command(common);
  });
  ReportOptions report_options;
  auto* const report_sub =
      command(app, "report",
              "The campaign in figures: what was printed, and what became of every card; --by counts it by "
              "batch, region, day, shift, printer, ribbon or reason / laporan");
  report_sub->add_option("--by", report_options.by, "Count by")
      ->check(CLI::IsMember({"batch", "region", "day", "shift", "printer", "ribbon", "reason"}));
  report_sub->add_option("--csv", report_options.csv, "Write the figures to this file");
  report_sub->add_option("--pdf", report_options.pdf, "Write the paragraph and the table to this file");
  report_sub->callback([&] { code = report_command(common, report_options); });

  std::string ribbon_lot, ribbon_printer = "printer", ribbon_by = "operator";
  auto* const ribbon =
      command(app, "ribbon", "A new ribbon was put into a printer: its lot, for `report --by ribbon` / pita");
  ribbon->add_option("lot", ribbon_lot, "As the ribbon's box says")->required();
  ribbon->add_option("--printer", ribbon_printer, "As `devices` names it")->capture_default_str();
  by_option(ribbon, ribbon_by);
  ribbon->callback([&] { code = ribbon_command(common, ribbon_printer, ribbon_lot, ribbon_by); });

  command(app, "drift",
          "What good cards say of lamp, glass and printer: what is usual, what it is now, and its course")
      ->callback([&] { code = drift_command(common); });

  std::filesystem::path world;
  auto* const devices = command(
      app, "devices",
      "The configured devices: state and reasons (as IPP has them), supplies, what their drivers did wrong");
  devices->add_option("--world", world, "Folder of the simulated devices (default: DATA/world)");
  devices->callback([&] { code = devices_command(common, world); });

  auto* const camera = app.add_subcommand("camera", "Setting up a camera");
  camera->require_subcommand(1);
  CameraCheckOptions camera_check;
  auto* const camera_check_sub = command(
      *camera, "check",
      "Scale, focus, exposure and light by a photograph of a blank white card on the table, and what to "
      "change; exit 78 while something is wrong");
  camera_check_sub->add_option("--printer", camera_check.lane,
                               "Name of its printer in `devices` (default: the first)");
  camera_check_sub->add_option("--side", camera_check.side, "Which side's camera")
      ->check(CLI::IsMember({"front", "back"}))
      ->capture_default_str();
  camera_check_sub
      ->add_option("--looks", camera_check.looks,
                   "So many photographs, one after the other, while you adjust")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  camera_check_sub->add_option("--picture", camera_check.picture,
                               "PNG to write each time: the photograph, the card outlined");
  camera_check_sub->add_option("--world", camera_check.world,
                               "Folder of the simulated devices (default: DATA/world)");
  camera_check_sub->callback([&] { code = camera_check_command(common, camera_check); });

  auto* const plugin = app.add_subcommand("plugin", "Printer and camera plugins");
  plugin->require_subcommand(1);
  // The checker is a program of its own, so that a vendor has it without a station: every word goes to it.
  auto* const plugin_check = plugin->add_subcommand(
      "check", "Test a plugin and store the report beside it; --help lists what it can be told");
  plugin_check->set_help_flag();
  plugin_check->prefix_command();
  plugin_check->callback([&] { code = plugin_check_command(plugin_check->remaining()); });
  std::filesystem::path plugin_file;
  auto* const plugin_doc =
      command(*plugin, "doc", "What a plugin says of itself, and the settings its drivers declare");
  plugin_doc->add_option("plugin", plugin_file, "The plugin's library (FILE.so)")->required();
  plugin_doc->callback([&] { code = plugin_doc_command(common, plugin_file); });

  TranscriptOptions transcript;
  std::vector<std::string> transcript_settings;
  auto* const plugin_replay = plugin->add_subcommand(
      "replay", "Run a printer's driver against a USB transcript (docs/contracts.md section 11)");
  plugin_replay->add_option("plugin", transcript.plugin, "The plugin's library (FILE.so)")->required();
  plugin_replay->add_option("transcript", transcript.transcript, "Transcript (FILE.jsonl)")->required();
  plugin_replay->add_option("--front", transcript.front,
                            "The face that was printed (PNG, JPEG); needed where the transcript is whole");
  plugin_replay->add_option("--back", transcript.back, "The back that was printed");
  plugin_replay->add_option("--set", transcript_settings, "A setting the driver had then, KEY=VALUE")
      ->take_all();
  plugin_replay->callback([&] {
    for (const std::string& setting : transcript_settings) {
      const auto equals = setting.find('=');
      if (equals == 0 || equals == std::string::npos)
        throw CLI::ValidationError("--set", "\"" + setting + "\" is not KEY=VALUE");
      transcript.settings[setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    code = plugin_replay_command(transcript);
  });

  command(app, "doctor",
          "Is this machine fit to be a station: isolation of plugins, folders, devices; changes nothing")
      ->callback([&] { code = doctor_command(common); });

  auto* const config = app.add_subcommand("config", "The configuration");
  config->require_subcommand(1);
  command(*config, "check", "Check station.yaml and every file it names")->callback([&] {
    code = config_check_command(common);
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return code;
} catch (const std::exception& error) {
  std::cerr << "ktp-station: internal error: " << error.what() << '\n';
  return kInternal;
}
