// SPDX-License-Identifier: Apache-2.0
#include "sim-world/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "sim-world/trouble.hpp"

namespace sim {
namespace {

constexpr std::string_view kDotPrefix = ".new-";

Trouble io(const char* what, const fs::path& file) {
  return {Kind::io, std::string("cannot ") + what + " " + file.string() + ": " + std::strerror(errno)};
}

struct Descriptor {
  int fd = -1;
  explicit Descriptor(int f) : fd(f) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

void write_all(int fd, const std::uint8_t* data, std::size_t size, const fs::path& file) {
  while (size > 0) {
    const ssize_t n = ::write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw io("write", file);
    data += n;
    size -= static_cast<std::size_t>(n);
  }
}

fs::path dot_name(const fs::path& file) {
  return file.parent_path() / (std::string(kDotPrefix) + file.filename().string());
}

// Not every file system has RENAME_NOREPLACE; there the test comes first, which is enough where one process
// holds the lock.
void rename_to_free_name(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) throw io("rename to", to);
  if (::access(to.c_str(), F_OK) == 0) {
    errno = EEXIST;
    throw io("rename to", to);
  }
  if (::rename(from.c_str(), to.c_str()) != 0) throw io("rename to", to);
}

}  // namespace

std::vector<std::uint8_t> read_file(const fs::path& file, std::uint64_t limit) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (in.fd < 0) {
    if (errno == ENOENT) throw Trouble(Kind::not_found, "no such file: " + file.string());
    throw io("read", file);
  }
  struct stat info{};
  if (::fstat(in.fd, &info) != 0) throw io("read", file);
  if (!S_ISREG(info.st_mode)) throw Trouble(Kind::io, "not a regular file: " + file.string());
  if (static_cast<std::uint64_t>(info.st_size) > limit)
    throw Trouble(Kind::bad_input, file.string() + " is larger than " + std::to_string(limit) + " bytes");
  std::vector<std::uint8_t> data(static_cast<std::size_t>(info.st_size));
  std::size_t have = 0;
  while (have < data.size()) {
    const ssize_t n = ::read(in.fd, data.data() + have, data.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw io("read", file);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  data.resize(have);
  return data;
}

std::vector<std::string> file_names(const fs::path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (dir == nullptr) throw io("read folder", folder);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (entry->d_name[0] == '.') continue;
    if (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN) names.emplace_back(entry->d_name);
  }
  return names;
}

void Files::write_dot_file(const fs::path& dot, std::span<const std::uint8_t> data) const {
  step();
  const Descriptor out(::open(dot.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (out.fd < 0) throw io("write", dot);
  step();
  write_all(out.fd, data.data(), data.size() / 2, dot);
  step();
  write_all(out.fd, data.data() + data.size() / 2, data.size() - data.size() / 2, dot);
}

void Files::write_new(const fs::path& file, std::span<const std::uint8_t> data) const {
  const fs::path dot = dot_name(file);
  write_dot_file(dot, data);
  step();
  rename_to_free_name(dot, file);
}

void Files::replace(const fs::path& file, std::span<const std::uint8_t> data) const {
  const fs::path dot = dot_name(file);
  write_dot_file(dot, data);
  step();
  if (::rename(dot.c_str(), file.c_str()) != 0) throw io("rename to", file);
}

void Files::move(const fs::path& from, const fs::path& to) const {
  step();
  rename_to_free_name(from, to);
}

void Files::append(const fs::path& file, std::string_view text) const {
  step();
  const Descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (out.fd < 0) throw io("write", file);
  step();
  write_all(out.fd, bytes(text).data(), text.size(), file);
}

void Files::make_folder(const fs::path& folder) const {
  std::error_code failed;
  if (fs::is_directory(folder, failed)) return;
  step();
  fs::create_directories(folder, failed);
  if (failed) throw Trouble(Kind::io, "cannot make folder " + folder.string() + ": " + failed.message());
}

void Files::clean(const fs::path& folder) const {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (dir == nullptr) return;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with(kDotPrefix)) continue;
    step();
    if (::unlink((folder / name).c_str()) != 0 && errno != ENOENT) throw io("remove", folder / name);
  }
}

}  // namespace sim
