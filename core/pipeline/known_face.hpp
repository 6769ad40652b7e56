// SPDX-License-Identifier: Apache-2.0
// What can be said of an expected face of which only the picture is there: `inspect --cases`.
#pragma once
#include "artwork/artwork.hpp"
#include "domain/face.hpp"

namespace ktp::pipeline {

/// A face for inspection::prepare out of a picture of the whole card (RGB). A front gets the digits and
/// letters of the station's own template, so that wrong content is told as on the station's own cards; which
/// digits they are is read off the picture. Where the NIK cannot be read (another template) the inspection
/// learns the digits from the picture.
[[nodiscard]] Face known_face(Image picture, Side side, const artwork::Template& art);

}  // namespace ktp::pipeline
