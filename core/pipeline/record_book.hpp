// SPDX-License-Identifier: Apache-2.0
// Whose card can this be? Everybody whose record fits what was read off a card, by NIK or by portrait. No
// scan of everything for a card: a keyed hash and an index find persons, the portraits are one index in
// memory.
#pragma once
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "identity/portrait_hash.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "pipeline/read_card.hpp"

namespace ktp::pipeline {

/// Somebody with a record here whose card it can be.
struct Candidate {
  std::string order_id;  ///< this station's; "" = none
  std::string record;    ///< another station's; "" = none. One of the two is there
  std::string person;    ///< keyed hash
  enum class By {
    nik,          ///< all sixteen digits were read, and this is that person
    most_digits,  ///< some digits cannot be told; with one of their values it is this person
    portrait      ///< the portrait is like this person's, and every digit that was read fits
  } by = By::nik;
  double likeness = 0;  ///< of the portraits, identity::similarity; 0 where it was not compared

  /// Of what is known of this person here: load_record takes it.
  [[nodiscard]] const std::string& name() const { return record.empty() ? order_id : record; }
};

/// The record of somebody whose portrait is on a card with another NIK.
struct OtherPortrait {
  std::string order_id;
  double likeness = 0;
  int digits_that_differ = 0;
};

struct Candidates {
  std::vector<Candidate> fit;             ///< likeliest first, at most kMostCandidates
  std::vector<OtherPortrait> contradict;  ///< same portrait, other digits; only where nobody fits
};

/// One owner; calls one at a time.
class RecordBook {
 public:
  static constexpr std::size_t kMostCandidates = 4;
  /// Digits that may be missing where persons are looked up with every value of them.
  static constexpr int kMostMissing = 3;
  /// A photograph's hash and its record's: docs/inspection.md section 5.
  static constexpr int kPortraitRadius = 48;
  /// Portraits less alike are different pictures.
  static constexpr double kAlike = 0.9;

  /// Begins to load the portraits of all records, from a reader of its own, so that the ledger can be written
  /// meanwhile. `data`: the ledger's folder.
  RecordBook(const ledger::Ledger& ledger, const ledger::PersonalKey& key, std::filesystem::path data);

  /// Waits until the portraits are there, if they are needed. Errors: those of ledger and records.
  Result<Candidates> who_can_it_be(const CardReading& reading);
  /// How alike the portrait on the card and the one of the one of this record are; 0 where there is no
  /// picture.
  Result<double> likeness(const CardReading& reading, const std::string& order_id) const;
  [[nodiscard]] std::string person_of(std::string_view nik) const { return key_.hash("person", nik); }
  /// Portraits known; waits for them.
  Result<std::size_t> portraits();

 private:
  using Portraits = std::shared_ptr<const identity::PortraitIndex>;
  Result<Portraits> loaded();
  Result<void> by_digits(const CardReading& reading, std::vector<Candidate>& fit) const;
  Result<void> by_portrait(const CardReading& reading, Candidates& found);

  const ledger::Ledger& ledger_;
  const ledger::PersonalKey& key_;
  std::shared_future<Result<Portraits>> portraits_;
};

}  // namespace ktp::pipeline
