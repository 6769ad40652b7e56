// SPDX-License-Identifier: Apache-2.0
#include "pipeline/balance.hpp"

#include "pipeline/blank.hpp"

namespace ktp::pipeline {

Result<ledger::Balance> balance(Station& station) {
  if (auto open = station.ledger.open_cards(); !open) return std::unexpected(open.error());
  // With every card sorted the hopper must hold exactly what the ledger believes; a difference gets its name
  // here.
  if (auto compared = load_hopper(station); !compared) return std::unexpected(compared.error());
  auto terms = station.ledger.balance();
  if (!terms) return terms;
  ledger::Event balanced{.type = "balanced"};
  for (const std::string_view term : ledger::kBalanceTerms)
    balanced.data[std::string(term)] = terms->at(term);
  if (auto appended = station.ledger.append({balanced}); !appended) return std::unexpected(appended.error());
  return terms;
}

}  // namespace ktp::pipeline
