// SPDX-License-Identifier: Apache-2.0
// Keys: shown without their secrets, rotated, retired.
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/write_lock.hpp"
#include "domain/words.hpp"
#include "ledger/key_rotation.hpp"

namespace ktp::app {

namespace {

Result<int> rotate_personal(const CommonOptions& common, ledger::Ledger& ledger, const std::string& by) {
  RunOutput output;
  const auto rotated =
      ledger::rotate_personal_key(ledger, common.data, by, [&](std::int64_t done, std::int64_t all) {
        output.status("sealing anew " + std::to_string(done) + "/" + std::to_string(all));
      });
  output.finish();
  if (!rotated) return std::unexpected(rotated.error());
  if (common.json)
    std::cout << nlohmann::ordered_json{{"kind", "personal"},
                                        {"key", rotated->key},
                                        {"resumed", rotated->resumed},
                                        {"records", rotated->records},
                                        {"record_keys", rotated->record_keys}}
                     .dump()
              << '\n';
  else
    std::cout
        << (rotated->resumed ? "an earlier rotation was finished / dilanjutkan sampai selesai: " : "")
        << "key " << rotated->key << " seals personal data now; " << rotated->records << " records and "
        << rotated->record_keys
        << " record keys were sealed anew. Copy the key file again; `keys retire` takes the old key out\n";
  return 0;
}

Result<int> rotate_signing(const CommonOptions& common, ledger::Ledger& ledger, const std::string& by) {
  const auto head = ledger.rotate_head_key(by);
  if (!head) return std::unexpected(head.error());
  if (common.json)
    std::cout << nlohmann::ordered_json{{"kind", "signing"},
                                        {"key", head->key},
                                        {"checkpoint", head->checkpoint}}
                     .dump()
              << '\n';
  else
    std::cout
        << "the log's head is signed with a new key / kepala catatan ditandatangani dengan kunci baru:\n"
        << head->key
        << "\npublish it; who holds an earlier one follows the log to this one (`ledger verify --key`). "
           "Copy head-key again\n";
  return 0;
}

}  // namespace

int keys_show_command(const CommonOptions& common) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  const auto state = ledger::key_state(**ledger, common.data);
  if (!state) return report(state.error());
  if (common.json) {
    std::cout << nlohmann::ordered_json{{"seals", state->seals},
                                        {"under_way", state->under_way},
                                        {"records", state->records},
                                        {"records_with_own_key", state->own_key},
                                        {"left_behind", state->left_behind},
                                        {"head_key", state->head_key},
                                        {"head_rotations", state->head_rotations},
                                        {"files_sealed", state->files_sealed}}
                     .dump()
              << '\n';
    return 0;
  }
  std::cout << "personal data: key " << state->seals.back() << " seals what is new; " << state->seals.size()
            << " in the key file\n  " << state->records << " records, " << state->own_key
            << " with a key of their own, " << state->left_behind << " still under an older key"
            << (state->under_way ? "\n  a rotation was cut off / rotasi terputus: ktp-station keys rotate "
                                   "--personal finishes it"
                                 : "")
            << "\nsigning: " << state->head_key << "\n  changed " << state->head_rotations
            << " times\nkey files: "
            << (state->files_sealed ? "sealed with a key from outside the data folder / tersegel\n"
                                    : "readable for whoever can read the data folder / tidak tersegel\n");
  return 0;
}

int keys_rotate_command(const CommonOptions& common, const KeysOptions& options) {
  if (auto name = check_words("by", options.by, 100); !name) return report(name.error());
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) {
    return options.signing ? rotate_signing(common, ledger, options.by)
                           : rotate_personal(common, ledger, options.by);
  }));
}

int keys_retire_command(const CommonOptions& common, const KeysOptions& options) {
  if (auto name = check_words("by", options.by, 100); !name) return report(name.error());
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto retired = ledger::retire_personal_keys(ledger, common.data, options.by);
    if (!retired) return std::unexpected(retired.error());
    if (common.json)
      std::cout << nlohmann::ordered_json{{"retired", *retired}}.dump() << '\n';
    else if (retired->empty())
      std::cout << "there is no old key / tidak ada kunci lama\n";
    else
      std::cout << retired->size()
                << " old keys were taken out / kunci lama dihapus; overwrite older copies of "
                   "the key file too\n";
    return 0;
  }));
}

int keys_seal_command(const CommonOptions& common, const KeysOptions& options, bool sealed) {
  if (auto name = check_words("by", options.by, 100); !name) return report(name.error());
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto files = ledger::seal_key_files(ledger, common.data, sealed, options.by);
    if (!files) return std::unexpected(files.error());
    if (common.json)
      std::cout << nlohmann::ordered_json{{"sealed", sealed}, {"files", *files}}.dump() << '\n';
    else if (sealed)
      std::cout
          << "key and head-key are sealed; without the key from outside nothing personal can be read and "
             "nothing be written: keep a copy of it elsewhere, and overwrite older copies of the key files / "
             "berkas kunci tersegel; simpan salinan kunci luar di tempat lain\n";
    else
      std::cout << "key and head-key can be read by whoever reads the data folder / berkas kunci terbuka\n";
    return 0;
  }));
}

}  // namespace ktp::app
