// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "domain/date.hpp"
#include "domain/error.hpp"

namespace ktp {

/// Prefix of a kecamatan that does not exist: invented people carry it, so that no test number can belong to
/// a person.
inline constexpr std::string_view kTestNikPrefix = "321699";

/// Nomor Induk Kependudukan: sixteen digits, always text (docs/domain.md section 1). A Nik that exists is
/// valid by the hard rules; the soft ones are warnings that `soft_findings` lists. Immutable; safe to share
/// between threads.
class Nik {
 public:
  /// Hard rules: sixteen ASCII digits; day 01-31 or 41-71; month 01-12; a date that exists in some year 19xx
  /// or 20xx; serial not 0000; the test prefix only where `allow_test`. The error says which rule, never the
  /// number.
  static Result<Nik> parse(std::string_view text, bool allow_test);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_test() const { return std::string_view(text_).starts_with(kTestNikPrefix); }
  [[nodiscard]] bool is_female() const;
  /// Two-digit year, month, day of birth as coded (day already reduced by 40 for women).
  [[nodiscard]] int day() const;
  [[nodiscard]] int month() const;
  [[nodiscard]] int year_of_century() const;
  /// "************1234": for people; the rest is personal.
  [[nodiscard]] std::string masked() const;

  /// What is lawful but worth a look: birth date or sex other than on the card, a province code not in the
  /// present list. Each begins with "nik: " and holds no personal value.
  [[nodiscard]] std::vector<std::string> soft_findings(const Date& born, bool female) const;

  friend bool operator==(const Nik&, const Nik&) = default;

 private:
  explicit Nik(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// Masks any personal value for a message: keeps nothing but the length class ("<12 characters>").
[[nodiscard]] std::string masked_value(std::string_view value);

}  // namespace ktp
