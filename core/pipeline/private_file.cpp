// SPDX-License-Identifier: Apache-2.0
#include "pipeline/private_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace ktp::pipeline {

Result<void> write_private(const std::filesystem::path& file, std::span<const std::uint8_t> bytes,
                           bool synced) {
  const std::string beside = (file.parent_path() / ("." + file.filename().string())).string();
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(ErrorCode::internal, std::strerror(errno));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  const bool safe = done == bytes.size() && (!synced || ::fsync(fd) == 0);
  const int why = errno;
  ::close(fd);
  if (!safe || ::rename(beside.c_str(), file.c_str()) != 0) {
    ::unlink(beside.c_str());
    return fail(ErrorCode::internal, std::strerror(why));
  }
  return {};
}

}  // namespace ktp::pipeline
