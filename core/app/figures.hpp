// SPDX-License-Identifier: Apache-2.0
// What the page shows of the books: balance, report, whatever is open.
#pragma once
#include "ledger/ledger.hpp"
#include "web/desk.hpp"

namespace ktp::app {

/// For web::Desk; valid as long as the ledger is. The same functions as `balance`, `report` and `open`.
[[nodiscard]] web::FiguresCommands figures_commands_of(const ledger::Ledger& ledger);

}  // namespace ktp::app
