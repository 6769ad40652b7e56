// SPDX-License-Identifier: Apache-2.0
#include "domain/order.hpp"

#include <algorithm>
#include <stdexcept>

namespace ktp {

namespace {
constexpr std::array kOrderStates{OrderState::accepted, OrderState::refused, OrderState::held,
                                  OrderState::printing, OrderState::done};
}

std::string_view to_string(OrderState state) {
  switch (state) {
    case OrderState::accepted:
      return "accepted";
    case OrderState::refused:
      return "refused";
    case OrderState::held:
      return "held";
    case OrderState::printing:
      return "printing";
    case OrderState::done:
      return "done";
  }
  return "held";
}

std::optional<OrderState> order_state_from(std::string_view word) {
  for (const OrderState state : kOrderStates)
    if (to_string(state) == word) return state;
  return std::nullopt;
}

std::optional<std::size_t> order_column(std::string_view name) {
  const auto* const found = std::ranges::find(kOrderColumns, name);
  if (found == kOrderColumns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kOrderColumns.begin());
}

bool is_personal(std::string_view column) {
  return column != "order_id" && column != "status" && column != "kode_wilayah" &&
         column != "kewarganegaraan" && column != "berlaku_hingga" && column != "tanggal_terbit" &&
         column != "tempat_terbit";
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

const std::string& Order::field(std::string_view column) const {
  const auto index = order_column(column);
  if (!index) throw std::logic_error("no such order column");
  return fields[*index];
}

std::string& Order::field(std::string_view column) {
  const auto index = order_column(column);
  if (!index) throw std::logic_error("no such order column");
  return fields[*index];
}

std::string_view Order::printed(std::string_view column) const {
  return trimmed(field(column));
}

}  // namespace ktp
