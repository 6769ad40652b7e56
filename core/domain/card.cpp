// SPDX-License-Identifier: Apache-2.0
#include "domain/card.hpp"

namespace ktp {

namespace {

using S = CardState;
using E = CardEvent;

constexpr std::array kTable{
    // The blank is promised to an order; nothing physical has happened.
    CardTransition{S::committed, E::print_started, S::printing},
    CardTransition{S::committed, E::print_ended_not_started, S::not_started},
    // The print command is out; only evidence ends this state.
    CardTransition{S::printing, E::print_ended_not_started, S::not_started},
    CardTransition{S::printing, E::print_ended_printed, S::printed},
    CardTransition{S::printing, E::print_ended_spoiled, S::spoiled},
    CardTransition{S::printing, E::print_ended_unknown, S::unknown},
    CardTransition{S::unknown, E::settled_not_started, S::not_started},
    CardTransition{S::unknown, E::settled_printed, S::printed},
    CardTransition{S::unknown, E::settled_spoiled, S::spoiled},
    // A body that the machine should hold and does not.
    CardTransition{S::printed, E::lost, S::unknown},
    CardTransition{S::inspected, E::lost, S::unknown},
    CardTransition{S::printed, E::judged, S::inspected},
    CardTransition{S::inspected, E::sorted, S::sorted},
    // A person changed the verdict: the card goes to another bin.
    CardTransition{S::sorted, E::overridden, S::inspected},
    CardTransition{S::spoiled, E::sorted, S::spoiled},
    // Custody.
    CardTransition{S::sorted, E::sealed, S::sealed},
    CardTransition{S::sealed, E::unsealed, S::sorted},
    CardTransition{S::sealed, E::handed_over, S::handed_over},
    CardTransition{S::handed_over, E::delivered, S::delivered},
    CardTransition{S::handed_over, E::returned, S::returned},
    CardTransition{S::returned, E::redistributed, S::handed_over},
    CardTransition{S::returned, E::received_back, S::sorted},
    CardTransition{S::sorted, E::withdrawn, S::withdrawn},
    CardTransition{S::sealed, E::withdrawn, S::withdrawn},
    CardTransition{S::handed_over, E::withdrawn, S::withdrawn},
    CardTransition{S::returned, E::withdrawn, S::withdrawn},
    // Withdrawn while the post had it: the recall came too late, or the post brought it.
    CardTransition{S::withdrawn, E::delivered, S::delivered},
    CardTransition{S::withdrawn, E::returned, S::withdrawn},
    CardTransition{S::sorted, E::destroyed, S::destroyed},
    CardTransition{S::spoiled, E::destroyed, S::destroyed},
    CardTransition{S::withdrawn, E::destroyed, S::destroyed},
};

}  // namespace

std::string_view to_string(CardState state) {
  switch (state) {
    case S::committed:
      return "committed";
    case S::not_started:
      return "not-started";
    case S::printing:
      return "printing";
    case S::printed:
      return "printed";
    case S::inspected:
      return "inspected";
    case S::sorted:
      return "sorted";
    case S::sealed:
      return "sealed";
    case S::handed_over:
      return "handed-over";
    case S::delivered:
      return "delivered";
    case S::returned:
      return "returned";
    case S::withdrawn:
      return "withdrawn";
    case S::spoiled:
      return "spoiled";
    case S::destroyed:
      return "destroyed";
    case S::unknown:
      return "unknown";
  }
  return "unknown";
}

std::optional<CardState> card_state_from(std::string_view word) {
  for (const CardState state : kCardStates)
    if (to_string(state) == word) return state;
  return std::nullopt;
}

std::string_view to_string(CardEvent event) {
  switch (event) {
    case E::print_started:
      return "print-started";
    case E::print_ended_not_started:
      return "print-ended(not-started)";
    case E::print_ended_printed:
      return "print-ended(printed)";
    case E::print_ended_spoiled:
      return "print-ended(spoiled)";
    case E::print_ended_unknown:
      return "print-ended(unknown)";
    case E::settled_not_started:
      return "settled(not-started)";
    case E::settled_printed:
      return "settled(printed)";
    case E::settled_spoiled:
      return "settled(spoiled)";
    case E::judged:
      return "judged";
    case E::overridden:
      return "overridden";
    case E::sorted:
      return "sorted";
    case E::sealed:
      return "sealed";
    case E::unsealed:
      return "unsealed";
    case E::handed_over:
      return "handed-over";
    case E::delivered:
      return "delivered";
    case E::returned:
      return "returned";
    case E::redistributed:
      return "redistributed";
    case E::received_back:
      return "received-back";
    case E::withdrawn:
      return "withdrawn";
    case E::destroyed:
      return "destroyed";
    case E::lost:
      return "lost";
  }
  return "lost";
}

std::span<const CardTransition> card_transitions() {
  return kTable;
}

std::optional<CardState> next_state(CardState from, CardEvent event) {
  for (const CardTransition& row : kTable)
    if (row.from == from && row.event == event) return row.to;
  return std::nullopt;
}

bool is_live(CardState state, std::string_view verdict_word) {
  switch (state) {
    case S::not_started:
    case S::spoiled:
    case S::withdrawn:
    case S::destroyed:
      return false;
    default:
      return verdict_word != "damaged" && verdict_word != "duplicate" && verdict_word != "mismatch";
  }
}

bool replaced_by_rule(CardState state, std::string_view verdict_word) {
  if (state == S::not_started || state == S::spoiled || verdict_word == "damaged") return true;
  return state == S::destroyed && verdict_word.empty();  // a spoiled one
}

bool is_final(CardState state) {
  return state == S::delivered || state == S::destroyed || state == S::not_started;
}

std::string card_state_diagram() {
  std::string dot = "digraph card {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n";
  for (const CardTransition& row : kTable) {
    dot += "  \"";
    dot += to_string(row.from);
    dot += "\" -> \"";
    dot += to_string(row.to);
    dot += "\" [label=\"";
    dot += to_string(row.event);
    dot += "\"];\n";
  }
  return dot + "}\n";
}

}  // namespace ktp
