// SPDX-License-Identifier: Apache-2.0
#include "ledger/log_proof.hpp"

#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "ledger/key_chain.hpp"
#include "ledger/signed_head.hpp"
#include "ledger/tree.hpp"

namespace ktp::ledger {

namespace {

using nlohmann::ordered_json;

// A path has one hash for each level of the tree, and none is higher than this.
constexpr std::size_t kMostHashes = 128;

std::string base64(const Hash& hash) {
  std::string text(sodium_base64_ENCODED_LEN(sizeof hash, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), hash.data(), hash.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // its terminator
  return text;
}

std::optional<Hash> hash_of(const ordered_json& text) {
  Hash hash{};
  std::size_t size = 0;
  const auto* const words = text.get_ptr<const std::string*>();
  if (words == nullptr ||
      sodium_base642bin(hash.data(), hash.size(), words->data(), words->size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      size != hash.size())
    return std::nullopt;
  return hash;
}

ordered_json path_of(const std::vector<Hash>& hashes) {
  ordered_json path = ordered_json::array();
  for (const Hash& hash : hashes) path.push_back(base64(hash));
  return path;
}

// The log's leaves, its head, and what opens a head of its past.
struct Log {
  std::vector<Hash> leaves;
  std::vector<std::string> keys;  // lines; the present one first
  LogHead head;
  std::string line;  // of the event asked for
};

Result<Log> read_log(const Ledger& ledger, std::uint64_t seq) {
  Log log;
  std::vector<std::string> rotations;
  const auto head = ledger.each_line([&](std::string_view line) {
    log.leaves.push_back(leaf_hash(line));
    if (log.leaves.size() == seq) log.line = line;
    if (line.find(kHeadKeyRotated) == std::string_view::npos) return;
    const auto json = ordered_json::parse(line, nullptr, false);
    if (json.is_object() && json.value("type", "") == kHeadKeyRotated)
      rotations.push_back(json.value("old_key", ""));
  });
  if (!head) return std::unexpected(head.error());
  log.head = *head;
  log.keys.push_back(log.head.key);
  log.keys.insert(log.keys.end(), rotations.rbegin(), rotations.rend());
  return log;
}

struct Opened {
  Head head;
  std::string key;  // the line of the key that signed it
};

Result<Opened> open_head(const Log& log, const std::string& checkpoint) {
  const auto fits = [&](const Head& head) {
    if (head.size > log.leaves.size()) return false;
    TreeEdge edge;
    for (std::size_t i = 0; i < head.size; ++i) edge.add(log.leaves[i]);
    return edge.root() == head.root;
  };
  for (const std::string& key : log.keys) {
    const auto verifier = HeadVerifier::from_line(key);
    if (!verifier) continue;
    const auto head = open_checkpoint(checkpoint, *verifier);
    if (head && fits(*head)) return Opened{*head, key};
  }
  return fail(ErrorCode::bad_data, "the head given is not one of this log's");
}

bool is_one_of(const std::string& checkpoint, const std::vector<std::string>& given) {
  const auto body = [](const std::string& text) { return text.substr(0, text.find("\n\n")); };
  return given.empty() || std::ranges::any_of(given, [&](const std::string& other) {
           return body(other) == body(checkpoint);
         });
}

std::string text_in(const ordered_json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<Head> head_in(const ordered_json& json, const char* checkpoint, const char* key) {
  const auto verifier = HeadVerifier::from_line(text_in(json, key));
  if (!verifier) return std::unexpected(verifier.error());
  return open_checkpoint(text_in(json, checkpoint), *verifier);
}

}  // namespace

Result<std::string> prove_event(const Ledger& ledger, std::uint64_t seq, const std::string& under) {
  const auto log = read_log(ledger, seq);
  if (!log) return std::unexpected(log.error());
  const std::string& checkpoint = under.empty() ? log->head.checkpoint : under;
  const auto opened = open_head(*log, checkpoint);
  if (!opened) return std::unexpected(opened.error());
  if (seq == 0 || seq > opened->head.size)
    return fail(ErrorCode::input_missing, "there is no event " + std::to_string(seq) +
                                              " under that head, which is over " +
                                              std::to_string(opened->head.size));
  const auto leaves = std::span(log->leaves).first(opened->head.size);
  return ordered_json{{"proof", "event"},         {"seq", seq},
                      {"line", log->line},        {"path", path_of(inclusion_proof(leaves, seq - 1))},
                      {"checkpoint", checkpoint}, {"key", opened->key}}
      .dump();
}

Result<std::string> prove_extension(const Ledger& ledger, const std::string& before) {
  const auto log = read_log(ledger, 0);
  if (!log) return std::unexpected(log.error());
  const auto opened = open_head(*log, before);
  if (!opened) return std::unexpected(opened.error());
  return ordered_json{{"proof", "extension"},
                      {"before", before},
                      {"before_key", opened->key},
                      {"path", path_of(consistency_proof(log->leaves, opened->head.size))},
                      {"checkpoint", log->head.checkpoint},
                      {"key", log->head.key}}
      .dump();
}

std::optional<std::string> verify_proof(std::string_view proof, const VerifyAgainst& against) {
  const auto json = ordered_json::parse(proof, nullptr, false);
  if (!json.is_object()) return "the proof is not one JSON object";
  const auto path_found = json.find("path");
  if (path_found == json.end() || !path_found->is_array() || path_found->size() > kMostHashes)
    return "path: must be a list of hashes";
  std::vector<Hash> path;
  for (const ordered_json& text : *path_found) {
    const auto hash = hash_of(text);
    if (!hash) return "path: holds what is no hash";
    path.push_back(*hash);
  }
  if (!against.key.empty()) {
    const auto published = HeadVerifier::from_line(against.key),
               own = HeadVerifier::from_line(text_in(json, "key"));
    if (!published) return "published " + published.error().message;
    if (!own || *own != *published) return "key: is not the one that was published";
  }
  const auto head = head_in(json, "checkpoint", "key");
  if (!head) return head.error().message;
  const std::string kind = text_in(json, "proof");
  if (kind == "event") {
    if (!is_one_of(text_in(json, "checkpoint"), against.checkpoints))
      return "checkpoint: is not the head that was given";
    const auto seq = json.find("seq");
    if (seq == json.end() || !seq->is_number_unsigned() || seq->get<std::uint64_t>() == 0)
      return "seq: must be a number from 1";
    const std::string line = text_in(json, "line");
    if (!verify_inclusion(leaf_hash(line), seq->get<std::uint64_t>() - 1, head->size, path, head->root))
      return "the event is not in the log of that head";
    return std::nullopt;
  }
  if (kind != "extension") return "proof: must be 'event' or 'extension'";
  if (!is_one_of(text_in(json, "before"), against.checkpoints))
    return "before: is not the head that was given";
  const auto before = head_in(json, "before", "before_key");
  if (!before) return "before: " + before.error().message;
  if (!verify_consistency(before->size, before->root, head->size, head->root, path))
    return "the log of the later head does not begin with that of the earlier one";
  return std::nullopt;
}

}  // namespace ktp::ledger
