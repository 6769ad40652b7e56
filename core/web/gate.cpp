// SPDX-License-Identifier: Apache-2.0
#include "web/gate.hpp"

#include <algorithm>

namespace ktp::web {

std::optional<Reply> refused_at_the_gate(const Request& request, const HostNames& ours, bool tls) {
  if (request.repeated_host || std::ranges::find(ours, request.host) == ours.end())
    return problem(421, "wrong-host", "this station does not go by that name");
  if (request.method != "GET" && request.method != "HEAD" && request.method != "POST") {
    Reply reply = problem(405, "method", "only GET, HEAD and POST");
    reply.headers.emplace_back("Allow", "GET, HEAD, POST");
    return reply;
  }
  const bool own_origin = request.origin == (tls ? "https://" : "http://") + request.host;
  if (!request.origin.empty() && !own_origin)
    return problem(403, "origin", "another site's page may not ask this");
  // "none": typed by the user; a link from elsewhere may open the page, not anything below it.
  const bool from_elsewhere = request.fetch_site == "cross-site" || request.fetch_site == "same-site";
  if (from_elsewhere && (request.method == "POST" || request.target.path != "/"))
    return problem(403, "origin", "another site's page may not ask this");
  if (request.method != "POST") return std::nullopt;
  if (!own_origin) return problem(403, "origin", "a POST needs this page's Origin");
  const std::string_view type =
      std::string_view(request.content_type).substr(0, request.content_type.find(';'));
  if (type != "application/json" && type != "application/octet-stream")
    return problem(415, "content-type", "JSON, or the bytes of a file");
  return std::nullopt;
}

const std::vector<std::pair<std::string, std::string>>& security_headers() {
  static const std::vector<std::pair<std::string, std::string>> headers{
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src "
       "'self'; "
       "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"}};
  return headers;
}

}  // namespace ktp::web
