// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/small_file.hpp"
#include "ledger/data_lock.hpp"
#include "ledger/exported_log.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "pipeline/prove_records.hpp"

namespace ktp::app {

namespace {

constexpr auto kLockWait = std::chrono::seconds(15);

// Opens the ledger for reading and runs the body; one place for the errors of every command that only looks.
template <class Body>
int with_ledger(const CommonOptions& common, Body&& body) {
  auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  const Result<int> done = body(**ledger);
  std::cout.flush();
  if (!done) return report(done.error());
  if (!std::cout)
    return report({ErrorCode::internal, "cannot write the output; is the disk full or the pipe closed?"});
  return *done;
}

}  // namespace

int balance_command(const CommonOptions& common, const std::string& at) {
  return with_ledger(common, [&](const ledger::Ledger& ledger) -> Result<int> {
    const auto balance = at.empty() ? ledger.balance() : ledger.balance_at(at);
    if (!balance) return std::unexpected(balance.error());
    if (common.json) {
      nlohmann::ordered_json json;
      for (const std::string_view term : ledger::kBalanceTerms) json[std::string(term)] = balance->at(term);
      std::cout << json.dump() << '\n';
    } else {
      std::cout << std::left << std::setw(14) << "received" << std::right << std::setw(9)
                << balance->at("received") << '\n';
      for (const std::string_view term : ledger::kBalanceTerms)
        if (term != "received")
          std::cout << "  " << std::left << std::setw(12) << term << std::right << std::setw(9)
                    << balance->at(term) << '\n';
      std::cout
          << (balance->closes() ? "every blank is accounted for / semua blangko jelas keberadaannya\n"
              : balance->sums()
                  ? "OPEN: unknown or discrepancy is not zero; nothing can be sealed until it is settled\n"
                  : "BROKEN: the terms do not add up to received; keep the data folder and call the "
                    "administrator\n");
    }
    return balance->closes() ? 0 : static_cast<int>(ErrorCode::internal);
  });
}

int cards_command(const CommonOptions& common) {
  return with_ledger(common, [&](const ledger::Ledger& ledger) -> Result<int> {
    if (!common.json)
      std::cout << std::left << std::setw(10) << "card" << std::setw(24) << "order" << std::setw(13)
                << "state" << std::setw(11) << "verdict" << std::setw(11) << "bin" << "uid\n";
    auto visited = ledger.each_card([&](const ledger::CardRow& card) {
      if (common.json) {
        const nlohmann::ordered_json json{{"card", card.card},
                                          {"order_id", card.order_id},
                                          {"token", card.token},
                                          {"uid", card.uid},
                                          {"state", std::string(to_string(card.state))},
                                          {"verdict", card.verdict},
                                          {"bin", card.bin}};
        std::cout << json.dump() << '\n';
      } else {
        std::cout << std::left << std::setw(10) << card.card << std::setw(24) << card.order_id
                  << std::setw(13) << to_string(card.state) << std::setw(11) << card.verdict << std::setw(11)
                  << card.bin << card.uid << '\n';
      }
    });
    if (!visited) return std::unexpected(visited.error());
    return 0;
  });
}

int card_command(const CommonOptions& common, const std::string& name) {
  return with_ledger(common, [&](const ledger::Ledger& ledger) -> Result<int> {
    const auto card = ledger.card(name);
    if (!card) return std::unexpected(card.error());
    if (!*card)
      return fail(ErrorCode::input_missing, "there is no card " + name + "; `ktp-station cards` lists them");
    const auto trail = ledger.trail(name);
    if (!trail) return std::unexpected(trail.error());
    if (common.json) {
      nlohmann::ordered_json json{{"card", (*card)->card},
                                  {"order_id", (*card)->order_id},
                                  {"token", (*card)->token},
                                  {"uid", (*card)->uid},
                                  {"state", std::string(to_string((*card)->state))},
                                  {"verdict", (*card)->verdict},
                                  {"bin", (*card)->bin},
                                  {"replaces", (*card)->replaces},
                                  {"number", (*card)->number},
                                  {"events", nlohmann::ordered_json::array()}};
      for (const std::string& line : *trail) json["events"].push_back(nlohmann::ordered_json::parse(line));
      std::cout << json.dump() << '\n';
    } else {
      std::cout << "card " << (*card)->card << " of order " << (*card)->order_id << ": "
                << to_string((*card)->state) << ((*card)->verdict.empty() ? "" : ", " + (*card)->verdict)
                << ((*card)->bin.empty() ? "" : ", in bin " + (*card)->bin)
                << ((*card)->uid.empty() ? "" : ", chip " + (*card)->uid) << '\n';
      for (const std::string& line : *trail) {
        auto event = nlohmann::ordered_json::parse(line);
        std::cout << "  " << event["time"].get<std::string>() << "  " << event["type"].get<std::string>();
        for (const char* shown : {"seq", "time", "type", "actor", "order_id", "card", "token", "uid"})
          event.erase(shown);
        if (!event.empty()) std::cout << "  " << event.dump();
        std::cout << '\n';
      }
    }
    return 0;
  });
}

int orders_command(const CommonOptions& common) {
  return with_ledger(common, [&](const ledger::Ledger& ledger) -> Result<int> {
    auto visited = ledger.each_order([&](const ledger::OrderRow& order) {
      if (common.json) {
        const nlohmann::ordered_json json{
            {"order_id", order.order_id}, {"state", order.state}, {"reason", order.reason}};
        std::cout << json.dump() << '\n';
      } else {
        std::cout << std::left << std::setw(24) << order.order_id << std::setw(10) << order.state
                  << order.reason << '\n';
      }
    });
    if (!visited) return std::unexpected(visited.error());
    return 0;
  });
}

int ledger_verify_command(const CommonOptions& common, const VerifyOptions& options) {
  ledger::VerifyAgainst against;
  if (!options.key.empty()) {
    auto key = read_small_file(options.key);
    if (!key) return report(key.error());
    against.key = std::move(*key);
  }
  for (const auto& file : options.checkpoints) {
    auto checkpoint = read_small_file(file);
    if (!checkpoint) return report(checkpoint.error());
    against.checkpoints.push_back(std::move(*checkpoint));
  }
  if (!options.proof.empty()) return verify_proof_command(options.proof, against);
  if (!options.exported.empty()) {
    const auto difference = ledger::verify_export(options.exported, against);
    if (!difference) return report(difference.error());
    if (*difference)
      return report({ErrorCode::bad_data, "the exported log does not verify: " + **difference});
    std::cout << "the exported log verifies"
              << (against.key.empty() ? "; give --key with the published key to know whose it is\n" : "\n");
    return 0;
  }
  return with_ledger(common, [&](const ledger::Ledger& ledger) -> Result<int> {
    const auto difference = ledger.verify(against);
    if (!difference) return std::unexpected(difference.error());
    const auto size = ledger.size();
    if (!size) return std::unexpected(size.error());
    if (*difference) return fail(ErrorCode::internal, "the ledger does not verify: " + **difference);
    std::cout << *size << " events; the signed head covers them all, every table follows from them\n";
    const auto key = ledger::PersonalKey::load(common.data, false);
    if (!key) {
      std::cout << "personal records were not looked at: " << key.error().message << '\n';
      return 0;
    }
    const auto records = pipeline::prove_records(ledger, *key);
    if (!records) return std::unexpected(records.error());
    if (records->wrong > 0)
      return fail(ErrorCode::internal, "the personal records do not verify, " +
                                           std::to_string(records->wrong) + " of them: " + records->first);
    std::cout << records->whole << " personal records open and say what was taken in, " << records->deleted
              << " are deleted\n";
    return 0;
  });
}

int ledger_head_command(const CommonOptions& common) {
  return with_ledger(common, [&](const ledger::Ledger& ledger) -> Result<int> {
    const auto head = ledger.head();
    if (!head) return std::unexpected(head.error());
    if (common.json)
      std::cout << nlohmann::ordered_json{{"checkpoint", head->checkpoint}, {"key", head->key}}.dump()
                << '\n';
    else
      std::cout << head->checkpoint;
    return 0;
  });
}

int ledger_export_command(const CommonOptions& common, const std::filesystem::path& folder) {
  return with_ledger(common, [&](const ledger::Ledger& ledger) -> Result<int> {
    std::error_code made;
    std::filesystem::create_directories(folder, made);
    const auto events = folder / "events.jsonl";
    const auto full = [](const std::filesystem::path& file) {
      return fail(ErrorCode::internal, "cannot write " + file.string() + "; is the disk full?");
    };
    std::ofstream out(events, std::ios::binary | std::ios::trunc);
    if (!out) return fail(ErrorCode::input_missing, "cannot write " + events.string());
    const auto head = ledger.each_line([&](std::string_view line) { out << line << '\n'; });
    if (!head) return std::unexpected(head.error());
    if (!out.flush()) return full(events);
    for (const auto& [name, text] : {std::pair{"checkpoint", head->checkpoint}, {"key", head->key + "\n"}}) {
      std::ofstream file(folder / name, std::ios::binary | std::ios::trunc);
      if (!(file << text).flush()) return full(folder / name);
    }
    return 0;
  });
}

}  // namespace ktp::app
