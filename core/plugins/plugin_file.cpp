// SPDX-License-Identifier: Apache-2.0
#include "plugins/plugin_file.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace ktp::plugins {
namespace fs = std::filesystem;
namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::unexpected<Error> cannot(const fs::path& path, const char* what) {
  return fail(errno == ENOENT ? ErrorCode::input_missing : ErrorCode::configuration,
              path.string() + ": " + what + ": " + std::strerror(errno));
}

Result<void> ours(const fs::path& path, bool may_be_sticky) {
  struct stat about{};
  if (::lstat(path.c_str(), &about) != 0) return cannot(path, "cannot be examined");
  if (S_ISLNK(about.st_mode))
    return fail(ErrorCode::configuration,
                path.string() + ": is a link; plugins are used where they really lie");
  if (about.st_uid != 0 && about.st_uid != ::geteuid()) {
    return fail(ErrorCode::configuration,
                path.string() + ": belongs to user " + std::to_string(about.st_uid) +
                    "; allowed are root and the station's own user " + std::to_string(::geteuid()) +
                    " (chown root " + path.string() + ")");
  }
  const bool open_to_others = (about.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (open_to_others && !(may_be_sticky && (about.st_mode & S_ISVTX) != 0)) {
    return fail(ErrorCode::configuration,
                path.string() + ": others may write to it, so nobody knows what it is (chmod go-w " +
                    path.string() + ")");
  }
  return {};
}

}  // namespace

fs::path beside(const fs::path& library, const char* suffix) {
  return library.parent_path() / (library.stem().string() + suffix);
}

Result<void> only_ours(const fs::path& path) {
  return ours(path, false);
}

Result<void> only_our_folders(const fs::path& folder) {
  if (auto result = ours(folder, false); !result) return result;
  for (fs::path at = folder; at.has_relative_path();) {
    at = at.parent_path();
    if (auto result = ours(at, true); !result) return result;
  }
  return {};
}

Result<std::string> read_small(const fs::path& path, std::size_t most) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  struct stat about{};
  if (file.fd < 0 || ::fstat(file.fd, &about) != 0) return cannot(path, "cannot be read");
  if (!S_ISREG(about.st_mode))
    return fail(ErrorCode::configuration, path.string() + ": is not a regular file");
  std::string text;
  std::array<char, 16'384> block{};
  while (true) {
    const ssize_t n = ::read(file.fd, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot(path, "cannot be read");
    if (n == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(n));
    if (text.size() > most) {
      return fail(ErrorCode::configuration,
                  path.string() + ": is larger than the " + std::to_string(most) + " bytes allowed");
    }
  }
}

Result<std::string> sha256_of(const fs::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  struct stat about{};
  if (file.fd < 0 || ::fstat(file.fd, &about) != 0) return cannot(path, "cannot be read");
  if (!S_ISREG(about.st_mode))
    return fail(ErrorCode::configuration, path.string() + ": is not a regular file");
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int bytes = 0;
  bool good = hash != nullptr && EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) == 1;
  std::array<char, 65'536> block{};
  while (good) {
    const ssize_t n = ::read(file.fd, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot(path, "cannot be read");
    if (n == 0) break;
    good = EVP_DigestUpdate(hash.get(), block.data(), static_cast<std::size_t>(n)) == 1;
  }
  if (!good || EVP_DigestFinal_ex(hash.get(), digest.data(), &bytes) != 1)
    return fail(ErrorCode::internal, path.string() + ": its SHA-256 cannot be computed");
  std::string hex;
  for (unsigned int i = 0; i < bytes; ++i) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

}  // namespace ktp::plugins
