// SPDX-License-Identifier: Apache-2.0
#include "pipeline/balance.hpp"

#include "pipeline/blank.hpp"

namespace ktp::pipeline {

Result<ledger::Balance> balance(Station& station, std::span<Machine* const> machines) {
  if (auto open = station.ledger.open_cards(); !open) return std::unexpected(open.error());
  // With every card sorted the hoppers must hold exactly what the ledger believes; a difference gets its name
  // here.
  for (Machine* const machine : machines)
    if (auto compared = load_hopper(*machine); !compared) return std::unexpected(compared.error());
  auto terms = station.ledger.balance();
  if (!terms) return terms;
  ledger::Event balanced{.type = "balanced"};
  for (const std::string_view term : ledger::kBalanceTerms)
    balanced.data[std::string(term)] = terms->at(term);
  if (auto appended = station.ledger.append({balanced}); !appended) return std::unexpected(appended.error());
  return terms;
}

}  // namespace ktp::pipeline
