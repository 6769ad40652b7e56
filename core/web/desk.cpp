// SPDX-License-Identifier: Apache-2.0
#include "web/desk.hpp"

#include <nlohmann/json.hpp>

#include "web/metrics.hpp"
#include "web/passwords.hpp"

namespace ktp::web {

namespace {

constexpr std::string_view kCookie = "ktp-session";

}  // namespace

Reply done() {
  Reply reply;
  reply.body = "{\"ok\":true}";
  return reply;
}

Reply json_reply(Result<std::string> text) {
  if (!text) return failed(text.error());
  Reply reply;
  reply.body = std::move(*text);
  return reply;
}

Reply failed(const Error& error) {
  switch (error.code) {
    case ErrorCode::bad_data:
    case ErrorCode::usage:
      return problem(400, "bad-data", error.message);
    case ErrorCode::input_missing:
      return problem(404, "missing", error.message);
    case ErrorCode::in_use:
      return problem(409, "in-use", error.message);
    default:
      return problem(500, "internal", error.message);
  }
}

Desk::Desk(Board& board, ReviewQueue& review, Users& users, PageFiles page, Commands commands)
    : board_(board), review_(review), users_(users), page_(std::move(page)), commands_(std::move(commands)) {
  if (users_.empty()) code_ = one_time_code();
  add_session_routes();
  add_run_routes();
  add_user_routes();
  add_review_routes();
  add_spot_routes();
  add_drop_routes();
  add_handover_routes();
  add_card_routes();
  add_unknown_routes();
  add_figures_routes();
  add_audit_routes();
  add_settings_routes();
  add_sort_routes();
  add_limit_routes();
  add_person_routes();
}

std::string Desk::first_start_code() const {
  return code_;
}

const Route* Desk::route(std::string_view method, std::string_view path) const {
  for (const Route& route : routes_)
    if (route.method == method && route.path == path) return &route;
  return nullptr;
}

Visitor Desk::who(const Request& request) {
  Visitor visitor;
  const std::string name = cookie_of(request, kCookie);
  const auto session = sessions_.find(name);
  if (!session) return visitor;
  const auto user = users_.find(session->user);
  if (!user || !user->active) return visitor;
  return {.user = user->name, .role = user->role, .session = name, .csrf = session->csrf};
}

std::uint64_t Desk::body_limit(const Target& target) const {
  const Route* const found = route("POST", target.path);
  return found == nullptr ? 0 : found->body;
}

std::optional<Handler::Listening> Desk::listens(const Request& request) {
  if (request.target.path != "/api/events" || request.method != "GET") return std::nullopt;
  return Listening(
      [] { return true; });  // the board names no person; whoever stands before the screen may read it
}

std::optional<Reply> Desk::refuses(const Request& head, const Route& route, const Visitor& visitor) const {
  if (visitor.role < route.least)
    return visitor.user.empty() ? problem(401, "login-first", "log in first")
                                : problem(403, "role", "your role does not allow this");
  if (route.method != "POST") return std::nullopt;
  // An auditor's rank lets him read what operators read; he changes nothing.
  if (visitor.role == Role::auditor && route.least > Role::nobody)
    return problem(403, "role", "an auditor only reads");
  if (!route.without_csrf && (visitor.csrf.empty() || !same_secret(visitor.csrf, head.csrf)))
    return problem(403, "csrf", "the page is out of date; load it again");
  return std::nullopt;
}

std::optional<Reply> Desk::refuses(const Request& head) {
  const Route* const found = route(head.method, head.target.path);
  if (found == nullptr) return problem(404, "missing", "there is nothing here");
  return refuses(head, *found, who(head));
}

Reply Desk::answer(const Request& request) {
  const std::string_view method =
      request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  if (const Route* const found = route(method, request.target.path)) {
    const Visitor visitor = who(request);
    if (auto refused = refuses(request, *found, visitor)) return std::move(*refused);
    return found->act(request, visitor);
  }
  if (route(method == "GET" ? "POST" : "GET", request.target.path) != nullptr)
    return problem(405, "method", "not with this method");
  if (method == "GET")
    if (const PageFiles::File* const file = page_.find(request.target.path)) {
      Reply reply;
      reply.type = file->type;
      reply.body = file->bytes;
      reply.cached = file->named_by_content;
      return reply;
    }
  return problem(404, "missing", "there is nothing here");
}

void Desk::add_run_routes() {
  routes_.push_back({.method = "GET",
                     .path = "/api/board",
                     .least = Role::nobody,
                     .act = [this](const Request&, const Visitor&) {
                       Reply reply;
                       reply.body = board_.json();
                       if (reply.body.empty()) return problem(503, "starting", "the station is starting");
                       return reply;
                     }});
  routes_.push_back({.method = "GET",
                     .path = "/health",
                     .least = Role::nobody,
                     .act = [this](const Request&, const Visitor&) {
                       if (board_.json().empty()) return problem(503, "starting", "the station is starting");
                       return done();
                     }});
  routes_.push_back({.method = "GET",
                     .path = "/metrics",
                     .least = Role::nobody,
                     .act = [this](const Request&, const Visitor&) {
                       Reply reply;
                       reply.type = "text/plain; version=0.0.4; charset=utf-8";
                       reply.body = metrics_text(board_.json());
                       return reply;
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/run/start",
                     .least = Role::operator_,
                     .act = [this](const Request&, const Visitor& by) {
                       const auto begun = commands_.start(by.user);
                       return begun ? done() : failed(begun.error());
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/run/stop",
                     .least = Role::operator_,
                     .act = [this](const Request&, const Visitor& by) {
                       const auto begun = commands_.stop_after_card(by.user);
                       return begun ? done() : failed(begun.error());
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/run/resume-lane",
                     .least = Role::operator_,
                     .act = [this](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const auto resumed = commands_.resume_lane(form->text("camera"), by.user);
                       return resumed ? done() : failed(resumed.error());
                     }});
  const auto queue = [this](std::string_view path, const char* word, const auto& command) {
    routes_.push_back({.method = "POST",
                       .path = path,
                       .least = Role::operator_,
                       .act = [&command, word](const Request& request, const Visitor& by) {
                         const auto form = Form::read(request.body);
                         if (!form) return failed(form.error());
                         const std::string answer = form->text(word);
                         if (answer != "yes" && answer != "no")
                           return problem(400, "bad-data", std::string(word) + ": yes or no");
                         const auto did = command(form->text("batch"), answer == "yes", by.user);
                         return did ? done() : failed(did.error());
                       }});
  };
  queue("/api/queue/move", "up", commands_.move_batch);
  queue("/api/queue/aside", "aside", commands_.set_aside);
}

}  // namespace ktp::web
