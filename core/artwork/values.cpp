// SPDX-License-Identifier: Apache-2.0
#include "artwork/values.hpp"

#include <glib.h>

#include <algorithm>
#include <array>

namespace ktp::artwork {
namespace {

struct Composed {
  std::string_view value, column;
};
constexpr std::array kComposed{Composed{"header", "kode_wilayah"}, Composed{"birth", "tempat_lahir"},
                               Composed{"blood", "gol_darah"}, Composed{"rt_rw", "rt"}};

// Characters that print nothing or turn the direction of what follows: on a card they would be a hidden
// difference.
bool is_hidden(gunichar c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

Result<std::string> clean(const Order& order, std::string_view column) {
  const std::string text(order.printed(column));
  const auto bad = [&](const char* why) {
    return fail(ErrorCode::bad_data, std::string(column) + ": " + why);
  };
  if (g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr) == 0)
    return bad("is not UTF-8 text");
  for (const char* at = text.data(); at < text.data() + text.size(); at = g_utf8_next_char(at)) {
    if (is_hidden(g_utf8_get_char(at))) return bad("contains a control character that cannot be printed");
  }
  return text;
}

// "3" is printed "003"; anything that is not a short number is printed as it is.
std::string three_digits(std::string text) {
  const bool digits = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (digits && text.size() < 3) text.insert(0, 3 - text.size(), '0');
  return text.empty() ? "-" : text;
}

bool starts_with_word(std::string_view a, std::string_view b) {
  return a.size() >= b.size() && g_ascii_strncasecmp(a.data(), b.data(), b.size()) == 0;
}

}  // namespace

bool is_value(std::string_view value) {
  return order_column(value).has_value() ||
         std::ranges::any_of(kComposed, [&](const Composed& c) { return c.value == value; });
}

std::string_view column_of(std::string_view value) {
  for (const Composed& c : kComposed) {
    if (c.value == value) return c.column;
  }
  return value;
}

bool is_belief(const Order& order) {
  return starts_with_word(order.printed("agama"), "KEPERCAYAAN");
}

bool is_citizen(const Order& order) {
  const auto nationality = order.printed("kewarganegaraan");
  return nationality.empty() || (nationality.size() == 3 && starts_with_word(nationality, "WNI"));
}

Result<std::string> printed_value(const Order& order, std::string_view value, const Regions& regions) {
  auto text = clean(order, column_of(value));
  if (!text) return text;
  if (value == "header") {
    auto lines = regions.header(*text);
    if (!lines) return std::unexpected(lines.error());
    return lines->first + "\n" + lines->second;
  }
  if (value == "birth") {
    const auto date = clean(order, "tanggal_lahir");
    if (!date) return date;
    return *text + ", " + *date;
  }
  if (value == "rt_rw") {
    const auto rw = clean(order, "rw");
    if (!rw) return rw;
    return three_digits(*text) + "/" + three_digits(*rw);
  }
  if (value == "blood" && (text->empty() || (text->size() == 10 && starts_with_word(*text, "TIDAK TAHU"))))
    return "-";
  return text;
}

}  // namespace ktp::artwork
