// SPDX-License-Identifier: Apache-2.0
// Invented people: random names, addresses and dates, with NIKs of a kecamatan that does not exist.
#pragma once
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "artwork/regions.hpp"
#include "domain/order.hpp"
#include "sample/portrait.hpp"
#include "sample/random.hpp"

namespace ktp::sample {

struct Person {
  Order order;  ///< without order_id, foto and tanda_tangan
  Sitter sitter;
};

/// Makes people one after the other; the same seed makes the same people. Not thread-safe.
class People {
 public:
  /// `data` holds nama.csv and pekerjaan.csv.
  static Result<People> make(std::uint64_t seed, const std::filesystem::path& data,
                             std::shared_ptr<const artwork::Regions> regions);
  Person next();

 private:
  People(std::uint64_t seed, std::shared_ptr<const artwork::Regions> regions)
      : seed_(seed), regions_(std::move(regions)) {}

  std::string name(Random& random, bool female) const;
  static std::string address(Random& random, std::size_t row);
  std::string birth_place(Random& random) const;
  std::string nik(Random& random, int day, int month, int year, bool female);

  std::uint64_t seed_;
  std::shared_ptr<const artwork::Regions> regions_;
  std::vector<const artwork::Region*> villages_;
  std::vector<std::string> cities_;
  std::vector<std::string> men_, women_, families_, jobs_;
  std::set<std::string> niks_;
  std::size_t row_ = 0;
};

}  // namespace ktp::sample
