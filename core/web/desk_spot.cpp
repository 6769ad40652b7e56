// SPDX-License-Identifier: Apache-2.0
// Addresses of the inspector about one spot: how it looks on good cards, and which other cards have the same
// finding there.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>

#include "web/desk.hpp"

namespace ktp::web {

namespace {

constexpr std::uint64_t kMostCards = 64 * 1024;  // bytes: some 6,000 names
constexpr int kLargest = 20'000;                 // pixels, of a side of a picture

std::optional<int> pixels(const std::string& text) {
  int value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc() || end != text.data() + text.size() || value < 0 || value > kLargest)
    return std::nullopt;
  return value;
}

}  // namespace

void Desk::add_spot_routes() {
  const InspectorCommands& inspector = commands_.inspector;
  routes_.push_back({.method = "GET",
                     .path = "/api/review/same",
                     .least = Role::auditor,
                     .act = [this](const Request& request, const Visitor&) {
                       return json_reply(review_.same_spot_json(request.asked("card")));
                     }});
  routes_.push_back({.method = "GET",
                     .path = "/api/review/good",
                     .least = Role::auditor,
                     .act = [&inspector](const Request&, const Visitor&) {
                       return json_reply(nlohmann::json(inspector.recent_good()).dump());
                     }});
  // A part of a person's card: in the log as any other look at it.
  routes_.push_back({.method = "GET",
                     .path = "/api/review/spot",
                     .least = Role::auditor,
                     .act = [this, &inspector](const Request& request, const Visitor& by) {
                       const auto x = pixels(request.asked("x")), y = pixels(request.asked("y"));
                       const auto w = pixels(request.asked("w")), h = pixels(request.asked("h"));
                       if (!x || !y || !w || !h || *w == 0 || *h == 0)
                         return problem(400, "bad-data", "x, y, w, h: pixels");
                       const std::string card = request.asked("card");
                       auto bytes =
                           inspector.spot(card, request.asked("side"), {.x = *x, .y = *y, .w = *w, .h = *h});
                       if (!bytes) return failed(bytes.error());
                       if (auto noted = commands_.looked(card, by.user); !noted) return failed(noted.error());
                       Reply reply;
                       reply.type = "image/jpeg";
                       reply.body = std::move(*bytes);
                       return reply;
                     }});
  // The queue decides which cards have the same finding at the same spot, not the page.
  routes_.push_back({.method = "POST",
                     .path = "/api/review/accept-same",
                     .least = Role::inspector,
                     .body = kMostCards,
                     .act = [this, &inspector](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const auto same = review_.same_spot(form->text("card"));
                       std::vector<std::string> cards;
                       std::istringstream lines(form->text("cards"));
                       for (std::string card; std::getline(lines, card);) {
                         if (std::ranges::find(same, card) == same.end())
                           return problem(400, "not-the-same",
                                          "card: not flagged for the same finding at the same spot");
                         cards.push_back(card);
                       }
                       if (cards.empty()) return problem(400, "bad-data", "cards: which are accepted");
                       const auto second = second_person(*form, by);
                       if (!second) return std::move(second.error());
                       const auto accepted = inspector.accept(cards, form->text("reason"), by.user, *second);
                       return accepted ? done() : failed(accepted.error());
                     }});
}

}  // namespace ktp::web
