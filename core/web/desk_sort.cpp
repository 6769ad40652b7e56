// SPDX-License-Identifier: Apache-2.0
// Addresses of the sort desk and of the cameras' live pictures.
#include <charconv>
#include <nlohmann/json.hpp>

#include "web/desk.hpp"

namespace ktp::web {

namespace {

std::optional<std::uint64_t> number_in(const std::string& text, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

constexpr std::uint64_t kMostCards = 1'000'000;  // in a box
constexpr std::uint64_t kMostPictures = 1'000'000'000'000;

}  // namespace

void Desk::add_sort_routes() {
  const SortCommands& sort = commands_.sort;
  routes_.push_back({.method = "GET",
                     .path = "/api/sort",
                     .least = Role::auditor,
                     .act = [&sort](const Request&, const Visitor&) { return json_reply(sort.overview()); }});
  routes_.push_back({.method = "POST",
                     .path = "/api/sort/begin",
                     .least = Role::operator_,
                     .act = [&sort](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       SortBox box{.box = form->text("box"),
                                   .again = form->text("again"),
                                   .lane = form->text("printer"),
                                   .back = form->text("sides") != "front"};
                       if (const std::string cards = form->text("cards"); !cards.empty()) {
                         const auto counted = number_in(cards, kMostCards);
                         if (!counted || *counted == 0)
                           return problem(400, "bad-data", "cards: a number from 1 to 1000000");
                         box.cards = *counted;
                       }
                       const auto begun = sort.begin(box, by.user);
                       return begun ? done() : failed(begun.error());
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/sort/end",
                     .least = Role::operator_,
                     .act = [&sort](const Request&, const Visitor& by) {
                       const auto ended = sort.end(by.user);
                       return ended ? done() : failed(ended.error());
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/sort/close",
                     .least = Role::operator_,
                     .act = [&sort](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const auto counted = number_in(form->text("counted"), kMostCards);
                       if (!counted || *counted == 0)
                         return problem(400, "bad-data", "counted: a number from 1 to 1000000");
                       return json_reply(sort.close(form->text("box"), *counted, by.user));
                     }});
  routes_.push_back({.method = "GET",
                     .path = "/api/sort/picture",
                     .least = Role::operator_,
                     .act = [&sort](const Request& request, const Visitor& by) {
                       auto bytes = sort.picture(request.asked("sighting"), request.asked("side"), by.user);
                       if (!bytes) return failed(bytes.error());
                       Reply reply;
                       reply.type = "image/jpeg";
                       reply.body = std::move(*bytes);
                       return reply;
                     }});
  routes_.push_back({.method = "GET",
                     .path = "/api/camera/picture",
                     .least = Role::operator_,
                     .act = [this](const Request& request, const Visitor& by) {
                       const std::string after = request.asked("after");
                       const auto number = after.empty() ? 0 : number_in(after, kMostPictures);
                       if (!number) return problem(400, "bad-data", "after: the number of a picture");
                       const auto picture =
                           commands_.camera.picture(request.asked("camera"), *number, by.user);
                       if (!picture) return failed(picture.error());
                       Reply reply;
                       reply.type = "image/jpeg";
                       if (!*picture) {
                         reply.status = 204;
                         return reply;
                       }
                       reply.headers.emplace_back("X-KTP-Picture", std::to_string((*picture)->number));
                       if ((*picture)->jpeg == nullptr)
                         reply.status = 204;
                       else
                         reply.body = *(*picture)->jpeg;
                       return reply;
                     }});
}

}  // namespace ktp::web
