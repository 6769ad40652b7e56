// SPDX-License-Identifier: Apache-2.0
// Addresses for bringing a batch: files one by one or a zip, the check of every row, a face as it will be
// printed, intake.
#include <charconv>
#include <nlohmann/json.hpp>

#include "web/desk.hpp"

namespace ktp::web {

namespace {

constexpr std::uint64_t kMostPerFile = 64ull << 20;  // a CSV of 200,000 rows, or a picture
constexpr std::uint64_t kMostPerZip = 128ull << 20;

}  // namespace

void Desk::add_drop_routes() {
  const DropCommands& drops = commands_.drops;
  routes_.push_back({.method = "POST",
                     .path = "/api/drop/begin",
                     .least = Role::operator_,
                     .act = [&drops](const Request&, const Visitor&) {
                       const auto name = drops.begin();
                       if (!name) return failed(name.error());
                       return json_reply(nlohmann::json{{"drop", *name}}.dump());
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/drop/file",
                     .least = Role::operator_,
                     .body = kMostPerFile,
                     .act = [&drops](const Request& request, const Visitor&) {
                       const auto stored =
                           drops.put(request.asked("drop"), request.asked("name"), request.body);
                       return stored ? done() : failed(stored.error());
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/drop/zip",
                     .least = Role::operator_,
                     .body = kMostPerZip,
                     .act = [&drops](const Request& request, const Visitor&) {
                       const auto stored = drops.unpack(request.asked("drop"), request.body);
                       return stored ? done() : failed(stored.error());
                     }});
  routes_.push_back({.method = "GET",
                     .path = "/api/drop/check",
                     .least = Role::operator_,
                     .act = [&drops](const Request& request, const Visitor&) {
                       return json_reply(drops.check(request.asked("drop")));
                     }});
  routes_.push_back({.method = "GET",
                     .path = "/api/drop/face",
                     .least = Role::operator_,
                     .act = [&drops](const Request& request, const Visitor&) {
                       const std::string text = request.asked("row");
                       std::size_t row = 0;
                       const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), row);
                       if (wrong != std::errc() || end != text.data() + text.size())
                         return problem(400, "bad-data", "row: a number");
                       Reply reply = json_reply(
                           drops.face(request.asked("drop"), row, request.asked("side") != "back"));
                       if (reply.status == 200) reply.type = "image/png";
                       return reply;
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/drop/take-in",
                     .least = Role::operator_,
                     .act = [&drops](const Request& request, const Visitor&) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       return json_reply(drops.take_in(form->text("drop")));
                     }});
}

}  // namespace ktp::web
