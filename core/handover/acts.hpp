// SPDX-License-Identifier: Apache-2.0
// Acts about single cards that need a paper or a signature: destruction, returned cards, where a withdrawn
// card went.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "ledger/boxes.hpp"
#include "ledger/custody.hpp"
#include "ledger/ledger.hpp"

namespace ktp::handover {

/// A berita acara: who saw what destroyed, where and how (SE 470.13/11176/SJ asks for one for each
/// destruction).
struct Destruction {
  std::vector<std::string> names;  ///< at least two different people
  std::string place, manner = "dibakar";
};

struct DestructionRecord {
  std::string number;  ///< "BA-000001"
  std::vector<ledger::CustodyRow> cards;
  std::vector<ledger::FoundRow> found;  ///< bodies that are no card of this ledger
};

/// Destroys in the ledger's eyes: `cards` (found cards by the name of their sighting among them), or with an
/// empty list every card that waits for it; found cards only where they are named. All or nothing. Errors:
/// bad_data (fewer than two names, a card that may not be destroyed and why), input_missing (no such card, or
/// nothing waits).
Result<DestructionRecord> destroy(ledger::Ledger& ledger, const std::vector<std::string>& cards,
                                  const Destruction& destruction, const std::string& actor);

/// The record of a destruction as the log has it, for writing its paper (again). Error input_missing if there
/// is none of this number.
struct RecordedDestruction {
  Destruction destruction;
  std::string day;  ///< DD-MM-YYYY, UTC
  std::vector<ledger::CardRow> cards;
  std::vector<ledger::FoundRow> found;
};
Result<RecordedDestruction> recorded_destruction(const ledger::Ledger& ledger, const std::string& number);

/// Why a destroyed card was one, in a word for the paper: its verdict, "spoiled", or "withdrawn".
[[nodiscard]] std::string why_destroyed(const ledger::CardRow& card);

/// Withdraws single cards with a reason: all or none. Errors: input_missing (no such card), bad_data (a card
/// that is in a state from which none is withdrawn, and which).
Result<void> withdraw(ledger::Ledger& ledger, const std::vector<std::string>& cards,
                      const std::string& reason, const std::string& actor);

/// Releases held orders, which are then printed: all or none. Two different people and a reason. Errors:
/// input_missing (no such order), bad_data (one that is not held, or one name for both).
Result<void> release(ledger::Ledger& ledger, const std::vector<std::string>& orders,
                     const std::string& reason, const std::string& actor, const std::string& confirmed_by);

/// One line of the paper; `nik` is masked when it is written.
struct DestroyedLine {
  std::string card, nik, why;
};
/// The paper of a destruction: numbered, every card, every name with a line to sign on. Error internal if the
/// file cannot be written.
Result<void> write_record_pdf(const std::string& number, const std::string& office, const std::string& date,
                              const Destruction& destruction, const std::vector<DestroyedLine>& lines,
                              const std::filesystem::path& file);

/// A card that the post brought back is in the office's hands again, in bin good.
Result<void> receive_back(ledger::Ledger& ledger, const std::string& card, const std::string& actor);
/// A returned card goes out again, to the kecamatan or desa, against a signature.
Result<void> redistribute(ledger::Ledger& ledger, const std::string& card, const std::string& to,
                          const std::string& signed_by, const std::string& actor);
/// Where a withdrawn card physically is now, and who signed for it.
Result<void> locate(ledger::Ledger& ledger, const std::string& card, const std::string& at,
                    const std::string& signed_by, const std::string& actor);

/// What a person should do next about something open.
enum class NextStep {
  decide,         ///< a held order: a supervisor
  print,          ///< an order that waits
  find,           ///< an unknown card
  seal,           ///< a good card in its bin
  review,         ///< a card that an inspector has to look at
  destroy,        ///< a reject in its bin
  hand_over,      ///< a sealed card
  wait_for_post,  ///< a card that the post office has
  take_back,      ///< a card that came back
  locate,         ///< a withdrawn card: where it is
  look_at,        ///< a card that sort mode found damaged: a person
  hand_on,        ///< a body that is no card of this ledger
  go_on,          ///< a card on its way through the machine
};
[[nodiscard]] NextStep next_step(const ledger::OpenItem& item);
/// "hand-over", ...: a word for programs.
[[nodiscard]] std::string_view to_string(NextStep step);
/// The next step in both languages with the command that does it, one line.
[[nodiscard]] std::string next_action(const ledger::OpenItem& item);

}  // namespace ktp::handover
