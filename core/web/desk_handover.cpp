// SPDX-License-Identifier: Apache-2.0
// Addresses of the handover desk: bins of good cards, sealed batches, covering lists, countersigning.
#include <charconv>

#include "web/desk.hpp"

namespace ktp::web {

namespace {

constexpr std::uint64_t kMostScanned = 1 << 20;  // bytes: some 70,000 item numbers
constexpr int kMostBoxes = 99;

/// A list is shown in the browser, data is stored; the name has nothing but the batch in it.
Reply paper(const std::string& seal, const std::string& form, std::string bytes) {
  Reply reply;
  reply.body = std::move(bytes);
  reply.type = form == "pdf"   ? "application/pdf"
               : form == "csv" ? "text/csv; charset=utf-8"
                               : "application/json";
  reply.headers.emplace_back("Content-Disposition",
                             header_safe((form == "pdf" ? "inline" : "attachment") +
                                         std::string("; filename=\"") + seal + "." + form + "\""));
  return reply;
}

}  // namespace

void Desk::add_handover_routes() {
  const HandoverCommands& handover = commands_.handover;
  routes_.push_back(
      {.method = "GET",
       .path = "/api/handover",
       .least = Role::auditor,
       .act = [&handover](const Request&, const Visitor&) { return json_reply(handover.overview()); }});
  routes_.push_back({.method = "GET",
                     .path = "/api/handover/batch",
                     .least = Role::auditor,
                     .act = [&handover](const Request& request, const Visitor&) {
                       return json_reply(handover.batch(request.asked("seal")));
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/handover/seal",
                     .least = Role::operator_,
                     .act = [&handover](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       return json_reply(handover.seal(form->text("region"), by.user));
                     }});
  // Names and addresses: not for an auditor.
  routes_.push_back({.method = "GET",
                     .path = "/api/handover/paper",
                     .least = Role::operator_,
                     .act = [this, &handover](const Request& request, const Visitor& by) {
                       const std::string seal = request.asked("seal"), form = request.asked("form");
                       auto bytes = handover.paper(seal, form);
                       if (!bytes) return failed(bytes.error());
                       if (auto noted = commands_.listed(seal, form, by.user); !noted)
                         return failed(noted.error());
                       return paper(seal, form, std::move(*bytes));
                     }});
  routes_.push_back(
      {.method = "GET",
       .path = "/api/handover/regions",
       .least = Role::operator_,
       .act = [&handover](const Request&, const Visitor&) { return json_reply(handover.regions()); }});
  // Nothing personal is on a label: seen by everybody who carries a box.
  routes_.push_back(
      {.method = "GET",
       .path = "/api/handover/labels",
       .least = Role::operator_,
       .act = [&handover](const Request& request, const Visitor&) {
         const std::string seal = request.asked("seal"), text = request.asked("boxes");
         int boxes = 1;
         if (!text.empty()) {
           const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), boxes);
           if (wrong != std::errc() || end != text.data() + text.size() || boxes < 1 || boxes > kMostBoxes)
             return problem(400, "bad-data", "boxes: 1 to " + std::to_string(kMostBoxes));
         }
         auto bytes = handover.labels(seal, boxes);
         if (!bytes) return failed(bytes.error());
         return paper(seal.empty() ? "labels" : "labels-" + seal, "pdf", std::move(*bytes));
       }});
  routes_.push_back(
      {.method = "POST",
       .path = "/api/handover/sign",
       .least = Role::operator_,
       .body = kMostScanned,
       .act = [&handover](const Request& request, const Visitor& by) {
         const auto form = Form::read(request.body);
         if (!form) return failed(form.error());
         Countersigned sign{
             .taken_by = form->text("taken_by"), .counted = {}, .scanned = form->text("scanned")};
         if (const std::string text = form->text("counted"); !text.empty()) {
           std::size_t number = 0;
           const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
           if (wrong != std::errc() || end != text.data() + text.size())
             return problem(400, "bad-data", "counted: a number");
           sign.counted = number;
         }
         return json_reply(handover.hand_over(form->text("seal"), sign, by.user));
       }});
  routes_.push_back({.method = "POST",
                     .path = "/api/handover/unseal",
                     .least = Role::operator_,
                     .act = [&handover](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       const auto taken = handover.unseal(form->text("card"), form->text("reason"), by.user);
                       return taken ? done() : failed(taken.error());
                     }});
  routes_.push_back({.method = "POST",
                     .path = "/api/handover/recall",
                     .least = Role::supervisor,
                     .act = [&handover](const Request& request, const Visitor& by) {
                       const auto form = Form::read(request.body);
                       if (!form) return failed(form.error());
                       // Only the word does it: whatever else is sent is a look.
                       return json_reply(handover.recall(form->text("region"), form->text("reason"), by.user,
                                                         form->text("do") != "recall"));
                     }});
}

}  // namespace ktp::web
