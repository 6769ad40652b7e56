// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/beast/http/message.hpp>

#include "web/http.hpp"

namespace ktp::web {

/// What the room knows of a request, from its head as Beast parsed it. Error bad_data: the address is none of
/// ours.
template <class Fields>
Result<Request> request_of(const boost::beast::http::header<true, Fields>& head, const Limits& limits) {
  namespace http = boost::beast::http;
  const auto text = [](boost::beast::string_view value) { return std::string(value.data(), value.size()); };
  auto target = parse_target(std::string_view(head.target().data(), head.target().size()), limits.target);
  if (!target) return std::unexpected(target.error());
  Request request;
  request.target = std::move(*target);
  request.method = text(head.method_string());
  request.host = text(head[http::field::host]);
  request.repeated_host = head.count(http::field::host) > 1;
  request.origin = text(head[http::field::origin]);
  request.fetch_site = text(head["Sec-Fetch-Site"]);
  request.content_type = text(head[http::field::content_type]);
  request.cookie = text(head[http::field::cookie]);
  request.csrf = text(head["X-KTP-CSRF"]);
  return request;
}

}  // namespace ktp::web
