// SPDX-License-Identifier: Apache-2.0
// Another card where the rule gives none: asked for, confirmed by a second person, dropped, listed.
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/write_lock.hpp"
#include "handover/reprint.hpp"

namespace ktp::app {

namespace {

void print(const handover::Reprint& reprint, const CommonOptions& common, const std::string& next) {
  if (common.json)
    std::cout << nlohmann::ordered_json{{"card", reprint.card},
                                        {"order_id", reprint.order_id},
                                        {"reason", reprint.reason},
                                        {"at", reprint.at},
                                        {"asked_by", reprint.asked_by},
                                        {"confirmed_by", reprint.confirmed_by}}
                     .dump()
              << '\n';
  else
    std::cout << reprint.card << " of order " << reprint.order_id << " (" << reprint.at << "), asked by "
              << reprint.asked_by
              << (reprint.confirmed_by.empty() ? "" : ", confirmed by " + reprint.confirmed_by) << ": "
              << reprint.reason << "\n  " << next << '\n';
}

std::string next_of(const handover::Reprint& reprint) {
  return reprint.confirmed_by.empty() ? "tunggu orang kedua / a second person: ktp-station reprint confirm " +
                                            reprint.card + " --by NAME"
                                      : "cetak ulang / it is printed again by: ktp-station produce";
}

}  // namespace

int reprint_ask_command(const CommonOptions& common, const ReprintOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto asked = handover::ask_reprint(ledger, options.card, options.reason, options.by);
    if (!asked) return std::unexpected(asked.error());
    print(*asked, common, next_of(*asked));
    return 0;
  }));
}

int reprint_confirm_command(const CommonOptions& common, const ReprintOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto confirmed = handover::confirm_reprint(ledger, options.card, options.by);
    if (!confirmed) return std::unexpected(confirmed.error());
    print(*confirmed, common, next_of(*confirmed));
    return 0;
  }));
}

int reprint_drop_command(const CommonOptions& common, const ReprintOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    if (auto dropped = handover::drop_reprint(ledger, options.card, options.reason, options.by); !dropped)
      return std::unexpected(dropped.error());
    if (common.json)
      std::cout << nlohmann::ordered_json{{"card", options.card}, {"dropped", true}}.dump() << '\n';
    else
      std::cout << options.card << " is not reprinted / tidak dicetak ulang\n";
    return 0;
  }));
}

int reprint_list_command(const CommonOptions& common) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  const auto all = handover::open_reprints(**ledger);
  if (!all) return report(all.error());
  for (const handover::Reprint& one : *all) print(one, common, next_of(one));
  if (all->empty() && !common.json) std::cout << "no reprint is open / tidak ada cetak ulang yang terbuka\n";
  return 0;
}

}  // namespace ktp::app
