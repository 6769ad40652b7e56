// SPDX-License-Identifier: Apache-2.0
// Addresses of what is done with single cards: destruction, returned and withdrawn cards, reprints.
#include <charconv>
#include <sstream>

#include "web/desk.hpp"

namespace ktp::web {

namespace {

constexpr std::uint64_t kMostCards = 1 << 20;  // bytes: some 100,000 cards' names

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

}  // namespace

void Desk::add_card_routes() {
  const CardActCommands& cards = commands_.cards;
  routes_.push_back(
      {.method = "GET",
       .path = "/api/cards",
       .least = Role::auditor,
       .act = [&cards](const Request&, const Visitor&) { return json_reply(cards.overview()); }});
  // The last digits of a NIK are on it: not for an auditor.
  routes_.push_back({.method = "GET",
                     .path = "/api/cards/record",
                     .least = Role::operator_,
                     .act = [&cards](const Request& request, const Visitor&) {
                       const std::string number = request.asked("number");
                       auto bytes = cards.record(number);
                       if (!bytes) return failed(bytes.error());
                       Reply reply;
                       reply.type = "application/pdf";
                       reply.body = std::move(*bytes);
                       reply.headers.emplace_back("Content-Disposition",
                                                  header_safe("inline; filename=\"" + number + ".pdf\""));
                       return reply;
                     }});
  // Two people who give their passwords are on the paper, others may be added by name.
  routes_.push_back({.method = "POST",
                     .path = "/api/cards/destroy",
                     .least = Role::supervisor,
                     .body = kMostCards,
                     .act = [this, &cards](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       Destroying destroying{.cards = lines_of(form->text("cards")),
                                             .names = {},
                                             .counted = 0,
                                             .place = form->text("place"),
                                             .manner = form->text("manner")};
                       // Only what somebody has seen listed is destroyed, never "whatever waits".
                       if (destroying.cards.empty())
                         return problem(400, "bad-data", "cards: which are destroyed");
                       const std::string counted = form->text("counted");
                       const auto [end, wrong] = std::from_chars(
                           counted.data(), counted.data() + counted.size(), destroying.counted);
                       if (wrong != std::errc() || end != counted.data() + counted.size())
                         return problem(400, "bad-data", "counted: a number");
                       const auto second = second_person(*form, by);
                       if (!second) return std::move(second.error());
                       destroying.names = {by.user, *second};
                       for (const std::string& name : lines_of(form->text("witnesses")))
                         destroying.names.push_back(name);
                       return json_reply(cards.destroy(destroying, by.user));
                     }});
  const auto add = [this](std::string_view path, Role least, auto act) {
    routes_.push_back({.method = "POST",
                       .path = path,
                       .least = least,
                       .act = [act](const Request& request, const Visitor& by) {
                         const auto form = Form::read(request.body);
                         if (!form) return failed(form.error());
                         const Result<void> did = act(*form, by);
                         return did ? done() : failed(did.error());
                       }});
  };
  add("/api/cards/receive-back", Role::operator_, [&cards](const Form& form, const Visitor& by) {
    return cards.receive_back(form.text("card"), by.user);
  });
  add("/api/cards/redistribute", Role::operator_, [&cards](const Form& form, const Visitor& by) {
    return cards.redistribute(form.text("card"), form.text("to"), form.text("signed_by"), by.user);
  });
  add("/api/cards/locate", Role::operator_, [&cards](const Form& form, const Visitor& by) {
    return cards.locate(form.text("card"), form.text("at"), form.text("signed_by"), by.user);
  });
  add("/api/cards/withdraw", Role::supervisor, [&cards](const Form& form, const Visitor& by) {
    return cards.withdraw(form.text("card"), form.text("reason"), by.user);
  });
  add("/api/cards/reprint/ask", Role::operator_, [&cards](const Form& form, const Visitor& by) {
    return cards.ask_reprint(form.text("card"), form.text("reason"), by.user);
  });
  add("/api/cards/reprint/drop", Role::supervisor, [&cards](const Form& form, const Visitor& by) {
    return cards.drop_reprint(form.text("card"), form.text("reason"), by.user);
  });
  // The second person is a supervisor: the one who is logged in, or one who comes and gives his password.
  routes_.push_back({.method = "POST",
                     .path = "/api/cards/reprint/confirm",
                     .least = Role::operator_,
                     .act = [this, &cards](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const std::string card = form->text("card");
                       if (card.empty()) return problem(400, "bad-data", "card: which one");
                       std::string who = by.user;
                       if (by.role < Role::supervisor || !form->text("second_name").empty()) {
                         auto second = second_person(*form, by, Role::supervisor);
                         if (!second) return std::move(second.error());
                         who = std::move(*second);
                       }
                       const auto confirmed = cards.confirm_reprint(card, who);
                       return confirmed ? done() : failed(confirmed.error());
                     }});
}

}  // namespace ktp::web
