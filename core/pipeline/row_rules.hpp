// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "artwork/artwork.hpp"
#include "artwork/regions.hpp"
#include "domain/order.hpp"

namespace ktp::pipeline {

struct RowRefusal {
  std::string field;
  std::string reason;  ///< begins with `field` and a colon
};

/// What a row must keep (docs/domain.md sections 1 and 2, docs/contracts.md section 6): the first rule it
/// breaks, or nothing. Pictures and other orders are looked at elsewhere. Personal values in the reason are
/// masked.
[[nodiscard]] std::optional<RowRefusal> check_row(const Order& order, const artwork::Template& art,
                                                  const artwork::Regions& regions, bool test_mode);
/// What is lawful but worth a warning event; each begins with the field and a colon, no personal value.
[[nodiscard]] std::vector<std::string> warnings_of(const Order& order, const artwork::Regions& regions);

/// A picture path of a row: relative, plain components, no "..".
[[nodiscard]] std::optional<std::string> path_problem(std::string_view path);

}  // namespace ktp::pipeline
