// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "devices/link.hpp"

namespace ktp::devices {

/// What a plugin says of itself, asked of a worker that is granted nothing and opens nothing: the options
/// must be known before it can be decided what a device's own worker is granted. Error configuration: the
/// plugin says no or is none; internal: its worker died while loading it.
Result<Link::Hello> look_into(const DeviceConfig& config);

/// A worker's report on itself, for people.
[[nodiscard]] std::vector<Protection> protections(const std::vector<wire::Measure>& measures);

}  // namespace ktp::devices
