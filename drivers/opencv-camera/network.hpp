// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <station/plugin.hpp>
#include <string>

#include "opencv-camera/source.hpp"

namespace opencv_camera {

/// `url` without what stands before an "@": the name and password of the camera's account.
[[nodiscard]] std::string without_account(const std::string& url);

/// A camera on the network: RTSP (RFC 2326) over TCP, JPEG pictures (RFC 2435), sender reports of its clock
/// (RFC 3550). Each picture is whole by itself, so none can show a part of an older one. Through FFmpeg's own
/// library: OpenCV 4.6 decodes before it hands out, and gives the picture before, with the new time stamp,
/// for one that cannot be decoded or has another size. Throws station::Failure: REMOVED (does not answer),
/// UNSUPPORTED (another kind of picture), BAD_INPUT (not an rtsp address).
[[nodiscard]] std::unique_ptr<Source> open_network(const station::Host& host, const std::string& url,
                                                   const Setting& setting);

}  // namespace opencv_camera
