// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace ktp::devices {

/// DeviceEvent::a of a log line: how a driver meant it (the plugin ABI's STN_LOG_*).
inline constexpr std::int64_t kLogInfo = 1, kLogWarning = 2;

}  // namespace ktp::devices
