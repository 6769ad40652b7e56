// SPDX-License-Identifier: Apache-2.0
// Batches that somebody drops on the page: a CSV and its pictures, or a zip of them, in DATA/drops.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "artwork/artwork.hpp"
#include "artwork/regions.hpp"
#include "domain/error.hpp"
#include "domain/face.hpp"

namespace ktp::app {

/// Threads: any; one call at a time does its work. Every name and number is checked: what comes in is from a
/// browser.
class Drops {
 public:
  static constexpr std::size_t kMostFiles = 20'000;        ///< in one drop
  static constexpr std::uint64_t kMostBytes = 2ull << 30;  ///< in one drop, unpacked
  static constexpr std::uint64_t kMostPerFile = 64ull << 20;

  /// Removes what an earlier start left that was never taken in.
  Drops(std::filesystem::path data, std::shared_ptr<const artwork::Template> art,
        const artwork::Regions& regions, bool test_mode);

  /// A new, empty drop: its name.
  Result<std::string> begin();
  /// Stores one file under its name in the drop ("foto/0001.jpg"). Errors bad_data (a name or size that is
  /// not allowed), input_missing (no such drop).
  Result<void> put(const std::string& drop, const std::string& name, std::string_view bytes);
  /// Unpacks a zip. Only plain files; nothing is written of one that holds too many, too large, or a name
  /// that leads out.
  Result<void> unpack(const std::string& drop, std::string_view zip);
  /// The one batch file of a drop.
  Result<std::filesystem::path> batch_file(const std::string& drop);

  struct CheckedRow {
    std::size_t row = 0;
    std::string order_id, reason;  ///< `reason` "" for a good row; personal values masked
  };
  /// Every row, and whether its pictures can be read: what intake will say, without the ledger.
  Result<std::vector<CheckedRow>> check(const std::string& drop);
  /// A face as it will be printed, PNG.
  Result<std::string> face(const std::string& drop, std::size_t row, Side side);
  /// The drop is about to become a batch: it is on the disk, and stays until it is put away.
  Result<void> keep(const std::string& drop);
  struct Kept {
    std::string name;
    enum class State {
      earlier,    ///< an earlier version kept it for good
      taking_in,  ///< its intake was cut off, or the sealing of its pictures
      put_away    ///< nothing of it is needed any more; its deletion was cut off
    } state = State::earlier;
  };
  [[nodiscard]] std::vector<Kept> kept();
  /// Writes over and deletes all files of a drop whose orders and pictures are in the ledger and sealed.
  Result<void> put_away(const std::string& drop);

 private:
  Result<std::filesystem::path> folder(const std::string& drop) const;
  struct Size {
    std::size_t files = 0;
    std::uint64_t bytes = 0;
  };
  static Size size_of(const std::filesystem::path& folder);

  const std::filesystem::path root_;
  const std::shared_ptr<const artwork::Template> art_;
  const artwork::Regions& regions_;
  const bool test_mode_;
  std::mutex mutex_;
};

}  // namespace ktp::app
