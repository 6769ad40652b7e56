// SPDX-License-Identifier: Apache-2.0
#include "sim-printer/printer_state.hpp"

#include <nlohmann/json.hpp>

#include "sim-world/trouble.hpp"

namespace sim {
namespace {

std::filesystem::path file_in(const std::filesystem::path& world) {
  return world / ".printer.json";
}

}  // namespace

PrinterState load_state(const std::filesystem::path& world, std::uint64_t full_ribbon) {
  PrinterState state;
  state.ribbon = full_ribbon;
  std::error_code ignored;
  if (!std::filesystem::exists(file_in(world), ignored)) return state;
  const auto data = read_file(file_in(world), 1 << 16);
  const auto json = nlohmann::json::parse(data.begin(), data.end(), nullptr, false);
  try {
    json.at("commands").get_to(state.commands);
    json.at("ribbon").get_to(state.ribbon);
    json.at("attention").get_to(state.attention);
    json.at("stuck_card").get_to(state.stuck_card);
    state.unplugged_until_ns = json.value("unplugged_until_ns", std::uint64_t{0});
  } catch (const nlohmann::json::exception&) {
    throw Trouble(Kind::io, file_in(world).string() +
                                " is damaged; remove it to start with a new ribbon and command count");
  }
  return state;
}

void save_state(const Files& files, const std::filesystem::path& world, const PrinterState& state) {
  const nlohmann::ordered_json json = {{"commands", state.commands},
                                       {"ribbon", state.ribbon},
                                       {"attention", state.attention},
                                       {"stuck_card", state.stuck_card},
                                       {"unplugged_until_ns", state.unplugged_until_ns}};
  const std::string text = json.dump() + "\n";
  files.replace(file_in(world), bytes(text));
}

}  // namespace sim
