// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace ktp::app {

/// What every command line can say; each command uses what it needs. All commands return an exit code of
/// docs/contracts.md section 5, print results to stdout and errors to stderr.
struct CommonOptions {
  std::filesystem::path data;    ///< the station's data folder
  std::filesystem::path config;  ///< station.yaml
  bool json = false;
};

struct ProduceOptions {
  std::filesystem::path batch, world;
};
int produce_command(const CommonOptions& common, const ProduceOptions& options);

struct RenderOptions {
  std::filesystem::path batch, out;
  int dpi = 300;
};
int render_command(const CommonOptions& common, const RenderOptions& options);

struct InspectOptions {
  std::filesystem::path cases, profile, out;
};
int inspect_command(const CommonOptions& common, const InspectOptions& options);

int balance_command(const CommonOptions& common);
int cards_command(const CommonOptions& common);
int card_command(const CommonOptions& common, const std::string& card);
int orders_command(const CommonOptions& common);
int blanks_receive_command(const CommonOptions& common, long long count, const std::string& paper);
int ledger_verify_command(const CommonOptions& common);
int ledger_export_command(const CommonOptions& common, const std::filesystem::path& folder);

int devices_command(const CommonOptions& common, const std::filesystem::path& world);
/// Becomes station-plugin-check with these words; returns only when that is not there.
int plugin_check_command(const std::vector<std::string>& words);
/// What a plugin says of itself and the settings its drivers declare, text or JSON.
int plugin_doc_command(const CommonOptions& common, const std::filesystem::path& plugin);
int config_check_command(const CommonOptions& common);

}  // namespace ktp::app
