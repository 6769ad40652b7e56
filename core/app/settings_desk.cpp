// SPDX-License-Identifier: Apache-2.0
#include "app/settings_desk.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "domain/words.hpp"

namespace ktp::app {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

struct Setting {
  const char* name;  ///< "limits.cards-per-order", or "station"
  int least, most;   ///< 0, 0: a text
  std::string (*value)(const Config& config);
};

template <class Duration>
std::string seconds_of(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

// Ranges are those of load_config, which has the last word.
const std::array<Setting, 9> kSettings{{
    {"station", 0, 0, [](const Config& of) { return of.station; }},
    {"limits.cards-per-order", 1, 20,
     [](const Config& of) { return std::to_string(of.settings.max_cards_per_order); }},
    {"limits.not-started-per-order", 1, 100,
     [](const Config& of) { return std::to_string(of.settings.max_not_started_per_order); }},
    {"limits.photographs-per-side", 1, 20,
     [](const Config& of) { return std::to_string(of.settings.grab_attempts); }},
    {"limits.same-spot-cards", 0, 20,
     [](const Config& of) { return std::to_string(of.settings.same_spot_cards); }},
    {"limits.operator-wait-s", 1, 86'400,
     [](const Config& of) { return seconds_of(of.settings.operator_wait); }},
    {"limits.worker-restarts", 0, 100'000,
     [](const Config& of) { return std::to_string(of.supervision.restarts); }},
    {"limits.restart-window-s", 1, 86'400,
     [](const Config& of) { return seconds_of(of.supervision.window); }},
    {"limits.quarantine-s", 0, 86'400,
     [](const Config& of) { return seconds_of(of.supervision.quarantine); }},
}};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool begins_with_key(const std::string& line, const std::string& indent, const std::string& key) {
  return line.starts_with(indent + key + ":");
}

/// The value of a line "  key: value   # comment" is another one; the comment stays where it is.
std::string with_value(const std::string& line, const std::string& value) {
  const auto colon = line.find(':');
  const auto comment = line.find(" #", colon);
  std::string out = line.substr(0, colon + 1) + " " + value;
  if (comment == std::string::npos) return out;
  const auto hash = line.find('#', comment);
  if (out.size() < hash) out.append(hash - out.size(), ' ');
  return out + (out.ends_with(' ') ? "" : " ") + line.substr(hash);
}

/// Puts one value into the file's text. What this cannot read well is found out by who compares the results.
void put(std::vector<std::string>& lines, const std::string& name, const std::string& value) {
  const auto dot = name.find('.');
  const std::string section = dot == std::string::npos ? "" : name.substr(0, dot);
  const std::string key = dot == std::string::npos ? name : name.substr(dot + 1);
  if (section.empty()) {
    for (std::string& line : lines)
      if (begins_with_key(line, "", key)) {
        line = with_value(line, value);
        return;
      }
    lines.push_back(key + ": " + value);
    return;
  }
  const auto head = std::ranges::find_if(
      lines, [&](const std::string& line) { return begins_with_key(line, "", section); });
  if (head == lines.end()) {
    lines.push_back(section + ":");
    lines.push_back("  " + key + ": " + value);
    return;
  }
  for (auto line = std::next(head); line != lines.end(); ++line) {
    const auto at = line->find_first_not_of(' ');
    if (at == std::string::npos || (*line)[at] == '#') continue;
    if (at == 0) break;  // the next section
    if (begins_with_key(*line, std::string(at, ' '), key)) {
      *line = with_value(*line, value);
      return;
    }
  }
  lines.insert(std::next(head), "  " + key + ": " + value);
}

// Two YAML trees are the same but for the settings that were asked for.
std::string without(const std::string& text, const std::map<std::string, std::string>& values) {
  YAML::Node root = YAML::Load(text);
  for (const auto& [name, value] : values) {
    const auto dot = name.find('.');
    if (dot == std::string::npos) {
      root.remove(name);
    } else if (YAML::Node section = root[name.substr(0, dot)]; section.IsMap()) {
      section.remove(name.substr(dot + 1));
      if (section.size() == 0) root.remove(name.substr(0, dot));
    } else {
      root.remove(name.substr(0, dot));
    }
  }
  // A key's order says nothing in YAML, and stays anyway.
  std::ostringstream out;
  out << root;
  return out.str();
}

Result<std::string> whole(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream bytes;
  if (!in || !(bytes << in.rdbuf()))
    return fail(ErrorCode::internal, "cannot read " + file.filename().string());
  return std::move(bytes).str();
}

// On the disk before it takes the place of the file that the station needs to start.
Result<void> write_synced(const fs::path& file, const std::string& text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const auto size = static_cast<ssize_t>(text.size());
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == size && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (written) return {};
  ::unlink(file.c_str());
  return fail(ErrorCode::bad_data, "the file cannot be written by the station; change it by hand");
}

}  // namespace

Result<std::string> SettingsDesk::read() const {
  const auto now = load_config(running_.file);
  json out{{"file", running_.file.filename().string()},
           {"writable", ::access(running_.file.c_str(), W_OK) == 0 &&
                            ::access(fs::absolute(running_.file).parent_path().c_str(), W_OK) == 0},
           {"problem", now ? "" : now.error().message},
           {"settings", json::array()}};
  for (const Setting& setting : kSettings)
    out["settings"].push_back({{"name", setting.name},
                               {"value", now ? setting.value(*now) : ""},
                               {"running", setting.value(running_)},
                               {"kind", setting.most == 0 ? "text" : "number"},
                               {"least", setting.least},
                               {"most", setting.most}});
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::string> SettingsDesk::write(const std::map<std::string, std::string>& values,
                                        const std::string& user) {
  if (values.empty()) return fail(ErrorCode::bad_data, "settings: nothing is changed");
  const std::lock_guard one(mutex_);
  const auto before = load_config(running_.file);
  if (!before)
    return fail(ErrorCode::bad_data,
                "the file as it is cannot be read, mend it by hand: " + before.error().message);
  const auto text = whole(running_.file);
  if (!text) return std::unexpected(text.error());
  auto lines = lines_of(*text);
  std::map<std::string, std::string> changes;
  ledger::Event event{.type = "settings-changed", .actor = user};
  event.data["changes"] = nlohmann::ordered_json::array();
  for (const auto& [name, value] : values) {
    const auto setting =
        std::ranges::find_if(kSettings, [&](const Setting& known) { return name == known.name; });
    if (setting == kSettings.end())
      return fail(ErrorCode::bad_data, "settings: one of them is none that the page changes");
    std::string written = value;
    if (setting->most == 0) {
      if (auto words = check_words(name, value, 80); !words) return std::unexpected(words.error());
      if (value.find_first_of("\"\\") != std::string::npos)
        return fail(ErrorCode::bad_data, name + ": no quotation marks and no backslash");
      written = '"' + value + '"';
    } else {
      const bool number = !value.empty() && value.size() <= 6 &&
                          std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
      const int n = number ? std::atoi(value.c_str()) : -1;
      if (n < setting->least || n > setting->most)
        return fail(ErrorCode::bad_data,
                    name + ": " + std::to_string(setting->least) + " to " + std::to_string(setting->most));
      written = std::to_string(n);
    }
    if (setting->value(*before) == (setting->most == 0 ? value : written)) continue;
    changes[name] = setting->most == 0 ? value : written;
    put(lines, name, written);
    event.data["changes"].push_back(
        {{"setting", name}, {"was", setting->value(*before)}, {"now", changes[name]}});
  }
  if (changes.empty()) return read();
  std::string candidate;
  for (const std::string& line : lines) candidate += line + "\n";
  // Beside the file: what it names is found from there.
  const fs::path beside = running_.file.string() + ".new";
  if (auto written = write_synced(beside, candidate); !written) return std::unexpected(written.error());
  const auto give_up = [&](const std::string& why) -> Result<std::string> {
    std::error_code none;
    fs::remove(beside, none);
    return fail(ErrorCode::bad_data, why);
  };
  const auto after = load_config(beside);
  if (!after) return give_up("not valid with this: " + after.error().message);
  try {
    bool as_asked = without(*text, changes) == without(candidate, changes);
    for (const Setting& setting : kSettings) {
      const auto change = changes.find(setting.name);
      as_asked = as_asked &&
                 setting.value(*after) == (change == changes.end() ? setting.value(*before) : change->second);
    }
    if (!as_asked)
      return give_up("the file is written in a way that the page cannot change; change it by hand");
  } catch (const std::exception&) {
    return give_up("the file is written in a way that the page cannot change; change it by hand");
  }
  std::error_code failed;
  fs::permissions(beside, fs::status(running_.file, failed).permissions(), failed);
  if (auto logged = ledger_.append({event}); !logged) {
    (void)give_up("");
    return std::unexpected(logged.error());
  }
  fs::rename(beside, running_.file, failed);
  if (failed) return give_up("the file cannot be replaced: " + failed.message());
  return read();
}

web::SettingsCommands SettingsDesk::commands() {
  return {.read = [this] { return read(); },
          .write = [this](const std::map<std::string, std::string>& values,
                          const std::string& user) { return write(values, user); }};
}

}  // namespace ktp::app
