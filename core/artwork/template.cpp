// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <mutex>

#include "artwork/artwork.hpp"
#include "artwork/regions.hpp"
#include "artwork/static_layer.hpp"
#include "artwork/template_spec.hpp"
#include "artwork/text.hpp"
#include "artwork/values.hpp"

namespace ktp::artwork {
namespace {

constexpr double kMinDpi = 100;
constexpr double kMaxDpi = 1200;

Error named(std::string_view column, const Error& error) {
  return {error.code, std::string(column) + ": " + error.message};
}

// The largest part of a picture, from its middle, that has the shape w : h.
BoxPx central(const Image& picture, int w, int h) {
  const long wide = static_cast<long>(picture.height) * w;  // compare widths without fractions
  const long high = static_cast<long>(picture.width) * h;
  BoxPx crop{0, 0, picture.width, picture.height};
  if (high > wide) {
    crop.w = std::max(1, static_cast<int>((wide + h / 2) / h));
    crop.x = (picture.width - crop.w) / 2;
  } else {
    crop.h = std::max(1, static_cast<int>((high + w / 2) / w));
    crop.y = (picture.height - crop.h) / 2;
  }
  return crop;
}

void place(Image& image, const Image& part, int x, int y) {
  for (int row = 0; row < part.height; ++row) {
    std::copy_n(part.row(row), part.stride(), image.row(y + row) + static_cast<std::size_t>(x) * 3);
  }
}

// A signature is ink on white: its darkness is how much ink there is. So the paper of the card shows through.
void place_signature(Image& image, const Image& signature, const Signature& spec, double px_per_mm) {
  const BoxPx box = to_pixels(spec.box, px_per_mm);
  const double scale =
      std::min(static_cast<double>(box.w) / signature.width, static_cast<double>(box.h) / signature.height);
  const int w = std::clamp(static_cast<int>(signature.width * scale), 1, box.w);
  const int h = std::clamp(static_cast<int>(signature.height * scale), 1, box.h);
  const Image scaled = resampled(signature, {0, 0, signature.width, signature.height}, w, h);
  Image ink(w, h, 1);
  for (std::size_t i = 0; i < ink.pixels.size(); ++i) {
    const std::uint8_t* p = scaled.pixels.data() + 3 * i;
    ink.pixels[i] = static_cast<std::uint8_t>(255 - (p[0] * 299 + p[1] * 587 + p[2] * 114 + 500) / 1000);
  }
  paint_through(image, ink, box.x + (box.w - w) / 2, box.y + (box.h - h) / 2, spec.colour);
}

class CardTemplate final : public Template {
 public:
  CardTemplate(TemplateSpec spec, std::shared_ptr<const Regions> regions)
      : spec_(std::move(spec)), regions_(std::move(regions)) {}

  Result<Face> render(const Order& order, const Image& portrait, const Image& signature, Side side,
                      double dpi) const override {
    if (!(dpi >= kMinDpi && dpi <= kMaxDpi)) {
      return fail(ErrorCode::usage, "dpi must be from 100 to 1200");
    }
    return side == Side::back ? render_back(order, dpi) : render_front(order, portrait, signature, dpi);
  }

  std::vector<Error> check_fit(const Order& order) const override {
    std::vector<Error> errors;
    Typesetter& setter = Typesetter::mine();
    setter.target(nullptr);
    if (const auto nik = nik_digits(order); !nik) errors.push_back(nik.error());
    for (const Field& field : spec_.fields) {
      if (const auto set = set_field(setter, field, order); !set) errors.push_back(set.error());
    }
    return errors;
  }

  Face blank_front(double dpi) const override {
    dpi = std::clamp(dpi, kMinDpi, kMaxDpi);
    const auto fixed = layer(Side::front, true, dpi);
    const double px_per_mm = dpi / kMmPerInch;
    Face face;
    face.side = Side::front;
    face.dpi = dpi;
    for (const Field& field : spec_.fields) face.layout[field.name] = field.box;
    face.layout["portrait"] = to_mm(to_pixels(spec_.portrait.box, px_per_mm), px_per_mm);
    face.layout["signature"] = spec_.signature.box;
    face.layout["nik"] = spec_.nik.box;
    for (const BoxPx& cell : fixed->cells) face.glyphs.push_back({"nik", 0, to_mm(cell, px_per_mm)});
    face.atlas = fixed->atlas;
    face.letters = fixed->letters;
    return face;
  }

  const std::string& version() const override { return spec_.version; }

  /// Static texts that do not fit would silently be missing; load asks this once.
  [[nodiscard]] Result<void> check_static() const {
    Typesetter& setter = Typesetter::mine();
    setter.target(nullptr);
    for (const SideSpec* side : {&spec_.front, &spec_.back}) {
      for (const StaticText& text : side->texts) {
        const auto set = setter.fit(text.text, text.box, text.style);
        if (!set) return fail(ErrorCode::configuration, "text '" + text.name + "' " + set.error().message);
      }
    }
    return {};
  }

 private:
  struct Key {
    double dpi;
    Side side;
    bool citizen;
    auto operator<=>(const Key&) const = default;
  };

  std::shared_ptr<const StaticLayer> layer(Side side, bool citizen, double dpi) const {
    constexpr std::size_t kMost =
        8;  // resolutions in use are one or two; somebody trying many must not fill the memory
    const std::scoped_lock lock(mutex_);
    const Key key{dpi, side, citizen};
    if (const auto at = layers_.find(key); at != layers_.end()) return at->second;
    if (layers_.size() >= kMost) layers_.clear();
    const Paper& paper = citizen ? spec_.wni : spec_.foreign;
    return layers_[key] = side == Side::front ? make_front(spec_, paper, dpi) : make_back(spec_, paper, dpi);
  }

  static Result<std::string> nik_digits(const Order& order) {
    std::string nik(order.printed("nik"));
    const bool digits =
        nik.size() == 16 && std::ranges::all_of(nik, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return fail(ErrorCode::bad_data, "nik: is not sixteen digits");
    return nik;
  }

  Result<SetText> set_field(Typesetter& setter, const Field& field, const Order& order) const {
    const auto text = printed_value(order, field.value, *regions_);
    if (!text) return std::unexpected(text.error());
    auto set = setter.fit(*text, field.box, field.style);
    if (!set) return std::unexpected(named(column_of(field.value), set.error()));
    return set;
  }

  Result<Face> render_back(const Order& order, double dpi) const {
    Face face;
    face.side = Side::back;
    face.dpi = dpi;
    face.image = layer(Side::back, is_citizen(order), dpi)->back;
    for (const StaticText& text : spec_.back.texts) face.layout[text.name] = text.box;
    return face;
  }

  Result<Face> render_front(const Order& order, const Image& portrait, const Image& signature,
                            double dpi) const {
    const auto nik = nik_digits(order);
    if (!nik) return std::unexpected(nik.error());
    if (portrait.empty() || portrait.channels != 3) return fail(ErrorCode::bad_data, "foto: no picture");
    const auto fixed = layer(Side::front, is_citizen(order), dpi);
    const double px_per_mm = dpi / kMmPerInch;
    const Canvas canvas(*fixed->canvas, px_per_mm);
    Face face;
    face.side = Side::front;
    face.dpi = dpi;
    if (auto drawn = draw_fields(canvas.cairo(), order, &face); !drawn) return std::unexpected(drawn.error());
    face.image = canvas.to_image();

    const BoxPx box = to_pixels(spec_.portrait.box, px_per_mm);
    place(face.image, resampled(portrait, central(portrait, box.w, box.h), box.w, box.h), box.x, box.y);
    const Mark& mark = spec_.over_portrait;
    paint_through(face.image, fixed->portrait_shade, box.x, box.y, spec_.nik.style.colour, mark.alpha / 2);
    paint_through(face.image, fixed->portrait_mark, box.x, box.y, mark.colour, mark.alpha);
    face.layout["portrait"] = to_mm(box, px_per_mm);
    if (!signature.empty() && signature.channels == 3) {
      place_signature(face.image, signature, spec_.signature, px_per_mm);
    }
    face.layout["signature"] = spec_.signature.box;

    for (std::size_t i = 0; i < fixed->cells.size(); ++i) {
      const BoxPx& cell = fixed->cells[i];
      const char digit = (*nik)[i];
      paint_through(face.image, fixed->digits[static_cast<std::size_t>(digit - '0')], cell.x, cell.y,
                    spec_.nik.style.colour);
      face.glyphs.push_back({"nik", digit, to_mm(cell, px_per_mm)});
    }
    face.layout["nik"] = spec_.nik.box;
    face.atlas = fixed->atlas;
    face.letters = fixed->letters;
    return face;
  }

  Result<void> draw_fields(cairo_t* cairo, const Order& order, Face* face) const {
    Typesetter& setter = Typesetter::mine();
    setter.target(cairo);
    for (const Field& field : spec_.fields) {
      const auto set = set_field(setter, field, order);
      if (!set) return std::unexpected(set.error());
      set_colour(cairo, field.style.colour);
      draw(cairo, *set);
      face->layout[field.name] = field.box;
      if (field.label && !field.label->belief.empty()) {
        draw_label(cairo, *field.label, is_belief(order) ? field.label->belief : field.label->text,
                   field.box.y + setter.baseline(field.style));
      }
    }
    return {};
  }

  TemplateSpec spec_;
  std::shared_ptr<const Regions> regions_;
  mutable std::mutex mutex_;
  mutable std::map<Key, std::shared_ptr<const StaticLayer>> layers_;
};

}  // namespace

Result<std::shared_ptr<const Template>> Template::load(const std::filesystem::path& file) {
  auto spec = read_template(file);
  if (!spec) return std::unexpected(spec.error());
  for (const auto& [use, family] : spec->fonts) {
    if (auto found = check_font(family); !found)
      return fail(found.error().code, file.string() + ": " + found.error().message);
  }
  auto regions = Regions::load(spec->regions);
  if (!regions) return std::unexpected(regions.error());
  auto card = std::make_shared<const CardTemplate>(std::move(*spec), std::move(*regions));
  if (auto whole = card->check_static(); !whole) {
    return fail(whole.error().code, file.string() + ": " + whole.error().message);
  }
  return card;
}

}  // namespace ktp::artwork
