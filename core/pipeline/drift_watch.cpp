// SPDX-License-Identifier: Apache-2.0
#include "pipeline/drift_watch.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "artwork/picture.hpp"

namespace ktp::pipeline {

namespace {

using inspection::DriftField;
using nlohmann::ordered_json;

std::string to_text(const inspection::DriftState& state, const std::string& station) {
  ordered_json out{{"version", 1}, {"station", station}, {"cards", state.cards}, {"block", state.block}};
  for (const inspection::DriftQuantity& q : state.quantities)
    out["quantities"].push_back({{"name", q.name},
                                 {"unit", q.unit},
                                 {"threshold", q.threshold},
                                 {"seen", q.seen},
                                 {"usual", q.usual},
                                 {"spread", q.spread},
                                 {"now", q.now},
                                 {"block_sum", q.block_sum},
                                 {"block_seen", q.block_seen},
                                 {"noticed", q.noticed},
                                 {"history", q.history}});
  out["field"] = {{"seen", state.field.seen},
                  {"usual", state.field.usual},
                  {"now", state.field.now},
                  {"noticed", state.field.noticed}};
  return out.dump(1) + "\n";
}

}  // namespace

Result<inspection::DriftState> load_drift(const std::filesystem::path& file, std::string* station) {
  constexpr std::size_t kMost = 4u << 20, kMostQuantities = 200;
  const auto bytes = artwork::read_bytes(file, kMost);
  if (!bytes) return fail(bytes.error().code, file.string() + ": " + bytes.error().message);
  const auto bad = [&](const std::string& why) {
    return fail(ErrorCode::bad_data, file.string() + ": " + why);
  };
  const auto json = ordered_json::parse(bytes->begin(), bytes->end(), nullptr, false);
  if (json.is_discarded()) return bad("is not JSON");
  try {
    if (json.at("version").get<int>() != 1) return bad("is of another version");
    if (station) *station = json.at("station").get<std::string>();
    inspection::DriftState state;
    state.cards = json.at("cards").get<std::size_t>();
    state.block = json.at("block").get<std::size_t>();
    if (json.contains("quantities")) {
      if (json["quantities"].size() > kMostQuantities) return bad("has too many quantities");
      for (const auto& q : json["quantities"]) {
        state.quantities.push_back({.name = q.at("name").get<std::string>(),
                                    .unit = q.at("unit").get<std::string>(),
                                    .threshold = q.at("threshold").get<double>(),
                                    .seen = q.at("seen").get<std::size_t>(),
                                    .usual = q.at("usual").get<double>(),
                                    .spread = q.at("spread").get<double>(),
                                    .now = q.at("now").get<double>(),
                                    .block_sum = q.at("block_sum").get<double>(),
                                    .block_seen = q.at("block_seen").get<std::size_t>(),
                                    .history = q.at("history").get<std::vector<double>>(),
                                    .noticed = q.at("noticed").get<bool>()});
        if (state.quantities.back().history.size() > 2 * inspection::Drift::kHistory)
          return bad("has too long a history");
      }
    }
    const auto& field = json.at("field");
    state.field.seen = field.at("seen").get<std::array<std::size_t, DriftField::kCells>>();
    state.field.usual = field.at("usual").get<std::array<double, DriftField::kCells>>();
    state.field.now = field.at("now").get<std::array<double, DriftField::kCells>>();
    state.field.noticed = field.at("noticed").get<bool>();
    return state;
  } catch (const nlohmann::json::exception& error) {
    return bad(std::string("is not what was written: ") + error.what());
  }
}

DriftWatch::DriftWatch(std::filesystem::path file, std::string station)
    : file_(std::move(file)), station_(std::move(station)) {
  std::string of;
  if (auto loaded = load_drift(file_, &of); loaded && of == station_)
    drift_ = inspection::Drift(std::move(*loaded));
}

std::vector<inspection::DriftNotice> DriftWatch::add(const inspection::Report& good) {
  std::vector<inspection::DriftNotice> fresh;
  bool full = false;
  {
    const std::scoped_lock lock(mutex_);
    fresh = drift_.add(good);
    full = ++since_saved_ >= kSaveEvery || !fresh.empty();
  }
  if (full) (void)save();  // tried again after as many more; what was noticed stands in the ledger
  return fresh;
}

Result<void> DriftWatch::save() {
  std::string text;
  {
    const std::scoped_lock lock(mutex_);
    since_saved_ = 0;
    text = to_text(drift_.state(), station_);
  }
  return artwork::write_file(file_, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, false);
}

ledger::Event drift_event(const inspection::DriftNotice& notice) {
  ledger::Event event{.type = "drift-noticed"};
  const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
  event.data["what"] = notice.name;
  event.data["usual"] = rounded(notice.usual);
  event.data["now"] = rounded(notice.now);
  event.data["unit"] = notice.unit;
  return event;
}

}  // namespace ktp::pipeline
