// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "models/usb/make_cable.hpp"
#include "models/usb/redir_peer.hpp"
#include "models/usb/usb_device.hpp"

namespace model {

std::unique_ptr<UsbCable> make_cable(UsbFunction& function, const std::string& redir) {
  if (redir.empty()) return std::make_unique<UsbDevice>(function);
  return std::make_unique<RedirPeer>(function, redir);
}

}  // namespace model
