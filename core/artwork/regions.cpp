// SPDX-License-Identifier: Apache-2.0
#include "artwork/regions.hpp"

#include <algorithm>
#include <fstream>
#include <vector>

namespace ktp::artwork {
namespace {

using Row = std::vector<std::string>;

// The lists of the station hold no quotes; one that does is refused, not misread.
Result<std::vector<Row>> read_table(const std::filesystem::path& file, std::string_view header,
                                    std::size_t columns) {
  std::ifstream in(file);
  if (!in) return fail(ErrorCode::configuration, file.string() + ": cannot read the region list");
  std::vector<Row> rows;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    const auto where = [&] { return file.string() + ":" + std::to_string(number) + ": "; };
    if (number == 1) {
      if (line != header)
        return fail(ErrorCode::configuration, where() + "header is not '" + std::string(header) + "'");
      continue;
    }
    if (line.empty()) continue;
    if (line.find('"') != std::string::npos)
      return fail(ErrorCode::configuration, where() + "quotes are not allowed");
    Row row(1);
    for (const char c : line) {
      if (c == ',') {
        row.emplace_back();
      } else {
        row.back().push_back(c);
      }
    }
    if (row.size() != columns || row[0].empty()) {
      return fail(ErrorCode::configuration, where() + "expected " + std::to_string(columns) + " columns");
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string capitals(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

}  // namespace

Result<std::shared_ptr<const Regions>> Regions::load(const std::filesystem::path& folder) {
  auto regions = std::make_shared<Regions>();
  const auto cities = folder / "wilayah_kabkota.csv";
  auto rows = read_table(cities, "code,province_name,name", 3);
  if (!rows) return std::unexpected(rows.error());
  for (Row& row : *rows) {
    const std::string province = row[0].substr(0, 2);
    regions->regions_.try_emplace(province, Region{province, "provinsi", row[1], "", ""});
    const std::string level = row[2].starts_with("Kota ") ? "kota" : "kabupaten";
    regions->regions_.insert_or_assign(row[0], Region{row[0], level, row[2], province, ""});
  }
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("wilayah_") && name.ends_with(".csv") && entry.path() != cities)
      files.push_back(entry.path());
  }
  if (error) return fail(ErrorCode::configuration, folder.string() + ": " + error.message());
  std::ranges::sort(files);
  for (const auto& file : files) {
    rows = read_table(file, "code,level,name,parent_code,postal_code", 5);
    if (!rows) return std::unexpected(rows.error());
    for (Row& row : *rows) {
      if (!row[0].starts_with(row[3]) || row[3].empty()) {
        return fail(ErrorCode::configuration, file.string() + ": " + row[0] + " does not lie in " + row[3]);
      }
      regions->regions_.insert_or_assign(row[0], Region{row[0], row[1], row[2], row[3], row[4]});
    }
  }
  return regions;
}

const Region* Regions::find(std::string_view code) const {
  const auto at = regions_.find(code);
  return at == regions_.end() ? nullptr : &at->second;
}

Result<std::pair<std::string, std::string>> Regions::header(std::string_view code) const {
  const bool shaped = code.size() == 5 || (code.size() > 5 && code[5] == '.');
  const Region* city = shaped ? find(code.substr(0, 5)) : nullptr;
  const Region* province = city == nullptr ? nullptr : find(city->parent);
  if (province == nullptr) {
    return fail(ErrorCode::bad_data, "kode_wilayah: no kabupaten or kota of this code in the region list");
  }
  return std::pair{"PROVINSI " + capitals(province->name), capitals(city->name)};
}

}  // namespace ktp::artwork
