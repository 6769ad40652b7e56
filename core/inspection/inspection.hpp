// SPDX-License-Identifier: Apache-2.0
// The door of the inspection room: is the photographed card the one that was expected, and is it whole? Pure
// functions: the same picture bytes, the same expected face and the same profile version give the same
// report. No OpenCV type leaves the room.
#pragma once
#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "domain/face.hpp"
#include "domain/finding.hpp"
#include "domain/image.hpp"
#include "domain/verdict.hpp"

namespace ktp::inspection {

struct Profile;  // profile.hpp; immutable after load, may be shared between threads

Result<std::shared_ptr<const Profile>> load_profile(const std::filesystem::path& file);
/// The same of a profile's text; `name` stands in errors.
Result<std::shared_ptr<const Profile>> read_profile_text(const std::string& text, const std::string& name);
[[nodiscard]] const std::string& version(const Profile& profile);

/// Everything about an expected face that can be computed before its card arrives. Immutable; may be shared
/// between threads.
class Reference;
/// `other_side` (may be null) is the same card's other face: with it a card that lies the wrong way up is
/// told from a wrong card. Errors: bad_data (no three-channel picture, not a whole card), configuration (a
/// zone outside the picture).
Result<std::shared_ptr<const Reference>> prepare(const Face& expected, std::shared_ptr<const Profile> profile,
                                                 const Face* other_side = nullptr);

/// The highest that was measured against one limit of the profile, 1 = at the limit. Also of good cards.
struct Measure {
  std::string_view limit;  ///< a name of limit_table(); lives as long as the program
  double score = 0;
};

/// How the photograph itself was: what drifts when a lamp ages, glass gets dirty or a printer's colour moves.
struct CaptureFacts {
  bool known = false;                       ///< false: no card was found, or it could not be compared
  std::array<double, 3> gain{1, 1, 1};      ///< photograph / face, by colour; white of the face = 1 * 255
  std::array<double, 3> offset{0, 0, 0};    ///< levels, by colour
  std::array<double, 2> light_slope{0, 0};  ///< share of the light from the middle to the right, lower edge
  double blur_px = 0;                       ///< Gaussian sigma, working pixels
  std::array<double, 2> print_offset_mm{0, 0};
  static constexpr int kColumns = 12, kRows = 8;
  /// Mean of what the photograph differs by from the face, levels of grey, by place in the photograph (row by
  /// row, the whole frame); NaN where no card lay.
  std::array<float, static_cast<std::size_t>(kColumns) * kRows> field{};
};

struct Report {
  Verdict verdict = Verdict::review;  ///< good, damaged, mismatch or review (cannot tell)
  double score = 0;               ///< highest anomaly score of the side, also for good ones; higher is worse
  std::vector<Finding> findings;  ///< those above their limit, worst first
  Image rectified;  ///< the photograph brought to the expected picture's frame; empty if no card was found
  double align_residual_mm = 0;
  std::vector<Measure> measures{};  ///< by limit; empty where the picture could not be judged
  CaptureFacts capture{};
};

/// The portrait that a face prints, small and grey: for `other_portraits`. Empty for a face without a
/// portrait's place.
[[nodiscard]] Image printed_portrait(const Face& face);

/// Never throws; a picture that cannot be judged gets verdict review (or damaged, for a card that is plainly
/// not whole) with a finding that says why. Thread-safe; one call uses one thread.
/// `other_portraits`: printed_portrait of other orders in the queue; a card that shows one of them rather
/// than its own is another's, however alike the two are. Pictures of another size are passed over.
[[nodiscard]] Report inspect(const Reference& reference, const ImageView& photograph,
                             std::span<const Image> other_portraits = {});

/// The whole card in a photograph of which nothing is known, by its outline: upright or upside down, RGB,
/// face_size(dpi). A picture of exactly a card's shape is taken as rectified. Errors: bad_data (no card, card
/// cut off, no colour picture). The print may lie up to its placement tolerance beside its place. Any thread.
[[nodiscard]] Result<Image> rectified_card(const ImageView& photograph, double dpi);

/// The photograph (or the expected face) with the findings boxed and labelled: for people.
[[nodiscard]] Image marked(const Image& picture, const std::vector<Finding>& findings);

/// Grey, of the rectified picture's size: white where the photograph is as expected after light and tone,
/// darker by three times the difference where it is not. Empty where one of the two is. For people.
[[nodiscard]] Image difference(const Image& expected, const Image& rectified);

}  // namespace ktp::inspection
