// SPDX-License-Identifier: Apache-2.0
// Which bin does a card printed earlier go to? Rules alone: what was read, what the records say, what was
// seen before. A pure function.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/order.hpp"
#include "domain/verdict.hpp"
#include "ledger/boxes.hpp"
#include "ledger/ledger.hpp"

namespace ktp::pipeline {

enum class Who { known, unknown, contradiction, cannot_tell };
[[nodiscard]] std::string_view to_string(Who who);  ///< the words of docs/contracts.md section 10

/// Why a card does not go to bin good, or what a person should know of it.
enum class SortReason {
  no_picture,      ///< detail: why
  no_card,         ///< detail: why
  no_digits,       ///< detail: why
  digits,          ///< the NIK cannot be told; detail: how many digits are missing
  nobody,          ///< no record of this NIK
  several,         ///< more than one person's record fits
  other_portrait,  ///< NIK and portrait are not one person's; detail: the order whose portrait it is, or ""
  no_face,         ///< what the card should look like cannot be drawn; detail: why
  findings,        ///< detail: what the inspection found
  seen,            ///< a card of this person was seen; detail: box and number
  same_chip,       ///< this very chip was seen; detail: box and number
  chip,            ///< detail: why the chip does not name the card
  chip_of_other,   ///< the chip is another card's; detail: that card
  not_printed,     ///< this person's card is not printed here yet; detail: order and its state
  elsewhere,       ///< the records say that this person's card is somewhere else; detail: card and state
  rejected,        ///< the records say that it lies in another bin; detail: card and bin
};

struct Reason {
  SortReason what;
  std::string detail;  ///< names of boxes, cards and orders, words of the inspection; nothing personal
  friend bool operator==(const Reason&, const Reason&) = default;
};
/// A word for scripts ("seen-before"), and sentences for people.
[[nodiscard]] std::string_view word_of(SortReason what);
[[nodiscard]] std::string in_english(const Reason& reason);
[[nodiscard]] std::string in_indonesian(const Reason& reason);

/// What is known of one card of a box.
struct SortFacts {
  Who who = Who::cannot_tell;
  std::vector<Reason> why{};  ///< why `who` is not known
  /// The worst of its sides; nothing where they could not be compared with an expected face.
  std::optional<Verdict> looks{};
  std::string findings{};        ///< in words; "" = none
  bool portrait_agrees = false;  ///< with the record of the person whose NIK it is
  std::string order_id{};        ///< of that person here; "" = none
  std::string record{};          ///< another station's, that this card is held against; "" = none
  std::optional<OrderState> order_state{};
  std::vector<ledger::CardRow> cards{};     ///< of that order
  std::vector<ledger::SightingRow> seen{};  ///< of that person, in boxes that count
  std::string uid{};                        ///< of its chip; "" = not read
  std::string chip_doubt{};                 ///< "" or why it names nothing
  std::vector<ledger::SightingRow> same_chip{};
  std::vector<std::string> uid_cards{};  ///< of this ledger, that were ever seen with this UID
};

struct SortDecision {
  Verdict verdict = Verdict::review;
  std::vector<Reason> why{};
  std::string card{};  ///< which of the order's cards it is; "" = cannot be told
  /// The records have `card` among those that may be handed out, and it looks as if it may not be: nobody
  /// does until people have looked. A picture withdraws no card by itself.
  bool doubt = false;
  bool hold = false;  ///< its order must not be printed before people have decided
};

[[nodiscard]] SortDecision decide_sort(const SortFacts& facts);

}  // namespace ktp::pipeline
