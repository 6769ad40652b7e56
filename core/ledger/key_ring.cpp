// SPDX-License-Identifier: Apache-2.0
#include "ledger/key_ring.hpp"

#include <sodium.h>

#include <charconv>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/key_file.hpp"

namespace ktp::ledger {

namespace {

constexpr std::size_t kOneKey = 32;
constexpr std::size_t kMostBytes = 64 * 1024;
constexpr std::string_view kFirstLine = "KTP-KEYS-1\n";

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.resize(std::strlen(text.c_str()));
  return text;
}

bool unbase64(std::string_view text, SecretKey& key) {
  std::size_t got = 0;
  const char* end = nullptr;
  return sodium_base642bin(key.data(), key.size(), text.data(), text.size(), nullptr, &got, &end,
                           sodium_base64_VARIANT_ORIGINAL) == 0 &&
         got == key.size() && end == text.data() + text.size();
}

bool read_lines(std::string_view text, KeyRing& ring) {
  if (!text.starts_with(kFirstLine) || !text.ends_with('\n')) return false;
  text.remove_prefix(kFirstLine.size());
  bool has_hash = false;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    if (line.starts_with("hash ") && !has_hash) {
      has_hash = unbase64(line.substr(5), ring.hash);
      if (!has_hash) return false;
      continue;
    }
    if (!line.starts_with("seal ")) return false;
    line.remove_prefix(5);
    std::uint32_t number = 0;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), number);
    const auto used = static_cast<std::size_t>(parsed.ptr - line.data());
    if (parsed.ec != std::errc() || number == 0 || used >= line.size() || line[used] != ' ') return false;
    SecretKey key{};
    if (!unbase64(line.substr(used + 1), key) || !ring.seals.emplace(number, key).second) return false;
  }
  return has_hash && !ring.seals.empty();
}

}  // namespace

KeyRing::~KeyRing() {
  sodium_memzero(hash.data(), hash.size());
  for (auto& [number, key] : seals) sodium_memzero(key.data(), key.size());
}

Result<KeyRing> KeyRing::load(const std::filesystem::path& dir, bool create) {
  if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium cannot start");
  const auto file = dir / "key";
  std::function<std::vector<std::uint8_t>()> make;
  if (create)
    make = [] {
      std::vector<std::uint8_t> fresh(kOneKey);
      randombytes_buf(fresh.data(), fresh.size());
      return fresh;
    };
  auto bytes = load_key_file(file, kMostBytes, make);
  if (!bytes)
    return fail(bytes.error().code, bytes.error().message + "; without it personal records cannot be opened");
  KeyRing ring;
  bool whole = true;
  if (bytes->size() == kOneKey) {
    crypto_kdf_derive_from_key(ring.seals[1].data(), ring.seals[1].size(), 1, "ktp-seal", bytes->data());
    crypto_kdf_derive_from_key(ring.hash.data(), ring.hash.size(), 2, "ktp-hash", bytes->data());
  } else {
    whole = read_lines({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, ring);
  }
  sodium_memzero(bytes->data(), bytes->size());
  if (!whole)
    return fail(ErrorCode::configuration, "key file " + file.string() +
                                              " must hold exactly 32 bytes, or the lines that `keys rotate` "
                                              "writes; restore it from its copy");
  return ring;
}

Result<void> KeyRing::save(const std::filesystem::path& dir) const {
  std::string text(kFirstLine);
  text += "hash " + base64(hash) + "\n";
  for (const auto& [number, key] : seals) text += "seal " + std::to_string(number) + " " + base64(key) + "\n";
  std::vector<std::uint8_t> bytes(text.begin(), text.end());
  sodium_memzero(text.data(), text.size());
  return replace_key_file(dir / "key", std::move(bytes));
}

SecretKey new_secret_key() {
  SecretKey key{};
  randombytes_buf(key.data(), key.size());
  return key;
}

}  // namespace ktp::ledger
