// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "handover/acts.hpp"
#include "ledger/ledger.hpp"

namespace ktp::app {

/// What every command line can say; each command uses what it needs. All commands return an exit code of
/// docs/contracts.md section 5, print results to stdout and errors to stderr.
struct CommonOptions {
  std::filesystem::path data;    ///< the station's data folder
  std::filesystem::path config;  ///< station.yaml
  bool json = false;
};

struct ProduceOptions {
  std::filesystem::path batch, world;
  bool safe_mode = false;  ///< only plugins that were shipped with the station
  std::string resume_by;  ///< who cleaned the glass of every paused camera, for the log; "": they stay paused
};
int produce_command(const CommonOptions& common, const ProduceOptions& options);

struct RunOptions {
  std::vector<std::filesystem::path> batches;  ///< taken in when it starts, ready to be printed
  std::filesystem::path world;
  std::uint16_t port = 8377;  ///< 0: any free one
  bool safe_mode = false;     ///< lanes with a plugin that was not shipped with the station stay out
  bool unattended = false;    ///< prints what waits at once, and ends when it is done
};
int run_command(const CommonOptions& common, const RunOptions& options);

struct SortOptions {
  std::string box;             ///< "" = the one that is open, or a new one
  std::string again;           ///< the box whose cards pass once more; "" = none
  std::string lane;            ///< "" = the first printer's camera
  std::string sides = "both";  ///< or "front"
  std::string trigger;         ///< "card", "file"; "" = file for folder-camera
  std::uint64_t cards = 0;     ///< as people counted them in the box; 0 = not counted
  std::uint64_t first = 1;     ///< number of the photograph of the first card of a new box
  double idle_s = 0;           ///< ends when no card came for so long, seconds; 0 = never
  std::filesystem::path world;
};
/// Cards printed earlier, one after the other under the camera. 70 where they are not as many as counted.
int sort_command(const CommonOptions& common, const SortOptions& options);
/// Records of cards that another station printed, so that they are recognised.
int sort_records_command(const CommonOptions& common, const std::filesystem::path& csv,
                         const std::string& source);

struct RenderOptions {
  std::filesystem::path batch, out;
  int dpi = 300;
};
int render_command(const CommonOptions& common, const RenderOptions& options);

struct InspectOptions {
  std::filesystem::path cases, profile, out;
  std::filesystem::path pictures;  ///< where rejects are explained; "" = nowhere
  std::filesystem::path evidence;  ///< a folder of stored evidence to judge again instead of cases
};
int inspect_command(const CommonOptions& common, const InspectOptions& options);

struct CalibrateOptions {
  std::filesystem::path cases, profile, out;
  double false_rejects = 0.001;  ///< share of pictures
  int specimens = 24;            ///< of each kind of damage that must be found
};
int calibrate_command(const CommonOptions& common, const CalibrateOptions& options);

struct IdentifyOptions {
  std::vector<std::filesystem::path> pictures;
  bool show_nik = false;  ///< else only its last four digits are shown
};
/// Reads who a photographed card is: NIK with its certainty, hash of the portrait. Asks nothing but the
/// picture.
int identify_command(const CommonOptions& common, const IdentifyOptions& options);

/// `at`: the balance as of that moment (Ledger::balance_at); "" = now.
int balance_command(const CommonOptions& common, const std::string& at);
int cards_command(const CommonOptions& common);
int card_command(const CommonOptions& common, const std::string& card);
int orders_command(const CommonOptions& common);

struct VerifyOptions {
  std::filesystem::path exported;  ///< an export to verify instead of the data folder; "" = none
  std::filesystem::path key;       ///< published public key; "" = none
  std::vector<std::filesystem::path> checkpoints;  ///< heads that others kept
  std::filesystem::path proof;                     ///< a proof to verify instead; "" = none
};
int ledger_verify_command(const CommonOptions& common, const VerifyOptions& options);
/// A proof that `ledger prove` wrote, without any log (ledger/log_proof.hpp).
int verify_proof_command(const std::filesystem::path& file, const ledger::VerifyAgainst& against);
struct ProveOptions {
  std::uint64_t event = 0;     ///< 0 = that the log goes on from `head`
  std::filesystem::path head;  ///< a head that was given out; "" = the present one
};
int ledger_prove_command(const CommonOptions& common, const ProveOptions& options);
int ledger_head_command(const CommonOptions& common);
int ledger_export_command(const CommonOptions& common, const std::filesystem::path& folder);

/// Builds every table anew from the events.
int ledger_rebuild_command(const CommonOptions& common);
/// The ledger in one file, taken while the station may be running.
/// `record_keys`: where to copy the record keys to, in the place of an earlier copy; "" = nowhere.
int backup_command(const CommonOptions& common, const std::filesystem::path& file,
                   const std::filesystem::path& record_keys);
struct RestoreOptions {
  std::filesystem::path file, key;
  std::filesystem::path to;                        ///< "" = only prove it
  std::vector<std::filesystem::path> checkpoints;  ///< heads that others kept
};
int restore_command(const CommonOptions& common, const RestoreOptions& options);
struct LabelOptions {
  std::vector<std::string> batches;
  int boxes = 1;  ///< of each batch
  std::filesystem::path out;
};
/// Labels for the boxes of sealed batches (handover/label.hpp).
int label_command(const CommonOptions& common, const LabelOptions& options);
struct PersonOptions {
  std::string order;  ///< "-" = a NIK on standard input
  std::string by, reason, confirmed_by;
  std::filesystem::path folder;
  bool whole = false;  ///< all sixteen digits of the NIK
};
/// One person's data; every look is in the log first (handover/person.hpp, ledger/retention.hpp).
int person_show_command(const CommonOptions& common, const PersonOptions& options);
int person_looks_command(const CommonOptions& common, const PersonOptions& options);
int person_export_command(const CommonOptions& common, const PersonOptions& options);
int person_erase_command(const CommonOptions& common, const PersonOptions& options);
/// Every card that was not judged good, with pictures, as a page in a new folder (contact_sheet.hpp).
int contact_sheet_command(const CommonOptions& common, const PersonOptions& options);
struct RetentionOptions {
  int days = 0;
  std::string by;
  bool dry_run = false;
};
int retention_command(const CommonOptions& common, const RetentionOptions& options);
struct IncidentOptions {
  std::filesystem::path folder;
  std::string what, measures, found, by, region;
  std::vector<std::string> orders;
  bool everybody = false;
};
int incident_command(const CommonOptions& common, const IncidentOptions& options);
struct KeysOptions {
  bool personal = false, signing = false;
  std::string by;
};
/// What is sealed and signed with what; a new key; old keys taken out (ledger/key_rotation.hpp).
int keys_show_command(const CommonOptions& common);
int keys_rotate_command(const CommonOptions& common, const KeysOptions& options);
int keys_retire_command(const CommonOptions& common, const KeysOptions& options);
/// Key files sealed with a key from outside the data folder, or opened for good (ledger/key_seal.hpp).
int keys_seal_command(const CommonOptions& common, const KeysOptions& options, bool sealed);
struct ReprintOptions {
  std::string card, reason, by;
};
/// Another card in place of one: one person asks, another one confirms (handover/reprint.hpp).
int reprint_ask_command(const CommonOptions& common, const ReprintOptions& options);
int reprint_confirm_command(const CommonOptions& common, const ReprintOptions& options);
int reprint_drop_command(const CommonOptions& common, const ReprintOptions& options);
int reprint_list_command(const CommonOptions& common);
struct ReleaseOptions {
  std::vector<std::string> orders;
  std::string reason, confirmed_by, by = "operator";
};
/// Held orders may be printed: two people say so.
int release_command(const CommonOptions& common, const ReleaseOptions& options);

struct SealOptions {
  std::string region, by = "operator";
};
int seal_command(const CommonOptions& common, const SealOptions& options);
/// Writes the covering list of a sealed batch anew, under the log's present head.
int manifest_command(const CommonOptions& common, const std::string& seal);
struct UnsealOptions {
  std::string card, reason, by = "operator";
};
int unseal_command(const CommonOptions& common, const UnsealOptions& options);
struct HandoverOptions {
  std::string seal, given_by, taken_by;
  long long counted = 0;  ///< 0 = by `scanned`
  std::filesystem::path scanned;
};
int handover_command(const CommonOptions& common, const HandoverOptions& options);
int batches_command(const CommonOptions& common);
struct PostOptions {
  std::filesystem::path file, mapping;
  std::string by = "operator";
};
int post_import_command(const CommonOptions& common, const PostOptions& options);
struct DestroyOptions {
  std::vector<std::string> cards;
  handover::Destruction destruction;
  std::string by = "operator";
};
int destroy_command(const CommonOptions& common, const DestroyOptions& options);
/// Writes the paper of a destruction (again), from the log.
int record_command(const CommonOptions& common, const std::string& number);
struct WithdrawOptions {
  std::vector<std::string> cards;
  std::string reason, by = "operator";
};
int withdraw_command(const CommonOptions& common, const WithdrawOptions& options);
/// What became of an unknown card, as a person found out: it was found, or the blanks in the hopper say that
/// none was fed for it.
struct SettleOptions {
  std::string card, found, confirmed_by, by = "operator";
  long long blanks = -1;  ///< -1 = it was found
};
int settle_command(const CommonOptions& common, const SettleOptions& options);
struct WhereaboutsOptions {
  std::string card, place, signed_by, by = "operator";
};
int receive_back_command(const CommonOptions& common, const WhereaboutsOptions& options);
int redistribute_command(const CommonOptions& common, const WhereaboutsOptions& options);
int locate_command(const CommonOptions& common, const WhereaboutsOptions& options);
int open_command(const CommonOptions& common);
struct ReportOptions {
  std::string by;                  ///< of handover::kBys; "" = the campaign as a whole
  std::filesystem::path csv, pdf;  ///< "" = none
};
int report_command(const CommonOptions& common, const ReportOptions& options);
int ribbon_command(const CommonOptions& common, const std::string& printer, const std::string& lot,
                   const std::string& by);
/// What good cards say of lamp, glass and printer, as a chart.
int drift_command(const CommonOptions& common);
struct RecallOptions {
  std::string region, batch, reason, by = "operator";
  bool dry_run = false;
};
int recall_command(const CommonOptions& common, const RecallOptions& options);

/// Guides the setting up of a camera by photographs of a plain white card; 78 while something is wrong.
struct CameraCheckOptions {
  std::string lane;  ///< "" = the first printer's camera
  std::string side = "front";
  std::filesystem::path picture, world;
  int looks = 1;
};
int camera_check_command(const CommonOptions& common, const CameraCheckOptions& options);

/// What every configured device says of itself now, and what the ledger remembers of its driver.
int devices_command(const CommonOptions& common, const std::filesystem::path& world);
/// Becomes station-plugin-check with these words; returns only when that is not there.
int plugin_check_command(const std::vector<std::string>& words);
struct TranscriptOptions {
  std::filesystem::path plugin, transcript;
  std::filesystem::path front, back;  ///< faces of the recorded card; empty: any picture
  std::map<std::string, std::string> settings;
};
/// Runs a printer's driver against a USB transcript and compares how its calls end.
int plugin_replay_command(const TranscriptOptions& options);
/// What a plugin says of itself and the settings its drivers declare, text or JSON.
int plugin_doc_command(const CommonOptions& common, const std::filesystem::path& plugin);
int config_check_command(const CommonOptions& common);
/// Whether this machine is fit to be a station; 78 if not.
int doctor_command(const CommonOptions& common);

}  // namespace ktp::app
