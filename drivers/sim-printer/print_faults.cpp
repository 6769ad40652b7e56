// SPDX-License-Identifier: Apache-2.0
#include "sim-printer/print_faults.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "sim-world/damage.hpp"
#include "sim-world/random.hpp"
#include "sim-world/trouble.hpp"

namespace sim {
namespace {

constexpr int kNikDigits = 16;

const std::vector<FaultRule>& rules() {
  static const std::vector<FaultRule> table = {
      // The device stops, and an operator helps.
      {"cover-open", false, {}},
      {"ribbon-out", false, {}},
      {"jam", false, {{0.4, 0, 1}}},
      // The driver stops.
      {"crash", false, {}},
      {"hang", false, {}},
      // The plug is out, and in again after so many ms.
      {"unplug", false, {{1000, 0, 600'000}}},
      // The device knows that the card is lost.
      {"spoiled", false, {{0.5, 0, 1}}},
      // Nobody knows until somebody looks.
      {"half-print", true, {{0.6, 0, 1}}},
      {"ghost", true, {{1.2, -20, 20}, {0.35, 0, 1}}},
      {"swap-portrait", false, {}},
      {"swap-digit", false, {}},
      {"scratch", true, {{15, 0.5, 80}, {0.3, 0.02, 5}, {0.85, 0, 1}}},
      {"dead-element", true, {{2, 1, 50}}},
      {"void", true, {{0.6, 0.05, 20}}},
      {"fade", true, {{25, 0, 100}}},
      {"missing-panel", true, {{0, 0, 2}}},
      {"misregister", true, {{0.4, -5, 5}}},
      {"shift", true, {{1, -20, 20}, {0, -20, 20}}},
      {"blank", true, {}},
  };
  return table;
}

// The kinds that change no picture.
bool is_act(std::string_view kind) {
  return kind == "cover-open" || kind == "ribbon-out" || kind == "jam" || kind == "crash" || kind == "hang" ||
         kind == "unplug" || kind == "spoiled";
}

Side side_of(const Fault& fault) {
  return fault.side.value_or(Side::front);
}

}  // namespace

std::span<const FaultRule> print_fault_rules() {
  return rules();
}

paint::Zone parse_zone(std::string_view setting, std::string_view text) {
  double values[4] = {};
  std::string_view rest = text;
  for (int i = 0; i < 4; ++i) {
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), values[i]);
    if (error != std::errc{} || !(values[i] >= 0 && values[i] <= 100))
      throw Trouble(Kind::bad_input, "setting " + std::string(setting) + ": \"x,y,w,h\" in mm expected");
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (i < 3 && !rest.empty() && rest.front() == ',') rest.remove_prefix(1);
  }
  return {values[0], values[1], values[2], values[3]};
}

const Fault* find_fault(const std::vector<Fault>& faults, std::string_view kind) {
  const auto found =
      std::find_if(faults.begin(), faults.end(), [&](const Fault& f) { return f.kind == kind; });
  return found == faults.end() ? nullptr : &*found;
}

bool changes(const std::vector<Fault>& faults, Side side) {
  return std::any_of(faults.begin(), faults.end(),
                     [&](const Fault& f) { return !is_act(f.kind) && side_of(f) == side; });
}

bool needs_previous(const std::vector<Fault>& faults) {
  return find_fault(faults, "swap-portrait") != nullptr;
}

std::vector<std::string_view> apply(const std::vector<Fault>& faults, Side side, const Zones& zones,
                                    const Picture* previous, std::uint64_t seed, Picture& face) {
  std::vector<std::string_view> not_done;
  for (const Fault& fault : faults) {
    if (is_act(fault.kind) || side_of(fault) != side) continue;
    const std::uint64_t own = mix_all({seed, word(fault.kind)});
    const std::vector<double>& v = fault.values;
    const damage::Area area{face.width, face.height, face.view().stride};
    bool done = true;
    if (fault.kind == "half-print") {
      paint::stop_at(face, v[0]);
    } else if (fault.kind == "ghost") {
      paint::ghost(face, v[0], v[1]);
    } else if (fault.kind == "swap-portrait") {
      done = previous != nullptr;
      if (done) paint::paste(face, *previous, zones.portrait);
    } else if (fault.kind == "swap-digit") {
      done = paint::copy_cell(face, zones.nik_line, kNikDigits, own);
    } else if (fault.kind == "scratch") {
      damage::scratch(face.rgb.data(), area, v[0], v[1], v[2], own);
    } else if (fault.kind == "dead-element") {
      paint::dead_elements(face, static_cast<int>(v[0]), own);
    } else if (fault.kind == "void") {
      paint::void_spot(face, v[0], own);
    } else if (fault.kind == "fade") {
      paint::fade(face, v[0]);
    } else if (fault.kind == "missing-panel") {
      paint::missing_panel(face, static_cast<int>(v[0]));
    } else if (fault.kind == "misregister") {
      paint::misregister(face, v[0], own);
    } else if (fault.kind == "shift") {
      paint::shift(face, v[0], v[1]);
    } else {
      paint::stop_at(face, 0);  // blank
    }
    if (!done) not_done.push_back(fault.kind);
  }
  return not_done;
}

}  // namespace sim
