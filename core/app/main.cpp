// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "app/commands.hpp"
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
  produce_sub->add_option("--world", produce.world, "Folder of the simulated devices (default: DATA/world)");
  produce_sub->callback([&] { code = produce_command(common, produce); });

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
  inspect_sub->add_option("--cases", inspect.cases, "Cases (CSV); paths in it are relative to it")
      ->required();
  inspect_sub->add_option("--profile", inspect.profile, "Inspection profile (YAML)")->required();
  inspect_sub->add_option("--out", inspect.out, "Verdicts (CSV) to write")->required();
  inspect_sub->callback([&] { code = inspect_command(common, inspect); });

  command(app, "balance", "Where every blank is; exit 0 if everything is accounted for")->callback([&] {
    code = balance_command(common);
  });
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

  auto* const blanks = app.add_subcommand("blanks", "Blank cards");
  blanks->require_subcommand(1);
  long long count = 0;
  std::string paper;
  auto* const receive = command(*blanks, "receive", "Book a delivery of blanks into stock");
  receive->add_option("count", count, "How many")->required()->check(CLI::Range(1LL, 10'000'000LL));
  receive->add_option("--paper", paper, "Number of the delivery paper");
  receive->callback([&] { code = blanks_receive_command(common, count, paper); });

  auto* const ledger = app.add_subcommand("ledger", "The log");
  ledger->require_subcommand(1);
  command(*ledger, "verify", "Rebuild every table from the events and compare")->callback([&] {
    code = ledger_verify_command(common);
  });
  std::filesystem::path folder;
  auto* const export_sub = command(*ledger, "export", "Write the events as events.jsonl");
  export_sub->add_option("folder", folder, "Folder to write to")->required();
  export_sub->callback([&] { code = ledger_export_command(common, folder); });

  std::filesystem::path world;
  auto* const devices =
      command(app, "devices", "The configured devices: state, supplies, settings of their plugins");
  devices->add_option("--world", world, "Folder of the simulated devices (default: DATA/world)");
  devices->callback([&] { code = devices_command(common, world); });

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
