// SPDX-License-Identifier: Apache-2.0
#include <station/abi.h>

#include <array>

#include "devices/look.hpp"
#include "devices/text.hpp"

namespace ktp::devices {
namespace {

constexpr std::array kOptionTypes{"text", "integer", "number", "boolean", "path", "choice"};

std::string kind_name(std::uint32_t kind) {
  switch (kind) {
    case STN_KIND_PRINTER:
      return "printer";
    case STN_KIND_CAMERA:
      return "camera";
    case STN_KIND_CHIP_READER:
      return "chip-reader";
    default:
      return "unknown";
  }
}

PluginOption option_of(const wire::Option& raw) {
  PluginOption option;
  option.key = clean_text(raw.key);
  option.type = raw.type < kOptionTypes.size() ? kOptionTypes[raw.type] : "unknown";
  option.unit = clean_text(raw.unit);
  option.default_value = clean_text(raw.default_value);
  option.choices = clean_text(raw.choices);
  option.doc = clean_text(raw.doc);
  option.required = raw.required != 0;
  option.needs_restart = (raw.flags & STN_OPTION_NEEDS_RESTART) != 0;
  option.min = raw.min;
  option.max = raw.max;
  return option;
}

/// Starts a worker that is granted nothing, hears what it has to say, and ends it.
Result<Link::Hello> ask(const DeviceConfig& config, const std::string& what) {
  Sandbox nothing;
  nothing.memory_bytes = config.memory_bytes;
  auto started = Link::start(config, what, nothing, std::make_shared<StatusBoard>(config.name, nullptr));
  if (!started) return std::unexpected(started.error());
  Link& link = **started;
  const auto hello = link.wait_hello(Link::Clock::now() + config.open_deadline);
  link.expect_end();
  if (hello && hello->failure.empty() && link.request(1, wire::Close{}))
    link.wait_dead(Link::Clock::now() + config.interrupt_grace);
  link.end(hello ? "did not close in time"
                 : "did not load within " + std::to_string(config.open_deadline.count()) + " ms",
           config.term_grace);
  // A plugin that says no is a matter of configuration; a worker that died says nothing about the plugin, and
  // may be tried again.
  if (!hello) return fail(ErrorCode::internal, "its worker " + link.death() + " while loading it");
  if (!hello->failure.empty()) return fail(ErrorCode::configuration, clean_text(hello->failure));
  return *hello;
}

}  // namespace

PluginAbi plugin_abi() {
  return {STN_ABI_MAJOR, STN_ABI_MINOR};
}

Result<Link::Hello> look_into(const DeviceConfig& config) {
  auto hello = ask(config, config.plugin.string());
  if (!hello)
    return fail(hello.error().code, "plugin " + config.plugin.string() + ": " + hello.error().message);
  return hello;
}

std::vector<Protection> protections(const std::vector<wire::Measure>& measures) {
  std::vector<Protection> all;
  for (const wire::Measure& measure : measures) {
    const auto force = measure.state == wire::Measure::kInForce  ? Protection::Force::in_force
                       : measure.state == wire::Measure::kWeaker ? Protection::Force::weaker
                                                                 : Protection::Force::missing;
    all.push_back({clean_text(measure.name), force, clean_text(measure.detail)});
  }
  return all;
}

Result<PluginDescription> describe(const std::filesystem::path& plugin, const std::filesystem::path& worker) {
  DeviceConfig config;
  config.name = plugin.stem().string();
  config.plugin = plugin;
  config.worker = worker;
  const auto hello = look_into(config);
  if (!hello) return fail(ErrorCode::configuration, hello.error().message);
  PluginDescription description;
  description.id = clean_text(hello->module.id);
  description.version = clean_text(hello->module.version);
  description.vendor = clean_text(hello->module.vendor);
  for (const wire::Driver& raw : hello->drivers) {
    PluginDescription::Driver driver{clean_text(raw.id), clean_text(raw.name), kind_name(raw.kind), {}};
    for (const wire::Option& option : hello->options) {
      if (option.driver == raw.index) driver.options.push_back(option_of(option));
    }
    description.drivers.push_back(std::move(driver));
  }
  return description;
}

Result<std::vector<Protection>> check_isolation(const std::filesystem::path& worker) {
  DeviceConfig config;
  config.name = "check";
  config.worker = worker;
  const auto hello = ask(config, "--check");
  if (!hello) return std::unexpected(hello.error());
  return protections(hello->measures);
}

}  // namespace ktp::devices
