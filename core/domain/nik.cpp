// SPDX-License-Identifier: Apache-2.0
#include "domain/nik.hpp"

#include <algorithm>

namespace ktp {

namespace {
int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// A woman's day of birth is coded plus forty (docs/domain.md section 1.1).
constexpr int kFemaleDayOffset = 40;
}  // namespace

Result<Nik> Nik::parse(std::string_view text, bool allow_test) {
  const auto refuse = [](std::string why) { return fail(ErrorCode::bad_data, std::move(why)); };
  if (text.size() != 16)
    return refuse("must have exactly 16 digits, has " + std::to_string(text.size()) + " characters");
  if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
    return refuse("must have digits only");
  const bool test = text.starts_with(kTestNikPrefix);
  if (test && !allow_test) return refuse("test prefix 321699 is accepted with simulated devices only");
  const int coded_day = two_digits(text, 6);
  if (coded_day < 1 || (coded_day > 31 && coded_day < 41) || coded_day > 71)
    return refuse("day of birth (digits 7-8) must be 01 to 31, or 41 to 71 for women");
  const int day = coded_day > kFemaleDayOffset ? coded_day - kFemaleDayOffset : coded_day;
  const int month = two_digits(text, 8);
  if (month < 1 || month > 12) return refuse("month of birth (digits 9-10) must be 01 to 12");
  const int year = two_digits(text, 10);
  if (!date_exists(1900 + year, month, day) && !date_exists(2000 + year, month, day))
    return refuse("date of birth (digits 7-12) does not exist in any year");
  if (text.substr(12) == "0000") return refuse("serial (digits 13-16) must not be 0000");
  return Nik(std::string(text));
}

bool Nik::is_female() const {
  return two_digits(text_, 6) > kFemaleDayOffset;
}
int Nik::day() const {
  return two_digits(text_, 6) - (is_female() ? kFemaleDayOffset : 0);
}
int Nik::month() const {
  return two_digits(text_, 8);
}
int Nik::year_of_century() const {
  return two_digits(text_, 10);
}
std::string Nik::masked() const {
  return std::string(12, '*') + text_.substr(12);
}

std::vector<std::string> Nik::soft_findings(const Date& born, bool female) const {
  // Lawful differences: a correction of birth date or sex does not change the NIK (Permendagri 108/2019 art.
  // 15(3)).
  std::vector<std::string> findings;
  if (born.day != day() || born.month != month() || born.year % 100 != year_of_century())
    findings.emplace_back("nik: coded date of birth differs from tanggal_lahir");
  if (const int province = two_digits(text_, 0); province < 11 || province > 97)
    findings.emplace_back("nik: digits 1-2 are no present province code (11 to 97)");
  if (female != is_female()) findings.emplace_back("nik: coded sex differs from jenis_kelamin");
  return findings;
}

std::string masked_value(std::string_view value) {
  return "<" + std::to_string(value.size()) + " characters>";
}

}  // namespace ktp
