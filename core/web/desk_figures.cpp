// SPDX-License-Identifier: Apache-2.0
// Addresses of the books: balance now and then, report, open items, and what the post office says.
#include "web/desk.hpp"

namespace ktp::web {

namespace {
constexpr std::uint64_t kMostPostFile = 32ull << 20;  // some 300,000 rows
}

void Desk::add_figures_routes() {
  const FiguresCommands& figures = commands_.figures;
  const PostCommands& post = commands_.post;
  routes_.push_back({.method = "GET",
                     .path = "/api/balance",
                     .least = Role::auditor,
                     .act = [&figures](const Request& request, const Visitor&) {
                       return json_reply(figures.balance(request.asked("at")));
                     }});
  routes_.push_back(
      {.method = "GET",
       .path = "/api/report",
       .least = Role::auditor,
       .act = [&figures](const Request&, const Visitor&) { return json_reply(figures.report()); }});
  routes_.push_back(
      {.method = "GET",
       .path = "/api/statistics",
       .least = Role::auditor,
       .act = [&figures](const Request&, const Visitor&) { return json_reply(figures.statistics()); }});
  routes_.push_back(
      {.method = "GET",
       .path = "/api/open",
       .least = Role::auditor,
       .act = [&figures](const Request&, const Visitor&) { return json_reply(figures.open()); }});
  // The same bytes twice: first to see what each row would do, then to do it. Nothing is kept in between.
  routes_.push_back({.method = "POST",
                     .path = "/api/post/preview",
                     .least = Role::operator_,
                     .body = kMostPostFile,
                     .act = [&post](const Request& request, const Visitor&) {
                       return json_reply(post.preview(request.body));
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/post/import",
                     .least = Role::operator_,
                     .body = kMostPostFile,
                     .act = [&post](const Request& request, const Visitor& by) {
                       return json_reply(post.import(request.body, by.user));
                     }});
}

}  // namespace ktp::web
