// SPDX-License-Identifier: Apache-2.0
// Addresses for a card that is unknown: it was found, or the blanks were counted.
#include <charconv>
#include <nlohmann/json.hpp>

#include "web/desk.hpp"

namespace ktp::web {

void Desk::add_unknown_routes() {
  const UnknownCommands& unknown = commands_.unknown;
  routes_.push_back({.method = "POST",
                     .path = "/api/unknown/found",
                     .least = Role::operator_,
                     .act = [&unknown](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const auto found = unknown.found(form->text("card"), form->text("where"), by.user);
                       return found ? done() : failed(found.error());
                     }});
  // What the count says; where it says that no blank was fed, a second person who counted too settles it.
  routes_.push_back({.method = "POST",
                     .path = "/api/unknown/count",
                     .least = Role::operator_,
                     .act = [this, &unknown](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const std::string card = form->text("card"), text = form->text("counted");
                       std::int64_t counted = 0;
                       const auto [end, wrong] =
                           std::from_chars(text.data(), text.data() + text.size(), counted);
                       if (wrong != std::errc() || end != text.data() + text.size() || counted < 0)
                         return problem(400, "bad-data", "counted: a number");
                       const auto says = unknown.blanks_say(card, counted);
                       if (!says) return failed(says.error());
                       const bool settles = *says == "none-fed" && !form->text("second_name").empty();
                       if (settles) {
                         auto second = second_person(*form, by);
                         if (!second) return std::move(second.error());
                         if (auto settled = unknown.not_fed(card, counted, by.user, *second); !settled)
                           return failed(settled.error());
                       }
                       return json_reply(nlohmann::json{{"says", *says}, {"settled", settles}}.dump());
                     }});
}

}  // namespace ktp::web
