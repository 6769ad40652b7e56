// SPDX-License-Identifier: Apache-2.0
#include "sample/people.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "domain/date.hpp"
#include "domain/nik.hpp"

namespace ktp::sample {
namespace {

constexpr int kIssueYear = 2020;  // every sample card is issued in March of this year

constexpr std::array<std::string_view, 13> kBloods{"A",  "B",   "AB",  "O",  "A+", "A-", "B+",
                                                   "B-", "AB+", "AB-", "O+", "O-", "-"};
constexpr std::array<std::string_view, 7> kReligions{
    "ISLAM", "KRISTEN", "KATHOLIK", "HINDU", "BUDHA", "KHONGHUCU", "KEPERCAYAAN TERHADAP TUHAN YME"};
constexpr std::array<std::string_view, 4> kMarital{"BELUM KAWIN", "KAWIN", "CERAI HIDUP", "CERAI MATI"};
constexpr std::array<std::string_view, 10> kFlowers{"MELATI",  "ANGGREK", "KENANGA",   "CEMPAKA",
                                                    "DAHLIA",  "MAWAR",   "FLAMBOYAN", "BOUGENVILLE",
                                                    "TERATAI", "SERUNI"};
constexpr std::array<std::string_view, 8> kPlaces{
    "RAWA BUAYA", "PULO GEBANG", "TANAH BARU", "CIKEDOKAN", "BULAK SENTUL", "WATES", "GARON", "KAVLING BARU"};
constexpr std::array<std::string_view, 6> kEstates{"GRAHA PRIMA",         "VILLA MUTIARA CIKARANG",
                                                   "TAMAN WISMA ASRI",    "PURI PERSADA INDAH",
                                                   "GRIYA BEKASI PERMAI", "METLAND"};

std::string capitals(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

Result<std::vector<std::vector<std::string>>> table(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return fail(ErrorCode::input_missing, file.string() + ": cannot read");
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    std::string cell;
    auto& row = rows.emplace_back();
    while (std::getline(cells, cell, ',')) row.push_back(cell);
    row.resize(4);
  }
  return rows;
}

std::string two(int n) {
  return (n < 10 ? "0" : "") + std::to_string(n);
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// The first rows of a batch go through every value of an enumeration; later ones follow a plausible
// distribution.
template <class Values>
std::string value_of(Random& random, std::size_t row, const Values& values, std::size_t common,
                     double share) {
  if (row < values.size()) return std::string(values[row]);
  return std::string(random.chance(share) ? values[common] : random.pick(values));
}

}  // namespace

Result<People> People::make(std::uint64_t seed, const std::filesystem::path& data,
                            std::shared_ptr<const artwork::Regions> regions) {
  People people(seed, std::move(regions));
  const auto names = table(data / "nama.csv");
  if (!names) return std::unexpected(names.error());
  for (const auto& row : *names) {
    if (row[1] == "belakang") {
      people.families_.push_back(row[0]);
    } else {
      if (row[2] != "P") people.men_.push_back(row[0]);
      if (row[2] != "L") people.women_.push_back(row[0]);
    }
  }
  const auto jobs = table(data / "pekerjaan.csv");
  if (!jobs) return std::unexpected(jobs.error());
  for (const auto& row : *jobs) people.jobs_.push_back(row[1]);
  for (const auto& [code, region] : *people.regions_) {
    if (code.size() == 13 && code.starts_with("32.16.")) people.villages_.push_back(&region);
    if (code.size() == 5) {
      const std::string upper = capitals(region.name);
      people.cities_.push_back(upper.substr(upper.find(' ') + 1));
    }
  }
  if (people.men_.empty() || people.women_.empty() || people.families_.empty() || people.jobs_.empty() ||
      people.villages_.empty()) {
    return fail(ErrorCode::bad_data, data.string() + ": no names, occupations or villages");
  }
  return people;
}

std::string People::name(Random& random, bool female) const {
  const auto& first = female ? women_ : men_;
  constexpr std::array kWords{1, 2, 2, 2, 2, 3, 3, 3, 4, 5};
  const int words = random.pick(kWords);
  std::vector<std::string> parts{random.pick(first)};
  while (static_cast<int>(parts.size()) + 1 < words) parts.push_back(random.pick(first));
  if (words > 1) parts.push_back(random.pick(families_));
  if (words == 5) parts.back() += random.pick(std::array{"NINGRAT", "WARDHANI", "KUSUMA"});
  if (random.chance(0.04)) parts[0] = female ? "NUR'AINI" : "MA'RUF";  // older names may hold punctuation
  std::string out = join(parts);
  while (out.size() > 60) out.resize(out.rfind(' '));  // the longest name the rules allow
  if (random.chance(0.02)) out += " ";  // offices do send such names: print trims, the record keeps
  return out;
}

std::string People::address(Random& random, std::size_t row) {
  const std::string number = std::to_string(random.between(1, 180));
  const std::string flower(random.pick(kFlowers));
  const std::string place(random.pick(kPlaces));
  const std::string estate(random.pick(kEstates));
  const std::string block(1, static_cast<char>('A' + random.between(0, 15)));
  switch (row < 6 ? row : random.below(6)) {
    case 0:
      return "KP. " + place;
    case 1:
      return "JL. " + flower + " NO. " + number;
    case 2:
      return "JL. " + flower + " RAYA, GG. " + place + " NO. " + number;
    case 3:
      return "PERUM " + estate + " BLOK " + block + number;
    case 4:
      return "PERUMAHAN " + estate + " BLOK " + block + " " + number + " JL. " + flower + " NO. " + number;
    default:
      return "KP. " + place + " \"" + flower + "\" NO. " + number;
  }
}

std::string People::birth_place(Random& random) const {
  return random.chance(0.5) ? "BEKASI" : random.pick(cities_);
}

std::string People::nik(Random& random, int day, int month, int year, bool female) {
  const std::string stem =
      std::string(kTestNikPrefix) + two(female ? day + 40 : day) + two(month) + two(year % 100);
  // From row and seed: two batches share a number only if they also share a birthday.
  auto serial = static_cast<int>((mixed(seed_, 13) + row_ * 7919 + random.below(3)) % 9999);
  std::array<char, 8> tail{};
  do {
    serial = serial % 9999 + 1;
    std::snprintf(tail.data(), tail.size(), "%04d", serial);
  } while (!niks_.insert(stem + tail.data()).second);
  return stem + tail.data();
}

Person People::next() {
  Random random(mixed(seed_, row_));
  Person person;
  Order& order = person.order;
  const bool female = random.chance(0.5);
  const int age = random.between(17, 85);
  const int year = kIssueYear - 1 - age;  // turned `age` last year: old enough on every day of the issue year
  const int month = random.between(1, 12);
  int day = random.between(1, 31);
  while (!date_exists(year, month, day)) --day;
  const artwork::Region& village = *random.pick(villages_);
  const artwork::Region& district = *regions_->find(village.parent);

  order.field("nik") = nik(random, day, month, year, female);
  order.field("nama") = name(random, female);
  order.field("tempat_lahir") = birth_place(random);
  order.field("tanggal_lahir") = two(day) + "-" + two(month) + "-" + std::to_string(year);
  order.field("jenis_kelamin") = female ? "PEREMPUAN" : "LAKI-LAKI";
  order.field("gol_darah") = value_of(random, row_, kBloods, 12, 0.4);
  order.field("alamat") = address(random, row_);
  order.field("rt") = std::to_string(random.between(1, 15));
  order.field("rw") = two(random.between(1, 28));
  order.field("kel_desa") = capitals(village.name);
  order.field("kecamatan") = capitals(district.name);
  order.field("agama") = value_of(random, row_, kReligions, 0, 0.8);
  order.field("status_perkawinan") = value_of(random, row_, kMarital, 1, 0.6);
  order.field("pekerjaan") = row_ % 3 == 0 && row_ / 3 < jobs_.size() ? jobs_[row_ / 3] : random.pick(jobs_);
  order.field("kewarganegaraan") = "WNI";
  order.field("berlaku_hingga") = "SEUMUR HIDUP";
  order.field("kode_wilayah") = village.code;
  order.field("kode_pos") = village.postal_code;
  order.field("tempat_terbit") = "BEKASI";
  order.field("tanggal_terbit") = two(random.between(2, 20)) + "-03-" + std::to_string(kIssueYear);
  order.field("status") = "PRR";
  person.sitter = {mixed(seed_ ^ 0x5151, row_), female, age, year % 2 != 0};
  ++row_;
  return person;
}

}  // namespace ktp::sample
