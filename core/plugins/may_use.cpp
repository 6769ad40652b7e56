// SPDX-License-Identifier: Apache-2.0
#include "plugins/may_use.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "plugins/plugin_file.hpp"

namespace ktp::plugins {
namespace fs = std::filesystem;
namespace {

constexpr std::array kShipped = std::to_array<std::string_view>({
#include "shipped_plugins.inc"  // every ktp_driver of this tree
});

std::unexpected<Error> refuse(const fs::path& library, const std::string& why) {
  return fail(ErrorCode::configuration, "plugin " + library.string() + " is not enabled: " + why +
                                            "; run: ktp-station plugin check " + library.string());
}

}  // namespace

bool is_shipped(const fs::path& library, const fs::path& own_folder) {
  std::error_code none;
  return std::ranges::find(kShipped, library.filename().string()) != kShipped.end() &&
         fs::weakly_canonical(library, none).parent_path() == fs::weakly_canonical(own_folder, none);
}

Result<Approved> may_use(const fs::path& library, const fs::path& own_folder, Abi abi) {
  Approved approved;
  if (is_shipped(library, own_folder)) {
    approved.shipped = true;
    // What it needs (the network) stands in its manifest as for any other.
    if (std::error_code none; fs::exists(beside(library, kManifestSuffix), none)) {
      auto manifest = read_manifest(library);
      if (!manifest) return std::unexpected(manifest.error());
      approved.manifest = *std::move(manifest);
    }
    return approved;
  }
  std::error_code none;
  if (!fs::exists(library, none))
    return fail(ErrorCode::configuration, "plugin " + library.string() + ": there is no such file");
  // Folders first: where others may write, nothing else that is read means anything.
  if (auto ours = only_our_folders(library.parent_path()); !ours) return std::unexpected(ours.error());
  if (auto ours = only_ours(library); !ours) return std::unexpected(ours.error());

  if (!fs::exists(beside(library, kManifestSuffix), none)) {
    return fail(ErrorCode::configuration, "plugin " + library.string() +
                                              " is not enabled: it has no manifest " +
                                              beside(library, kManifestSuffix).filename().string() +
                                              " beside it (docs/contracts.md section 8)");
  }
  if (auto ours = only_ours(beside(library, kManifestSuffix)); !ours) return std::unexpected(ours.error());
  auto manifest = read_manifest(library);
  if (!manifest) return std::unexpected(manifest.error());

  if (!fs::exists(beside(library, kReportSuffix), none)) return refuse(library, "it was never checked here");
  if (auto ours = only_ours(beside(library, kReportSuffix)); !ours) return std::unexpected(ours.error());
  auto report = read_check_report(library);
  if (!report) return std::unexpected(report.error());
  const auto sha256 = sha256_of(library);
  if (!sha256) return std::unexpected(sha256.error());
  if (report->sha256 != *sha256) return refuse(library, "its check report is of another build of it");
  if (report->abi_major != abi.major || report->abi_minor < report->plugin_abi_minor ||
      report->plugin_abi_major != abi.major) {
    return refuse(library, "its check report is of plugin ABI " + std::to_string(report->abi_major) + "." +
                               std::to_string(report->abi_minor) + ", this station has " +
                               std::to_string(abi.major) + "." + std::to_string(abi.minor));
  }
  if (report->id != manifest->id || report->version != manifest->version)
    return refuse(library, "its manifest says other than its check report about id or version");
  if (!report->clean()) {
    for (const CheckResult& result : report->results) {
      if (result.status == CheckStatus::fail || result.status == CheckStatus::crash)
        return refuse(library, "the check found " + std::string(to_string(result.status)) + " in " +
                                   result.test + " (" + result.message + ")");
    }
    return refuse(library, "no test of its check passed");
  }
  approved.manifest = *std::move(manifest);
  approved.report = *std::move(report);
  return approved;
}

}  // namespace ktp::plugins
