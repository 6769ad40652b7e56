// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "plugins/may_use.hpp"

namespace ktp::app {
namespace {

std::string number(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return error == std::errc{} ? std::string(text, end) : std::string("?");
}

/// "a whole number, 0 to 60000 ms" from what the option declares.
std::string allowed(const devices::PluginOption& option) {
  std::string text = option.type;
  if (option.type == "choice") {
    text = "one of " + option.choices;
  } else if ((option.type == "integer" || option.type == "number") && (option.min != 0 || option.max != 0)) {
    text += ", " + number(option.min) + " to " + number(option.max);
  }
  return option.unit.empty() ? text : text + " " + option.unit;
}

nlohmann::ordered_json to_json(const devices::PluginOption& option) {
  nlohmann::ordered_json json{{"key", option.key},
                              {"type", option.type},
                              {"unit", option.unit},
                              {"required", option.required},
                              {"default", option.default_value},
                              {"choices", nlohmann::ordered_json::array()},
                              {"min", nullptr},
                              {"max", nullptr},
                              {"needs_restart", option.needs_restart},
                              {"doc", option.doc}};
  if (option.type == "choice") {
    for (std::size_t from = 0; from <= option.choices.size();) {
      const auto bar = std::min(option.choices.find('|', from), option.choices.size());
      json["choices"].push_back(option.choices.substr(from, bar - from));
      from = bar + 1;
    }
  }
  if (option.min != 0 || option.max != 0) {
    json["min"] = option.min;
    json["max"] = option.max;
  }
  return json;
}

void print(const devices::PluginDescription::Driver& driver) {
  std::cout << "\ndriver " << driver.id << " (" << driver.kind << "): " << driver.name << '\n';
  if (driver.options.empty()) std::cout << "  no settings\n";
  for (const auto& option : driver.options) {
    std::cout << "  " << option.key << '\n'
              << "      " << option.doc << '\n'
              << "      " << allowed(option) << "; "
              << (option.required ? "must be given" : "default \"" + option.default_value + "\"")
              << (option.needs_restart ? "; counts after the device was opened anew" : "") << '\n';
  }
}

}  // namespace

int plugin_check_command(const std::vector<std::string>& words) {
  const auto checker = find_paths().checker;
  std::vector<std::string> all{checker.string()};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& word : all) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(checker.c_str(), argv.data());
  return report({ErrorCode::configuration, checker.string() + " cannot be started: " + std::strerror(errno) +
                                               "; it belongs to the station's package"});
}

int plugin_doc_command(const CommonOptions& common, const std::filesystem::path& plugin) {
  const Paths paths = find_paths();
  std::error_code error;
  const auto file = std::filesystem::canonical(plugin, error);
  if (error) return report({ErrorCode::input_missing, plugin.string() + ": there is no such file"});
  const auto described = devices::describe(file, paths.worker);
  if (!described) return report(described.error());
  const devices::PluginAbi abi = devices::plugin_abi();
  const auto approved = plugins::may_use(file, paths.plugins, {abi.major, abi.minor});
  const std::string use = !approved           ? approved.error().message
                          : approved->shipped ? "shipped with the station"
                                              : "checked " + approved->report.checked;
  if (common.json) {
    nlohmann::ordered_json json{{"plugin", file.filename().string()},
                                {"id", described->id},
                                {"version", described->version},
                                {"vendor", described->vendor},
                                {"enabled", approved.has_value()},
                                {"use", use},
                                {"drivers", nlohmann::ordered_json::array()}};
    for (const auto& driver : described->drivers) {
      nlohmann::ordered_json one{{"id", driver.id}, {"name", driver.name}, {"kind", driver.kind}};
      one["settings"] = nlohmann::ordered_json::array();
      for (const auto& option : driver.options) one["settings"].push_back(to_json(option));
      json["drivers"].push_back(std::move(one));
    }
    std::cout << json.dump(2) << '\n';
    return 0;
  }
  std::cout << described->id << ' ' << described->version << " by " << described->vendor << "\n"
            << "use: " << use << '\n';
  for (const auto& driver : described->drivers) print(driver);
  return 0;
}

}  // namespace ktp::app
