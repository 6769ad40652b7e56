// SPDX-License-Identifier: Apache-2.0
// Writes what `calibrate` learned: the base file's own nodes with new limits, so that nothing of it is lost.
#include <yaml-cpp/yaml.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>

#include "inspection/calibration.hpp"
#include "inspection/limit_table.hpp"

namespace ktp::inspection {

namespace {

std::string number(double value, int digits = 4) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

std::string percent(double share) {
  return share < 1e-6 ? "under 0.0001 %" : number(100 * share, 2) + " %";
}

// FNV-1a: names what was learned, protects nothing.
std::string short_hash(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211ull;
  char out[20];
  std::snprintf(out, sizeof out, "%08x", static_cast<unsigned>(hash ^ (hash >> 32)));
  return out;
}

template <class Table>
void write_table(YAML::Emitter& out, const char* name, const char* comment, const Table& table) {
  out << YAML::Key << name << YAML::Comment(comment) << YAML::Value << YAML::BeginSeq;
  for (const auto& row : table) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const double value : row) out << number(value, 3);
    out << YAML::EndSeq;
  }
  out << YAML::EndSeq;
}

void write_limits(YAML::Emitter& out, const CalibrationResult& result) {
  out << YAML::Key << "limits" << YAML::Value << YAML::BeginMap;
  for (const LimitSet& limit : result.limits) {
    out << YAML::Key << limit.name << YAML::Value << number(limit.after) << YAML::Comment(limit.unit);
  }
  out << YAML::EndMap;
}

void write_variation(YAML::Emitter& out, const Variation& variation) {
  out << YAML::Newline << YAML::Newline
      << YAML::Comment("Learned. Factors on `band`: where a good card of this station varies more or less.");
  out << YAML::Key << "variation" << YAML::Value << YAML::BeginMap;
  write_table(
      out, "by_value_and_range",
      "rows: value of the face, 8 bins of 32 levels; columns: local range from 0, 4, 12, 32, 80, 144 levels",
      variation.by_value_and_range);
  write_table(out, "by_place", "5 rows of 8 places, the card seen upright", variation.by_place);
  out << YAML::Key << "lost_density" << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const double share : variation.lost_density) out << number(share, 3);
  out << YAML::EndSeq << YAML::Comment("red, green, blue: what this camera's curve takes from good cards");
  out << YAML::EndMap;
}

void write_learned(YAML::Emitter& out, const std::string& from, const CalibrationResult& result,
                   const Provenance& provenance) {
  out << YAML::Newline << YAML::Newline
      << YAML::Comment("Where this comes from, for people; changes no verdict. Scores are of good cards.");
  out << YAML::Key << "learned" << YAML::Value << YAML::BeginMap;
  const auto line = [&](const char* key, const std::string& value) {
    out << YAML::Key << key << YAML::Value << value;
  };
  line("from_profile", from);
  line("date", provenance.date);
  line("pictures", std::to_string(result.pictures));
  line("set_aside", std::to_string(result.set_aside));
  line("cases_sha256", provenance.cases_sha256);
  line("pictures_sha256", provenance.pictures_sha256);
  line("false_rejects_asked", number(result.false_rejects));
  line("false_rejects_expected", number(result.expected_rejects, 2));
  line("false_rejects_before", number(result.expected_before, 2));
  line("pictures_needed_to_show_it", std::to_string(result.cards_needed()));
  out << YAML::Key << "limits" << YAML::Value << YAML::BeginMap;
  for (const LimitSet& limit : result.limits) {
    out << YAML::Key << limit.name << YAML::Value << YAML::Flow << YAML::BeginMap;
    line("median", number(limit.median, 3));
    line("highest", number(limit.highest, 3));
    if (limit.moved) line("wanted", number(limit.wanted, 3));
    line("expected_rejects", percent(limit.expected_rejects));
    if (!limit.held_by.empty()) line("held_by", limit.held_by);
    if (!limit.note.empty()) line("kept", limit.note);
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
  out << YAML::Key << "must_be_found" << YAML::Comment("drawn into good pictures: found before and now")
      << YAML::Value << YAML::BeginMap;
  for (const MustOutcome& must : result.must) {
    if (must.drawn == 0) continue;
    line((must.kind + " " + must.size).c_str(), std::to_string(must.found_before) + " and " +
                                                    std::to_string(must.found_after) + " of " +
                                                    std::to_string(must.drawn));
  }
  out << YAML::EndMap << YAML::EndMap;
}

}  // namespace

Result<std::string> calibrated_yaml(const std::filesystem::path& base_file, const Profile& base,
                                    const Profile& learned, const CalibrationResult& result,
                                    const Provenance& provenance) {
  std::ifstream in(base_file);
  if (!in)
    return fail(ErrorCode::input_missing, base_file.string() + ": the inspection profile cannot be opened");
  try {
    const YAML::Node root = YAML::Load(in);
    YAML::Emitter body;
    body.SetIndent(2);
    body << YAML::BeginMap;
    for (const auto& entry : root) {
      const auto key = entry.first.as<std::string>();
      if (key == "version" || key == "limits" || key == "variation" || key == "learned") continue;
      body << YAML::Key << key << YAML::Value << entry.second;
    }
    write_limits(body, result);
    if (learned.variation) write_variation(body, *learned.variation);
    body << YAML::EndMap;
    // Hashed without the date: the same set gives the same version, and the same version the same verdicts.
    const std::string version =
        base.version + "+" +
        short_hash(std::string(body.c_str()) + provenance.cases_sha256 + provenance.pictures_sha256);
    YAML::Emitter tail;
    tail.SetIndent(2);
    tail << YAML::BeginMap;
    write_learned(tail, base.version, result, provenance);
    tail << YAML::EndMap;
    return "# SPDX-License-Identifier: Apache-2.0\n# Written by `ktp-station calibrate`. Do not edit: "
           "calibrate "
           "again, so that version and content agree.\nversion: " +
           version + "\n" + body.c_str() + "\n" + tail.c_str() + "\n";
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::configuration, base_file.string() + ": " + error.msg);
  }
}

}  // namespace ktp::inspection
