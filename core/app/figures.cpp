// SPDX-License-Identifier: Apache-2.0
#include "app/figures.hpp"

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "handover/acts.hpp"
#include "handover/report.hpp"
#include "ledger/custody.hpp"
#include "web/statistics.hpp"

namespace ktp::app {

using nlohmann::json;

namespace {

constexpr std::size_t kItemsShown = 300;  // the oldest

std::string text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::string> balance_at(const ledger::Ledger& ledger, const std::string& at) {
  const auto balance = at.empty() ? ledger.balance() : ledger.balance_at(at);
  if (!balance) return std::unexpected(balance.error());
  json terms = json::object();
  for (const std::string_view term : ledger::kBalanceTerms) terms[std::string(term)] = balance->at(term);
  return text({{"at", at}, {"terms", terms}, {"sums", balance->sums()}, {"closes", balance->closes()}});
}

Result<std::string> report(const ledger::Ledger& ledger) {
  const auto report = handover::report_of(ledger);
  if (!report) return std::unexpected(report.error());
  return text({{"id", handover::paragraph(*report, handover::Language::indonesian)},
               {"en", handover::paragraph(*report, handover::Language::english)},
               {"figures", json::parse(handover::to_json(*report))}});
}

Result<std::string> open_items(const ledger::Ledger& ledger) {
  const auto items = ledger::CustodyView(ledger).open_items();
  if (!items) return std::unexpected(items.error());
  struct Group {
    std::size_t count = 0;
    std::string oldest;
  };
  std::map<handover::NextStep, Group> groups;
  json shown = json::array();
  for (const ledger::OpenItem& item : *items) {  // the oldest first
    const handover::NextStep next = handover::next_step(item);
    Group& group = groups[next];
    if (group.count++ == 0) group.oldest = item.since;
    if (shown.size() < kItemsShown)
      shown.push_back({{"card", item.card},
                       {"order", item.order_id},
                       {"state", item.state},
                       {"bin", item.bin},
                       {"seal", item.seal},
                       {"since", item.since},
                       {"detail", item.detail},
                       {"next", handover::to_string(next)}});
  }
  json out{{"total", items->size()}, {"groups", json::array()}, {"items", std::move(shown)}};
  for (const auto& [next, group] : groups)
    out["groups"].push_back(
        {{"next", handover::to_string(next)}, {"n", group.count}, {"oldest", group.oldest}});
  return text(out);
}

}  // namespace

web::FiguresCommands figures_commands_of(const ledger::Ledger& ledger, const std::filesystem::path& data) {
  const auto beside = [data](const auto& look) -> Result<std::string> {
    const auto own = ledger::Ledger::open(data, false);
    if (!own) return std::unexpected(own.error());
    return look(**own);
  };
  return {.balance = [&ledger, beside](const std::string& at) -> Result<std::string> {
            if (at.empty()) return balance_at(ledger, at);
            return beside([&](const ledger::Ledger& own) { return balance_at(own, at); });
          },
          .report = [beside] { return beside([](const ledger::Ledger& own) { return report(own); }); },
          .statistics =
              [beside, kept = std::make_shared<web::Statistics>()] {
                return beside([&](const ledger::Ledger& own) { return kept->as_json(own); });
              },
          .open = [beside] { return beside([](const ledger::Ledger& own) { return open_items(own); }); }};
}

}  // namespace ktp::app
