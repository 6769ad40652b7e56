// SPDX-License-Identifier: Apache-2.0
#include "ledger/key_file.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "ledger/key_seal.hpp"

namespace ktp::ledger {

namespace {

bool write_whole(int fd, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

void sync_folder_of(const std::filesystem::path& file) {
  if (const int dir = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); dir >= 0) {
    ::fsync(dir);
    ::close(dir);
  }
}

// Writes the key into a new file, closes it and lets `name` give it its name.
template <class Name>
Result<void> write_beside(const std::filesystem::path& file, int fd, const std::string& beside,
                          std::vector<std::uint8_t> key, Name&& name) {
  if (fd < 0)
    return fail(ErrorCode::configuration,
                "cannot make the key file in " + file.parent_path().string() + ": " + std::strerror(errno));
  const bool written = write_whole(fd, key) && ::fsync(fd) == 0;
  ::close(fd);
  const bool named = written && name(beside.c_str());
  const int why = errno;
  ::unlink(beside.c_str());
  sodium_memzero(key.data(), key.size());
  sync_folder_of(file);
  if (!named)
    return fail(ErrorCode::configuration,
                "cannot write the key file " + file.string() + ": " + std::strerror(why));
  return {};
}

// As it goes to the disk.
Result<std::vector<std::uint8_t>> for_disk(std::vector<std::uint8_t> key) {
  const auto outer = OuterKeys::find();
  if (!outer) return std::unexpected(outer.error());
  if (!outer->present) return key;
  auto sealed = seal_key(key, *outer->present);
  sodium_memzero(key.data(), key.size());
  return sealed;
}

// Several processes may make the first key at a time: one of them does.
Result<void> write_new(const std::filesystem::path& file, std::vector<std::uint8_t> key) {
  auto bytes = for_disk(std::move(key));
  if (!bytes) return std::unexpected(bytes.error());
  std::string beside = file.string() + ".XXXXXX";
  const int fd = ::mkostemp(beside.data(), O_CLOEXEC);
  return write_beside(file, fd, beside, *std::move(bytes),
                      [&](const char* from) { return ::link(from, file.c_str()) == 0 || errno == EEXIST; });
}

Result<std::vector<std::uint8_t>> read_raw(const std::filesystem::path& file, std::size_t most,
                                           const std::function<std::vector<std::uint8_t>()>& make) {
  int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && make) {
    if (auto made = write_new(file, make()); !made) return std::unexpected(made.error());
    fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (fd < 0)
    return fail(ErrorCode::configuration,
                "cannot read the key file " + file.string() + ": " + std::strerror(errno));
  struct stat info{};
  std::vector<std::uint8_t> bytes(most + 1);
  const bool stat_ok = ::fstat(fd, &info) == 0;
  std::size_t size = 0;
  ssize_t n = 0;
  while (size < bytes.size() &&
         ((n = ::read(fd, bytes.data() + size, bytes.size() - size)) > 0 || (n < 0 && errno == EINTR)))
    if (n > 0) size += static_cast<std::size_t>(n);
  ::close(fd);
  if (!stat_ok || n < 0) return fail(ErrorCode::configuration, "cannot read the key file " + file.string());
  if ((info.st_mode & 077) != 0)
    return fail(ErrorCode::configuration,
                "key file " + file.string() + " can be read by others; run: chmod 600 " + file.string());
  if (size > most)
    return fail(ErrorCode::configuration, "key file " + file.string() + " is longer than a key can be");
  bytes.resize(size);
  return bytes;
}

}  // namespace

Result<std::vector<std::uint8_t>> load_key_file(const std::filesystem::path& file, std::size_t most,
                                                const std::function<std::vector<std::uint8_t>()>& make) {
  auto bytes = read_raw(file, most + kKeySealOverhead, make);
  if (!bytes || !is_sealed_key(*bytes)) {
    if (bytes && bytes->size() > most)
      return fail(ErrorCode::configuration, "key file " + file.string() + " is longer than a key can be");
    return bytes;
  }
  const auto outer = OuterKeys::find();
  if (!outer) return std::unexpected(outer.error());
  return open_key(*bytes, *outer, "key file " + file.string());
}

Result<bool> key_file_is_sealed(const std::filesystem::path& file) {
  constexpr std::size_t kMost = 1 << 20;
  const auto bytes = read_raw(file, kMost, {});
  if (!bytes) return std::unexpected(bytes.error());
  return is_sealed_key(*bytes);
}

Result<void> replace_key_file(const std::filesystem::path& file, std::vector<std::uint8_t> key, bool sealed) {
  auto bytes = sealed ? for_disk(std::move(key)) : Result<std::vector<std::uint8_t>>(std::move(key));
  if (!bytes) return std::unexpected(bytes.error());
  // One name, so that what a power cut leaves is written over by the next try.
  const std::string beside = file.string() + ".new";
  const int fd = ::open(beside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  return write_beside(file, fd, beside, *std::move(bytes),
                      [&](const char* from) { return ::rename(from, file.c_str()) == 0; });
}

Result<void> rename_key_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return fail(ErrorCode::configuration,
                "cannot rename the key file " + from.string() + ": " + std::strerror(errno));
  sync_folder_of(to);
  return {};
}

}  // namespace ktp::ledger
