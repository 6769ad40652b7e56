// SPDX-License-Identifier: Apache-2.0
#include "inspection/limit_table.hpp"

#include <array>

namespace ktp::inspection {

std::span<const LimitInfo> limit_table() {
  using enum LimitInfo::Part;
  static constexpr auto kTable = std::to_array<LimitInfo>({
      {"half_print_mm2", &Limits::half_print_mm2, 5, 1000, "mm2", damage},
      {"ghosting_strength", &Limits::ghosting_strength, 0.01, 1, "share of the print's strength", damage},
      {"scratch_contrast", &Limits::scratch_contrast, 0.05, 5, "half widths of the band", damage},
      {"streak_contrast", &Limits::streak_contrast, 0.05, 5, "half widths of the narrow band", damage},
      {"dead_line_contrast", &Limits::dead_line_contrast, 0.05, 5, "half widths of the band", damage},
      {"stain_mm2", &Limits::stain_mm2, 0.02, 20, "mm2, weighted by depth", damage},
      {"pale_stain_mm2", &Limits::pale_stain_mm2, 0.2, 200, "mm2", damage},
      {"fine_spot", &Limits::fine_spot, 0.1, 10, "half widths of the narrow band", damage},
      {"point", &Limits::point, 1.2, 50, "times the photograph's own scatter", damage},
      {"spot", &Limits::spot, 0.1, 10, "half widths of the narrow band", damage},
      {"misregister_mm", &Limits::misregister_mm, 0.05, 2, "mm", damage},
      {"panel_ratio", &Limits::panel_ratio, 1.05, 20, "times", damage},
      {"fade_share", &Limits::fade_share, 0.02, 0.9, "share of density", damage},
      {"fade_step", &Limits::fade_step, 0.02, 0.9, "share of density", damage},
      {"placement_mm", &Limits::placement_mm, 0.3, 5, "mm", damage},
      {"edge_chip_mm", &Limits::edge_chip_mm, 0.1, 5, "mm", damage},
      {"corner_share", &Limits::corner_share, 0.05, 1, "share of a corner", damage},
      {"digit_margin", &Limits::digit_margin, 0, 0.5, "correlation", content},
      {"portrait_disagreement", &Limits::portrait_disagreement, 0.05, 1, "share of the portrait", content},
      {"text_share", &Limits::text_share, 0.05, 2, "share of a letter's ink", content},
      {"letter_difference", &Limits::letter_difference, 0.05, 1, "share of the ink's contrast", content},
      {"content_match", &Limits::content_match, 0.05, 0.9, "share of features", gate},
  });
  return kTable;
}

}  // namespace ktp::inspection
