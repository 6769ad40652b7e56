// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ledger/ledger.hpp"
#include "temp_folder.hpp"

namespace ktp::pipeline {

/// A ledger with ten blanks in the machine and one order, B1-0001.
class OneOrder : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = ledger::Ledger::open(folder_.path(), true);
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
    happens({.type = "blanks-received", .data = {{"count", 10}}});
    happens({.type = "blanks-loaded", .data = {{"count", 10}}});
    happens({.type = "order-accepted",
             .order_id = "B1-0001",
             .batch = "1",
             .data = {{"row", 1}, {"person", "p"}, {"content", "c"}, {"region", "32.16.01.2001"}}});
  }
  void happens(ledger::Event event) {
    const auto appended = ledger_->append({std::move(event)});
    ASSERT_TRUE(appended) << appended.error().message;
  }
  static ledger::Event of_card(const char* type, const std::string& card,
                               nlohmann::ordered_json data = nlohmann::ordered_json::object(),
                               const std::string& order = "B1-0001") {
    return {.type = type, .order_id = order, .card = card, .token = "token" + card, .data = std::move(data)};
  }
  ktp::test::TempFolder folder_;
  std::unique_ptr<ledger::Ledger> ledger_;
  int number_ = 0;  ///< the printer's, of its last card
};

}  // namespace ktp::pipeline
