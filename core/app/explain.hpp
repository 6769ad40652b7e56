// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "app/case_list.hpp"
#include "app/commands.hpp"
#include "app/output.hpp"

namespace ktp::app {

/// Rows of VERDICTS.csv (docs/contracts.md section 7): one a finding, or one without box for a good picture.
[[nodiscard]] std::string verdict_rows(const std::string& id, Side side, const inspection::Report& report);
/// "id,side," as they begin; the id quoted where it has to be.
[[nodiscard]] std::string verdict_begin(const std::string& id, Side side);

/// Why a picture was rejected, for people: <row>-<side>-expected.jpg, -photograph.jpg, -difference.jpg and
/// -overlay.jpg (findings boxed) in `folder`. Answers one JSON line: id, side, verdict, and of each finding
/// kind, place in pixels and mm, size in mm, score, limit, field.
Result<std::string> explain(const std::filesystem::path& folder, const Case& item, const Image& photograph,
                            const inspection::Report& report);

/// `inspect --evidence`: judges every stored card again and compares with what was recorded, number by
/// number. VERDICTS.csv is written where options.out is given. Exit 0 if all agree, 70 if one does not, 130
/// where `stop` ended it.
int replay_evidence(const CommonOptions& common, const InspectOptions& options,
                    const std::shared_ptr<const inspection::Profile>& profile, const std::atomic<bool>& stop,
                    RunOutput& output);

}  // namespace ktp::app
