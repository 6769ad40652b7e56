// SPDX-License-Identifier: Apache-2.0
#include "app/config.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace ktp::app {

namespace {

constexpr std::uintmax_t kMaxConfigBytes = 1u << 20;

// Reads one mapping; every key must be asked for, or it is unknown.
class Section {
 public:
  Section(YAML::Node node, std::string file, std::string name)
      : node_(std::move(node)), file_(std::move(file)), name_(std::move(name)) {
    if (node_ && !node_.IsNull() && !node_.IsMap()) throw wrong(node_, name_ + " must be a mapping");
  }

  [[nodiscard]] std::runtime_error wrong(const YAML::Node& at, const std::string& why) const {
    return std::runtime_error(file_ + ":" + std::to_string(at.Mark().line + 1) + ": " + why);
  }

  [[nodiscard]] std::runtime_error error(const std::string& why) const { return wrong(node_, why); }

  std::string text(const std::string& key, const std::string& fallback) {
    const YAML::Node value = take(key);
    if (!value) return fallback;
    if (!value.IsScalar()) throw wrong(value, key + " must be a text");
    return value.as<std::string>();
  }

  long long integer(const std::string& key, long long fallback, long long least, long long most) {
    const YAML::Node value = take(key);
    if (!value) return fallback;
    long long number = 0;
    try {
      number = value.as<long long>();
    } catch (const YAML::Exception&) {
      throw wrong(value, key + " must be a whole number from " + std::to_string(least) + " to " +
                             std::to_string(most));
    }
    if (number < least || number > most)
      throw wrong(value, key + " is " + std::to_string(number) + ", allowed are " + std::to_string(least) +
                             " to " + std::to_string(most));
    return number;
  }

  bool has(const std::string& key) { return static_cast<bool>(take(key)); }

  Section section(const std::string& key) { return {take(key), file_, key}; }

  /// One mapping, or a list of mappings; a key that is missing is one empty mapping.
  std::vector<Section> sections(const std::string& key) {
    const YAML::Node node = take(key);
    if (!node || !node.IsSequence()) return {{node, file_, key}};
    std::vector<Section> all;
    for (std::size_t i = 0; i < node.size(); ++i) all.emplace_back(node[i], file_, key);
    if (all.empty()) throw wrong(node, key + " must not be an empty list");
    return all;
  }

  std::map<std::string, std::string> texts(const std::string& key) {
    std::map<std::string, std::string> values;
    const YAML::Node node = take(key);
    if (!node || node.IsNull()) return values;
    if (!node.IsMap()) throw wrong(node, key + " must be a mapping");
    for (const auto& entry : node) {
      if (!entry.second.IsScalar())
        throw wrong(entry.second, entry.first.as<std::string>() + " must be a single value");
      values[entry.first.as<std::string>()] = entry.second.as<std::string>();
    }
    return values;
  }

  void done() {
    if (!node_ || !node_.IsMap()) return;
    for (const auto& entry : node_)
      if (const std::string key = entry.first.as<std::string>(); !asked_.contains(key)) {
        std::string allowed;
        for (const std::string& word : asked_) allowed += (allowed.empty() ? "" : ", ") + word;
        throw wrong(entry.first, "unknown key '" + key + "'; allowed here: " + allowed);
      }
  }

 private:
  YAML::Node take(const std::string& key) {
    asked_.insert(key);
    if (!node_ || !node_.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
    return std::as_const(node_)[key];
  }

  YAML::Node node_;
  std::string file_, name_;
  std::set<std::string> asked_;
};

/// Where what passes over USB is written down, and how much of it.
void read_transcript(Section section, const std::filesystem::path& folder, DeviceEntry& entry) {
  const std::string where = section.text("folder", "");
  const std::string bytes = section.text("bytes", "commands");
  section.done();
  if (where.empty()) throw section.error("transcript needs a folder");
  if (bytes != "commands" && bytes != "whole")
    throw section.error("transcript bytes is '" + bytes + "', allowed are commands, whole");
  entry.transcripts = (folder / where).lexically_normal();
  entry.transcript_whole = bytes == "whole";
}

DeviceEntry device(Section section, const std::filesystem::path& folder = {}) {
  DeviceEntry entry;
  entry.plugin = section.text("plugin", "");
  entry.serial = section.text("serial", "");
  entry.settings = section.texts("settings");
  Section deadlines = section.section("deadlines");
  const auto seconds = [&](const char* key, std::chrono::seconds& value) {
    value = std::chrono::seconds(deadlines.integer(key, value.count(), 1, 3'600));
  };
  seconds("open-s", entry.deadlines.open);
  seconds("print-s", entry.deadlines.print);
  seconds("move-s", entry.deadlines.move);
  seconds("grab-s", entry.deadlines.grab);
  seconds("read-s", entry.deadlines.read);
  seconds("status-s", entry.deadlines.status);
  deadlines.done();
  if (!folder.empty() && section.has("transcript"))
    read_transcript(section.section("transcript"), folder, entry);
  section.done();
  return entry;
}

bool is_lane_name(const std::string& name) {
  return name.size() <= 20 && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

bool is_host_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

/// Further lanes are called 2, 3, ... unless they were given names.
std::vector<LaneEntry> lanes_of(std::vector<Section> sections, const std::filesystem::path& folder) {
  std::vector<LaneEntry> lanes;
  for (Section& section : sections) {
    LaneEntry lane;
    lane.name = section.text("name", lanes.empty() ? "" : std::to_string(lanes.size() + 1));
    if (!is_lane_name(lane.name))
      throw section.error("name is '" + lane.name + "', allowed are up to 20 of a-z, 0-9 and -");
    lane.printer = device(section.section("printer"), folder);
    lane.camera = device(section.section("camera"));
    if (section.has("reader")) {
      lane.reader = device(section.section("reader"));
      if (lane.reader->plugin.empty())
        throw section.error("reader needs a plugin: \"pcsc\", or the absolute path of another one");
    }
    const std::string turn_over = section.text("turn-over", "false");
    if (turn_over != "true" && turn_over != "false")
      throw section.error("turn-over is '" + turn_over + "', allowed are true, false");
    lane.turn_over = turn_over == "true";
    section.done();
    if (lane.printer.plugin.empty()) lane.printer.plugin = "sim-printer";
    if (lane.camera.plugin.empty()) lane.camera.plugin = "sim-camera";
    for (const LaneEntry& other : lanes) {
      if (other.name == lane.name)
        throw section.error("name '" + lane.name + "' is given to two printers; each needs its own");
      if (!lane.printer.serial.empty() && other.printer.plugin == lane.printer.plugin &&
          other.printer.serial == lane.printer.serial)
        throw section.error("printer serial '" + lane.printer.serial + "' is given twice");
    }
    lanes.push_back(std::move(lane));
  }
  return lanes;
}

}  // namespace

Result<Config> load_config(const std::filesystem::path& file) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(file, none))
    return fail(ErrorCode::configuration,
                file.string() + ": there is no such configuration file; give one with --config");
  if (std::filesystem::file_size(file, none) > kMaxConfigBytes)
    return fail(ErrorCode::configuration, file.string() + ": is larger than 1 MiB");
  try {
    const auto folder = std::filesystem::absolute(file).parent_path();
    const auto relative = [&](const std::string& path) { return (folder / path).lexically_normal(); };
    Section root(YAML::LoadFile(file.string()), file.string(), "the file");
    Config config;
    config.file = file;
    root.integer("version", 1, 1, 1);
    config.station = root.text("station", config.station);
    config.card_template = relative(root.text("template", "templates/ektp.yaml"));
    config.profile = relative(root.text("profile", "inspection/ektp.yaml"));
    config.regions = relative(root.text("regions", "regions"));
    const std::string stock = root.text("stock", "booked");
    if (stock != "booked" && stock != "from-hopper")
      return fail(ErrorCode::configuration,
                  file.string() + ": stock is '" + stock + "', allowed are booked, from-hopper");
    config.settings.stock_from_hopper = stock == "from-hopper";
    const std::string test_mode = root.text("test-mode", "false");
    if (test_mode != "true" && test_mode != "false")
      return fail(ErrorCode::configuration,
                  file.string() + ": test-mode is '" + test_mode + "', allowed are true, false");
    Section limits = root.section("limits");
    config.settings.max_cards_per_order =
        static_cast<int>(limits.integer("cards-per-order", config.settings.max_cards_per_order, 1, 20));
    config.settings.max_not_started_per_order = static_cast<int>(
        limits.integer("not-started-per-order", config.settings.max_not_started_per_order, 1, 100));
    config.settings.grab_attempts =
        static_cast<int>(limits.integer("photographs-per-side", config.settings.grab_attempts, 1, 20));
    config.settings.same_spot_cards =
        static_cast<int>(limits.integer("same-spot-cards", config.settings.same_spot_cards, 0, 20));
    if (config.settings.same_spot_cards == 1)
      return fail(
          ErrorCode::configuration,
          file.string() +
              ": same-spot-cards is 1, and one card says nothing about the glass; write 2 to 20, or 0 "
              "for a lane that never pauses by itself");
    config.settings.operator_wait = std::chrono::seconds(limits.integer("operator-wait-s", 600, 1, 86'400));
    config.supervision.restarts =
        static_cast<int>(limits.integer("worker-restarts", config.supervision.restarts, 0, 100'000));
    config.supervision.window = std::chrono::seconds(limits.integer("restart-window-s", 180, 1, 86'400));
    config.supervision.quarantine = std::chrono::seconds(limits.integer("quarantine-s", 0, 0, 86'400));
    limits.done();
    Section handover = root.section("handover");
    config.items.service = handover.text("service", config.items.service);
    if (config.items.service.size() != 2 ||
        !std::ranges::all_of(config.items.service, [](char c) { return c >= 'A' && c <= 'Z'; }))
      return fail(ErrorCode::configuration, file.string() + ": service is '" + config.items.service +
                                                "', must be the two capitals of the post office's range");
    config.items.first = static_cast<std::uint32_t>(handover.integer("first-item", 1, 0, 99'999'999));
    config.items.last =
        static_cast<std::uint32_t>(handover.integer("last-item", 99'999'999, config.items.first, 99'999'999));
    config.post_mapping = relative(handover.text("post-results", "post/pos-indonesia.yaml"));
    handover.done();
    Section page = root.section("page");
    config.page.address = page.text("bind", config.page.address);
    const std::string certificate = page.text("certificate", ""), key = page.text("key", "");
    std::istringstream names(page.text("names", ""));
    for (std::string name; names >> name;) {
      if (!is_host_name(name))
        return fail(ErrorCode::configuration,
                    file.string() + ": page names: '" + name + "' is no name of a machine");
      config.page.names.push_back(name);
    }
    page.done();
    if (!web::is_address(config.page.address))
      return fail(ErrorCode::configuration, file.string() + ": page bind is '" + config.page.address +
                                                "', must be an address as 127.0.0.1");
    if (certificate.empty() != key.empty())
      return fail(ErrorCode::configuration,
                  file.string() + ": page needs both certificate and key, or neither");
    if (!certificate.empty()) {
      config.page.certificate = relative(certificate);
      config.page.key = relative(key);
    }
    if (!web::is_loopback(config.page.address) && !config.page.tls())
      return fail(ErrorCode::configuration, file.string() + ": page bind is '" + config.page.address +
                                                "', which others can reach: that needs certificate and key");
    Section faces = root.section("face-features");
    const std::string detector = faces.text("detector", ""), recogniser = faces.text("recogniser", "");
    faces.done();
    if (detector.empty() != recogniser.empty())
      return fail(ErrorCode::configuration,
                  file.string() + ": face-features needs both detector and recogniser, or neither");
    if (!detector.empty()) {
      config.face_detector = relative(detector);
      config.face_recogniser = relative(recogniser);
    }
    config.lanes = lanes_of(root.sections("devices"), folder);
    root.done();
    const auto simulated = std::ranges::count_if(
        config.lanes, [](const LaneEntry& lane) { return lane.printer.plugin == "sim-printer"; });
    if (simulated != 0 && simulated != std::ssize(config.lanes) && test_mode != "true")
      return fail(ErrorCode::configuration,
                  file.string() +
                      ": devices mixes simulated and other printers: cards of real people would be "
                      "booked that nobody printed; take the simulated ones out, or say test-mode: true");
    config.settings.test_mode = config.simulated() || test_mode == "true";
    for (const LaneEntry& lane : config.lanes)
      if (lane.printer.transcript_whole && !config.settings.test_mode)
        return fail(
            ErrorCode::configuration,
            file.string() +
                ": transcript bytes: whole keeps the pictures of real people's cards in a plain file; "
                "take it out, or print invented people with test-mode: true");
    return config;
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::configuration,
                file.string() + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg);
  } catch (const std::exception& error) {
    return fail(ErrorCode::configuration, error.what());
  }
}

}  // namespace ktp::app
