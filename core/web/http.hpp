// SPDX-License-Identifier: Apache-2.0
// A request and a reply as the rest of the room sees them: no Beast type, nothing of the network.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"

namespace ktp::web {

/// What a request may be at most.
struct Limits {
  std::size_t target = 1024;     ///< bytes of the request line's target
  std::size_t head = 16 * 1024;  ///< bytes of the request line and all header fields

  std::size_t connections = 64;    ///< at a time; further ones are closed at once
  int head_seconds = 10;           ///< from connecting, or the last reply's end, to the head's last byte
  int body_seconds = 20;           ///< from the head's last byte to the body's
  int write_seconds = 20;          ///< a reply, or one event
  std::size_t event_streams = 32;  ///< pages that listen at a time
};

/// Where a request goes: decoded, checked, without anything that could name a file outside.
struct Target {
  std::string path;                          ///< begins with a slash; UTF-8
  std::map<std::string, std::string> query;  ///< each name once
};

/// Takes a request target apart. Error bad_data for anything but a plain absolute path: another form, bad
/// percent coding, not UTF-8, a control character, a backslash, an empty or dotted segment, a name twice,
/// more than 16 names, or sixteen digits in a row (a NIK must never stand in an address).
Result<Target> parse_target(std::string_view target, std::size_t limit);

struct Request {
  std::string method;  ///< "GET", "HEAD", "POST", or another word
  Target target;
  std::string host, origin, fetch_site, content_type, cookie, csrf;  ///< header fields; "" = not sent
  bool repeated_host = false;
  std::string body;

  /// One value behind the address's question mark, "" if it is not there.
  [[nodiscard]] std::string asked(const std::string& name) const {
    const auto found = target.query.find(name);
    return found == target.query.end() ? std::string() : found->second;
  }
};

/// The value of one cookie, "" if it was not sent.
[[nodiscard]] std::string cookie_of(const Request& request, std::string_view name);

struct Reply {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>>
      headers;          ///< further ones; values are checked when written
  bool cached = false;  ///< may be kept by the browser (named by its content)
};

/// A header's value with everything that could end the line taken out.
[[nodiscard]] std::string header_safe(std::string_view value);
/// {"error": code, "text": message}: `code` is a word of the page's catalogues, `message` English.
[[nodiscard]] Reply problem(int status, std::string_view code, std::string_view message);

}  // namespace ktp::web
