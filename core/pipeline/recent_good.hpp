// SPDX-License-Identifier: Apache-2.0
// How the last good cards looked: what an inspector holds a finding against.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "inspection/inspection.hpp"
#include "pipeline/picture_safe.hpp"

namespace ktp::pipeline {

/// Keeps the photographs of the last good cards, brought into the expected frame, in the evidence folder
/// (<card>-<side>-aligned.jpg, sealed), and forgets older ones: pictures of persons, so there are
/// never more than `kMost`. DATA/recent-good.json names them. Threads: any.
class RecentGood {
 public:
  static constexpr std::size_t kMost = 10;

  /// `evidence`: where keep_evidence stores too; `list`: the file that names them. Takes up what is there,
  /// and deletes pictures that a power cut left without a name.
  RecentGood(PictureSafe evidence, std::filesystem::path list);

  /// A card was judged good. `record_key`: picture_key of its order. A side without a picture in the expected
  /// frame is left out. Error internal.
  Result<void> keep(const std::string& card, std::int64_t record_key,
                    const std::array<const inspection::Report*, 2>& reports);
  /// Names of cards in such a list, the newest first; none where it cannot be read. Any thread or process.
  [[nodiscard]] static std::vector<std::string> read(const std::filesystem::path& list);
  /// What such a picture is called in the evidence.
  [[nodiscard]] static std::string picture(const std::string& card, const std::string& side);

 private:
  [[nodiscard]] bool has_evidence(const std::string& card) const;
  void forget(const std::string& card) const;

  const PictureSafe evidence_;
  const std::filesystem::path list_;
  std::mutex mutex_;  // guards what follows, and the files
  std::deque<std::string> cards_;
};

}  // namespace ktp::pipeline
