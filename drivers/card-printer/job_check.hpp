// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/abi.h>

#include <string>

#include "card-printer/panels.hpp"

namespace card {

/// Why `job` is not one card of 1011 x 638 pixels (ISO/IEC 7810 ID-1 at 300 dpi, two pixels more or less);
/// "" = it is.
[[nodiscard]] std::string wrong_with(const stn_print_job& job);

/// A raster of such a job.
[[nodiscard]] inline Picture picture_of(const stn_raster& raster) {
  return {raster.pixels, static_cast<int>(raster.width), static_cast<int>(raster.height), raster.stride};
}

}  // namespace card
