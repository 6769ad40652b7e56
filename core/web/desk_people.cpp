// SPDX-License-Identifier: Apache-2.0
// Addresses about people: first start, logging in and out, users.
#include <nlohmann/json.hpp>

#include "web/desk.hpp"
#include "web/passwords.hpp"

namespace ktp::web {

namespace {

constexpr int kCodeTries = 10;  // then the station has to be started anew for another code

std::string cookie(const std::string& value, const char* more) {
  return "ktp-session=" + value + "; Path=/; HttpOnly; SameSite=Strict" + more;
}

}  // namespace

Reply Desk::logged_in(const User& user) {
  Reply reply = done();
  reply.headers.emplace_back("Set-Cookie", cookie(sessions_.begin(user.name), ""));
  return reply;
}

void Desk::add_session_routes() {
  routes_.push_back({.method = "GET",
                     .path = "/api/session",
                     .least = Role::nobody,
                     .act = [this](const Request&, const Visitor& visitor) {
                       Reply reply;
                       reply.body = nlohmann::json{{"user", visitor.user},
                                                   {"role", to_string(visitor.role)},
                                                   {"csrf", visitor.csrf},
                                                   {"first_start", users_.empty()}}
                                        .dump();
                       return reply;
                     }});
  routes_.push_back(
      {.method = "POST",
       .path = "/api/first",
       .least = Role::nobody,
       .act =
           [this](const Request& request, const Visitor&) {
             const auto form = Form::read(request.body);
             if (!form) return failed(form.error());
             const std::lock_guard lock(first_);
             if (!users_.empty())
               return problem(409, "has-users", "the first administrator was made already");
             if (code_tries_ >= kCodeTries)
               return problem(429, "code-locked",
                              "too many wrong codes; start the station again for a new one");
             if (code_.empty() || !same_secret(form->text("code"), code_)) {
               ++code_tries_;
               return problem(403, "code", "not the code that the station printed when it started");
             }
             if (auto added = users_.add(form->text("name"), Role::administrator, form->text("password"));
                 !added)
               return failed(added.error());
             code_.clear();
             return logged_in(
                 {.name = form->text("name"), .role = Role::administrator, .hash = {}, .active = true});
           },
       .without_csrf = true});
  routes_.push_back({.method = "POST",
                     .path = "/api/login",
                     .least = Role::nobody,
                     .act =
                         [this](const Request& request, const Visitor& before) {
                           const auto form = Form::read(request.body);
                           if (!form) return failed(form.error());
                           const auto user = users_.check(form->text("name"), form->text("password"));
                           if (!user)
                             return user.error().message == "locked"
                                        ? problem(429, "locked",
                                                  "too many wrong passwords; this name has to wait")
                                        : problem(403, "login", "name and password do not fit");
                           sessions_.end(before.session);
                           return logged_in(*user);
                         },
                     .without_csrf = true});
  routes_.push_back({.method = "POST",
                     .path = "/api/logout",
                     .least = Role::nobody,
                     .act = [this](const Request&, const Visitor& visitor) {
                       sessions_.end(visitor.session);
                       Reply reply = done();
                       reply.headers.emplace_back("Set-Cookie", cookie("", "; Max-Age=0"));
                       return reply;
                     }});
}

void Desk::add_user_routes() {
  routes_.push_back({.method = "GET",
                     .path = "/api/users",
                     .least = Role::administrator,
                     .act = [this](const Request&, const Visitor&) {
                       auto list = nlohmann::json::array();
                       for (const User& user : users_.all())
                         list.push_back(
                             {{"name", user.name}, {"role", to_string(user.role)}, {"active", user.active}});
                       Reply reply;
                       reply.body = list.dump();
                       return reply;
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/users/add",
                     .least = Role::administrator,
                     .act = [this](const Request& request, const Visitor&) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const auto added = users_.add(form->text("name"),
                                                     role_from(form->text("role")).value_or(Role::nobody),
                                                     form->text("password"));
                       return added ? done() : failed(added.error());
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/users/active",
                     .least = Role::administrator,
                     .act = [this](const Request& request, const Visitor&) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const auto changed =
                           users_.set_active(form->text("name"), form->text("active") == "yes");
                       if (!changed) return failed(changed.error());
                       if (form->text("active") != "yes") sessions_.end_all_of(form->text("name"));
                       return done();
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/users/password",
                     .least = Role::administrator,
                     .act = [this](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const auto changed = users_.set_password(form->text("name"), form->text("password"));
                       if (!changed) return failed(changed.error());
                       if (form->text("name") != by.user) sessions_.end_all_of(form->text("name"));
                       return done();
                     }});
}

}  // namespace ktp::web
