// SPDX-License-Identifier: Apache-2.0
#include "app/blanks_cli.hpp"

#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/output.hpp"
#include "app/write_lock.hpp"
#include "handover/blanks.hpp"

namespace ktp::app {

namespace {

constexpr auto kLockWait = std::chrono::seconds(15);

struct BlanksOptions {
  long long count = 0;
  std::string paper, printer = "printer", by = "operator";
  handover::BlankTransfer transfer;
  handover::StockCount stock;
};

int receive_command(const CommonOptions& common, long long count, const std::string& paper) {
  auto lock = ledger::DataLock::acquire(common.data, kLockWait, [](const std::string& holder) {
    std::cerr << "waiting for " << holder << " to finish\n";
  });
  if (!lock) return report(lock.error());
  auto ledger = ledger::Ledger::open(common.data, true);
  if (!ledger) return report(ledger.error());
  ledger::Event received{.type = "blanks-received"};
  received.data["count"] = count;
  if (!paper.empty()) received.data["paper"] = paper;
  if (auto appended = (*ledger)->append({received}); !appended) return report(appended.error());
  const auto balance = (*ledger)->balance();
  if (!balance) return report(balance.error());
  if (common.json)
    std::cout << nlohmann::ordered_json{{"received", count}, {"in_stock", balance->at("in_stock")}}.dump()
              << '\n';
  else
    std::cout << count << " blanks received; " << balance->at("in_stock") << " in stock\n";
  return 0;
}

int load_command(const CommonOptions& common, long long count, const std::string& printer) {
  auto lock = ledger::DataLock::acquire(common.data, kLockWait, [](const std::string& holder) {
    std::cerr << "waiting for " << holder << " to finish\n";
  });
  if (!lock) return report(lock.error());
  auto ledger = ledger::Ledger::open(common.data, true);
  if (!ledger) return report(ledger.error());
  auto balance = (*ledger)->balance();
  if (!balance) return report(balance.error());
  if (balance->at("in_stock") < count)
    return report({ErrorCode::bad_data, std::to_string(count) + " blanks are to be loaded, stock has " +
                                            std::to_string(balance->at("in_stock")) +
                                            "; book their delivery first: ktp-station blanks receive N"});
  ledger::Event loaded{.type = "blanks-loaded"};
  loaded.data["count"] = count;
  loaded.data["device"] = printer;
  if (auto appended = (*ledger)->append({loaded}); !appended) return report(appended.error());
  balance = (*ledger)->balance();
  if (!balance) return report(balance.error());
  const auto holds = (*ledger)->hopper_expected(printer);
  if (!holds) return report(holds.error());
  if (common.json)
    std::cout << nlohmann::ordered_json{{"loaded", count},
                                        {"printer", printer},
                                        {"holds", *holds},
                                        {"in_stock", balance->at("in_stock")}}
                     .dump()
              << '\n';
  else
    std::cout << count << " blanks loaded into " << printer << ", which now holds " << *holds << "; "
              << balance->at("in_stock") << " in stock\n";
  return 0;
}

int transfer_command(const CommonOptions& common, const BlanksOptions& options, bool back) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto done = back ? handover::take_back_blanks(ledger, options.transfer, options.by)
                           : handover::issue_blanks(ledger, options.transfer, options.by);
    if (!done) return std::unexpected(done.error());
    const auto balance = ledger.balance();
    if (!balance) return std::unexpected(balance.error());
    const std::int64_t stock = balance->at("in_stock");
    if (common.json)
      std::cout << nlohmann::ordered_json{{back ? "returned" : "issued", options.transfer.count},
                                          {"place", options.transfer.place},
                                          {"paper", options.transfer.paper},
                                          {"in_stock", stock}}
                       .dump()
                << '\n';
    else
      std::cout << options.transfer.count << " blanks " << (back ? "back from " : "issued to ")
                << options.transfer.place << ", paper " << options.transfer.paper << "; " << stock
                << " in stock\n";
    return 0;
  }));
}

int count_command(const CommonOptions& common, const BlanksOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto missing = handover::count_stock(ledger, options.stock);
    if (!missing) return std::unexpected(missing.error());
    const auto balance = ledger.balance();
    if (!balance) return std::unexpected(balance.error());
    const std::int64_t open = balance->at("discrepancy");
    if (common.json) {
      std::cout << nlohmann::ordered_json{{"counted", options.stock.counted},
                                          {"missing", *missing},
                                          {"discrepancy", open}}
                       .dump()
                << '\n';
    } else {
      std::cout << options.stock.counted << " counted";
      if (*missing == 0)
        std::cout << ", as the ledger has it / cocok dengan buku\n";
      else
        std::cout << ", " << std::abs(*missing)
                  << (*missing > 0 ? " fewer than in the ledger / kurang\n"
                                   : " more than in the ledger / lebih\n");
      if (open != 0)
        std::cout << "discrepancy " << open
                  << ": nothing can be sealed until it is found and counted again\n";
    }
    return open == 0 ? 0 : static_cast<int>(ErrorCode::internal);
  }));
}

int out_command(const CommonOptions& common) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  const auto places = handover::blanks_out(**ledger);
  if (!places) return report(places.error());
  for (const handover::BlanksOut& place : *places)
    if (common.json)
      std::cout << nlohmann::ordered_json{{"place", place.place},
                                          {"issued", place.issued},
                                          {"returned", place.returned},
                                          {"out", place.issued - place.returned}}
                       .dump()
                << '\n';
    else
      std::cout << place.place << ": " << place.issued << " issued, " << place.returned << " back, "
                << place.issued - place.returned << " there\n";
  if (places->empty() && !common.json) std::cout << "no blanks were issued to another place\n";
  return 0;
}

}  // namespace

void add_blanks_commands(CLI::App& app, const AddCommand& command, const CommonOptions& common, int& code) {
  auto* const blanks = app.add_subcommand("blanks", "Blank cards: stock, hoppers, other places / blangko");
  blanks->require_subcommand(1);
  const auto options = std::make_shared<BlanksOptions>();
  BlanksOptions& o = *options;
  const CLI::Range any(1LL, 10'000'000LL);
  auto* const receive = command(*blanks, "receive", "Book a delivery of blanks into stock");
  receive->add_option("count", o.count, "How many")->required()->check(any);
  receive->add_option("--paper", o.paper, "Number of the delivery paper");
  receive->callback(
      [options, &common, &code] { code = receive_command(common, options->count, options->paper); });

  auto* const load =
      command(*blanks, "load", "Book blanks from stock into the hopper of a printer that cannot count them");
  load->add_option("count", o.count, "How many were put in")->required()->check(CLI::Range(1LL, 100'000LL));
  load->add_option("--printer", o.printer, "As `devices` names it (printer, printer-NAME)");
  load->callback(
      [options, &common, &code] { code = load_command(common, options->count, options->printer); });

  auto* const issue = command(*blanks, "issue",
                              "Book blanks out of stock to a kecamatan or another station; they leave this "
                              "ledger's balance / serahkan blangko");
  auto* const give_back =
      command(*blanks, "return", "Blanks that were issued come back into stock / terima kembali blangko");
  for (auto* const sub : {issue, give_back}) {
    sub->add_option("count", o.transfer.count, "How many")->required()->check(any);
    sub->add_option(sub == issue ? "--to" : "--from", o.transfer.place, "Kecamatan, station or office")
        ->required();
    sub->add_option("--paper", o.transfer.paper, "Number of the release order or delivery paper (SPPB, BAST)")
        ->required();
    sub->add_option("--by", o.by, "Who does it, for the log")->capture_default_str();
  }
  issue->callback([options, &common, &code] { code = transfer_command(common, *options, false); });
  give_back->callback([options, &common, &code] { code = transfer_command(common, *options, true); });

  auto* const count = command(*blanks, "count",
                              "Two people counted the stock; a difference is recorded as a discrepancy (exit "
                              "70 while one is open) / hitung stok");
  count->add_option("count", o.stock.counted, "How many are there")
      ->required()
      ->check(CLI::Range(0LL, 10'000'000LL));
  count->add_option("--by", o.stock.by, "Who counted")->required();
  count->add_option("--with", o.stock.with, "Who counted too")->required();
  count->add_option("--reason", o.stock.reason, "What is known of a difference");
  count->callback([options, &common, &code] { code = count_command(common, *options); });

  auto* const out = command(*blanks, "out", "What other places have been given / blangko di tempat lain");
  out->callback([&common, &code] { code = out_command(common); });
}

}  // namespace ktp::app
