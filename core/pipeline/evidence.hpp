// SPDX-License-Identifier: Apache-2.0
// What is kept of a card so that its verdict can be seen and judged again: of every card that is not good,
// and of every card that a second photograph cleared.
#pragma once
#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "artwork/artwork.hpp"
#include "domain/error.hpp"
#include "inspection/inspection.hpp"
#include "pipeline/job.hpp"
#include "pipeline/picture_safe.hpp"
#include "pipeline/second_look.hpp"

namespace ktp::pipeline {

/// Stores in the safe, for each side: <card>-<side>-photograph.png (the frame, lossless), -photograph-2.png
/// (the second look's, where there was one), -expected.png, -difference.jpg, -aligned.jpg (the photograph
/// brought into the expected frame, where a card was found), and -marked.jpg (the photograph
/// brought into the expected frame, findings boxed; the photograph itself where no card was found); and
/// <card>-record.json last: layout, profile version and report, from which `replay` judges again.
/// `others`: portraits that the front was compared with; they are kept (-front-others.png) only where they
/// decided something. Everything is sealed with `record_key` (picture_key).
Result<void> keep_evidence(const PictureSafe& safe, std::int64_t record_key, const Attempt& attempt,
                           const std::string& profile_version, const std::array<const Look*, 2>& looks,
                           std::span<const Image> others);

/// Of a card that cannot be held against any order: <name>-front-photograph.png and -back-. An empty picture
/// is left out.
Result<void> keep_photographs(const PictureSafe& safe, std::int64_t record_key, const std::string& name,
                              const Image& front, const Image& back);

/// One side of a stored card, judged again.
struct Replayed {
  std::string card;
  Side side = Side::front;
  std::string profile_version;  ///< that judged it first
  inspection::Report report;    ///< now
  std::string difference;       ///< first number that is not as recorded; "" = bit-identical
};

/// Cards of an evidence folder that have a record, in the order of their names. Error input_missing: no such
/// folder.
[[nodiscard]] Result<std::vector<std::string>> stored_cards(const PictureSafe& safe);

/// Judges both sides of a stored card again by this profile, both photographs where there were two. Only the
/// profile that judged first can be expected to agree. Errors input_missing, bad_data (naming the file).
[[nodiscard]] Result<std::vector<Replayed>> replay(const PictureSafe& safe, const std::string& card,
                                                   const std::shared_ptr<const inspection::Profile>& profile,
                                                   const artwork::Template& art);

}  // namespace ktp::pipeline
