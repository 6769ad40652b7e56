// SPDX-License-Identifier: Apache-2.0
#include "handover/person.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "domain/words.hpp"

namespace ktp::handover {

namespace {

Result<void> must_be_there(const ledger::Ledger& ledger, const std::string& order_id) {
  const auto order = ledger.order(order_id);
  if (!order) return std::unexpected(order.error());
  if (!*order)
    return fail(ErrorCode::input_missing,
                "there is no order " + order_id + "; `ktp-station orders` lists them");
  return {};
}

}  // namespace

Result<void> note_look(ledger::Ledger& ledger, const std::string& order_id, const Look& look) {
  if (auto name = check_words("by", look.by, 100); !name) return name;
  if (auto words = check_words("reason", look.reason); !words) return words;
  if (auto there = must_be_there(ledger, order_id); !there) return there;
  ledger::Event shown{.type = "person-shown", .actor = look.by, .order_id = order_id, .card = look.card};
  shown.data["what"] = look.what;
  shown.data["reason"] = look.reason;
  return ledger.append({shown});
}

Result<void> note_list(ledger::Ledger& ledger, const std::string& seal, const std::string& form,
                       const std::string& by) {
  if (auto name = check_words("by", by, 100); !name) return name;
  ledger::Event shown{.type = "list-shown", .actor = by};
  shown.data["seal"] = seal;
  shown.data["form"] = form;
  return ledger.append({shown});
}

Result<void> note_camera(ledger::Ledger& ledger, const std::string& camera, const std::string& by) {
  if (auto name = check_words("by", by, 100); !name) return name;
  ledger::Event shown{.type = "camera-shown", .actor = by};
  shown.data["camera"] = camera;
  return ledger.append({shown});
}

Result<std::vector<Look>> looks_at(const ledger::Ledger& ledger, const std::string& order_id) {
  if (auto there = must_be_there(ledger, order_id); !there) return std::unexpected(there.error());
  const auto trail = ledger.trail_of_order(order_id);
  if (!trail) return std::unexpected(trail.error());
  std::vector<Look> looks;
  std::set<std::string> seals;
  for (const std::string& text : *trail) {
    const auto line = nlohmann::json::parse(text, nullptr, false);
    if (line.is_object() && line.value("type", "") == "sealed") seals.insert(line.value("seal", ""));
    if (!line.is_object() || line.value("type", "") != "person-shown") continue;
    looks.push_back({.time = line.value("time", ""),
                     .by = line.value("actor", ""),
                     .what = line.value("what", ""),
                     .reason = line.value("reason", ""),
                     .card = line.value("card", "")});
  }
  const auto lists = ledger.lines_of_type("list-shown");
  if (!lists) return std::unexpected(lists.error());
  for (const std::string& text : *lists) {
    const auto line = nlohmann::json::parse(text, nullptr, false);
    if (!line.is_object() || !seals.contains(line.value("seal", ""))) continue;
    looks.push_back({.time = line.value("time", ""),
                     .by = line.value("actor", ""),
                     .what = "list " + line.value("seal", ""),
                     .reason = line.value("form", ""),
                     .card = ""});
  }
  std::ranges::stable_sort(looks, {}, &Look::time);
  return looks;
}

}  // namespace ktp::handover
