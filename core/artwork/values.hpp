// SPDX-License-Identifier: Apache-2.0
// From an order's fields to the texts that stand on the card. Private to the room.
#pragma once
#include <string>
#include <string_view>

#include "artwork/regions.hpp"
#include "domain/order.hpp"

namespace ktp::artwork {

/// True for "header", "birth", "blood", "rt_rw" (composed) and for any order column.
[[nodiscard]] bool is_value(std::string_view value);

/// The column that an error of this value names: "tempat_lahir" for "birth", and so on.
[[nodiscard]] std::string_view column_of(std::string_view value);

/// The text printed for `value`; lines are separated by '\n'. Errors (bad_data) begin with the column's name:
/// bytes that are not UTF-8, control and direction characters, an unknown region.
Result<std::string> printed_value(const Order& order, std::string_view value, const Regions& regions);

/// True where the card says Kepercayaan instead of Agama.
[[nodiscard]] bool is_belief(const Order& order);
/// True where the card is printed on the blank for citizens.
[[nodiscard]] bool is_citizen(const Order& order);

}  // namespace ktp::artwork
