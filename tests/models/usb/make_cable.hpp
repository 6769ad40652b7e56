// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "models/usb/cable.hpp"
#include "models/usb/function.hpp"

namespace model {

/// A cable to a usbredir guest at the socket `redir`, or, where that is empty, to whoever umockdev shows it.
/// Plugged in. Throws std::runtime_error.
[[nodiscard]] std::unique_ptr<UsbCable> make_cable(UsbFunction& function, const std::string& redir);

}  // namespace model
