// SPDX-License-Identifier: Apache-2.0
// Addresses for whoever has to trust the station: the log, its proof, the machine.
#include <charconv>

#include "web/desk.hpp"

namespace ktp::web {

void Desk::add_audit_routes() {
  const AuditCommands& audit = commands_.audit;
  routes_.push_back(
      {.method = "GET",
       .path = "/api/audit",
       .least = Role::auditor,
       .act = [&audit](const Request& request, const Visitor&) {
         AuditQuestion asked{.card = request.asked("card"), .order = request.asked("order"), .before = 0};
         if (const std::string text = request.asked("before"); !text.empty()) {
           const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), asked.before);
           if (wrong != std::errc() || end != text.data() + text.size())
             return problem(400, "bad-data", "before: a number");
         }
         return json_reply(audit.events(asked));
       }});
  routes_.push_back({.method = "GET",
                     .path = "/api/audit/proof",
                     .least = Role::auditor,
                     .act = [&audit](const Request&, const Visitor&) { return json_reply(audit.proof()); }});
  routes_.push_back({.method = "GET",
                     .path = "/api/doctor",
                     .least = Role::administrator,
                     .act = [&audit](const Request&, const Visitor&) { return json_reply(audit.doctor()); }});
}

}  // namespace ktp::web
