// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "ledger/custody.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "temp_folder.hpp"

namespace ktp::handover {

/// A ledger with printed cards, as a production run leaves it.
class Office {
 public:
  Office() {
    auto opened = ledger::Ledger::open(folder.path(), true);
    if (!opened) throw std::runtime_error(opened.error().message);
    ledger = std::move(*opened);
    put({blanks("blanks-received", 500), blanks("blanks-loaded", 500)});
  }

  void put(const std::vector<ledger::Event>& events) {
    const auto appended = ledger->append(events);
    if (!appended) throw std::runtime_error(appended.error().message);
  }

  static ledger::Event blanks(const char* type, int count) {
    ledger::Event event{.type = type};
    event.data["count"] = count;
    return event;
  }
  static ledger::Event of_card(const std::string& type, const std::string& order, const std::string& card,
                               nlohmann::ordered_json data = nlohmann::ordered_json::object()) {
    return {.type = type, .order_id = order, .card = card, .data = std::move(data)};
  }

  std::string accept(const std::string& region) {
    const std::string order = "B-" + std::to_string(++orders_);
    ledger::Event accepted{.type = "order-accepted", .order_id = order, .batch = "1"};
    accepted.data = {{"row", orders_}, {"person", "p" + order}, {"content", "c" + order}, {"region", region}};
    put({accepted});
    return order;
  }

  /// A card of a new order of the region, printed, judged and in its bin.
  std::string print(const std::string& region, const std::string& verdict = "good") {
    const std::string order = accept(region), card = *ledger->next_card();
    ledger::Event committed = of_card("blank-committed", order, card);
    committed.token = ledger::new_token();
    put({committed, of_card("print-started", order, card, {{"counter_before", 0}}),
         of_card("print-ended", order, card, {{"outcome", "printed"}, {"number", orders_}}),
         of_card("judged", order, card, {{"verdict", verdict}}),
         of_card("sorted", order, card, {{"bin", verdict}})});
    return card;
  }

  [[nodiscard]] CardState state(const std::string& card) const { return (*ledger->card(card))->state; }
  [[nodiscard]] std::int64_t term(const char* name) const { return ledger->balance()->at(name); }

  test::TempFolder folder;
  std::unique_ptr<ledger::Ledger> ledger;

 private:
  int orders_ = 0;
};

}  // namespace ktp::handover
