// SPDX-License-Identifier: Apache-2.0
#include "ledger/key_seal.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace ktp::ledger {

namespace {

using Key = std::array<std::uint8_t, 32>;

constexpr std::string_view kMark = "KTP-KEY-SEALED-1\n";
constexpr std::string_view kContext = "ktp-station key file";
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kMark.size() + kNonce + kTag <= kKeySealOverhead);

Result<Key> read_outer(const std::filesystem::path& file, bool credential) {
  const auto bad = [&](const std::string& why) {
    return fail(ErrorCode::configuration, file.string() + ": " + why);
  };
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return bad(std::string("the key that seals key files cannot be read: ") + std::strerror(errno));
  struct stat info{};
  Key key{};
  std::uint8_t more = 0;
  std::size_t size = 0;
  const bool is_file = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  while (is_file && size < key.size()) {
    const ssize_t n = ::read(fd, key.data() + size, key.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    size += static_cast<std::size_t>(n);
  }
  const bool ends = is_file && ::read(fd, &more, 1) == 0;
  ::close(fd);
  // The folder of credentials is closed to others as a whole, and its files may have an access list.
  if (!credential && is_file && (info.st_mode & 077) != 0)
    return bad("can be read by others; run: chmod 600 " + file.string());
  if (!is_file || size != key.size() || !ends)
    return bad("must hold exactly 32 bytes, as `head -c 32 /dev/urandom` makes them");
  return key;
}

Result<std::optional<Key>> find_one(const char* credential, const char* variable) {
  const auto named = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  std::error_code none;
  if (const auto folder = named("CREDENTIALS_DIRECTORY"); !folder.empty())
    if (const auto file = folder / credential; std::filesystem::exists(file, none)) {
      auto key = read_outer(file, true);
      if (!key) return std::unexpected(key.error());
      return std::optional(*key);
    }
  if (const auto file = named(variable); !file.empty()) {
    auto key = read_outer(file, false);
    if (!key) return std::unexpected(key.error());
    return std::optional(*key);
  }
  return std::optional<Key>();
}

std::optional<std::vector<std::uint8_t>> opened(std::span<const std::uint8_t> sealed, const Key& key) {
  if (sealed.size() < kMark.size() + kNonce + kTag) return std::nullopt;
  const auto rest = sealed.subspan(kMark.size());
  std::vector<std::uint8_t> plain(rest.size() - kNonce - kTag);
  unsigned long long size = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), &size, nullptr, rest.data() + kNonce,
                                                 rest.size() - kNonce,
                                                 reinterpret_cast<const unsigned char*>(kContext.data()),
                                                 kContext.size(), rest.data(), key.data()) != 0)
    return std::nullopt;
  plain.resize(size);
  return plain;
}

}  // namespace

OuterKeys::~OuterKeys() {
  for (auto* key : {&present, &old})
    if (*key) sodium_memzero((*key)->data(), (*key)->size());
}

Result<OuterKeys> OuterKeys::find() {
  if (sodium_init() < 0) return fail(ErrorCode::internal, "libsodium cannot start");
  OuterKeys keys;
  const auto present = find_one("ktp-station-key", "KTP_STATION_KEY");
  if (!present) return std::unexpected(present.error());
  keys.present = *present;
  const auto old = find_one("ktp-station-key-old", "KTP_STATION_KEY_OLD");
  if (!old) return std::unexpected(old.error());
  keys.old = *old;
  return keys;
}

bool is_sealed_key(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kMark.size() && std::memcmp(bytes.data(), kMark.data(), kMark.size()) == 0;
}

std::vector<std::uint8_t> seal_key(std::span<const std::uint8_t> plain, const Key& outer) {
  std::vector<std::uint8_t> out(kMark.begin(), kMark.end());
  const std::size_t at = out.size();
  out.resize(at + kNonce + plain.size() + kTag);
  randombytes_buf(out.data() + at, kNonce);
  unsigned long long written = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + at + kNonce, &written, plain.data(), plain.size(),
                                             reinterpret_cast<const unsigned char*>(kContext.data()),
                                             kContext.size(), nullptr, out.data() + at, outer.data());
  out.resize(at + kNonce + written);
  return out;
}

Result<std::vector<std::uint8_t>> open_key(std::span<const std::uint8_t> sealed, const OuterKeys& outer,
                                           const std::string& file) {
  for (const auto* key : {&outer.present, &outer.old})
    if (*key)
      if (auto plain = opened(sealed, **key)) return *std::move(plain);
  if (!outer.present && !outer.old)
    return fail(ErrorCode::configuration,
                file +
                    " is sealed, and the key for it is not there: start the station by its systemd unit "
                    "(credential ktp-station-key), or let $KTP_STATION_KEY name the file that holds it");
  return fail(ErrorCode::configuration, file +
                                            " is sealed with another key than the credential ktp-station-key "
                                            "(or $KTP_STATION_KEY) holds, or was changed");
}

}  // namespace ktp::ledger
