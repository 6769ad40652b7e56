// SPDX-License-Identifier: Apache-2.0
// What the page shows of the books: balance, report, whatever is open.
#pragma once
#include <filesystem>

#include "ledger/ledger.hpp"
#include "web/desk.hpp"

namespace ktp::app {

/// For web::Desk; valid as long as the ledger is. The same functions as `balance`, `report` and `open`. What
/// reads the whole log or every card does so over a connection of its own to DATA, so that the machine need
/// not wait for it.
[[nodiscard]] web::FiguresCommands figures_commands_of(const ledger::Ledger& ledger,
                                                       const std::filesystem::path& data);

}  // namespace ktp::app
