// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "devices/devices.hpp"
#include "pipeline/station.hpp"

namespace ktp::app {

/// What a person is told of an event of a device: a lost worker, a broken rule, and what its driver logs as a
/// warning or worse. None: the status says it, or nobody needs it. Thread-safe.
[[nodiscard]] std::optional<pipeline::Notice> notice_of(const devices::DeviceEvent& event);

}  // namespace ktp::app
