// SPDX-License-Identifier: Apache-2.0
// Addresses of the settings that an administrator may change.
#include "web/desk.hpp"

namespace ktp::web {

void Desk::add_settings_routes() {
  const SettingsCommands& settings = commands_.settings;
  routes_.push_back(
      {.method = "GET",
       .path = "/api/settings",
       .least = Role::administrator,
       .act = [&settings](const Request&, const Visitor&) { return json_reply(settings.read()); }});
  routes_.push_back({.method = "POST",
                     .path = "/api/settings",
                     .least = Role::administrator,
                     .act = [&settings](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       return json_reply(settings.write(form->all(), by.user));
                     }});
}

}  // namespace ktp::web
