// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "devices/wire.hpp"
#include "domain/error.hpp"

namespace ktp::devices {

/// Checks configured values against the options a driver declares and fills in defaults, in the order of the
/// declaration. Pure. Error configuration names device, key, value and what is allowed.
Result<std::vector<wire::Setting>> check_settings(const std::string& device, const std::string& driver,
                                                  std::span<const wire::Option> options,
                                                  const std::map<std::string, std::string>& given);

}  // namespace ktp::devices
