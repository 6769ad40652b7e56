// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <filesystem>

#include "domain/error.hpp"
#include "inspection/inspection.hpp"
#include "pipeline/job.hpp"

namespace ktp::pipeline {

/// Writes, for each side: FOLDER/<card>-<side>-photograph.png (the frame, lossless: a verdict can be replayed
/// from it), -expected.png, and -marked.jpg (the photograph brought into the expected frame, findings boxed;
/// the photograph itself where no card was found). Files are readable by their owner only: they show a
/// person's card.
Result<void> keep_evidence(const std::filesystem::path& folder, const Attempt& attempt,
                           const std::array<const Image*, 2>& photographs,
                           const std::array<const inspection::Report*, 2>& reports);

}  // namespace ktp::pipeline
