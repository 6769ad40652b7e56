// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <station/plugin.hpp>
#include <string>

#include "opencv-camera/source.hpp"

namespace opencv_camera {

/// A camera of this machine (V4L2) through OpenCV. Its time stamps are the kernel's, of the monotonic clock.
/// MJPEG pictures are decoded by our own strict decoder: OpenCV's gives what it has of a cut one.
/// Throws station::Failure: REMOVED (is not there), BAD_INPUT (a size, format or control it does not take).
[[nodiscard]] std::unique_ptr<Source> open_webcam(const station::Host& host, const std::string& device,
                                                  const Setting& setting);

}  // namespace opencv_camera
