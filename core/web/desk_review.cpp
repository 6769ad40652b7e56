// SPDX-License-Identifier: Apache-2.0
// Addresses of the inspector: queue, pictures, decisions.
#include <nlohmann/json.hpp>

#include "web/desk.hpp"

namespace ktp::web {

// The second person confirms in place, with his own name and password; the session stays the first one's.
std::expected<std::string, Reply> Desk::second_person(const Form& form, const Visitor& first, Role least) {
  const auto refused = [](std::string_view code, std::string_view text) {
    return std::unexpected(problem(403, code, text));
  };
  const std::string name = form.text("second_name");
  if (name.empty()) return refused("second-missing", "a second person has to confirm this");
  if (name == first.user) return refused("second-same", "somebody else than you has to confirm this");
  const auto user = users_.check(name, form.text("second_password"));
  if (!user && user.error().message == "locked")
    return refused("second-locked", "the second person's name has to wait");
  if (!user) return refused("second-wrong", "the second person's name and password do not fit");
  if (user->role < least && least == Role::supervisor)
    return refused("second-supervisor", "the second person is no supervisor");
  if (user->role < least)
    return refused("second-role", "the second person is neither inspector nor supervisor");
  return user->name;
}

void Desk::add_review_routes() {
  routes_.push_back({.method = "GET",
                     .path = "/api/review",
                     .least = Role::auditor,
                     .act = [this](const Request&, const Visitor&) {
                       Reply reply;
                       reply.body = review_.list_json();
                       return reply;
                     }});
  routes_.push_back({.method = "GET",
                     .path = "/api/review/card",
                     .least = Role::auditor,
                     .act = [this](const Request& request, const Visitor& by) {
                       auto card = review_.card_json(request.asked("card"));
                       if (!card) return failed(card.error());
                       if (auto noted = commands_.looked(request.asked("card"), by.user); !noted)
                         return failed(noted.error());
                       Reply reply;
                       reply.body = std::move(*card);
                       return reply;
                     }});
  routes_.push_back({.method = "GET",
                     .path = "/api/picture",
                     .least = Role::auditor,
                     .act = [this](const Request& request, const Visitor& by) {
                       const std::string what = request.asked("what");
                       auto bytes = review_.picture(request.asked("card"), request.asked("side"), what);
                       if (!bytes) return failed(bytes.error());
                       if (auto noted = commands_.looked(request.asked("card"), by.user); !noted)
                         return failed(noted.error());
                       Reply reply;
                       reply.type = ReviewQueue::picture_type(what);
                       reply.body = std::move(*bytes);
                       return reply;
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/review/agree",
                     .least = Role::inspector,
                     .act = [this](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const auto agreed = commands_.agree(form->text("card"), by.user);
                       return agreed ? done() : failed(agreed.error());
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/review/override",
                     .least = Role::inspector,
                     .act = [this](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       std::string second;
                       if (form->text("verdict") == "good") {
                         auto confirmed = second_person(*form, by);
                         if (!confirmed) return std::move(confirmed.error());
                         second = *confirmed;
                       }
                       const auto decided = commands_.override_verdict(
                           form->text("card"), form->text("verdict"), form->text("reason"), by.user, second);
                       return decided ? done() : failed(decided.error());
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/review/take-back",
                     .least = Role::inspector,
                     .act = [this](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const auto taken = commands_.take_back(form->text("card"), by.user);
                       return taken ? done() : failed(taken.error());
                     }});
}

}  // namespace ktp::web
