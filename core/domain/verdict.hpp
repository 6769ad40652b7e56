// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <optional>
#include <string_view>

namespace ktp {

/// What becomes of a card; the names are also the names of the bins (docs/contracts.md section 1).
enum class Verdict { good, damaged, duplicate, mismatch, review };

inline constexpr std::array kVerdicts{Verdict::good, Verdict::damaged, Verdict::duplicate, Verdict::mismatch,
                                      Verdict::review};

[[nodiscard]] std::string_view to_string(Verdict verdict);
[[nodiscard]] std::optional<Verdict> verdict_from(std::string_view word);

}  // namespace ktp
