// SPDX-License-Identifier: Apache-2.0
// Addresses of one person's data. What is asked for stands in the body, never in an address.
#include <nlohmann/json.hpp>

#include "web/desk.hpp"

namespace ktp::web {

namespace {

PersonAsked asked_in(const Form& form) {
  return {.order = form.text("order"), .nik = form.text("nik"), .reason = form.text("reason")};
}

}  // namespace

void Desk::add_person_routes() {
  const PersonCommands& person = commands_.person;
  routes_.push_back({.method = "POST",
                     .path = "/api/person/show",
                     .least = Role::supervisor,
                     .act = [&person](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       return json_reply(person.show(asked_in(*form), by.user));
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/person/export",
                     .least = Role::supervisor,
                     .act = [&person](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       auto bytes = person.hand_out(asked_in(*form), by.user);
                       if (!bytes) return failed(bytes.error());
                       Reply reply;
                       reply.type = "application/zip";
                       // A name that says nothing of the person.
                       reply.headers.emplace_back("Content-Disposition", "attachment; filename=\"data.zip\"");
                       reply.body = std::move(*bytes);
                       return reply;
                     }});
  routes_.push_back({.method = "GET",
                     .path = "/api/person/looks",
                     .least = Role::auditor,
                     .act = [&person](const Request& request, const Visitor&) {
                       return json_reply(person.looks(request.asked("order")));
                     }});
}

}  // namespace ktp::web
