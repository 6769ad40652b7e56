// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <opencv2/core/utility.hpp>
#include <set>
#include <sstream>

#include "inspection/inspection.hpp"
#include "inspection/limit_table.hpp"
#include "inspection/profile.hpp"

namespace ktp::inspection {
namespace {

// Thrown and caught in this file only: a place and what is wrong there.
struct Complaint {
  YAML::Mark mark;
  std::string text;
};

std::string number_text(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

// Reads one mapping strictly: every key that is there must have been asked for.
class Section {
 public:
  Section(const YAML::Node& node, std::string name) : node_(node), name_(std::move(name)) {
    if (!node_.IsMap()) throw Complaint{node_.Mark(), name_ + " must be a mapping of keys to values"};
    std::set<std::string> seen;
    for (const auto& entry : node_) {
      const auto key = entry.first.as<std::string>();
      if (!seen.insert(key).second) throw Complaint{entry.first.Mark(), "key '" + key + "' stands twice"};
    }
  }

  void number(const char* key, double& value, double least, double most) {
    known_.insert(key);
    const YAML::Node item = node_[key];
    if (!item) return;
    try {
      value = item.as<double>();
    } catch (const YAML::Exception&) {
      throw Complaint{item.Mark(), std::string(key) + " must be a number"};
    }
    if (!(value >= least && value <= most)) {
      throw Complaint{item.Mark(), std::string(key) + " is " + number_text(value) + ", allowed are " +
                                       number_text(least) + " to " + number_text(most)};
    }
  }

  void whole(const char* key, int& value, int least, int most) {
    double number_value = value;
    number(key, number_value, least, most);
    if (number_value != static_cast<int>(number_value)) {
      throw Complaint{node_[key].Mark(), std::string(key) + " must be a whole number"};
    }
    value = static_cast<int>(number_value);
  }

  std::string text(const char* key, const char* fallback) {
    known_.insert(key);
    const YAML::Node item = node_[key];
    if (!item) {
      if (fallback) return fallback;
      throw Complaint{node_.Mark(), std::string("key '") + key + "' is missing"};
    }
    if (!item.IsScalar() || item.Scalar().empty())
      throw Complaint{item.Mark(), std::string(key) + " must be a text"};
    return item.Scalar();
  }

  // Calls `read` with the node if the key is there.
  void part(const char* key, const std::function<void(const YAML::Node&)>& read) {
    known_.insert(key);
    if (const YAML::Node item = node_[key]) read(item);
  }

  void refuse_others() const {
    for (const auto& entry : node_) {
      const auto key = entry.first.as<std::string>();
      if (!known_.contains(key)) throw Complaint{entry.first.Mark(), "unknown key '" + key + "' in " + name_};
    }
  }

  [[nodiscard]] YAML::Mark mark(const char* key) const { return node_[key].Mark(); }

 private:
  YAML::Node node_;
  std::string name_;
  std::set<std::string> known_;
};

void read_limits(const YAML::Node& node, Limits& limits) {
  Section s(node, "limits");
  for (const LimitInfo& limit : limit_table())
    s.number(limit.name, limits.*limit.value, limit.least, limit.most);
  s.refuse_others();
}

std::vector<double> read_numbers(const YAML::Node& node, std::size_t count, const std::string& what,
                                 double least, double most) {
  const auto wrong = [&](const YAML::Node& at) {
    return Complaint{at.Mark(), what + " must be " + std::to_string(count) + " numbers from " +
                                    number_text(least) + " to " + number_text(most)};
  };
  if (!node.IsSequence() || node.size() != count) throw wrong(node);
  std::vector<double> row;
  for (const YAML::Node& item : node) {
    double value = 0;
    try {
      value = item.as<double>();
    } catch (const YAML::Exception&) {
      throw wrong(item);
    }
    if (!(value >= least && value <= most)) throw wrong(item);
    row.push_back(value);
  }
  return row;
}

template <std::size_t kColumns, std::size_t kRows>
void read_table(Section& s, const char* name, std::array<std::array<double, kColumns>, kRows>& table) {
  bool there = false;
  s.part(name, [&](const YAML::Node& node) {
    there = true;
    if (!node.IsSequence() || node.size() != kRows)
      throw Complaint{node.Mark(), std::string(name) + " must have " + std::to_string(kRows) + " rows"};
    for (std::size_t y = 0; y < kRows; ++y)
      std::ranges::copy(read_numbers(node[y], kColumns, std::string("each row of ") + name, 0.2, 5),
                        table[y].begin());
  });
  if (!there) throw Complaint{{}, std::string("variation has no ") + name};
}

void read_variation(const YAML::Node& node, Profile& profile) {
  Section s(node, "variation");
  Variation variation;
  read_table(s, "by_value_and_range", variation.by_value_and_range);
  read_table(s, "by_place", variation.by_place);
  s.part("lost_density", [&](const YAML::Node& row) {
    std::ranges::copy(read_numbers(row, 3, "lost_density", -0.25, 0.25), variation.lost_density.begin());
  });
  s.refuse_others();
  profile.variation = variation;
}

void read_band(const YAML::Node& node, Profile& profile) {
  Section s(node, "band");
  s.number("levels", profile.band_levels, 2, 60);
  s.number("range_share", profile.band_range_share, 0, 2);
  s.number("register_tolerance_mm", profile.register_tolerance_mm, 0.02, 0.5);
  s.number("edge_margin_mm", profile.edge_margin_mm, 0, 5);
  s.refuse_others();
}

void read_side(const YAML::Node& node, std::map<std::string, BoxMm>& zones) {
  if (!node.IsMap())
    throw Complaint{node.Mark(), "zones of a side must map field names to [x, y, w, h] in mm"};
  for (const auto& entry : node) {
    const auto name = entry.first.as<std::string>();
    const YAML::Node& box = entry.second;
    if (!box.IsSequence() || box.size() != 4)
      throw Complaint{box.Mark(), "zone " + name + " must be [x, y, w, h] in mm"};
    BoxMm zone;
    try {
      zone = {box[0].as<double>(), box[1].as<double>(), box[2].as<double>(), box[3].as<double>()};
    } catch (const YAML::Exception&) {
      throw Complaint{box.Mark(), "zone " + name + " must be four numbers in mm"};
    }
    if (!(zone.x >= 0 && zone.y >= 0 && zone.w > 0 && zone.h > 0 && zone.x + zone.w <= kCardWidthMm &&
          zone.y + zone.h <= kCardHeightMm)) {
      throw Complaint{box.Mark(), "zone " + name + " lies outside the card (85.60 x 53.98 mm)"};
    }
    if (!zones.emplace(name, zone).second)
      throw Complaint{entry.first.Mark(), "zone " + name + " stands twice"};
  }
}

void read_zones(const YAML::Node& node, std::array<std::map<std::string, BoxMm>, 2>& zones) {
  Section s(node, "zones");
  s.part("front", [&](const YAML::Node& side) { read_side(side, zones[0]); });
  s.part("back", [&](const YAML::Node& side) { read_side(side, zones[1]); });
  s.refuse_others();
}

void read_aligned(const YAML::Node& node, AlignedSettings& aligned) {
  Section s(node, "aligned");
  s.whole("tile_px", aligned.tile_px, 16, 512);
  s.whole("search_px", aligned.search_px, 0, 16);
  s.whole("band_px", aligned.band_px, 0, 16);
  s.whole("min_area_px", aligned.min_area_px, 1, 10000);
  s.number("box_margin_px", aligned.box_margin_px, 0, 64);
  s.refuse_others();
}

Profile read_profile(const YAML::Node& root) {
  Profile profile;
  Section s(root, "the profile");
  profile.version = s.text("version", nullptr);
  const std::string mode = s.text("mode", "card");
  if (mode != "card" && mode != "aligned") {
    throw Complaint{s.mark("mode"), "mode is '" + mode + "', allowed are card, aligned"};
  }
  profile.mode = mode == "card" ? Profile::Mode::card : Profile::Mode::aligned;
  s.number("working_dpi", profile.working_dpi, 150, 600);
  s.part("band", [&](const YAML::Node& node) { read_band(node, profile); });
  s.part("limits", [&](const YAML::Node& node) { read_limits(node, profile.limits); });
  s.part("zones", [&](const YAML::Node& node) { read_zones(node, profile.zones); });
  s.part("aligned", [&](const YAML::Node& node) { read_aligned(node, profile.aligned); });
  s.part("variation", [&](const YAML::Node& node) { read_variation(node, profile); });
  // Where a calibrated profile comes from, for people; changes no verdict.
  s.part("learned", [](const YAML::Node& node) {
    if (!node.IsMap()) throw Complaint{node.Mark(), "learned must be a mapping"};
  });
  // The same of limits that were widened for cards rejected in error.
  s.part("rejected_in_error", [](const YAML::Node& node) {
    if (!node.IsMap()) throw Complaint{node.Mark(), "rejected_in_error must be a mapping"};
  });
  s.refuse_others();
  return profile;
}

std::string place(const std::filesystem::path& file, const YAML::Mark& mark) {
  std::string text = file.string();
  if (!mark.is_null()) text += ":" + std::to_string(mark.line + 1);
  return text + ": ";
}

}  // namespace

Result<std::shared_ptr<const Profile>> load_profile(const std::filesystem::path& file) {
  // One call uses one thread, as the door promises: the station runs sides and cards side by side, and
  // OpenCV's own pool would only compete with them. Everything in this room needs a profile first, so this is
  // the place that is passed before any other.
  cv::setNumThreads(1);
  std::ifstream in(file);
  if (!in) return fail(ErrorCode::input_missing, file.string() + ": the inspection profile cannot be opened");
  std::ostringstream text;
  text << in.rdbuf();
  return read_profile_text(text.str(), file.string());
}

Result<std::shared_ptr<const Profile>> read_profile_text(const std::string& text, const std::string& name) {
  try {
    return std::make_shared<const Profile>(read_profile(YAML::Load(text)));
  } catch (const Complaint& complaint) {
    return fail(ErrorCode::configuration, place(name, complaint.mark) + complaint.text);
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::configuration, place(name, error.mark) + "not valid YAML: " + error.msg);
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, name + ": " + error.what());
  }
}

const std::string& version(const Profile& profile) {
  return profile.version;
}

}  // namespace ktp::inspection
