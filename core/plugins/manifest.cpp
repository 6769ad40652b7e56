// SPDX-License-Identifier: Apache-2.0
#include "plugins/manifest.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <initializer_list>

#include "plugins/plugin_file.hpp"

namespace ktp::plugins {
namespace {

constexpr std::size_t kMaxValue = 1'000;
constexpr std::size_t kMaxItems = 128;

/// Thrown inside this file only.
struct Wrong {
  std::string what;
};

[[noreturn]] void wrong(const std::string& name, const YAML::Node& node, const std::string& what) {
  const int line = node.Mark().line;
  throw Wrong{name + (line >= 0 ? ":" + std::to_string(line + 1) : "") + ": " + what};
}

bool printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string scalar(const std::string& name, const YAML::Node& node, const std::string& key) {
  if (!node.IsScalar()) wrong(name, node, key + ": must be one value");
  const std::string& value = node.Scalar();
  if (value.size() > kMaxValue || !printable(value))
    wrong(name, node, key + ": must be text of at most " + std::to_string(kMaxValue) + " bytes in one line");
  return value;
}

void only_keys(const std::string& name, const YAML::Node& map, const std::string& where,
               std::initializer_list<const char*> allowed) {
  std::string list;
  for (const char* key : allowed) list += (list.empty() ? "" : ", ") + std::string(key);
  std::vector<std::string> seen;
  for (const auto& entry : map) {
    const std::string key = scalar(name, entry.first, where + "a key");
    if (std::ranges::find(allowed, std::string_view(key)) == allowed.end())
      wrong(name, entry.first, "key \"" + where + key + "\" is unknown; allowed are " + list);
    if (std::ranges::find(seen, key) != seen.end())
      wrong(name, entry.first, "key \"" + where + key + "\" stands there twice");
    seen.push_back(key);
  }
}

std::string needed(const std::string& name, const YAML::Node& map, const char* key, std::size_t most) {
  const YAML::Node node = map[key];
  if (!node) wrong(name, map, std::string("key \"") + key + "\" is missing");
  std::string value = scalar(name, node, key);
  if (value.empty() || value.size() > most)
    wrong(name, node, std::string(key) + ": must have 1 to " + std::to_string(most) + " bytes");
  return value;
}

void read_needs(const std::string& name, const YAML::Node& node, Manifest& manifest) {
  if (!node.IsSequence() || node.size() > kMaxItems)
    wrong(name, node, "needs: must be a list like [network]");
  for (const auto& item : node) {
    const std::string need = scalar(name, item, "needs");
    if (need == "network")
      manifest.needs_network = true;
    else if (need == "pcsc")
      manifest.needs_pcsc = true;
    else if (need == "own-usb")
      manifest.needs_own_usb = true;
    else
      wrong(name, item, "needs: \"" + need + "\" is unknown; allowed are network, pcsc, own-usb");
  }
}

/// `where`: "check." or "check.fault."; both have a command and settings.
void read_model(const std::string& name, const YAML::Node& node, const std::string& where,
                std::vector<std::string>& words) {
  const YAML::Node model = node["model"];
  if (!model) return;
  if (!model.IsSequence() || model.size() == 0 || model.size() > kMaxItems)
    wrong(name, model, where + "model: must be a list of words, at most " + std::to_string(kMaxItems));
  for (const auto& word : model) words.push_back(scalar(name, word, where + "model"));
}

void read_settings(const std::string& name, const YAML::Node& node, const std::string& where,
                   std::map<std::string, std::string>& into) {
  const YAML::Node settings = node["settings"];
  if (!settings) return;
  if (!settings.IsMap() || settings.size() > kMaxItems)
    wrong(name, settings,
          where + "settings: must be a map of at most " + std::to_string(kMaxItems) + " settings");
  for (const auto& entry : settings) {
    const std::string key = scalar(name, entry.first, where + "settings");
    if (!into.emplace(key, scalar(name, entry.second, where + "settings." + key)).second)
      wrong(name, entry.first, "key \"" + where + "settings." + key + "\" stands there twice");
  }
}

void read_check(const std::string& name, const YAML::Node& node, Manifest& manifest) {
  if (!node.IsMap()) wrong(name, node, "check: must be a map with model, settings and fault");
  only_keys(name, node, "check.", {"model", "settings", "fault"});
  read_model(name, node, "check.", manifest.check_model);
  read_settings(name, node, "check.", manifest.check_settings);
  if (const YAML::Node fault = node["fault"]) {
    if (!fault.IsMap()) wrong(name, fault, "check.fault: must be a map with model and settings");
    only_keys(name, fault, "check.fault.", {"model", "settings"});
    read_model(name, fault, "check.fault.", manifest.fault_model);
    read_settings(name, fault, "check.fault.", manifest.fault_settings);
  }
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view yaml, const std::string& name) {
  if (yaml.size() > kMaxManifest) {
    return fail(ErrorCode::configuration, name + ": has " + std::to_string(yaml.size()) +
                                              " bytes, allowed are " + std::to_string(kMaxManifest));
  }
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    if (!root.IsMap()) wrong(name, root, "is no manifest: must be a map of keys");
    only_keys(name, root, "",
              {"manifest", "id", "version", "vendor", "library", "needs", "transcript", "check"});
    if (const std::string form = needed(name, root, "manifest", 8); form != "1")
      wrong(name, root["manifest"], "manifest: form \"" + form + "\" is unknown; this station reads form 1");
    Manifest manifest;
    manifest.id = needed(name, root, "id", 63);
    manifest.version = needed(name, root, "version", 31);
    manifest.vendor = needed(name, root, "vendor", 63);
    manifest.library = needed(name, root, "library", 255);
    if (manifest.library.find('/') != std::string::npos || !manifest.library.ends_with(".so"))
      wrong(name, root["library"], "library: must be the name of a file beside the manifest, like acme-x.so");
    if (const YAML::Node needs = root["needs"]) read_needs(name, needs, manifest);
    if (const YAML::Node shown = root["transcript"]) {
      if (scalar(name, shown, "transcript") != "commands")
        wrong(name, shown, "transcript: allowed is commands, or to leave it out");
      manifest.shows_commands = true;
    }
    if (const YAML::Node check = root["check"]) read_check(name, check, manifest);
    return manifest;
  } catch (const Wrong& e) {
    return fail(ErrorCode::configuration, e.what);
  } catch (const YAML::Exception& e) {
    return fail(ErrorCode::configuration, name + ":" + std::to_string(e.mark.line + 1) + ": " + e.msg);
  } catch (const std::exception& e) {
    return fail(ErrorCode::configuration, name + ": " + e.what());
  }
}

Result<Manifest> read_manifest(const std::filesystem::path& library) {
  const auto path = beside(library, kManifestSuffix);
  const auto text = read_small(path, kMaxManifest);
  if (!text) return std::unexpected(text.error());
  auto manifest = parse_manifest(*text, path.string());
  if (manifest && manifest->library != library.filename().string()) {
    return fail(ErrorCode::configuration, path.string() + ": library: says " + manifest->library +
                                              ", but stands beside " + library.filename().string());
  }
  return manifest;
}

}  // namespace ktp::plugins
