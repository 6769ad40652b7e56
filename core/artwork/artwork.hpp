// SPDX-License-Identifier: Apache-2.0
// The door of the artwork room: a card template and an order make the two faces that the printer prints and
// the inspection expects.
#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "domain/error.hpp"
#include "domain/face.hpp"
#include "domain/image.hpp"
#include "domain/order.hpp"

namespace ktp::artwork {

/// A card template read from YAML (config/templates/ektp.yaml). Immutable; render may be called from several
/// threads at once.
class Template {
 public:
  static Result<std::shared_ptr<const Template>> load(const std::filesystem::path& file);
  virtual ~Template() = default;

  /// Renders one side. `portrait` and `signature` may be empty pictures on the back. A text that does not fit
  /// its field at the smallest allowed size is an error that begins with the column's name ("alamat: ..."),
  /// never clipped. The texts printed are the trimmed fields. `dpi` 100 to 1200.
  [[nodiscard]] virtual Result<Face> render(const Order& order, const Image& portrait, const Image& signature,
                                            Side side, double dpi) const = 0;
  /// Checks that every text fits, without drawing: what intake asks. One error a field that does not fit.
  [[nodiscard]] virtual std::vector<Error> check_fit(const Order& order) const = 0;
  /// What can be known of a front without an order: empty picture, but layout, digit cells' places (`glyphs`,
  /// character 0), digits and letters as a rendered front has them. For pictures of which only the template
  /// is known. `dpi` 100 to 1200, else the nearest.
  [[nodiscard]] virtual Face blank_front(double dpi) const = 0;
  [[nodiscard]] virtual const std::string& version() const = 0;
};

}  // namespace ktp::artwork
