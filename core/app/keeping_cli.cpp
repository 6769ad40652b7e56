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
  const auto record_keys = std::make_shared<std::filesystem::path>();
  backup->add_option(
      "--record-keys", *record_keys,
      "Copy the records' keys too, to this file, in the place of an earlier copy: keep only the "
      "newest, elsewhere than the backups, or deleted persons can be read again");
  backup->callback(
      [&common, &code, file, record_keys] { code = backup_command(common, *file, *record_keys); });

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

void add_keys(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code) {
  auto* const keys = app.add_subcommand("keys", "Keys: what seals personal records and what signs the log");
  keys->require_subcommand(1);
  command(*keys, "show", "Which keys there are, and how much is under each; no secrets")
      ->callback([&common, &code] { code = keys_show_command(common); });
  const auto options = std::make_shared<KeysOptions>();
  auto* const rotate =
      command(*keys, "rotate",
              "A new key: new data under it at once, old data sealed anew and readable all the "
              "while; cut off, the same command goes on where it stands");
  auto* const personal =
      rotate->add_flag("--personal", options->personal, "The key that seals personal records");
  auto* const signing = rotate->add_flag(
      "--signing", options->signing, "The key that signs the log's head; the old one endorses the new one");
  personal->excludes(signing);
  rotate->add_option("--by", options->by, "Who does it, for the log")->required();
  rotate->callback([&common, &code, options, personal, signing] {
    if (personal->count() + signing->count() == 0) throw CLI::RequiredError("--personal or --signing");
    code = keys_rotate_command(common, *options);
  });
  auto* const retire =
      command(*keys, "retire",
              "Take out keys that seal nothing here any more; records in backups from before "
              "the rotation can then no longer be read");
  retire->add_option("--by", options->by, "Who does it, for the log")->required();
  retire->callback([&common, &code, options] { code = keys_retire_command(common, *options); });
  auto* const seal = command(
      *keys, "seal",
      "Seal the key files with the credential ktp-station-key of the systemd unit, or with the file that "
      "$KTP_STATION_KEY names; also after that key was changed (the old one as ktp-station-key-old)");
  seal->add_option("--by", options->by, "Who does it, for the log")->required();
  seal->callback([&common, &code, options] { code = keys_seal_command(common, *options, true); });
  auto* const open = command(*keys, "open", "Take the seal off the key files again");
  open->add_option("--by", options->by, "Who does it, for the log")->required();
  open->callback([&common, &code, options] { code = keys_seal_command(common, *options, false); });
}

void add_person(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code) {
  auto* const person = app.add_subcommand(
      "person", "One person's data: show, give out, delete; who looked at it / data pribadi");
  person->require_subcommand(1);
  const auto options = std::make_shared<PersonOptions>();
  const auto words = [options](CLI::App* sub) {
    sub->add_option("order", options->order, "Order, as `orders` names it; -: a NIK on standard input")
        ->required();
    sub->add_option("--by", options->by, "Who does it, for the log")->required();
    sub->add_option("--reason", options->reason, "What for, for the log")->required();
  };
  auto* const show = command(*person, "show", "The record; the look is in the log first");
  words(show);
  show->add_flag("--whole", options->whole, "All sixteen digits of the NIK");
  show->callback([&common, &code, options] { code = person_show_command(common, *options); });
  auto* const looks = command(*person, "looks", "Who looked at this person's data, when and what for");
  looks->add_option("order", options->order, "Order, as `orders` names it")->required();
  looks->callback([&common, &code, options] { code = person_looks_command(common, *options); });
  auto* const give =
      command(*person, "export",
              "Record, trail and kept pictures of one person into a new folder, to be given to him");
  words(give);
  give->add_option("--to", options->folder, "New or empty folder")->required();
  give->callback([&common, &code, options] { code = person_export_command(common, *options); });
  auto* const erase =
      command(*person, "erase",
              "Delete one person's record and pictures; two people. The log keeps that and why, "
              "and goes on proving itself");
  words(erase);
  erase->add_option("--confirmed-by", options->confirmed_by, "The second person")->required();
  erase->callback([&common, &code, options] { code = person_erase_command(common, *options); });
}

void add_contact_sheet(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code) {
  const auto options = std::make_shared<PersonOptions>();
  auto* const sheet =
      command(app, "contact-sheet",
              "A page in a new folder: every card that was not judged good, expected, photographed "
              "and marked; each look is in the log first / lembar kartu ditolak");
  sheet->add_option("folder", options->folder, "New or empty folder")->required();
  sheet->add_option("--by", options->by, "Who does it, for the log")->required();
  sheet->add_option("--reason", options->reason, "What for, for the log")->required();
  sheet->callback([&common, &code, options] { code = contact_sheet_command(common, *options); });
}

void add_labels(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code) {
  const auto options = std::make_shared<LabelOptions>();
  auto* const label =
      command(app, "labels", "Labels for the boxes of sealed batches (PDF, Code 128) / label kotak");
  label->add_option("batches", options->batches, "Batches, as `batches` names them (S000001 ...)")
      ->required();
  label->add_option("--boxes", options->boxes, "How many boxes each batch fills")
      ->check(CLI::Range(1, 99))
      ->capture_default_str();
  label->add_option("--out", options->out, "PDF to write")->required();
  label->callback([&common, &code, options] { code = label_command(common, *options); });
}

void add_retention(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code) {
  const auto rule = std::make_shared<RetentionOptions>();
  auto* const retention =
      command(app, "retention",
              "Delete the personal records and pictures of orders that came to their end long "
              "enough ago; cut off, the same command goes on");
  retention
      ->add_option("--days", rule->days, "How long they are kept after their last event; there is no default")
      ->required()
      ->check(CLI::Range(0, 36500));
  retention->add_option("--by", rule->by, "Who does it, for the log")->required();
  retention->add_flag("--dry-run", rule->dry_run, "Only say which");
  retention->callback([&common, &code, rule] { code = retention_command(common, *rule); });

  const auto incident = std::make_shared<IncidentOptions>();
  auto* const sub =
      command(app, "incident",
              "Personal data got out: a folder with the notice that is due within 3 x 24 hours, whom "
              "to notify, and what happened to their data");
  sub->add_option("folder", incident->folder, "New or empty folder")->required();
  sub->add_option("--found", incident->found, "When it was found, UTC: 2026-11-23T14:30")->required();
  sub->add_option("--what", incident->what, "What data, when and how")->required();
  sub->add_option("--measures", incident->measures, "What is done about it")->required();
  sub->add_option("--by", incident->by, "Who does it, for the log")->required();
  auto* const region =
      sub->add_option("--region", incident->region, "Everybody of this kode wilayah and below");
  auto* const orders = sub->add_option("--order", incident->orders, "This order's person; may be repeated");
  auto* const everybody = sub->add_flag("--everybody", incident->everybody, "Everybody in the ledger");
  sub->callback([&common, &code, incident, region, orders, everybody] {
    if (region->count() + orders->count() + everybody->count() == 0)
      throw CLI::RequiredError("--region, --order or --everybody");
    code = incident_command(common, *incident);
  });
}

}  // namespace

void add_keeping_commands(CLI::App& app, CLI::App& ledger, const AddCommand& command,
                          const CommonOptions& common, int& code) {
  add_backup(app, ledger, command, common, code);
  add_reprint(app, command, common, code);
  add_keys(app, command, common, code);
  add_labels(app, command, common, code);
  add_person(app, command, common, code);
  add_contact_sheet(app, command, common, code);
  add_retention(app, command, common, code);
}

}  // namespace ktp::app
