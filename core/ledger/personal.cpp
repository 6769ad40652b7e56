// SPDX-License-Identifier: Apache-2.0
#include "ledger/personal.hpp"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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

bool write_whole(int fd, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

// Written beside and linked into place, so that a power cut never leaves a short key; an existing key is
// never replaced.
Result<void> make_key(const std::filesystem::path& file) {
  std::array<std::uint8_t, kKeyBytes> key{};
  randombytes_buf(key.data(), key.size());
  std::string beside = file.string() + ".XXXXXX";
  const int fd = ::mkstemp(beside.data());
  if (fd < 0)
    return fail(ErrorCode::configuration,
                "cannot make the key file in " + file.parent_path().string() + ": " + std::strerror(errno));
  const bool written = write_whole(fd, key) && ::fsync(fd) == 0;
  ::close(fd);
  const bool linked = written && (::link(beside.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const int why = errno;
  ::unlink(beside.c_str());
  sodium_memzero(key.data(), key.size());
  if (const int dir = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); dir >= 0) {
    ::fsync(dir);
    ::close(dir);
  }
  if (!linked)
    return fail(ErrorCode::configuration,
                "cannot write the key file " + file.string() + ": " + std::strerror(why));
  return {};
}

}  // namespace

Result<PersonalKey> PersonalKey::load(const std::filesystem::path& dir, bool create) {
  if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium cannot start");
  const auto file = dir / "key";
  int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && create) {
    if (auto made = make_key(file); !made) return std::unexpected(made.error());
    fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (fd < 0)
    return fail(ErrorCode::configuration, "cannot read the key file " + file.string() + ": " +
                                              std::strerror(errno) +
                                              "; without it personal records cannot be opened");
  struct stat info{};
  std::array<std::uint8_t, kKeyBytes + 1> bytes{};
  const bool stat_ok = ::fstat(fd, &info) == 0;
  const ssize_t n = ::read(fd, bytes.data(), bytes.size());
  ::close(fd);
  if (stat_ok && (info.st_mode & 077) != 0)
    return fail(ErrorCode::configuration,
                "key file " + file.string() + " can be read by others; run: chmod 600 " + file.string());
  if (n != static_cast<ssize_t>(kKeyBytes))
    return fail(ErrorCode::configuration, "key file " + file.string() + " must hold exactly 32 bytes");
  PersonalKey key;
  crypto_kdf_derive_from_key(key.seal_key_.data(), key.seal_key_.size(), 1, "ktp-seal", bytes.data());
  crypto_kdf_derive_from_key(key.hash_key_.data(), key.hash_key_.size(), 2, "ktp-hash", bytes.data());
  sodium_memzero(bytes.data(), bytes.size());
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
