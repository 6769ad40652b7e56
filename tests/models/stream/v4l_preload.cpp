// SPDX-License-Identifier: Apache-2.0
// A camera where the kernel has none: preloaded, it answers the system calls of a V4L2 program (videodev2.h,
// streaming by mmap) for one path. The pictures come from v4l_camera_peer through a mapped file. It proves
// the program's and OpenCV's path, not a kernel driver.
//
//   LD_PRELOAD=libv4l_preload.so V4L_PEER_NODE=/path V4L_PEER_FRAMES=/file
//
// One camera, opened once at a time. Like a kernel driver with four buffers: who does not read in time finds
// the oldest four, and misses what came after.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "models/stream/frame_ring.hpp"

namespace {

using ktp::model::FrameRing;

constexpr std::uint32_t kBuffers = 4;
constexpr std::uint32_t kExposureMode = 1;  // V4L2_EXPOSURE_MANUAL

FrameRing* ring = nullptr;
const char* node = nullptr;
int camera = -1;
bool streaming = false;
std::uint64_t taken = 0;
std::array<std::uint8_t*, kBuffers> buffers{};
std::array<bool, kBuffers> queued{};
v4l2_pix_format format{};
std::int32_t mode = 3;

template <class F>
F real(const char* name) {
  return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

std::uint64_t now_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

/// The file is opened before the worker gives up what it may open.
__attribute__((constructor)) void begin() {
  node = std::getenv("V4L_PEER_NODE");
  const char* const file = std::getenv("V4L_PEER_FRAMES");
  if (node == nullptr || file == nullptr) return;
  const int fd = ::open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* const at = real<void* (*)(void*, size_t, int, int, int, off_t)>("mmap")(
      nullptr, sizeof(FrameRing), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  real<int (*)(int)>("close")(fd);
  if (at != MAP_FAILED) ring = static_cast<FrameRing*>(at);
}

void fit(v4l2_pix_format& wanted) {
  if (wanted.pixelformat != V4L2_PIX_FMT_YUYV) wanted.pixelformat = V4L2_PIX_FMT_MJPEG;
  // Like most: a few sizes and nothing between.
  const bool large = wanted.width > 640;
  wanted.width = large ? 1400 : 640;
  wanted.height = large ? 960 : 480;
  wanted.field = V4L2_FIELD_NONE;
  wanted.bytesperline = wanted.pixelformat == V4L2_PIX_FMT_YUYV ? wanted.width * 2 : 0;
  wanted.sizeimage = FrameRing::kBytes;
  wanted.colorspace = V4L2_COLORSPACE_SRGB;
}

/// The next picture for a buffer that waits; null: none yet.
const FrameRing::Frame* next() {
  const std::uint64_t written = ring->written;
  if (written <= taken) return nullptr;
  if (written > taken + kBuffers + 8) taken = written - kBuffers;  // the ring is about to come round
  const FrameRing::Frame& frame = ring->frames[(taken + 1) % FrameRing::kFrames];
  return frame.number == taken + 1 ? &frame : nullptr;
}

int control(v4l2_control& c, bool set) {
  if (c.id == V4L2_CID_EXPOSURE_AUTO) {
    if (set) mode = c.value;
    c.value = mode;
    return 0;
  }
  if (c.id == V4L2_CID_EXPOSURE_ABSOLUTE) {
    if (set && (c.value < 1 || c.value > 5'000)) return ERANGE;
    if (set && mode == static_cast<std::int32_t>(kExposureMode)) ring->exposure = c.value;
    c.value = ring->exposure;
    return 0;
  }
  return EINVAL;
}

int answer(unsigned long request, void* argument) {
  if (ring->gone != 0) return ENODEV;
  switch (request) {
    case VIDIOC_QUERYCAP: {
      auto& cap = *static_cast<v4l2_capability*>(argument);
      cap = {};
      std::strcpy(reinterpret_cast<char*>(cap.driver), "peer");
      std::strcpy(reinterpret_cast<char*>(cap.card), "Camera");
      cap.capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS;
      cap.device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
      return 0;
    }
    case VIDIOC_G_FMT:
      static_cast<v4l2_format*>(argument)->fmt.pix = format;
      return 0;
    case VIDIOC_TRY_FMT:
      fit(static_cast<v4l2_format*>(argument)->fmt.pix);
      return 0;
    case VIDIOC_S_FMT: {
      auto& wanted = static_cast<v4l2_format*>(argument)->fmt.pix;
      if (streaming) return EBUSY;
      fit(wanted);
      format = wanted;
      ring->width = format.width;
      ring->height = format.height;
      ring->format = format.pixelformat;
      return 0;
    }
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
      auto& capture = static_cast<v4l2_streamparm*>(argument)->parm.capture;
      capture.capability = V4L2_CAP_TIMEPERFRAME;
      capture.timeperframe = {1, 15};
      return 0;
    }
    case VIDIOC_REQBUFS: {
      auto& wanted = *static_cast<v4l2_requestbuffers*>(argument);
      if (wanted.count > kBuffers) wanted.count = kBuffers;
      queued = {};
      return 0;
    }
    case VIDIOC_QUERYBUF: {
      auto& buffer = *static_cast<v4l2_buffer*>(argument);
      if (buffer.index >= kBuffers) return EINVAL;
      buffer.length = FrameRing::kBytes;
      buffer.m.offset = buffer.index << 24;
      return 0;
    }
    case VIDIOC_QBUF: {
      const auto& buffer = *static_cast<v4l2_buffer*>(argument);
      if (buffer.index >= kBuffers) return EINVAL;
      queued[buffer.index] = true;
      return 0;
    }
    case VIDIOC_DQBUF: {
      auto& buffer = *static_cast<v4l2_buffer*>(argument);
      const FrameRing::Frame* const frame = next();
      if (frame == nullptr || !streaming) return EAGAIN;
      for (std::uint32_t i = 0; i < kBuffers; ++i) {
        if (!queued[i] || buffers[i] == nullptr) continue;
        queued[i] = false;
        std::memcpy(buffers[i], frame->data, frame->bytes);
        buffer.index = i;
        buffer.bytesused = frame->bytes;
        buffer.length = FrameRing::kBytes;
        buffer.flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
        buffer.timestamp = {static_cast<time_t>(frame->stamp_us / 1'000'000),
                            static_cast<suseconds_t>(frame->stamp_us % 1'000'000)};
        buffer.sequence = static_cast<std::uint32_t>(frame->number.load());
        ++taken;
        return 0;
      }
      return EAGAIN;
    }
    case VIDIOC_STREAMON:
      streaming = true;
      taken = ring->written;
      return 0;
    case VIDIOC_STREAMOFF:
      streaming = false;
      queued = {};
      return 0;
    case VIDIOC_QUERYCTRL: {
      auto& query = *static_cast<v4l2_queryctrl*>(argument);
      if (query.id != V4L2_CID_EXPOSURE_AUTO && query.id != V4L2_CID_EXPOSURE_ABSOLUTE) return EINVAL;
      query.type = query.id == V4L2_CID_EXPOSURE_AUTO ? V4L2_CTRL_TYPE_MENU : V4L2_CTRL_TYPE_INTEGER;
      query.minimum = query.id == V4L2_CID_EXPOSURE_AUTO ? 0 : 1;
      query.maximum = query.id == V4L2_CID_EXPOSURE_AUTO ? 3 : 5'000;
      query.step = 1;
      query.flags = 0;
      return 0;
    }
    case VIDIOC_G_CTRL:
      return control(*static_cast<v4l2_control*>(argument), false);
    case VIDIOC_S_CTRL:
      return control(*static_cast<v4l2_control*>(argument), true);
    default:
      return EINVAL;
  }
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const unsigned how = va_arg(more, unsigned);
  va_end(more);
  if (ring != nullptr && node != nullptr && (flags & O_PATH) == 0 && std::strcmp(path, node) == 0) {
    if (ring->gone != 0) return errno = ENODEV, -1;
    if (camera >= 0) return errno = EBUSY, -1;
    format = {};
    fit(format);
    ring->format = format.pixelformat;
    ring->width = format.width;
    ring->height = format.height;
    return camera = ::eventfd(0, EFD_CLOEXEC);
  }
  return real<int (*)(const char*, int, unsigned)>("open")(path, flags, how);
}

int ioctl(int fd, unsigned long request, ...) {
  std::va_list more;
  va_start(more, request);
  void* const argument = va_arg(more, void*);
  va_end(more);
  if (fd < 0 || fd != camera) return real<int (*)(int, unsigned long, void*)>("ioctl")(fd, request, argument);
  const int wrong = answer(request, argument);
  if (wrong != 0) errno = wrong;
  return wrong == 0 ? 0 : -1;
}

void* mmap(void* at, size_t length, int protection, int flags, int fd, off_t offset) noexcept {
  const auto map = real<void* (*)(void*, size_t, int, int, int, off_t)>("mmap");
  if (fd < 0 || fd != camera) return map(at, length, protection, flags, fd, offset);
  void* const memory = map(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  buffers[static_cast<std::size_t>(offset >> 24) % kBuffers] = static_cast<std::uint8_t*>(memory);
  return memory;
}

int select(int count, fd_set* reading, fd_set* writing, fd_set* failing, timeval* patience) {
  if (camera < 0 || reading == nullptr || camera >= count || !FD_ISSET(camera, reading))
    return real<int (*)(int, fd_set*, fd_set*, fd_set*, timeval*)>("select")(count, reading, writing, failing,
                                                                             patience);
  const std::uint64_t until =
      now_us() + (patience == nullptr ? 3'600'000'000ull
                                      : static_cast<std::uint64_t>(patience->tv_sec) * 1'000'000 +
                                            static_cast<std::uint64_t>(patience->tv_usec));
  while (now_us() < until) {
    if (next() != nullptr || ring->gone != 0) return 1;
    ::usleep(2'000);
  }
  FD_CLR(camera, reading);
  return 0;
}

int close(int fd) {
  if (fd >= 0 && fd == camera) {
    camera = -1;
    streaming = false;
  }
  return real<int (*)(int)>("close")(fd);
}
}
