// SPDX-License-Identifier: Apache-2.0
// What the page shows of the log itself, and whether it and this machine can be trusted.
#pragma once
#include <filesystem>

#include "ledger/ledger.hpp"
#include "web/desk.hpp"

namespace ktp::app {

/// For web::Desk; valid as long as the ledger is. `data` and `config` are those of this station.
[[nodiscard]] web::AuditCommands audit_commands_of(const ledger::Ledger& ledger,
                                                   const std::filesystem::path& data,
                                                   const std::filesystem::path& config);

}  // namespace ktp::app
