// SPDX-License-Identifier: Apache-2.0
#include "ledger/key_rotation.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "ledger/key_chain.hpp"
#include "ledger/key_file.hpp"
#include "ledger/key_ring.hpp"
#include "ledger/key_seal.hpp"
#include "ledger/personal.hpp"

namespace ktp::ledger {

namespace {

constexpr const char* kBegun = "key-rotation-begun";
constexpr const char* kDone = "key-rotated";
constexpr std::size_t kPiece = 200;
constexpr std::size_t kMostKeyFile = 64 * 1024;

// The highest number that events of a type name; 0 if there is none.
Result<std::uint32_t> last_key(const Ledger& ledger, const char* type) {
  const auto lines = ledger.lines_of_type(type);
  if (!lines) return std::unexpected(lines.error());
  std::uint32_t last = 0;
  for (const std::string& text : *lines)
    if (const auto line = nlohmann::json::parse(text, nullptr, false); line.is_object())
      last = std::max(last, line.value("key", 0u));
  return last;
}

// A batch's record is about no person: it has no key of its own.
bool is_of_person(const std::string& order_id) {
  return !order_id.starts_with("batch/");
}

bool is_behind(const std::string& order_id, const std::vector<std::uint8_t>& sealed, std::uint32_t newest) {
  const std::uint32_t with = PersonalKey::ring_key_of(sealed);
  return is_of_person(order_id) ? with != 0 : with != newest;
}

Result<std::vector<std::string>> behind(const Ledger& ledger, std::uint32_t newest) {
  std::vector<std::string> ids;
  const auto read = ledger.each_record([&](const std::string& id, const std::vector<std::uint8_t>& sealed) {
    if (is_behind(id, sealed, newest)) ids.push_back(id);
  });
  if (!read) return std::unexpected(read.error());
  return ids;
}

Result<void> log(Ledger& ledger, const char* type, const std::string& actor, nlohmann::ordered_json data) {
  return ledger.append({Event{.type = type, .actor = actor, .data = std::move(data)}});
}

Result<std::vector<std::uint8_t>> sealed_anew(const Ledger& ledger, const PersonalKey& key,
                                              const std::string& id) {
  const auto sealed = ledger.record(id);
  if (!sealed) return std::unexpected(sealed.error());
  const auto plain = key.open(*sealed, id);
  if (!plain) return fail(plain.error().code, "record of " + id + ": " + plain.error().message);
  if (is_of_person(id)) return key.seal_record(*plain, id);
  return key.seal(*plain, id);
}

}  // namespace

Result<KeyRotation> rotate_personal_key(Ledger& ledger, const std::filesystem::path& dir,
                                        const std::string& actor, const RotationProgress& progress) {
  auto ring = KeyRing::load(dir, false);
  if (!ring) return std::unexpected(ring.error());
  const auto begun = last_key(ledger, kBegun), done = last_key(ledger, kDone);
  if (!begun) return std::unexpected(begun.error());
  if (!done) return std::unexpected(done.error());
  KeyRotation rotation;
  // The key is in the file before anything says or uses it: a higher one than the log knows to be done with
  // is one that an earlier call did not come to the end of.
  rotation.resumed = ring->newest() > std::max(*done, 1u);
  if (!rotation.resumed) {
    ring->seals.emplace(ring->newest() + 1, new_secret_key());
    if (auto saved = ring->save(dir); !saved) return std::unexpected(saved.error());
  }
  rotation.key = ring->newest();
  if (*begun < rotation.key)
    if (auto said = log(ledger, kBegun, actor, {{"kind", "personal"}, {"key", rotation.key}}); !said)
      return std::unexpected(said.error());
  const auto key = PersonalKey::load(dir, false);
  if (!key) return std::unexpected(key.error());
  const auto ids = behind(ledger, rotation.key);
  if (!ids) return std::unexpected(ids.error());
  const auto keys_left = key->record_keys().left_behind();
  if (!keys_left) return std::unexpected(keys_left.error());
  const std::int64_t all = static_cast<std::int64_t>(ids->size()) + *keys_left;
  const auto tell = [&] {
    if (progress) progress(rotation.records + rotation.record_keys, all);
  };
  for (std::size_t at = 0; at < ids->size(); at += kPiece) {
    std::vector<SealedRecord> piece;
    for (std::size_t i = at; i < std::min(at + kPiece, ids->size()); ++i) {
      auto sealed = sealed_anew(ledger, *key, (*ids)[i]);
      if (!sealed) return std::unexpected(sealed.error());
      piece.push_back({(*ids)[i], *std::move(sealed)});
    }
    if (auto kept = ledger.append({}, piece); !kept) return std::unexpected(kept.error());
    rotation.records += static_cast<std::int64_t>(piece.size());
    tell();
  }
  while (true) {
    const auto brought = key->record_keys().bring_on(static_cast<std::int64_t>(kPiece) * 5);
    if (!brought) return std::unexpected(brought.error());
    if (*brought == 0) break;
    rotation.record_keys += *brought;
    tell();
  }
  if (auto said = log(ledger, kDone, actor,
                      {{"kind", "personal"},
                       {"key", rotation.key},
                       {"records", rotation.records},
                       {"record_keys", rotation.record_keys}});
      !said)
    return std::unexpected(said.error());
  return rotation;
}

Result<std::vector<std::uint32_t>> retire_personal_keys(Ledger& ledger, const std::filesystem::path& dir,
                                                        const std::string& actor) {
  const auto state = key_state(ledger, dir);
  if (!state) return std::unexpected(state.error());
  if (state->under_way || state->left_behind > 0)
    return fail(ErrorCode::bad_data, "key: " + std::to_string(state->left_behind) +
                                         " records or record keys are still sealed with an older key; finish "
                                         "it first: ktp-station keys rotate --personal");
  auto ring = KeyRing::load(dir, false);
  if (!ring) return std::unexpected(ring.error());
  std::vector<std::uint32_t> retired(state->seals.begin(), state->seals.end() - 1);
  if (retired.empty()) return retired;
  // Said first: should the power fail now, the keys are still there and go with the next call.
  if (auto said = log(ledger, "key-retired", actor, {{"kind", "personal"}, {"keys", retired}}); !said)
    return std::unexpected(said.error());
  for (const std::uint32_t number : retired) ring->seals.erase(number);
  if (auto saved = ring->save(dir); !saved) return std::unexpected(saved.error());
  return retired;
}

Result<std::vector<std::string>> seal_key_files(Ledger& ledger, const std::filesystem::path& dir, bool sealed,
                                                const std::string& actor) {
  const auto outer = OuterKeys::find();
  if (!outer) return std::unexpected(outer.error());
  if (sealed && !outer->present)
    return fail(
        ErrorCode::configuration,
        "there is no key to seal the key files with: give the systemd unit the credential "
        "ktp-station-key, or let $KTP_STATION_KEY name a file of 32 bytes outside of the data folder");
  std::vector<std::string> names;
  for (const char* name : {"key", "head-key"}) {
    auto bytes = load_key_file(dir / name, kMostKeyFile, {});
    if (!bytes) return std::unexpected(bytes.error());
    if (auto replaced = replace_key_file(dir / name, *std::move(bytes), sealed); !replaced)
      return std::unexpected(replaced.error());
    names.emplace_back(name);
  }
  if (auto said = log(ledger, sealed ? "key-files-sealed" : "key-files-opened", actor, {{"files", names}});
      !said)
    return std::unexpected(said.error());
  return names;
}

Result<KeyState> key_state(const Ledger& ledger, const std::filesystem::path& dir) {
  const auto ring = KeyRing::load(dir, false);
  if (!ring) return std::unexpected(ring.error());
  const auto key = PersonalKey::load(dir, false);
  if (!key) return std::unexpected(key.error());
  const auto done = last_key(ledger, kDone);
  if (!done) return std::unexpected(done.error());
  KeyState state;
  for (const auto& [number, secret] : ring->seals) state.seals.push_back(number);
  state.under_way = ring->newest() > std::max(*done, 1u);
  const auto read = ledger.each_record([&](const std::string& id, const std::vector<std::uint8_t>& sealed) {
    ++state.records;
    if (PersonalKey::record_key_of(sealed)) ++state.own_key;
    // Of the first form, under the only key there ever was: nothing is behind.
    if (ring->newest() > 1 && is_behind(id, sealed, ring->newest())) ++state.left_behind;
  });
  if (!read) return std::unexpected(read.error());
  const auto keys_left = key->record_keys().left_behind();
  if (!keys_left) return std::unexpected(keys_left.error());
  state.left_behind += *keys_left;
  const auto head = ledger.head();
  if (!head) return std::unexpected(head.error());
  state.head_key = head->key;
  const auto rotations = ledger.lines_of_type(kHeadKeyRotated);
  if (!rotations) return std::unexpected(rotations.error());
  state.head_rotations = static_cast<std::int64_t>(rotations->size());
  const auto ring_sealed = key_file_is_sealed(dir / "key"),
             head_sealed = key_file_is_sealed(dir / "head-key");
  state.files_sealed = ring_sealed && *ring_sealed && head_sealed && *head_sealed;
  return state;
}

}  // namespace ktp::ledger
