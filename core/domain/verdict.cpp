// SPDX-License-Identifier: Apache-2.0
#include "domain/verdict.hpp"

namespace ktp {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "good";
    case Verdict::damaged:
      return "damaged";
    case Verdict::duplicate:
      return "duplicate";
    case Verdict::mismatch:
      return "mismatch";
    case Verdict::review:
      return "review";
  }
  return "review";
}

std::optional<Verdict> verdict_from(std::string_view word) {
  for (const Verdict verdict : kVerdicts)
    if (to_string(verdict) == word) return verdict;
  return std::nullopt;
}

}  // namespace ktp
