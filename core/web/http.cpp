// SPDX-License-Identifier: Apache-2.0
#include "web/http.hpp"

#include <nlohmann/json.hpp>

namespace ktp::web {

namespace {

constexpr std::size_t kMostNames = 16;
constexpr std::size_t kNikDigits = 16;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool has_control(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  return false;
}

// Well-formed UTF-8 without overlong forms and surrogates.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const unsigned char lead = byte(i);
    std::size_t more = 0;
    unsigned char low = 0x80, high = 0xBF;
    if (lead < 0x80)
      more = 0;
    else if (lead >= 0xC2 && lead <= 0xDF)
      more = 1;
    else if (lead >= 0xE0 && lead <= 0xEF) {
      more = 2;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      more = 3;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else
      return false;
    if (i + more >= text.size()) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      if (byte(i + k) < low || byte(i + k) > high) return false;
      low = 0x80;
      high = 0xBF;
    }
    i += more + 1;
  }
  return true;
}

bool has_nik(std::string_view text) {
  std::size_t digits = 0;
  for (const char c : text) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits >= kNikDigits) return true;
  }
  return false;
}

}  // namespace

Result<Target> parse_target(std::string_view text, std::size_t limit) {
  const auto bad = [](const char* why) { return fail(ErrorCode::bad_data, std::string("address: ") + why); };
  if (text.size() > limit) return bad("too long");
  if (text.empty() || text[0] != '/') return bad("not an absolute path");
  const std::size_t mark = text.find('?');
  const auto path = percent_decoded(text.substr(0, mark));
  if (!path || has_control(*path) || !is_utf8(*path)) return bad("bad characters");
  if (path->find('\\') != std::string::npos) return bad("backslash");
  for (std::size_t at = 1; at <= path->size();) {
    std::size_t end = path->find('/', at);
    if (end == std::string::npos) end = path->size();
    const std::string_view segment = std::string_view(*path).substr(at, end - at);
    if (segment.empty() && end != path->size()) return bad("empty segment");
    if (segment == "." || segment == "..") return bad("dotted segment");
    at = end + 1;
  }
  if (has_nik(*path)) return bad("sixteen digits in a row");
  Target target{.path = *path, .query = {}};
  if (mark == std::string_view::npos) return target;
  std::string_view rest = text.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const auto name = percent_decoded(pair.substr(0, equals));
    const auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                        : percent_decoded(pair.substr(equals + 1));
    if (!name || !value || name->empty() || has_control(*name) || has_control(*value) || !is_utf8(*name) ||
        !is_utf8(*value))
      return bad("bad characters after the question mark");
    if (has_nik(*name) || has_nik(*value)) return bad("sixteen digits in a row");
    if (target.query.size() >= kMostNames || !target.query.emplace(*name, *value).second)
      return bad("too many values");
  }
  return target;
}

std::string cookie_of(const Request& request, std::string_view name) {
  std::string_view rest = request.cookie;
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return std::string(pair.substr(name.size() + 1));
  }
  return {};
}

std::string header_safe(std::string_view value) {
  std::string out;
  for (const char c : value)
    if (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f) out += c;
  return out;
}

Reply problem(int status, std::string_view code, std::string_view message) {
  Reply reply;
  reply.status = status;
  reply.body = nlohmann::json{{"error", code}, {"text", message}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
  return reply;
}

}  // namespace ktp::web
