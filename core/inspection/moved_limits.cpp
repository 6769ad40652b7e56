// SPDX-License-Identifier: Apache-2.0
#include "inspection/moved_limits.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "inspection/limit_table.hpp"

namespace ktp::inspection {

namespace {

// FNV-1a: names what was moved, protects nothing.
std::string short_hash(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211ull;
  char out[20];
  std::snprintf(out, sizeof out, "%08x", static_cast<unsigned>(hash ^ (hash >> 32)));
  return out;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

// As a file can say it: what is shown, written, logged and judged by is one number. No binary fraction: one
// of them has sixteen digits in a row.
double written(double value) {
  return std::strtod(number(value).c_str(), nullptr);
}

const LimitInfo* info_of(const std::string& name) {
  for (const LimitInfo& info : limit_table())
    if (info.name == name) return &info;
  return nullptr;
}

}  // namespace

CardMeasures measures_of(std::span<const Measure> front, std::span<const Measure> back) {
  CardMeasures all;
  for (const auto& side : {front, back})
    for (const Measure& measure : side) {
      double& worst = all[std::string(measure.limit)];
      worst = std::max(worst, measure.score);
    }
  return all;
}

std::vector<LimitMove> moves_for(const Profile& configured, std::span<const CardMeasures> good) {
  std::vector<LimitMove> moves;
  for (const LimitInfo& info : limit_table()) {
    if (info.part != LimitInfo::Part::damage) continue;
    double highest = 0;
    for (const CardMeasures& card : good)
      if (const auto found = card.find(info.name); found != card.end())
        highest = std::max(highest, found->second);
    if (highest < 1) continue;
    const double before = configured.limits.*info.value;
    const double wanted = written(before * highest * kBeyond);
    const double after = written(std::min({wanted, before * kWidest, info.most}));
    if (after > before)
      moves.push_back(
          {.limit = info.name, .unit = info.unit, .before = before, .after = after, .wanted = wanted});
  }
  return moves;
}

bool still_damaged(const Profile& configured, std::span<const LimitMove> moves, const CardMeasures& card) {
  return std::ranges::any_of(card, [&](const auto& measured) {
    const auto& [name, score] = measured;
    const LimitInfo* const info = info_of(name);
    if (info == nullptr || info->part != LimitInfo::Part::damage) return false;
    const auto moved = std::ranges::find(moves, name, &LimitMove::limit);
    const double factor = moved == moves.end() ? 1 : moved->after / (configured.limits.*info->value);
    return score / factor >= 1;
  });
}

CardMeasures translated(const CardMeasures& scores, const Profile& from, const Profile& to) {
  CardMeasures out;
  for (const auto& [name, score] : scores)
    if (const LimitInfo* const info = info_of(name); info != nullptr && to.limits.*info->value > 0)
      out[name] = score * (from.limits.*info->value) / (to.limits.*info->value);
  return out;
}

Result<std::string> moved_yaml(const std::filesystem::path& configured_file, const Profile& configured,
                               std::span<const LimitMove> moves, std::span<const std::string> cards) {
  std::ifstream in(configured_file);
  if (!in)
    return fail(ErrorCode::input_missing,
                configured_file.string() + ": the inspection profile cannot be opened");
  try {
    const YAML::Node root = YAML::Load(in);
    YAML::Emitter body;
    body.SetIndent(2);
    body << YAML::BeginMap;
    for (const auto& entry : root) {
      const auto key = entry.first.as<std::string>();
      if (key == "version") continue;
      body << YAML::Key << key << YAML::Value;
      if (key != "limits") {
        body << entry.second;
        continue;
      }
      body << YAML::BeginMap;
      for (const auto& limit : entry.second) {
        const auto name = limit.first.as<std::string>();
        const auto moved = std::ranges::find(moves, name, &LimitMove::limit);
        body << YAML::Key << name << YAML::Value;
        if (moved == moves.end())
          body << limit.second;
        else
          body << number(moved->after)
               << YAML::Comment("was " + number(moved->before) + ": cards rejected in error");
      }
      body << YAML::EndMap;
    }
    body << YAML::Key << "rejected_in_error" << YAML::Value << YAML::BeginMap << YAML::Key << "from_profile"
         << YAML::Value << configured.version << YAML::Key << "cards" << YAML::Value << YAML::Flow
         << YAML::BeginSeq;
    for (const std::string& card : cards) body << card;
    body << YAML::EndSeq << YAML::EndMap << YAML::EndMap;
    return "# SPDX-License-Identifier: Apache-2.0\n# Written by the station for cards that were rejected in "
           "error. Do not edit: version and content agree.\nversion: " +
           configured.version + "+" + short_hash(body.c_str()) + "\n" + body.c_str() + "\n";
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::configuration, configured_file.string() + ": " + error.msg);
  }
}

}  // namespace ktp::inspection
