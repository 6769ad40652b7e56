// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ktp {

/// Card states of docs/contracts.md section 1.
enum class CardState {
  committed,
  not_started,
  printing,
  printed,
  inspected,
  sorted,
  sealed,
  handed_over,
  delivered,
  returned,
  withdrawn,
  spoiled,
  destroyed,
  unknown
};
inline constexpr std::array kCardStates{CardState::committed, CardState::not_started, CardState::printing,
                                        CardState::printed,   CardState::inspected,   CardState::sorted,
                                        CardState::sealed,    CardState::handed_over, CardState::delivered,
                                        CardState::returned,  CardState::withdrawn,   CardState::spoiled,
                                        CardState::destroyed, CardState::unknown};

[[nodiscard]] std::string_view to_string(CardState state);
[[nodiscard]] std::optional<CardState> card_state_from(std::string_view word);

/// What happens to a card; the words are ledger event types, with the outcome or direction where one event
/// can lead to several states.
enum class CardEvent {
  print_started,
  print_ended_not_started,
  print_ended_printed,
  print_ended_spoiled,
  print_ended_unknown,
  settled_not_started,
  settled_printed,
  settled_spoiled,
  judged,
  overridden,
  sorted,
  sealed,
  unsealed,
  handed_over,
  delivered,
  returned,
  redistributed,
  received_back,
  withdrawn,
  destroyed,
  lost
};
inline constexpr std::array kCardEvents{CardEvent::print_started,
                                        CardEvent::print_ended_not_started,
                                        CardEvent::print_ended_printed,
                                        CardEvent::print_ended_spoiled,
                                        CardEvent::print_ended_unknown,
                                        CardEvent::settled_not_started,
                                        CardEvent::settled_printed,
                                        CardEvent::settled_spoiled,
                                        CardEvent::judged,
                                        CardEvent::overridden,
                                        CardEvent::sorted,
                                        CardEvent::sealed,
                                        CardEvent::unsealed,
                                        CardEvent::handed_over,
                                        CardEvent::delivered,
                                        CardEvent::returned,
                                        CardEvent::redistributed,
                                        CardEvent::received_back,
                                        CardEvent::withdrawn,
                                        CardEvent::destroyed,
                                        CardEvent::lost};
[[nodiscard]] std::string_view to_string(CardEvent event);

/// One row of the card's state table.
struct CardTransition {
  CardState from;
  CardEvent event;
  CardState to;
};

/// Every legal transition; what is not in it cannot happen. (The diagram in README.md is generated from it.)
[[nodiscard]] std::span<const CardTransition> card_transitions();

/// The state after `event`, or nothing if the event is illegal in `from`.
[[nodiscard]] std::optional<CardState> next_state(CardState from, CardEvent event);

/// A live card is one its holder may have or come to have: not a failed, withdrawn or destroyed one.
/// `verdict_word` is the word of the card's verdict, "" if it has none yet.
[[nodiscard]] bool is_live(CardState state, std::string_view verdict_word);

/// Cards that the station replaces by itself: without a body, spoiled, or damaged. Every other further card
/// of an order is a reprint that two people decide.
[[nodiscard]] bool replaced_by_rule(CardState state, std::string_view verdict_word);

/// Nothing more happens to a card in this state: delivered, destroyed, or one that never became a body.
[[nodiscard]] bool is_final(CardState state);

/// The state table as a Graphviz digraph.
[[nodiscard]] std::string card_state_diagram();

}  // namespace ktp
