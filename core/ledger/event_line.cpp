// SPDX-License-Identifier: Apache-2.0
#include "ledger/event_line.hpp"

#include <utility>

namespace ktp::ledger {

nlohmann::ordered_json to_json(const Event& event, std::uint64_t seq, const std::string& time) {
  nlohmann::ordered_json line;
  line["seq"] = seq;
  line["time"] = time;
  line["type"] = event.type;
  line["actor"] = event.actor;
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) line[key] = value;
  };
  put("order_id", event.order_id);
  put("card", event.card);
  put("token", event.token);
  put("uid", event.uid);
  put("batch", event.batch);
  for (const auto& [key, value] : event.data.items()) line[key] = value;
  return line;
}

Event event_from_json(nlohmann::ordered_json line) {
  Event event;
  const auto take = [&](const char* key) {
    const auto found = line.find(key);
    return found == line.end() ? std::string() : found->get<std::string>();
  };
  event.type = take("type");
  event.actor = take("actor");
  event.order_id = take("order_id");
  event.card = take("card");
  event.token = take("token");
  event.uid = take("uid");
  event.batch = take("batch");
  for (const char* key : kEventColumns) line.erase(key);
  event.data = std::move(line);
  return event;
}

}  // namespace ktp::ledger
