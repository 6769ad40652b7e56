// SPDX-License-Identifier: Apache-2.0
// The list of regions (kode wilayah) that the station knows: what a card's header says, and whether a code
// exists.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "domain/error.hpp"

namespace ktp::artwork {

struct Region {
  std::string code;         ///< dotted: "32.16", "32.16.01", "32.16.01.2001"
  std::string level;        ///< "provinsi", "kabupaten", "kota", "kecamatan", "kelurahan" or "desa"
  std::string name;         ///< as in the list, mixed case: "Kabupaten Bekasi", "Tarumajaya"
  std::string parent;       ///< code of the region above; empty for a province
  std::string postal_code;  ///< five digits for villages where known, else empty
};

/// Immutable after load; safe to share between threads.
class Regions {
 public:
  /// Reads `wilayah_kabkota.csv` (code,province_name,name: every kabupaten and kota) and every other
  /// `wilayah_*.csv` (code,level,name,parent_code,postal_code) of a folder. Errors: configuration, naming
  /// file and line.
  static Result<std::shared_ptr<const Regions>> load(const std::filesystem::path& folder);

  /// Null for a code that is not in the list. Codes are dotted, of any level.
  [[nodiscard]] const Region* find(std::string_view code) const;

  /// The two header lines of a card for a code of kabupaten level or below, in capitals: "PROVINSI JAWA
  /// BARAT", "KABUPATEN BEKASI". Needs only the first two parts of the code to be known. Error: bad_data.
  [[nodiscard]] Result<std::pair<std::string, std::string>> header(std::string_view code) const;

  [[nodiscard]] std::size_t size() const { return regions_.size(); }
  /// In the order of their codes.
  [[nodiscard]] auto begin() const { return regions_.begin(); }
  [[nodiscard]] auto end() const { return regions_.end(); }

 private:
  std::map<std::string, Region, std::less<>> regions_;
};

}  // namespace ktp::artwork
