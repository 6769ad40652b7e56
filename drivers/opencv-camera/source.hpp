// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "opencv-camera/stamps.hpp"
#include "sim-world/picture.hpp"

namespace opencv_camera {

inline constexpr std::uint32_t kMostSide = 16'384;  ///< pixels
using sim::Picture;

/// Something that sends pictures without being asked. One thread at a time.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  /// Waits for the next picture and says when it was exposed, without decoding it. A picture that cannot be
  /// used has `wrong`. Throws station::Failure(STN_E_REMOVED) where nothing comes any more.
  virtual Begun next() = 0;
  /// The picture of the last `next`. "" = it is in `picture`, else what is wrong with it: a picture of which
  /// any part is missing is none.
  virtual std::string decode(Picture& picture) = 0;
  /// From any thread: `next` ends soon.
  virtual void stop() noexcept {}
};

/// How a camera is set.
struct Setting {
  std::uint64_t open_ns = 0;    ///< how long opening may take
  std::uint64_t silent_ns = 0;  ///< how long a camera that works may send nothing
  std::uint64_t margin_ns = 0;  ///< see stamps.hpp
  int warm_up = 0;              ///< pictures after opening that are not used
  // A camera of this machine alone:
  std::string format;  ///< "MJPG" or "YUYV"
  int width = 0, height = 0, fps = 0;
  struct Control {
    const char* name;
    double value;
  };
  std::vector<Control> controls;  ///< those that the settings name; the camera's automatics are off for them
};

}  // namespace opencv_camera
