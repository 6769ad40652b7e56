// SPDX-License-Identifier: Apache-2.0
#include "artwork/yaml_reader.hpp"

#include <cmath>

namespace ktp::artwork {
namespace {

std::string place(const std::string& file, const YAML::Mark& mark) {
  return file + ":" + std::to_string(mark.line + 1) + ": ";
}

}  // namespace

YamlMap::YamlMap(const YAML::Node& node, std::string file, std::string what)
    : node_(node), file_(std::move(file)), what_(std::move(what)) {
  if (!node_.IsMap()) throw YamlError(place(file_, node_.Mark()) + what_ + ": expected keys and values");
  std::set<std::string> seen;
  for (const auto& pair : node_) {
    const auto key = pair.first.as<std::string>("");
    if (!seen.insert(key).second)
      throw YamlError(place(file_, pair.first.Mark()) + what_ + ": key '" + key + "' twice");
  }
}

void YamlMap::fail_at(const std::string& key, const std::string& why) const {
  const YAML::Node child = node_[key];
  throw YamlError(place(file_, child ? child.Mark() : node_.Mark()) + what_ + "." + key + ": " + why);
}

YAML::Node YamlMap::take(const std::string& key) {
  taken_.insert(key);
  YAML::Node child = static_cast<const YAML::Node&>(node_)[key];
  if (!child) fail_at(key, "is missing");
  return child;
}

bool YamlMap::has(const std::string& key) const {
  return static_cast<bool>(node_[key]);
}

std::string YamlMap::text(const std::string& key) {
  const YAML::Node child = take(key);
  if (!child.IsScalar() || child.Scalar().empty()) fail_at(key, "expected a text");
  return child.Scalar();
}

std::string YamlMap::text_or(const std::string& key, std::string fallback) {
  return has(key) ? text(key) : std::move(fallback);
}

double YamlMap::number(const std::string& key, double low, double high) {
  const YAML::Node child = take(key);
  double value = 0;
  if (!child.IsScalar() || !YAML::convert<double>::decode(child, value) || !std::isfinite(value)) {
    fail_at(key, "expected a number");
  }
  if (value < low || value > high) {
    fail_at(key, "must be from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

double YamlMap::number_or(const std::string& key, double low, double high, double fallback) {
  return has(key) ? number(key, low, high) : fallback;
}

bool YamlMap::flag_or(const std::string& key, bool fallback) {
  if (!has(key)) return fallback;
  bool value = false;
  if (!YAML::convert<bool>::decode(take(key), value)) fail_at(key, "expected true or false");
  return value;
}

Colour YamlMap::colour(const std::string& key) {
  const std::string value = text(key);
  if (value.size() != 7 || value[0] != '#' ||
      value.find_first_not_of("0123456789abcdefABCDEF", 1) != std::string::npos) {
    fail_at(key, "expected a colour as \"#rrggbb\"");
  }
  const auto part = [&](std::size_t at) { return std::stoi(value.substr(at, 2), nullptr, 16) / 255.0; };
  return {part(1), part(3), part(5)};
}

std::vector<double> YamlMap::numbers(const std::string& key, std::size_t count) {
  const YAML::Node child = take(key);
  std::vector<double> values;
  if (child.IsSequence()) {
    for (const auto& item : child) {
      double value = 0;
      if (!item.IsScalar() || !YAML::convert<double>::decode(item, value) || !std::isfinite(value)) break;
      values.push_back(value);
    }
  }
  if (values.size() != count || child.size() != count)
    fail_at(key, "expected " + std::to_string(count) + " numbers");
  return values;
}

BoxMm YamlMap::box(const std::string& key) {
  const auto v = numbers(key, 4);
  if (v[0] < 0 || v[1] < 0 || v[2] <= 0 || v[3] <= 0 || v[0] + v[2] > kCardWidthMm ||
      v[1] + v[3] > kCardHeightMm) {
    fail_at(key, "the box does not lie on the card");
  }
  return {v[0], v[1], v[2], v[3]};
}

std::array<double, 2> YamlMap::point(const std::string& key) {
  const auto v = numbers(key, 2);
  if (v[0] < 0 || v[1] < 0 || v[0] > kCardWidthMm || v[1] > kCardHeightMm)
    fail_at(key, "does not lie on the card");
  return {v[0], v[1]};
}

YamlMap YamlMap::map(const std::string& key) {
  return {take(key), file_, what_.empty() ? key : what_ + "." + key};
}

std::vector<YamlMap> YamlMap::list(const std::string& key) {
  const YAML::Node child = take(key);
  if (!child.IsSequence()) fail_at(key, "expected a list");
  std::vector<YamlMap> items;
  for (const auto& item : child) items.emplace_back(item, file_, what_ + "." + key);
  return items;
}

std::map<std::string, std::string> YamlMap::texts(const std::string& key) {
  const YAML::Node child = take(key);
  if (!child.IsMap()) fail_at(key, "expected keys and values");
  std::map<std::string, std::string> out;
  for (const auto& pair : child) {
    if (!pair.second.IsScalar() || pair.second.Scalar().empty()) fail_at(key, "expected texts");
    out[pair.first.Scalar()] = pair.second.Scalar();
  }
  return out;
}

void YamlMap::done() const {
  for (const auto& pair : node_) {
    const std::string key = pair.first.Scalar();
    if (!taken_.contains(key))
      throw YamlError(place(file_, pair.first.Mark()) + what_ + ": unknown key '" + key + "'");
  }
}

}  // namespace ktp::artwork
