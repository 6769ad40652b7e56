// SPDX-License-Identifier: Apache-2.0
#include "inspection/drift.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "inspection/limit_table.hpp"

namespace ktp::inspection {

namespace {

constexpr double kSmooth = 1.0 / static_cast<double>(Drift::kUsual);
constexpr double kSure = 5;    // standard errors of the smoothed mean
constexpr double kBack = 0.5;  // of the threshold: from there on it has come back
constexpr double kNearLimit = 0.6;
constexpr std::size_t kBlock = 20;

struct Value {
  std::string name;
  const char* unit;
  double threshold, value;
};

std::vector<Value> values_of(const Report& report) {
  const CaptureFacts& facts = report.capture;
  constexpr std::array<const char*, 3> kColours{"red", "green", "blue"};
  std::vector<Value> values;
  for (std::size_t c = 0; c < 3; ++c)
    values.push_back({std::string("light-") + kColours[c], "share", 0.08, facts.gain[c]});
  const double green = std::max(facts.gain[1], 0.05);
  values.push_back({"colour-red-green", "share", 0.05, facts.gain[0] / green});
  values.push_back({"colour-blue-green", "share", 0.05, facts.gain[2] / green});
  for (std::size_t c = 0; c < 3; ++c)
    values.push_back({std::string("haze-") + kColours[c], "levels", 6, facts.offset[c]});
  values.push_back({"light-slope-x", "share", 0.08, facts.light_slope[0]});
  values.push_back({"light-slope-y", "share", 0.08, facts.light_slope[1]});
  values.push_back({"blur", "px", 0.3, facts.blur_px});
  values.push_back({"print-x", "mm", 0.2, facts.print_offset_mm[0]});
  values.push_back({"print-y", "mm", 0.2, facts.print_offset_mm[1]});
  for (const Measure& measure : report.measures)
    values.push_back({std::string(measure.limit), "of the limit", 0.15, measure.score});
  return values;
}

// Far enough from the usual to be worth a word, and more than chance.
bool drifted(const DriftQuantity& q, double share_of_threshold) {
  if (q.seen < 2 * Drift::kUsual) return false;
  const double off = q.now - q.usual;
  const double error = q.spread * std::sqrt(kSmooth / (2 - kSmooth) + 1.0 / Drift::kUsual);
  if (q.unit == "of the limit") {
    // Only upwards, and only where it begins to matter: before a good card reaches its limit.
    return off > std::max(q.threshold * share_of_threshold, kSure * error) &&
           q.now > kNearLimit * share_of_threshold;
  }
  return std::abs(off) > std::max(q.threshold * share_of_threshold, kSure * error);
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::string advice(std::string_view name) {
  if (name.starts_with("light-slope")) return "the light has become uneven: see to lamps and their covers";
  if (name.starts_with("light"))
    return "the lamp ages or its current changed: clean or replace it, then calibrate";
  if (name.starts_with("colour"))
    return "lamp colour or the printer's colour moved: compare with a fresh ribbon, then calibrate";
  if (name.starts_with("haze")) return "stray light or haze on the lens: shade the station, clean the lens";
  if (name == "blur") return "the picture is less sharp: clean the lens, check focus and mounting";
  if (name.starts_with("print")) return "the print moves on the card: see to rollers and feed sensor";
  return "good cards come nearer to this limit: clean printer and camera, else calibrate";
}

DriftNotice notice_of(const DriftQuantity& q) {
  return {q.name,
          q.name + " was " + number(q.usual) + ", is " + number(q.now) + " " + q.unit + "; " + advice(q.name),
          q.usual, q.now, q.unit};
}

// The place that changed most, or kCells.
std::size_t dirtiest(const DriftField& field) {
  std::size_t at = DriftField::kCells;
  double most = 0;
  for (std::size_t i = 0; i < DriftField::kCells; ++i) {
    if (field.seen[i] < 2 * Drift::kUsual) continue;
    const double off = std::abs(field.now[i] - field.usual[i]);
    if (off > most) most = off, at = i;
  }
  return at;
}

bool dirty(const DriftField& field, double share_of_threshold) {
  const std::size_t at = dirtiest(field);
  return at < DriftField::kCells &&
         std::abs(field.now[at] - field.usual[at]) > Drift::kGlassLevels * share_of_threshold;
}

DriftNotice glass_notice(const DriftField& field) {
  const std::size_t at = dirtiest(field);
  const std::size_t column = at % CaptureFacts::kColumns, row = at / CaptureFacts::kColumns;
  const auto percent = [](std::size_t i, int n) {
    return std::to_string((200 * i + 100) / static_cast<std::size_t>(2 * n));
  };
  return {"glass",
          "always the same place in the photograph, " + percent(column, CaptureFacts::kColumns) +
              " % from the left and " + percent(row, CaptureFacts::kRows) + " % from the top, is " +
              (field.now[at] < field.usual[at] ? "darker" : "brighter") + " than it was by " +
              number(std::abs(field.now[at] - field.usual[at])) +
              " levels; clean the glass and the lens there",
          field.usual[at], field.now[at], "levels"};
}

void follow(DriftQuantity& q, double value, std::size_t block) {
  ++q.seen;
  if (q.seen <= Drift::kUsual) {
    const auto n = static_cast<double>(q.seen);
    const double before = q.usual;
    q.usual += (value - before) / n;
    // Welford's sum of squares, kept as a standard deviation.
    q.spread = q.seen == 1
                   ? 0
                   : std::sqrt((q.spread * q.spread * (n - 1) + (value - before) * (value - q.usual)) / n);
    q.now = q.usual;
  } else {
    q.now += kSmooth * (value - q.now);
  }
  q.block_sum += value;
  if (++q.block_seen >= block) {
    q.history.push_back(q.block_sum / static_cast<double>(q.block_seen));
    q.block_sum = 0, q.block_seen = 0;
  }
}

}  // namespace

Drift::Drift(DriftState state) : state_(std::move(state)) {
  if (state_.block == 0) state_.block = kBlock;
}

std::vector<DriftNotice> Drift::add(const Report& good) {
  std::vector<DriftNotice> fresh;
  if (!good.capture.known) return fresh;
  ++state_.cards;
  bool full = false;
  for (const Value& value : values_of(good)) {
    if (!std::isfinite(value.value)) continue;
    auto at = std::ranges::find(state_.quantities, value.name, &DriftQuantity::name);
    if (at == state_.quantities.end()) {
      DriftQuantity& fresh_one = state_.quantities.emplace_back();
      fresh_one.name = value.name;
      fresh_one.unit = value.unit;
      fresh_one.threshold = value.threshold;
      at = state_.quantities.end() - 1;
    }
    follow(*at, value.value, state_.block);
    full = full || at->history.size() >= kHistory;
    if (!at->noticed && drifted(*at, 1)) {
      at->noticed = true;
      fresh.push_back(notice_of(*at));
    } else if (at->noticed && !drifted(*at, kBack)) {
      at->noticed = false;
    }
  }
  if (full) {
    state_.block *= 2;
    for (DriftQuantity& q : state_.quantities) {
      std::vector<double> half;
      for (std::size_t i = 0; i + 1 < q.history.size(); i += 2)
        half.push_back((q.history[i] + q.history[i + 1]) / 2);
      q.history = std::move(half);
    }
  }
  DriftField& field = state_.field;
  for (std::size_t i = 0; i < DriftField::kCells; ++i) {
    const double value = static_cast<double>(good.capture.field[i]);
    if (!std::isfinite(value)) continue;
    if (++field.seen[i] <= kUsual) {
      field.usual[i] += (value - field.usual[i]) / static_cast<double>(field.seen[i]);
      field.now[i] = field.usual[i];
    } else {
      field.now[i] += kSmooth * (value - field.now[i]);
    }
  }
  if (!field.noticed && dirty(field, 1)) {
    field.noticed = true;
    fresh.push_back(glass_notice(field));
  } else if (field.noticed && !dirty(field, kBack)) {
    field.noticed = false;
  }
  return fresh;
}

std::vector<DriftNotice> Drift::notices() const {
  std::vector<DriftNotice> all;
  for (const DriftQuantity& q : state_.quantities)
    if (drifted(q, q.noticed ? kBack : 1)) all.push_back(notice_of(q));
  if (dirty(state_.field, state_.field.noticed ? kBack : 1)) all.push_back(glass_notice(state_.field));
  return all;
}

std::string drift_chart(const DriftState& state) {
  constexpr std::array<const char*, 8> kSteps{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string out;
  char text[160];
  std::snprintf(text, sizeof text, "%-24s %9s %9s  %-13s course, %zu good sides a step\n", "what", "usual",
                "now", "unit", state.block);
  out += text;
  for (const DriftQuantity& q : state.quantities) {
    std::snprintf(text, sizeof text, "%-24s %9.3g %9.3g  %-13s", q.name.c_str(), q.usual, q.now,
                  q.unit.c_str());
    out += text;
    // The whole height of a step is twice the threshold, about the usual: flat means well.
    for (const double value : q.history) {
      const double share = q.threshold > 0 ? (value - q.usual) / (2 * q.threshold) + 0.5 : 0.5;
      out += kSteps[static_cast<std::size_t>(std::clamp(static_cast<int>(share * 8), 0, 7))];
    }
    out += q.noticed ? "  <- drifts\n" : "\n";
  }
  out += "\nglass: change by place in the photograph, levels (. under 0.5, blank: no card lies there)\n";
  for (std::size_t i = 0; i < DriftField::kCells; ++i) {
    const double off = state.field.now[i] - state.field.usual[i];
    if (state.field.seen[i] < Drift::kUsual)
      out += "     ";
    else if (std::abs(off) < 0.5)
      out += "    .";
    else {
      std::snprintf(text, sizeof text, "%+5.1f", off);
      out += text;
    }
    if (i % CaptureFacts::kColumns == CaptureFacts::kColumns - 1) out += '\n';
  }
  return out;
}

}  // namespace ktp::inspection
