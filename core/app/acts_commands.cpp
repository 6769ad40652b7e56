// SPDX-License-Identifier: Apache-2.0
// What happens to single cards after the post office or the reject bin, what is open, and the campaign's
// report.
#include <algorithm>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "app/paper_files.hpp"
#include "app/record_files.hpp"
#include "app/write_lock.hpp"
#include "handover/acts.hpp"
#include "handover/breakdown.hpp"
#include "handover/report.hpp"
#include "ledger/custody.hpp"
#include "ledger/personal.hpp"
#include "pipeline/settle_by_hand.hpp"

namespace ktp::app {

namespace {

Result<int> print_record(const CommonOptions& common, const ledger::Ledger& ledger,
                         const std::string& number) {
  const auto config = config_of(common.config, find_paths());
  if (!config) return std::unexpected(config.error());
  const auto key = ledger::PersonalKey::load(common.data, false);
  if (!key) return std::unexpected(key.error());
  const auto written = write_record(ledger, *key, *config, common.data, number);
  if (!written) return std::unexpected(written.error());
  if (common.json)
    std::cout << nlohmann::ordered_json{{"record", number},
                                        {"cards", written->cards},
                                        {"file", written->file.string()}}
                     .dump()
              << '\n';
  else
    std::cout << number << ": " << written->cards << " cards destroyed; print and sign "
              << written->file.string() << '\n';
  return 0;
}

}  // namespace

int destroy_command(const CommonOptions& common, const DestroyOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    // What the paper needs is looked for first: nothing is destroyed that cannot be put on paper.
    if (const auto config = config_of(common.config, find_paths()); !config)
      return std::unexpected(config.error());
    if (const auto key = ledger::PersonalKey::load(common.data, false); !key)
      return std::unexpected(key.error());
    const auto record = handover::destroy(ledger, options.cards, options.destruction, options.by);
    if (!record) return std::unexpected(record.error());
    auto written = print_record(common, ledger, record->number);
    if (!written)
      return fail(written.error().code, record->number + " is booked, but its paper was not written (" +
                                            written.error().message +
                                            "); write it with `ktp-station record " + record->number + "`");
    return written;
  }));
}

int record_command(const CommonOptions& common, const std::string& number) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  return exit_code_of(print_record(common, **ledger, number));
}

int withdraw_command(const CommonOptions& common, const WithdrawOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    if (auto done = handover::withdraw(ledger, options.cards, options.reason, options.by); !done)
      return std::unexpected(done.error());
    for (const std::string& card : options.cards) std::cout << card << " is withdrawn\n";
    return 0;
  }));
}

int release_command(const CommonOptions& common, const ReleaseOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    if (auto done =
            handover::release(ledger, options.orders, options.reason, options.by, options.confirmed_by);
        !done)
      return std::unexpected(done.error());
    for (const std::string& order : options.orders) std::cout << order << " is released\n";
    return 0;
  }));
}

int settle_command(const CommonOptions& common, const SettleOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const bool found = options.blanks < 0;
    auto settled = found ? pipeline::settle_found(ledger, options.card, options.found, options.by)
                         : pipeline::settle_not_fed(ledger, options.card, options.blanks, options.by,
                                                    options.confirmed_by);
    if (!settled) return std::unexpected(settled.error());
    std::cout << options.card << (found ? " lies in bin damaged\n" : " was never begun\n");
    return 0;
  }));
}

int receive_back_command(const CommonOptions& common, const WhereaboutsOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    if (auto done = handover::receive_back(ledger, options.card, options.by); !done)
      return std::unexpected(done.error());
    std::cout << options.card << " is in bin good again\n";
    return 0;
  }));
}

int redistribute_command(const CommonOptions& common, const WhereaboutsOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    if (auto done =
            handover::redistribute(ledger, options.card, options.place, options.signed_by, options.by);
        !done)
      return std::unexpected(done.error());
    std::cout << options.card << " went out again, to " << options.place << '\n';
    return 0;
  }));
}

int locate_command(const CommonOptions& common, const WhereaboutsOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    if (auto done = handover::locate(ledger, options.card, options.place, options.signed_by, options.by);
        !done)
      return std::unexpected(done.error());
    std::cout << options.card << " is at " << options.place << '\n';
    return 0;
  }));
}

int open_command(const CommonOptions& common) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  const auto items = ledger::CustodyView(**ledger).open_items();
  if (!items) return report(items.error());
  for (const ledger::OpenItem& item : *items) {
    const std::string action = handover::next_action(item);
    if (common.json)
      std::cout << nlohmann::ordered_json{{"card", item.card},   {"order_id", item.order_id},
                                          {"state", item.state}, {"bin", item.bin},
                                          {"seal", item.seal},   {"since", item.since},
                                          {"next", action}}
                       .dump()
                << '\n';
    else
      std::cout << item.since << "  " << std::left << std::setw(10) << (item.card.empty() ? "-" : item.card)
                << std::setw(20) << item.order_id << std::setw(12) << item.state << std::setw(10) << item.bin
                << action << '\n';
  }
  if (items->empty() && !common.json) std::cout << "nothing is open / tidak ada yang terbuka\n";
  return 0;
}

int report_command(const CommonOptions& common, const ReportOptions& options) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  const auto campaign = handover::report_of(**ledger);
  if (!campaign) return report(campaign.error());
  std::vector<handover::BreakdownRow> rows;
  if (!options.by.empty()) {
    const auto by =
        std::ranges::find(handover::kBys, options.by, &decltype(handover::kBys)::value_type::first);
    auto counted = handover::breakdown(**ledger, by->second);
    if (!counted) return report(counted.error());
    rows = std::move(*counted);
  }
  const std::string csv =
      options.by.empty() ? handover::to_csv(*campaign) : handover::to_csv(options.by, rows);
  if (!options.csv.empty()) {
    std::ofstream file(options.csv, std::ios::binary | std::ios::trunc);
    file << csv;
    if (!file.flush())
      return report({ErrorCode::internal, "cannot write " + options.csv.string() + "; is its folder there?"});
  }
  if (!options.pdf.empty())
    if (const auto written = handover::write_report_pdf(options.pdf, *campaign, options.by, rows, today());
        !written)
      return report(written.error());
  if (!options.by.empty()) {
    std::cout << csv;
    return 0;
  }
  if (common.json) {
    std::cout << handover::to_json(*campaign) << '\n';
    return 0;
  }
  std::cout << handover::paragraph(*campaign, handover::Language::indonesian) << "\n\n"
            << handover::paragraph(*campaign, handover::Language::english) << '\n';
  for (const auto& [reason, count] : campaign->figures.returned_by_reason)
    std::cout << "  " << std::left << std::setw(28) << reason << std::right << std::setw(8) << count << '\n';
  return 0;
}

int ribbon_command(const CommonOptions& common, const std::string& printer, const std::string& lot,
                   const std::string& by) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    if (const auto done = handover::load_ribbon(ledger, printer, lot, by); !done)
      return std::unexpected(done.error());
    std::cout << "ribbon of lot " << lot << " in " << printer << " from now on\n";
    return 0;
  }));
}

}  // namespace ktp::app
