// SPDX-License-Identifier: Apache-2.0
#include "ledger/signed_head.hpp"

#include <openssl/sha.h>
#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "ledger/key_file.hpp"

namespace ktp::ledger {

namespace {

constexpr std::uint8_t kEd25519 = 1;  // the algorithm byte of signed notes
constexpr std::size_t kSeedBytes = crypto_sign_SEEDBYTES;
constexpr std::size_t kSignatureBytes = crypto_sign_BYTES;
constexpr std::string_view kPrivate = "PRIVATE+KEY+";
constexpr std::string_view kDash = "\xe2\x80\x94 ";  // U+2014 and a space begin a signature line

using Bytes = std::vector<std::uint8_t>;

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.resize(std::strlen(text.c_str()));
  return text;
}

// Exactly `size` bytes, in the one spelling that encodes them.
std::optional<Bytes> unbase64(std::string_view text, std::size_t size) {
  Bytes bytes(size);
  std::size_t got = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &got, &end,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      got != size || end != text.data() + text.size() || base64(bytes) != text)
    return std::nullopt;
  return bytes;
}

Bytes typed(std::span<const std::uint8_t> key) {
  Bytes bytes(1 + key.size(), kEd25519);
  std::ranges::copy(key, bytes.begin() + 1);
  return bytes;
}

// The first four bytes of SHA-256(name || 0x0A || 0x01 || public key).
std::array<std::uint8_t, 4> key_hash(const HeadVerifier& verifier) {
  Bytes text(verifier.name.begin(), verifier.name.end());
  text.push_back('\n');
  const Bytes key = typed(verifier.public_key);
  text.insert(text.end(), key.begin(), key.end());
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(text.data(), text.size(), digest.data());
  return {digest[0], digest[1], digest[2], digest[3]};
}

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 &&
         std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f && c != '+'; });
}

// name, hash and base64 of a key line; the base64 may itself hold a '+'.
struct KeyLine {
  std::string_view name, hash, key;
};
std::optional<KeyLine> split_key_line(std::string_view line) {
  const auto first = line.find('+');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = line.find('+', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  KeyLine parts{line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)};
  if (!is_name(parts.name)) return std::nullopt;
  return parts;
}

// One line off the front; nothing if there is no newline.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::string HeadVerifier::to_line() const {
  return name + "+" + hex(key_hash(*this)) + "+" + base64(typed(public_key));
}

Result<HeadVerifier> HeadVerifier::from_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  const auto parts = split_key_line(line);
  const auto key = parts ? unbase64(parts->key, 1 + crypto_sign_PUBLICKEYBYTES) : std::nullopt;
  if (!key || key->front() != kEd25519)
    return fail(ErrorCode::bad_data, "key: must be one line name+hash+base64 of an Ed25519 key");
  HeadVerifier verifier{.name = std::string(parts->name), .public_key = {}};
  std::copy(key->begin() + 1, key->end(), verifier.public_key.begin());
  if (parts->hash != hex(key_hash(verifier)))
    return fail(ErrorCode::bad_data, "key: the hash does not belong to this name and key");
  return verifier;
}

Result<std::string> open_note(std::string_view note, const HeadVerifier& verifier) {
  const auto bad = [](const char* why) { return fail(ErrorCode::bad_data, why); };
  const auto gap = note.rfind("\n\n");
  if (gap == std::string_view::npos || !note.ends_with('\n') || note.size() < gap + 3)
    return bad("must be a text, an empty line and one signature");
  const std::string_view text = note.substr(0, gap + 1);
  const std::string_view signature = note.substr(gap + 2, note.size() - gap - 3);
  const std::string before = std::string(kDash) + verifier.name + " ";
  if (!signature.starts_with(before) || signature.find('\n') != std::string_view::npos)
    return bad("is not signed by this log's key alone");
  const auto signed_by = unbase64(signature.substr(before.size()), 4 + kSignatureBytes);
  const auto id = key_hash(verifier);
  if (!signed_by || !std::equal(id.begin(), id.end(), signed_by->begin()))
    return bad("is not signed by this log's key");
  if (crypto_sign_verify_detached(signed_by->data() + 4, reinterpret_cast<const unsigned char*>(text.data()),
                                  text.size(), verifier.public_key.data()) != 0)
    return bad("the signature does not fit");
  return std::string(text);
}

std::string checkpoint_text(const std::string& origin, const Head& head) {
  return origin + "\n" + std::to_string(head.size) + "\n" + base64(head.root) + "\n";
}

Result<Head> read_checkpoint_text(std::string_view text, const HeadVerifier& verifier) {
  const auto bad = [](const std::string& why) { return fail(ErrorCode::bad_data, "checkpoint: " + why); };
  std::string_view rest = text;
  const auto origin = take_line(rest), size = take_line(rest), root = take_line(rest);
  if (!origin || !size || !root || !rest.empty()) return bad("must be three lines");
  if (*origin != verifier.name) return bad("is of another log");
  Head head;
  const auto parsed = std::from_chars(size->data(), size->data() + size->size(), head.size);
  if (parsed.ec != std::errc() || parsed.ptr != size->data() + size->size() ||
      std::to_string(head.size) != *size)
    return bad("the size must be a decimal number");
  const auto hash = unbase64(*root, sizeof(Hash));
  if (!hash) return bad("the root must be the base64 of 32 bytes");
  std::ranges::copy(*hash, head.root.begin());
  return head;
}

Result<Head> open_checkpoint(std::string_view checkpoint, const HeadVerifier& verifier) {
  const auto bad = [](const std::string& why) { return fail(ErrorCode::bad_data, "checkpoint: " + why); };
  if (checkpoint.size() > 4096) return bad("is longer than a checkpoint can be");
  const auto text = open_note(checkpoint, verifier);
  if (!text) return bad(text.error().message);
  return read_checkpoint_text(*text, verifier);
}

Result<HeadKey> HeadKey::load(const std::filesystem::path& dir, bool create) {
  if (!create) return load_file(dir / "head-key", "");
  if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium cannot start");
  // A log's name has to differ from every other log's; the office's own name may follow with the key.
  std::string name = "ktp-station/";
  for (int i = 0; i < 12; ++i) name += static_cast<char>('a' + randombytes_uniform(16));
  return load_file(dir / "head-key", name);
}

Result<HeadKey> HeadKey::load_file(const std::filesystem::path& file, const std::string& make_for) {
  if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium cannot start");
  std::function<Bytes()> make;
  if (!make_for.empty())
    make = [&make_for] {
      HeadVerifier fresh{.name = make_for, .public_key = {}};
      std::array<std::uint8_t, kSeedBytes> seed{};
      std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
      randombytes_buf(seed.data(), seed.size());
      crypto_sign_seed_keypair(fresh.public_key.data(), secret.data(), seed.data());
      const std::string line =
          std::string(kPrivate) + fresh.name + "+" + hex(key_hash(fresh)) + "+" + base64(typed(seed)) + "\n";
      sodium_memzero(seed.data(), seed.size());
      sodium_memzero(secret.data(), secret.size());
      return Bytes(line.begin(), line.end());
    };
  auto bytes = load_key_file(file, 512, make);
  if (!bytes)
    return fail(bytes.error().code, bytes.error().message + "; without it the log's head cannot be signed");
  std::string_view line(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (line.ends_with('\n')) line.remove_suffix(1);
  const auto bad = [&] {
    return fail(ErrorCode::configuration, "key file " + file.string() +
                                              " must hold one line PRIVATE+KEY+name+hash+base64; restore it "
                                              "from the backup");
  };
  if (!line.starts_with(kPrivate)) return bad();
  const auto parts = split_key_line(line.substr(kPrivate.size()));
  auto seed = parts ? unbase64(parts->key, 1 + kSeedBytes) : std::nullopt;
  if (!seed || seed->front() != kEd25519) return bad();
  HeadKey key;
  key.verifier_.name = std::string(parts->name);
  crypto_sign_seed_keypair(key.verifier_.public_key.data(), key.secret_.data(), seed->data() + 1);
  const bool whole = parts->hash == hex(key_hash(key.verifier_));
  sodium_memzero(seed->data(), seed->size());
  sodium_memzero(bytes->data(), bytes->size());
  if (!whole) return bad();
  return key;
}

HeadKey::HeadKey(HeadKey&& other) noexcept : verifier_(std::move(other.verifier_)), secret_(other.secret_) {
  sodium_memzero(other.secret_.data(), other.secret_.size());
}
HeadKey& HeadKey::operator=(HeadKey&& other) noexcept {
  if (this != &other) {
    verifier_ = std::move(other.verifier_);
    secret_ = other.secret_;
    sodium_memzero(other.secret_.data(), other.secret_.size());
  }
  return *this;
}
HeadKey::~HeadKey() {
  sodium_memzero(secret_.data(), secret_.size());
}

std::string HeadKey::sign(std::string_view text) const {
  Bytes signature(4 + kSignatureBytes);
  const auto id = key_hash(verifier_);
  std::ranges::copy(id, signature.begin());
  crypto_sign_detached(signature.data() + 4, nullptr, reinterpret_cast<const unsigned char*>(text.data()),
                       text.size(), secret_.data());
  return std::string(text) + "\n" + std::string(kDash) + verifier_.name + " " + base64(signature) + "\n";
}

std::string HeadKey::checkpoint(const Head& head) const {
  return sign(checkpoint_text(verifier_.name, head));
}

}  // namespace ktp::ledger
