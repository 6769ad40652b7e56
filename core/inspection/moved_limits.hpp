// SPDX-License-Identifier: Apache-2.0
// Limits widened for cards that were rejected in error. Only limits of damage move, only upwards, and never
// far: a wrong card is worse than a reject, and a step that hides a real defect is worse than both.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "inspection/inspection.hpp"

namespace ktp::inspection {

/// Widest a limit may become, times what the station's configured profile says.
inline constexpr double kWidest = 1.5;
/// A limit goes this much beyond the highest good card that asked for it.
inline constexpr double kBeyond = 1.03;

/// One limit that good cards ask for.
struct LimitMove {
  std::string limit;  ///< a name of limit_table()
  std::string unit;
  double before = 0;  ///< in `unit`, of the configured profile
  double after = 0;   ///< in `unit`; above `before`
  double wanted = 0;  ///< what the cards ask for; above `after` where that is too far
};

/// What one good card measured by each limit, 1 = at the limit of the configured profile; the worse of its
/// sides.
using CardMeasures = std::map<std::string, double>;
[[nodiscard]] CardMeasures measures_of(std::span<const Measure> front, std::span<const Measure> back);

/// The limits that have to move so that none of these cards is rejected by them; those of content and what
/// only decides what is looked at never do.
[[nodiscard]] std::vector<LimitMove> moves_for(const Profile& configured, std::span<const CardMeasures> good);
/// Whether a card that measured this would be rejected for its damage with the limits moved.
[[nodiscard]] bool still_damaged(const Profile& configured, std::span<const LimitMove> moves,
                                 const CardMeasures& card);

/// What a card measured by one profile's limits, by another's.
[[nodiscard]] CardMeasures translated(const CardMeasures& scores, const Profile& from, const Profile& to);

/// The configured profile with its limits moved, as YAML; its version is the configured one's with a hash of
/// what moved, so that the same picture and the same version give the same verdict. `cards` are named in it.
/// Errors: input_missing, configuration.
[[nodiscard]] Result<std::string> moved_yaml(const std::filesystem::path& configured_file,
                                             const Profile& configured, std::span<const LimitMove> moves,
                                             std::span<const std::string> cards);

}  // namespace ktp::inspection
