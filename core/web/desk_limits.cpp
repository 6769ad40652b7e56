// SPDX-License-Identifier: Apache-2.0
// Addresses of the inspection's limits: what cards rejected in error ask for, and who puts it into force.
#include <nlohmann/json.hpp>
#include <sstream>

#include "web/desk.hpp"

namespace ktp::web {

namespace {

constexpr std::uint64_t kMostCards = 16 * 1024;  // bytes of the form

std::vector<std::string> cards_in(const Form& form) {
  std::vector<std::string> cards;
  std::istringstream lines(form.text("cards"));
  for (std::string card; std::getline(lines, card);)
    if (!card.empty()) cards.push_back(card);
  return cards;
}

}  // namespace

void Desk::add_limit_routes() {
  const LimitCommands& limits = commands_.limits;
  routes_.push_back(
      {.method = "GET",
       .path = "/api/limits",
       .least = Role::auditor,
       .act = [&limits](const Request&, const Visitor&) { return json_reply(limits.overview()); }});
  routes_.push_back({.method = "POST",
                     .path = "/api/limits/mark",
                     .least = Role::inspector,
                     .act = [this, &limits](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       if (form->text("card").empty()) return problem(400, "bad-data", "card: which one");
                       const auto second = second_person(*form, by);
                       if (!second) return std::move(second.error());
                       const auto marked =
                           limits.mark(form->text("card"), form->text("reason"), by.user, *second);
                       return marked ? done() : failed(marked.error());
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/limits/preview",
                     .least = Role::inspector,
                     .body = kMostCards,
                     .act = [&limits](const Request& request, const Visitor&) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       return json_reply(limits.preview(cards_in(*form)));
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/limits/apply",
                     .least = Role::inspector,
                     .body = kMostCards,
                     .act = [this, &limits](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       if (cards_in(*form).empty() || form->text("version").empty())
                         return problem(400, "bad-data", "cards and version: what was previewed");
                       const auto second = second_person(*form, by, Role::supervisor);
                       if (!second) return std::move(second.error());
                       const auto applied = limits.apply(cards_in(*form), form->text("version"),
                                                         form->text("reason"), by.user, *second);
                       return applied ? done() : failed(applied.error());
                     }});
  // Back to narrower limits is the safe direction: one person may.
  routes_.push_back({.method = "POST",
                     .path = "/api/limits/undo",
                     .least = Role::inspector,
                     .act = [&limits](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const auto undone = limits.undo(form->text("reason"), by.user);
                       return undone ? done() : failed(undone.error());
                     }});
}

}  // namespace ktp::web
