// SPDX-License-Identifier: Apache-2.0
// Sort mode: cards printed earlier, one after the other under the camera. Who is it, is it whole, have we
// seen it before, which bin? Events: box-opened, sighted, order-held, box-closed, box-miscounted.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "domain/finding.hpp"
#include "pipeline/capture.hpp"
#include "pipeline/chip.hpp"
#include "pipeline/prepare.hpp"
#include "pipeline/read_card.hpp"
#include "pipeline/record_book.hpp"
#include "pipeline/second_look.hpp"
#include "pipeline/sort_verdict.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

/// 1 to 40 of A-Z, a-z, 0-9, `.`, `_`, `-`, beginning with a letter or digit and without a number of eight
/// digits or more. Error bad_data beginning with "box: ".
Result<void> check_box_name(std::string_view name);

struct BoxPlan {
  std::string box;          ///< its name; see check_box_name
  std::string again;        ///< the box whose cards pass once more; "" = none
  std::uint64_t first = 1;  ///< number of the photograph of its first card
  bool back = true;         ///< both sides are looked at
  int dpi = 300;            ///< that expected faces are drawn at
  std::string camera;       ///< its name, for the log
};

/// What the camera and the reader gave of one card.
struct CardPictures {
  Shot front, back;
  ChipReading chip{};
  std::string reader{};  ///< its name; "" = there is none
  /// Photographs one side once more; empty where that gives nothing new (a file).
  std::function<Shot(Side)> again{};
};

/// A card that was looked at and recorded.
struct Sighting {
  std::uint64_t number = 0;  ///< in its box, from 1
  std::string name;          ///< what its pictures in the evidence are called by: ledger::sighting_name
  Who who = Who::cannot_tell;
  std::string order_id;        ///< of this station; "" = none
  std::string record;          ///< of another station; "" = none
  std::string nik;             ///< as it was read, "?" where it cannot be told; "" = no line. Personal
  std::vector<double> digits;  ///< confidence of each, 0 to 1
  double likeness = 0;         ///< of portrait and record, identity::similarity; 0 = not compared
  SortDecision decision;
  std::vector<ledger::SightingRow> seen;  ///< of this person before
  std::vector<Finding> findings;
  double score = 0;          ///< of the inspection, higher is worse
  bool turned_over = false;  ///< the back lay where the front was expected
  double ms = 0;             ///< from the photograph to the record
};

/// One box at a camera. One thread; the faces of a card are inspected side by side.
class BoxDesk {
 public:
  /// Opens the box, or goes on with it where it was left. `station`: without lanes. Errors: bad_data (its
  /// name, it is closed, `again` is no box), configuration (template).
  static Result<BoxDesk> open(Station& station, RecordBook& book, BoxPlan plan);

  /// Identifies, inspects, decides and records the next card, in one transaction. What was recorded is not
  /// recorded again after a power cut: the box goes on with the next number. Errors end the work: the
  /// ledger, the key.
  Result<Sighting> take(CardPictures pictures);

  /// The box was counted by hand. True: as many cards passed, the box is closed. False: it stays open and the
  /// log has both numbers.
  Result<bool> close(std::uint64_t counted);

  /// The same for a box that does not pass now. Errors: input_missing (no such box), bad_data (it is closed,
  /// or passed once more in another box).
  static Result<bool> close(ledger::Ledger& ledger, const std::string& box, std::uint64_t counted);

  [[nodiscard]] std::uint64_t seen() const { return seen_; }
  /// Number of the photograph of the next card, where photographs have numbers.
  [[nodiscard]] std::uint64_t next_photograph() const { return plan_.first + seen_; }
  [[nodiscard]] const BoxPlan& plan() const { return plan_; }

 private:
  struct Looked {  // a card held against one order
    Attempt attempt;
    Look front, back;
    std::vector<Image> others;
    std::string no_face;  ///< why there is nothing to hold it against
    [[nodiscard]] std::optional<Verdict> verdict(bool back_too) const;
  };

  BoxDesk(Station& station, RecordBook& book, BoxPlan plan, CardReader reader)
      : station_(station),
        book_(book),
        plan_(std::move(plan)),
        reader_(std::move(reader)),
        preparer_(station, plan_.dpi) {}

  Result<Looked> hold_against(const std::string& order_id, const CardPictures& pictures);
  Result<void> identify(const CardPictures& pictures, const CardReading& reading, SortFacts& facts,
                        Sighting& sighting, std::string& person, std::optional<Looked>& looked);
  Result<void> ask_records(const CardPictures& pictures, const std::string& person, SortFacts& facts) const;
  void keep(const CardPictures& pictures, const std::optional<Looked>& looked, Sighting& sighting);

  Station& station_;
  RecordBook& book_;
  BoxPlan plan_;
  CardReader reader_;
  Preparer preparer_;
  std::uint64_t seen_ = 0;
};

}  // namespace ktp::pipeline
