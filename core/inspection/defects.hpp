// SPDX-License-Identifier: Apache-2.0
// The detectors: each reads the evidence and answers with candidates and with the highest measurement it met,
// so that also a good card has a score. All boxes are working pixels. Scores are in units of the limit: 1 =
// at the limit.
#pragma once
#include <algorithm>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "inspection/compare.hpp"
#include "inspection/inspection.hpp"
#include "inspection/reference.hpp"
#include "inspection/tone.hpp"

namespace ktp::inspection {

struct Candidate {
  std::string kind;
  cv::Rect box;
  double score = 0;
  double size_mm = 0;
  std::string field;
  double fill = 1;      ///< share of the box that is affected
  bool yields = false;  ///< damage in its place explains it as well, and then better
  bool fine =
      false;  ///< a small spot: another character's strokes look like it, it explains no character away
  bool streak =
      false;  ///< of the streak detector: a round stain answers to it half a line's length beyond its rim
};

struct Detected {
  double highest = 0;  ///< also when nothing reaches the limit
  std::vector<Candidate> candidates;
  /// The highest measurement by each limit of the profile, 1 = at the limit; what `calibrate` learns from.
  std::vector<Measure> measured{};

  /// Keeps the highest of a limit (a name of limit_table()).
  void note(const char* limit, double score) {
    for (Measure& m : measured) {
      if (m.limit == limit) return void(m.score = std::max(m.score, score));
    }
    measured.push_back({limit, score});
  }
};

/// For each cell, how blank the card is there (CV_32F, 0 printed .. 1 blank, -1 cannot tell) and how much
/// print the features prove (trust, 0..1). `grey`: half frame.
struct CellPresence {
  cv::Mat blank, trust;
};
CellPresence presence(const Reference& reference, const cv::Mat& grey_half);
/// Adds what the colours tell of cells without detail. `seen`: of the photograph in the face's tone.
void add_colour(const Band& band, const CellMeans& seen, CellPresence& cells);

/// Half-finished print: from some line on, to one of the four card sides, the card is blank.
Detected find_half_print(const Reference& reference, const CellPresence& cells);

/// A shifted fainter copy of the print: regression of the residual on the shifted face, by tile.
Detected find_ghosting(const Reference& reference, const Evidence& evidence);

/// Scratches and dead head elements: sums of the deviation along lines of 32 directions.
Detected find_lines(const Reference& reference, const Evidence& evidence);

/// Stains: compact areas outside the band, and wide weak ones.
Detected find_blobs(const Reference& reference, const Evidence& evidence);

/// Nearer to bare card than what should stand there: not a layer on top. `box`: working pixels.
bool dye_missing(const Evidence& evidence, const cv::Rect& box);
inline constexpr double kVoidMm = 3;  ///< a larger place without dye is no void but another failure

/// Small spots, by scale: kinds void (dye is missing) and stain.
Detected find_spots(const Reference& reference, const Evidence& evidence);
/// The smallest ones, of 0.2 mm. Nothing is found in photographs with less than 1.5 pixels a working pixel.
Detected find_points(const Reference& reference, const Evidence& evidence, double photo_px_per_working_px);

/// A connected place where `values` (CV_16S) reach 0.6 of a limit and somewhere the limit.
struct Spot {
  cv::Rect box;
  double peak = 0;
  double fill = 0;  ///< share of the box
};
[[nodiscard]] std::vector<Spot> spots_above(const cv::Mat& values, double least);

/// Share of the density of red, green and blue that middle tones have lost against the paper of the same
/// photograph, -1..1; NaN where too little of a face tells. `seen`: before the tone is fitted.
[[nodiscard]] std::array<double, 3> lost_density(const Reference& reference, const Band& band,
                                                 const Tone& tone, const CellMeans& seen);

/// Lost density, of all or from a line of the feed on: kind fade. `lost`: lost_density().
Detected find_fade(const Reference& reference, const Band& band, const Tone& tone, const CellMeans& seen,
                   const std::array<double, 3>& lost);

/// One colour beside the others: kind misregister.
Detected check_register(const Reference& reference, const Evidence& evidence);

/// kinds missing-panel and wrong-panel. `seen`: the photograph in the face's frame, before the tone is
/// fitted.
Detected check_panels(const Reference& reference, const Band& band, const CellMeans& seen);

/// NIK digits: kinds wrong-digit and unclear-digit.
Detected check_digits(const Reference& reference, const Evidence& evidence);

/// kind wrong-portrait: something is there, but something else. `missing` (working pixels, may be empty) was
/// not printed and is not looked at.
/// `others`: portraits of other orders (printed_portrait).
Detected check_portrait(const Reference& reference, const Evidence& evidence, const cv::Rect& missing,
                        std::span<const Image> others);

/// kinds wrong-text (ink where none is expected beside missing ink) and missing-line (a text that was not
/// printed).
Detected check_texts(const Reference& reference, const Evidence& evidence);

/// kinds wrong-text and wrong-digit (another character explains a cell better than the expected one, or
/// stands where none is expected), missing-text (an empty cell among printed ones), unclear-text and
/// unclear-digit (a stroke too many or too few that no character explains).
Detected check_letters(const Reference& reference, const Evidence& evidence);

}  // namespace ktp::inspection
