// SPDX-License-Identifier: Apache-2.0
#include "ledger/personal.hpp"

#include <openssl/sha.h>
#include <sodium.h>

#include <cstring>
#include <functional>

#include "ledger/key_file.hpp"

namespace ktp::ledger {

namespace {

constexpr std::size_t kKeyBytes = 32;

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.resize(std::strlen(text.c_str()));
  return text;
}

}  // namespace

Result<PersonalKey> PersonalKey::load(const std::filesystem::path& dir, bool create) {
  if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium cannot start");
  const auto file = dir / "key";
  std::function<std::vector<std::uint8_t>()> make;
  if (create)
    make = [] {
      std::vector<std::uint8_t> fresh(kKeyBytes);
      randombytes_buf(fresh.data(), fresh.size());
      return fresh;
    };
  auto bytes = load_key_file(file, kKeyBytes, make);
  if (!bytes)
    return fail(bytes.error().code, bytes.error().message + "; without it personal records cannot be opened");
  if (bytes->size() != kKeyBytes)
    return fail(ErrorCode::configuration, "key file " + file.string() + " must hold exactly 32 bytes");
  PersonalKey key;
  crypto_kdf_derive_from_key(key.seal_key_.data(), key.seal_key_.size(), 1, "ktp-seal", bytes->data());
  crypto_kdf_derive_from_key(key.hash_key_.data(), key.hash_key_.size(), 2, "ktp-hash", bytes->data());
  sodium_memzero(bytes->data(), bytes->size());
  return key;
}

std::string PersonalKey::hash(std::string_view purpose, std::string_view value) const {
  std::array<std::uint8_t, 16> out{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, hash_key_.data(), hash_key_.size(), out.size());
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
  constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  std::vector<std::uint8_t> out(kNonce + plain.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  randombytes_buf(out.data(), kNonce);
  unsigned long long written = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + kNonce, &written, plain.data(), plain.size(),
                                             reinterpret_cast<const unsigned char*>(context.data()),
                                             context.size(), nullptr, out.data(), seal_key_.data());
  out.resize(kNonce + written);
  return out;
}

Result<std::vector<std::uint8_t>> PersonalKey::open(std::span<const std::uint8_t> sealed,
                                                    std::string_view context) const {
  constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
  if (sealed.size() < kNonce + kTag) return fail(ErrorCode::bad_data, "sealed record is too short");
  std::vector<std::uint8_t> plain(sealed.size() - kNonce - kTag);
  unsigned long long size = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), &size, nullptr, sealed.data() + kNonce,
                                                 sealed.size() - kNonce,
                                                 reinterpret_cast<const unsigned char*>(context.data()),
                                                 context.size(), sealed.data(), seal_key_.data()) != 0)
    return fail(ErrorCode::bad_data, "sealed record was changed, or belongs to another key");
  plain.resize(size);
  return plain;
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
