// SPDX-License-Identifier: Apache-2.0
#include "artwork/picture.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <turbojpeg.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>

#include "artwork/exif.hpp"
#include "artwork/png_codec.hpp"

namespace ktp::artwork {
namespace {

struct TurboDeleter {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Turbo = std::unique_ptr<void, TurboDeleter>;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string system_text(int code) {
  return std::error_code(code, std::generic_category()).message();
}

bool is_jpeg(std::span<const std::uint8_t> b) {
  return b.size() >= 3 && b[0] == 0xFF && b[1] == 0xD8 && b[2] == 0xFF;
}

// A JPEG cut exactly before its end marker decodes to a full-looking picture in lenient decoders; we want the
// marker itself. Bytes after it are allowed: several cameras append their own data.
bool has_end_marker(std::span<const std::uint8_t> b) {
  static constexpr std::array<std::uint8_t, 2> kEoi{0xFF, 0xD9};
  return std::search(b.begin(), b.end(), kEoi.begin(), kEoi.end()) != b.end();
}

Result<Image> decode_jpeg(std::span<const std::uint8_t> bytes, const PictureLimits& limits) {
  const Turbo turbo(tjInitDecompress());
  if (!turbo) return fail(ErrorCode::internal, "cannot start the JPEG decoder");
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  const auto size = static_cast<unsigned long>(bytes.size());
  if (tjDecompressHeader3(turbo.get(), bytes.data(), size, &width, &height, &subsampling, &colours) != 0) {
    return fail(ErrorCode::bad_data, std::string("JPEG header: ") + tjGetErrorStr2(turbo.get()));
  }
  if (width <= 0 || height <= 0) return fail(ErrorCode::bad_data, "JPEG header: no size");
  if (static_cast<std::size_t>(width) * static_cast<std::size_t>(height) > limits.max_pixels) {
    return fail(ErrorCode::bad_data, "picture of " + std::to_string(width) + " x " + std::to_string(height) +
                                         " pixels is over the limit of " + std::to_string(limits.max_pixels));
  }
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    return fail(ErrorCode::bad_data, "JPEG is CMYK (print colours); save it as RGB");
  }
  if (!has_end_marker(bytes)) return fail(ErrorCode::bad_data, "JPEG is not whole: no end marker");
  Image image(width, height, 3);
  // A warning is what libjpeg says of a cut or damaged file, which it then fills with grey: here it is an
  // error.
  if (tjDecompress2(turbo.get(), bytes.data(), size, image.pixels.data(), width, 0, height, TJPF_RGB,
                    TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT) != 0) {
    return fail(ErrorCode::bad_data, std::string("JPEG is not whole: ") + tjGetErrorStr2(turbo.get()));
  }
  return upright(std::move(image), exif_orientation(bytes));
}

}  // namespace

Result<Image> decode_picture(std::span<const std::uint8_t> bytes, const PictureLimits& limits) {
  if (bytes.size() > limits.max_bytes) {
    return fail(ErrorCode::bad_data, "picture file of " + std::to_string(bytes.size()) +
                                         " bytes is over the limit of " + std::to_string(limits.max_bytes));
  }
  if (is_jpeg(bytes)) return decode_jpeg(bytes, limits);
  if (is_png(bytes)) return decode_png(bytes, limits);
  return fail(ErrorCode::bad_data, "neither a JPEG nor a PNG file");
}

Result<std::vector<std::uint8_t>> read_bytes(const std::filesystem::path& file, std::size_t max_bytes) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer that never comes.
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) {
    const int code = errno;
    if (code == ENOENT || code == ENOTDIR) return fail(ErrorCode::input_missing, "no such file");
    return fail(ErrorCode::bad_data, "cannot open the file: " + system_text(code));
  }
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0)
    return fail(ErrorCode::bad_data, "cannot read the file: " + system_text(errno));
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::bad_data, "not a regular file");
  const auto too_big = [&] {
    return fail(ErrorCode::bad_data, "file is over the limit of " + std::to_string(max_bytes) + " bytes");
  };
  if (static_cast<std::size_t>(info.st_size) > max_bytes) return too_big();
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(info.st_size) +
                                  1);  // one more: notices a file that grows
  std::size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) {
      if (filled > max_bytes) return too_big();
      bytes.resize(std::min(max_bytes + 1, bytes.size() * 2));
    }
    const ssize_t got = ::read(fd.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorCode::bad_data, "cannot read the file: " + system_text(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > max_bytes) return too_big();
  bytes.resize(filled);
  return bytes;
}

Result<Image> read_picture(const std::filesystem::path& file, const PictureLimits& limits) {
  auto bytes = read_bytes(file, limits.max_bytes);
  if (!bytes) return std::unexpected(bytes.error());
  return decode_picture(*bytes, limits);
}

Result<std::vector<std::uint8_t>> encode_jpeg(const ImageView& image, int quality) {
  if (image.empty() || (image.channels != 1 && image.channels != 3)) {
    return fail(ErrorCode::internal, "cannot encode an empty picture, or one that is neither grey nor RGB");
  }
  const Turbo turbo(tjInitCompress());
  if (!turbo) return fail(ErrorCode::internal, "cannot start the JPEG encoder");
  const bool grey = image.channels == 1;
  // From 85 on the caller cares more about the colours of thin lines than about size.
  const int subsampling = grey ? TJSAMP_GRAY : (quality >= 85 ? TJSAMP_444 : TJSAMP_420);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  const int status = tjCompress2(turbo.get(), image.data, image.width, static_cast<int>(image.stride),
                                 image.height, grey ? TJPF_GRAY : TJPF_RGB, &out, &size, subsampling,
                                 std::clamp(quality, 1, 100), TJFLAG_ACCURATEDCT);
  const std::unique_ptr<unsigned char, decltype(&tjFree)> owner(out, &tjFree);
  if (status != 0)
    return fail(ErrorCode::internal, std::string("JPEG encoder: ") + tjGetErrorStr2(turbo.get()));
  return std::vector<std::uint8_t>(out, out + size);
}

Result<void> write_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes, bool sync) {
  static std::atomic<unsigned> counter{0};
  // The name begins with a dot: readers of a folder skip what is not finished.
  const auto beside =
      file.parent_path() / ("." + file.filename().string() + "." + std::to_string(::getpid()) + "-" +
                            std::to_string(counter.fetch_add(1)));
  const auto failed = [&](const char* what, int code) {
    ::unlink(beside.c_str());
    return fail(ErrorCode::internal,
                std::string("cannot ") + what + " " + file.string() + ": " + system_text(code));
  };
  {
    const Descriptor fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (fd.get() < 0) return failed("create", errno);
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t put = ::write(fd.get(), bytes.data() + done, bytes.size() - done);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failed("write", errno);
      done += static_cast<std::size_t>(put);
    }
    if (sync && ::fdatasync(fd.get()) != 0) return failed("write", errno);
  }
  if (::rename(beside.c_str(), file.c_str()) != 0) return failed("rename", errno);
  return {};
}

Result<void> write_png(const std::filesystem::path& file, const ImageView& image) {
  auto bytes = encode_png(image);
  if (!bytes) return std::unexpected(bytes.error());
  return write_file(file, *bytes);
}

}  // namespace ktp::artwork
