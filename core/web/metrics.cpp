// SPDX-License-Identifier: Apache-2.0
#include "web/metrics.hpp"

#include <nlohmann/json.hpp>

namespace ktp::web {

using nlohmann::json;

namespace {

// A label's value may hold anything but these three as they are.
std::string escaped(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

class Text {
 public:
  void family(const std::string& name, const char* type, const char* help) {
    name_ = "ktp_station_" + name;
    out_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " " + type + "\n";
  }
  void value(const json& number, const std::string& labels = "") {
    out_ += name_ + (labels.empty() ? "" : "{" + labels + "}") + " " +
            (number.is_boolean() ? (number.get<bool>() ? "1" : "0") : number.dump()) + "\n";
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string name_, out_;
};

std::string label(const char* name, const std::string& value) {
  return std::string(name) + "=\"" + escaped(value) + "\"";
}

}  // namespace

std::string metrics_text(const std::string& board_json) {
  const json board = json::parse(board_json, nullptr, false);
  if (!board.is_object()) return {};
  Text text;
  text.family("blanks", "gauge", "Where every blank is, by term of the balance.");
  for (const auto& [term, n] : board.at("balance").items()) text.value(n, label("term", term));
  text.family("balance_closes", "gauge", "1: nothing is unknown, no discrepancy.");
  text.value(board.at("closes"));
  text.family("cards_today", "gauge", "Cards judged since midnight, by verdict.");
  for (const auto& [verdict, n] : board.at("today").items()) text.value(n, label("verdict", verdict));
  text.family("ledger_events", "counter", "Events in the log.");
  text.value(board.at("seq"));
  text.family("review_open", "gauge", "Cards that wait for an inspector.");
  text.value(board.at("review").at("open"));
  text.family("running", "gauge", "1 while the machine prints.");
  text.value(board.at("run").at("state") == "running" || board.at("run").at("state") == "stopping");
  text.family("orders_left", "gauge", "Orders of the present batch that are not finished.");
  text.value(board.at("run").at("orders_total").get<std::int64_t>() -
             board.at("run").at("orders_done").get<std::int64_t>());
  text.family("device_up", "gauge", "1: its worker lives and it is not stopped.");
  for (const json& device : board.at("devices"))
    text.value(device.at("alive").get<bool>() && device.at("state") != "stopped",
               label("device", device.at("name")));
  text.family("device_restarts", "counter", "Restarts of the device's worker.");
  for (const json& device : board.at("devices"))
    text.value(device.at("restarts"), label("device", device.at("name")));
  text.family("supply_level", "gauge", "What is left; absent where the device does not say.");
  for (const json& device : board.at("devices"))
    for (const auto& [supply, about] : device.at("supplies").items())
      if (about.at("level").get<std::int64_t>() >= 0)
        text.value(about.at("level"), label("device", device.at("name")) + "," + label("supply", supply));
  return text.take();
}

}  // namespace ktp::web
