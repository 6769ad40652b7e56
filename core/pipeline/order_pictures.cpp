// SPDX-License-Identifier: Apache-2.0
#include "pipeline/order_pictures.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "artwork/picture.hpp"

namespace ktp::pipeline {

namespace {

constexpr std::size_t kMaxPictureBytes = 20u * 1024 * 1024;

struct Fd {
  int fd;
  ~Fd() {
    if (fd >= 0) ::close(fd);
  }
};

// The kernel itself refuses every way out of the folder: "..", absolute paths and links, at the moment of
// opening.
Result<std::vector<std::uint8_t>> read_below(const std::filesystem::path& folder, const std::string& path) {
  const auto bad = [](const std::string& why) { return fail(ErrorCode::bad_data, why); };
  const Fd dir{::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (dir.fd < 0) return bad("the batch's folder cannot be opened");
  struct open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const Fd file{static_cast<int>(::syscall(SYS_openat2, dir.fd, path.c_str(), &how, sizeof how))};
  if (file.fd < 0) {
    if (errno == EXDEV || errno == ELOOP) return bad("leads out of the batch's folder");
    return bad(errno == ENOENT ? "there is no such file in the batch's folder"
                               : std::string("cannot be read: ") + std::strerror(errno));
  }
  struct stat info{};
  if (::fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode)) return bad("is not a regular file");
  if (static_cast<std::uint64_t>(info.st_size) > kMaxPictureBytes) return bad("is larger than 20 MB");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(info.st_size));
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t n = ::read(file.fd, bytes.data() + got, bytes.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return bad("cannot be read to its end");
    got += static_cast<std::size_t>(n);
  }
  return bytes;
}

}  // namespace

Result<OrderPictures> read_pictures(const Order& order, const std::filesystem::path& folder) {
  OrderPictures pictures;
  auto portrait = read_below(folder, order.field("foto"));
  if (!portrait) return fail(ErrorCode::bad_data, "foto: " + portrait.error().message);
  pictures.portrait = std::move(*portrait);
  if (!order.field("tanda_tangan").empty()) {
    auto signature = read_below(folder, order.field("tanda_tangan"));
    if (!signature) return fail(ErrorCode::bad_data, "tanda_tangan: " + signature.error().message);
    pictures.signature = std::move(*signature);
  }
  return pictures;
}

Result<DecodedPictures> decode_pictures(const OrderPictures& pictures) {
  DecodedPictures decoded;
  auto portrait = artwork::decode_picture(pictures.portrait);
  if (!portrait) return fail(ErrorCode::bad_data, "foto: " + portrait.error().message);
  decoded.portrait = std::move(*portrait);
  if (!pictures.signature.empty()) {
    auto signature = artwork::decode_picture(pictures.signature);
    if (!signature) return fail(ErrorCode::bad_data, "tanda_tangan: " + signature.error().message);
    decoded.signature = std::move(*signature);
  }
  return decoded;
}

}  // namespace ktp::pipeline
