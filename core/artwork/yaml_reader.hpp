// SPDX-License-Identifier: Apache-2.0
// Strict reading of a YAML mapping: every key must be wanted, every value must have its type, errors name
// file and line. Private to the room; throws YamlError, which the room's loader turns into a Result.
#pragma once
#include <yaml-cpp/yaml.h>

#include <set>
#include <stdexcept>
#include <string>

#include "artwork/template_spec.hpp"

namespace ktp::artwork {

struct YamlError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One mapping. Call `done` when every wanted key has been read: what is left over is an error.
class YamlMap {
 public:
  YamlMap(const YAML::Node& node, std::string file, std::string what);

  [[nodiscard]] bool has(const std::string& key) const;
  [[nodiscard]] std::string text(const std::string& key);
  [[nodiscard]] std::string text_or(const std::string& key, std::string fallback);
  /// A finite number from `low` to `high`.
  [[nodiscard]] double number(const std::string& key, double low, double high);
  [[nodiscard]] double number_or(const std::string& key, double low, double high, double fallback);
  [[nodiscard]] bool flag_or(const std::string& key, bool fallback);
  /// "#rrggbb".
  [[nodiscard]] Colour colour(const std::string& key);
  /// [x, y, w, h], wholly on the card, not empty.
  [[nodiscard]] BoxMm box(const std::string& key);
  /// [x, y] on the card.
  [[nodiscard]] std::array<double, 2> point(const std::string& key);
  [[nodiscard]] YamlMap map(const std::string& key);
  [[nodiscard]] std::vector<YamlMap> list(const std::string& key);
  [[nodiscard]] std::map<std::string, std::string> texts(const std::string& key);
  [[noreturn]] void fail_at(const std::string& key, const std::string& why) const;
  void done() const;

 private:
  [[nodiscard]] YAML::Node take(const std::string& key);
  [[nodiscard]] std::vector<double> numbers(const std::string& key, std::size_t count);

  YAML::Node node_;
  std::string file_;
  std::string what_;
  std::set<std::string> taken_;
};

}  // namespace ktp::artwork
