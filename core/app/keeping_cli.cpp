// SPDX-License-Identifier: Apache-2.0
#include "app/keeping_cli.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace ktp::app {

namespace {

void add_backup(CLI::App& app, CLI::App& ledger, const AddCommand& command, const CommonOptions& common,
                int& code) {
  command(ledger, "rebuild", "Build every table anew from the events")->callback([&common, &code] {
    code = ledger_rebuild_command(common);
  });

  const auto file = std::make_shared<std::filesystem::path>();
  auto* const backup = command(
      app, "backup",
      "Copy the ledger with its sealed records into one file, also while the station works, and prove "
      "the copy; without keys, photographs and papers");
  backup->add_option("file", *file, "File to make; refused if it is there")->required();
  backup->callback([&common, &code, file] { code = backup_command(common, *file); });

  const auto options = std::make_shared<RestoreOptions>();
  auto* const restore =
      command(app, "restore",
              "Prove a backup (tree, signatures, tables rebuilt from the events, balance), say what is "
              "missing since, "
              "and make it the ledger of a new folder; nothing that is there is ever overwritten");
  restore->add_option("file", options->file, "Backup, as `backup` made it")->required();
  auto* const to =
      restore->add_option("--to", options->to, "New data folder: not there yet, empty, or holding only keys");
  const auto only = std::make_shared<bool>(false);
  auto* const verify = restore->add_flag(
      "--verify", *only, "Only prove it (with --to it is proved in any case, before and after)");
  to->excludes(verify);
  restore->add_option("--key", options->key, "Public key as it was published (file `key` of an export)");
  restore->add_option("--checkpoint", options->checkpoints,
                      "A head that somebody kept (file); an older one must fit, a newer one says how "
                      "many events are missing");
  restore->callback([&common, &code, options, only, to, verify] {
    if (to->count() + verify->count() == 0) throw CLI::RequiredError("--to or --verify");
    code = restore_command(common, *options);
  });
}

void add_reprint(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code) {
  auto* const reprint = app.add_subcommand(
      "reprint", "Another card for an order where no rule gives one; two people decide it / cetak ulang");
  reprint->require_subcommand(1);
  const auto options = std::make_shared<ReprintOptions>();
  const auto words = [options](CLI::App* sub, const char* by) {
    sub->add_option("card", options->card, "The old card (C0000001)")->required();
    sub->add_option("--by", options->by, by)->required();
  };
  auto* const ask =
      command(*reprint, "ask",
              "Ask for another card; the old one must lie in a bin, be destroyed, or be withdrawn "
              "and located. Its order is held until another person confirms");
  words(ask, "Who asks, for the log");
  ask->add_option("--reason", options->reason, "Why, for the log")->required();
  ask->callback([&common, &code, options] { code = reprint_ask_command(common, *options); });
  auto* const confirm =
      command(*reprint, "confirm", "Confirm as the second person; the order is printed again by `produce`");
  words(confirm, "Who confirms: not the one who asked");
  confirm->callback([&common, &code, options] { code = reprint_confirm_command(common, *options); });
  auto* const drop =
      command(*reprint, "drop", "Take it back, as long as no other card was begun; the order stays held");
  words(drop, "Who takes it back, for the log");
  drop->add_option("--reason", options->reason, "Why, for the log")->required();
  drop->callback([&common, &code, options] { code = reprint_drop_command(common, *options); });
  command(*reprint, "list", "Those that wait for the second person or for the printer")
      ->callback([&common, &code] { code = reprint_list_command(common); });
}

}  // namespace

void add_keeping_commands(CLI::App& app, CLI::App& ledger, const AddCommand& command,
                          const CommonOptions& common, int& code) {
  add_backup(app, ledger, command, common, code);
  add_reprint(app, command, common, code);
}

}  // namespace ktp::app
