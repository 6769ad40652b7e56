// SPDX-License-Identifier: Apache-2.0
// Any bytes as a request: through Beast's parser, the room's own, the gate and the desk's forms. Nothing may
// crash, no address may hold a dotted segment or a NIK, and no header of a reply may be ended by what was
// sent.
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "web/beast_request.hpp"
#include "web/form.hpp"
#include "web/gate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace http = boost::beast::http;
  using namespace ktp::web;
  const Limits limits;
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.head));
  parser.body_limit(64 * 1024);
  parser.eager(true);
  boost::beast::error_code failed;
  std::size_t used = 0;
  while (used < size && !failed && !parser.is_done()) {
    const std::size_t n = parser.put(boost::asio::buffer(data + used, size - used), failed);
    if (n == 0) break;
    used += n;
  }
  if (!parser.is_header_done()) {
    // The room's own parsers see what Beast would not have let through.
    (void)parse_target(std::string_view(reinterpret_cast<const char*>(data), size), limits.target);
    (void)Form::read(std::string(reinterpret_cast<const char*>(data), size));
    return 0;
  }
  const auto request = request_of(parser.get(), limits);
  if (!request) return 0;
  if (request->target.path.find("/../") != std::string::npos ||
      request->target.path.find('\0') != std::string::npos)
    std::abort();
  const auto refused = refused_at_the_gate(*request, {"127.0.0.1:8377"});
  if (!refused && request->host != "127.0.0.1:8377") std::abort();
  if (!refused && request->method == "POST" && request->origin != "http://127.0.0.1:8377") std::abort();
  for (const std::string& value :
       {request->host, request->cookie, request->csrf, cookie_of(*request, "ktp-session")})
    if (header_safe(value).find_first_of("\r\n") != std::string::npos) std::abort();
  (void)Form::read(parser.get().body());
  return 0;
}
