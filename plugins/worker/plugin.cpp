// SPDX-License-Identifier: Apache-2.0
#include "plugin.hpp"

#include <cstring>

#include "library.hpp"
#include "module_info.hpp"

namespace ktp::worker {
namespace {

constexpr std::uint32_t kMaxDrivers = 16;
constexpr std::uint32_t kMaxOptions = 128;
constexpr std::uint32_t kMaxMatches = wire::kMaxItems;
constexpr std::size_t kMaxOptionText = 1'000;

std::string text(const char* words) {
  return words == nullptr ? std::string() : std::string(words, ::strnlen(words, kMaxOptionText));
}

std::string describe_options(const stn_driver& driver, std::uint32_t index, std::vector<wire::Body>& out) {
  const auto* config = static_cast<const stn_config_v1*>(driver.get_extension(STN_EXT_CONFIG));
  if (config == nullptr) return {};
  if (config->size < sizeof *config || config->n_options > kMaxOptions ||
      (config->n_options != 0 && config->options == nullptr)) {
    return "its table of options is malformed";
  }
  // Options grow at their tail: the step from one to the next is the size the plugin was built with.
  const auto* at = reinterpret_cast<const unsigned char*>(config->options);
  const std::uint32_t step = config->n_options == 0 ? 0 : config->options->size;
  for (std::uint32_t i = 0; i < config->n_options; ++i, at += step) {
    const stn_option& option = *reinterpret_cast<const stn_option*>(at);
    if (step < sizeof option || option.size != step || option.key == nullptr || option.key[0] == 0 ||
        option.type > STN_OPT_CHOICE || option.reserved != 0) {
      return "its option " + std::to_string(i) + " is malformed";
    }
    if (option.type == STN_OPT_CHOICE && option.choices == nullptr)
      return "its option " + text(option.key) + " has no choices";
    out.emplace_back(wire::Option{index, option.type, option.default_value == nullptr ? 1u : 0u,
                                  text(option.key), text(option.unit), text(option.default_value),
                                  text(option.choices), text(option.doc), option.min, option.max,
                                  option.flags});
  }
  return {};
}

}  // namespace

std::expected<Plugin, std::string> load_plugin(const std::filesystem::path& path, const stn_host* host) {
  const auto info = read_module_info(path);
  if (!info) return std::unexpected(info.error());
  const auto module = load_module(path);
  if (!module) return std::unexpected(module.error());

  Plugin plugin;
  plugin.module = *module;
  const stn_module& table = **module;
  if (table.size < sizeof table || table.reserved != 0 || table.init == nullptr || table.deinit == nullptr ||
      table.driver_count == nullptr || table.driver_at == nullptr) {
    return std::unexpected("its station_module table is malformed");
  }
  if (const int code = table.init(host, path.parent_path().c_str()); code != STN_OK) {
    return std::unexpected("its init failed with code " + std::to_string(code));
  }
  plugin.description.emplace_back(wire::Module{info->id, info->version, info->vendor});

  const std::uint32_t count = table.driver_count();
  if (count == 0 || count > kMaxDrivers)
    return std::unexpected("it says it has " + std::to_string(count) + " drivers");
  for (std::uint32_t i = 0; i < count; ++i) {
    const stn_driver* driver = table.driver_at(i);
    if (driver == nullptr || driver->size < sizeof *driver || driver->id == nullptr ||
        driver->name == nullptr || driver->open == nullptr || driver->close == nullptr ||
        driver->status == nullptr || driver->interrupt == nullptr || driver->get_extension == nullptr ||
        driver->reserved != 0 || driver->n_matches > kMaxMatches ||
        (driver->n_matches != 0 && driver->matches == nullptr)) {
      return std::unexpected("its driver " + std::to_string(i) + " is malformed");
    }
    plugin.drivers.push_back(driver);
    std::vector<wire::Match> matches;
    for (std::uint32_t m = 0; m < driver->n_matches; ++m) {
      const stn_match& match = driver->matches[m];
      matches.push_back({match.vid, match.pid, match.score, match.quirks});
    }
    plugin.description.emplace_back(
        wire::Driver{i, driver->kind, text(driver->id), text(driver->name), std::move(matches)});
    if (std::string why = describe_options(*driver, i, plugin.description); !why.empty())
      return std::unexpected(why);
  }
  return plugin;
}

}  // namespace ktp::worker
