// SPDX-License-Identifier: Apache-2.0
#include "ledger/personal.hpp"

#include <openssl/sha.h>
#include <sodium.h>

#include <cstring>
#include <utility>

namespace ktp::ledger {

namespace {

constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kMark = 4;
constexpr std::string_view kOwnKey = "KTP3", kRingKey = "KTP2";

using Bytes = std::vector<std::uint8_t>;

bool has_mark(std::span<const std::uint8_t> sealed, std::string_view mark) {
  return sealed.size() >= kMark && std::memcmp(sealed.data(), mark.data(), kMark) == 0;
}

std::uint64_t number_at(std::span<const std::uint8_t> sealed, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes; i-- > 0;) number = number << 8 | sealed[kMark + i];
  return number;
}

Bytes head_of(std::string_view mark, std::uint64_t number, std::size_t bytes) {
  Bytes head(mark.begin(), mark.end());
  for (std::size_t i = 0; i < bytes; ++i) head.push_back(static_cast<std::uint8_t>(number >> 8 * i));
  return head;
}

// The head is bound as the context is: one record's bytes never open under another's key number.
Bytes bound(std::span<const std::uint8_t> head, std::string_view context) {
  Bytes all(head.begin(), head.end());
  all.insert(all.end(), context.begin(), context.end());
  return all;
}

Bytes encrypted(Bytes head, std::span<const std::uint8_t> plain, std::string_view context,
                const SecretKey& key) {
  const Bytes with = bound(head, context);
  const std::size_t at = head.size();
  head.resize(at + kNonce + plain.size() + kTag);
  randombytes_buf(head.data() + at, kNonce);
  unsigned long long written = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(head.data() + at + kNonce, &written, plain.data(), plain.size(),
                                             with.data(), with.size(), nullptr, head.data() + at, key.data());
  head.resize(at + kNonce + written);
  return head;
}

std::optional<Bytes> decrypted(std::span<const std::uint8_t> sealed, std::size_t at, std::string_view context,
                               const SecretKey& key) {
  if (sealed.size() < at + kNonce + kTag) return std::nullopt;
  const Bytes with = bound(sealed.first(at), context);
  Bytes plain(sealed.size() - at - kNonce - kTag);
  unsigned long long size = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), &size, nullptr, sealed.data() + at + kNonce,
                                                 sealed.size() - at - kNonce, with.data(), with.size(),
                                                 sealed.data() + at, key.data()) != 0)
    return std::nullopt;
  plain.resize(size);
  return plain;
}

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.resize(std::strlen(text.c_str()));
  return text;
}

}  // namespace

Result<PersonalKey> PersonalKey::load(const std::filesystem::path& dir, bool create) {
  auto ring = KeyRing::load(dir, create);
  if (!ring) return std::unexpected(ring.error());
  PersonalKey key;
  key.records_ = std::make_shared<RecordKeys>(dir, *ring);
  key.ring_ = *std::move(ring);
  return key;
}

std::string PersonalKey::hash(std::string_view purpose, std::string_view value) const {
  std::array<std::uint8_t, 16> out{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, ring_.hash.data(), ring_.hash.size(), out.size());
  const auto feed = [&](std::string_view text) {
    const std::uint64_t size = text.size();  // lengths keep "ab"+"c" and "a"+"bc" apart
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  };
  feed(purpose);
  feed(value);
  crypto_generichash_final(&state, out.data(), out.size());
  return base64(out);
}

std::vector<std::uint8_t> PersonalKey::seal(std::span<const std::uint8_t> plain,
                                            std::string_view context) const {
  return encrypted(head_of(kRingKey, ring_.newest(), 4), plain, context, ring_.seals.at(ring_.newest()));
}

Result<std::vector<std::uint8_t>> PersonalKey::seal_record(std::span<const std::uint8_t> plain,
                                                           std::string_view context) const {
  auto own = records_->take();
  if (!own) return std::unexpected(own.error());
  auto sealed =
      encrypted(head_of(kOwnKey, static_cast<std::uint64_t>(own->first), 8), plain, context, own->second);
  sodium_memzero(own->second.data(), own->second.size());
  return sealed;
}

Result<std::vector<std::uint8_t>> PersonalKey::seal_with(std::int64_t record_key,
                                                         std::span<const std::uint8_t> plain,
                                                         std::string_view context) const {
  auto own = records_->find(record_key);
  if (!own) return std::unexpected(own.error());
  if (!*own) return fail(ErrorCode::bad_data, "the record was deleted: its own key is no longer there");
  auto sealed = encrypted(head_of(kOwnKey, static_cast<std::uint64_t>(record_key), 8), plain, context, **own);
  sodium_memzero((*own)->data(), (*own)->size());
  return sealed;
}

Result<std::vector<std::uint8_t>> PersonalKey::open(std::span<const std::uint8_t> sealed,
                                                    std::string_view context) const {
  const auto changed = fail(ErrorCode::bad_data, "sealed record was changed, or belongs to another key");
  if (const auto number = record_key_of(sealed)) {
    auto own = records_->find(*number);
    if (!own) return std::unexpected(own.error());
    if (!*own) return fail(ErrorCode::bad_data, "the record was deleted: its own key is no longer there");
    auto plain = decrypted(sealed, kMark + 8, context, **own);
    sodium_memzero((*own)->data(), (*own)->size());
    if (plain) return *std::move(plain);
    return changed;
  }
  if (sealed.size() < kNonce + kTag) return fail(ErrorCode::bad_data, "sealed record is too short");
  const std::uint32_t number = ring_key_of(sealed);
  const bool marked = has_mark(sealed, kRingKey);
  if (const auto with = ring_.seals.find(number); with != ring_.seals.end())
    if (auto plain = decrypted(sealed, marked ? kMark + 4 : 0, context, with->second))
      return *std::move(plain);
  // One in four thousand million of the earlier form begins like the later one by chance.
  if (const auto first = ring_.seals.find(1); marked && first != ring_.seals.end())
    if (auto plain = decrypted(sealed, 0, context, first->second)) return *std::move(plain);
  if (!ring_.seals.contains(number))
    return fail(ErrorCode::configuration, "the record is sealed with key " + std::to_string(number) +
                                              ", which the key file does not hold; restore it from its copy");
  return changed;
}

bool PersonalKey::is_deleted(std::span<const std::uint8_t> sealed) const {
  const auto number = record_key_of(sealed);
  if (!number) return false;
  const auto own = records_->find(*number);
  return own && !*own;
}

std::optional<std::int64_t> PersonalKey::record_key_of(std::span<const std::uint8_t> sealed) {
  if (!has_mark(sealed, kOwnKey) || sealed.size() < kMark + 8 + kNonce + kTag) return std::nullopt;
  return static_cast<std::int64_t>(number_at(sealed, 8));
}

std::uint32_t PersonalKey::ring_key_of(std::span<const std::uint8_t> sealed) {
  if (record_key_of(sealed)) return 0;
  if (!has_mark(sealed, kRingKey) || sealed.size() < kMark + 4 + kNonce + kTag) return 1;
  return static_cast<std::uint32_t>(number_at(sealed, 4));
}

std::string sha256_text(std::span<const std::uint8_t> bytes) {
  // OpenSSL's uses the processor's SHA instructions; two photographs a card make that worth a library.
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> out{};
  SHA256(bytes.data(), bytes.size(), out.data());
  return base64(out);
}

std::string new_token() {
  std::array<std::uint8_t, 32> random{};
  randombytes_buf(random.data(), random.size());
  std::string token(random.size(), 'a');
  for (std::size_t i = 0; i < random.size(); ++i) token[i] = static_cast<char>('a' + (random[i] & 15));
  return token;
}

}  // namespace ktp::ledger
