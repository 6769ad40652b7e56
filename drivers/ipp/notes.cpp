// SPDX-License-Identifier: Apache-2.0
#include "ipp/notes.hpp"

#include <fcntl.h>
#include <station/abi.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "ipp/trouble.hpp"

namespace ipp {
namespace {

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail(const std::string& what) {
  throw Trouble(STN_E_INTERNAL, "notes: " + what + ": " + std::strerror(errno));
}

}  // namespace

Notes::Notes(std::string folder) : folder_(std::move(folder)) {
  if (folder_.empty()) return;
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST)
    throw Trouble(STN_E_BAD_INPUT, "notes: " + folder_ + ": " + std::strerror(errno));
  if (::access(folder_.c_str(), R_OK | W_OK | X_OK) != 0)
    throw Trouble(STN_E_BAD_INPUT, "notes: " + folder_ + " cannot be written: " + std::strerror(errno));
}

void Notes::write(const std::string& token, const Note& note) const {
  if (!kept()) return;
  const std::string name = folder_ + "/" + token, fresh = folder_ + "/." + token;
  const std::string text = std::to_string(note.job_id) + (note.whole ? " whole\n" : " sending\n");
  {
    const File file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.get() < 0 ||
        ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.get()) != 0)
      fail(fresh);
  }
  if (::rename(fresh.c_str(), name.c_str()) != 0) fail(name);
  const File folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) fail(folder_);
}

std::optional<Note> Notes::read(const std::string& token) const {
  if (!kept()) return std::nullopt;
  const std::string name = folder_ + "/" + token;
  const File file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::nullopt;
  std::array<char, 64> text{};
  if (file.get() < 0 || ::read(file.get(), text.data(), text.size() - 1) < 0) fail(name);
  std::array<char, 16> word{};
  Note note;
  // A note that cannot be read is a note all the same: something may have been sent.
  if (std::sscanf(text.data(), "%d %15s", &note.job_id, word.data()) == 2)
    note.whole = std::strcmp(word.data(), "whole") == 0;
  return note;
}

}  // namespace ipp
