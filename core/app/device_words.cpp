// SPDX-License-Identifier: Apache-2.0
#include "app/device_words.hpp"

#include "devices/log_levels.hpp"

namespace ktp::app {

std::optional<pipeline::Notice> notice_of(const devices::DeviceEvent& event) {
  using Kind = devices::DeviceEvent::Kind;
  const bool told = event.kind == Kind::worker_lost || event.kind == Kind::violation ||
                    (event.kind == Kind::log && event.a >= devices::kLogWarning);
  if (!told) return std::nullopt;
  return pipeline::Notice{
      pipeline::Notice::Kind::warning,
      event.device + ": " + event.text + (event.detail.empty() ? "" : ": " + event.detail)};
}

}  // namespace ktp::app
