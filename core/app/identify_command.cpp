// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "artwork/artwork.hpp"
#include "artwork/picture.hpp"
#include "domain/nik.hpp"
#include "identity/nik_reader.hpp"
#include "identity/portrait_hash.hpp"
#include "inspection/inspection.hpp"

namespace ktp::app {

namespace {

constexpr double kReadingDpi = 300;

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

Image upside_down(const Image& image) {
  Image turned(image.width, image.height, image.channels);
  const auto c = static_cast<std::size_t>(image.channels);
  const std::size_t pixels = image.pixels.size() / c;
  for (std::size_t i = 0; i < pixels; ++i)
    std::copy_n(&image.pixels[i * c], c, &turned.pixels[(pixels - 1 - i) * c]);
  return turned;
}

Image part_of(const Image& image, const BoxMm& box) {
  const double s = image.width / kCardWidthMm;
  const int x = static_cast<int>(std::lround(box.x * s)), y = static_cast<int>(std::lround(box.y * s));
  const int w = std::min(static_cast<int>(std::lround(box.w * s)), image.width - x);
  const int h = std::min(static_cast<int>(std::lround(box.h * s)), image.height - y);
  Image part(w, h);
  for (int row = 0; row < h; ++row)
    std::copy_n(image.row(y + row) + 3 * static_cast<std::ptrdiff_t>(x), 3 * w, part.row(row));
  return part;
}

}  // namespace

int identify_command(const CommonOptions& common, const IdentifyOptions& options) {
  auto config = config_of(common.config, find_paths());
  if (!config) return report(config.error());
  auto art = artwork::Template::load(config->card_template);
  if (!art) return report(art.error());
  const Face blank = (*art)->blank_front(kReadingDpi);
  const auto reader = identity::NikReader::make(*blank.atlas, blank.px_per_mm(), blank.layout.at("nik"));
  if (!reader) return report(reader.error());
  int code = 0;
  for (const std::filesystem::path& file : options.pictures) {
    const auto picture = artwork::read_picture(file);
    if (!picture) {
      code = report(picture.error());
      continue;
    }
    auto json = nlohmann::ordered_json::object();
    json["picture"] = file.string();
    auto card = inspection::rectified_card(picture->view(), kReadingDpi);
    if (!card) {
      code = report({card.error().code, file.string() + ": " + card.error().message});
      continue;
    }
    identity::NikReading reading = reader->read(card->view());
    Image turned = upside_down(*card);
    identity::NikReading other = reader->read(turned.view());
    const auto told = [](const identity::NikReading& r) {
      return r.text.empty() ? -1.0
                            : 16.0 - static_cast<double>(std::ranges::count(r.text, '?')) + r.confidence;
    };
    if (told(other) > told(reading)) {
      reading = std::move(other);
      card = std::move(turned);
    }
    const bool front = !reading.text.empty();
    std::string nik = reading.text;
    if (!options.show_nik && nik.size() > 4) std::fill(nik.begin(), nik.end() - 4, '*');
    json["nik"] = nik;
    json["certain"] = reading.certain;
    json["confidence"] = rounded(reading.confidence);
    auto digits = nlohmann::ordered_json::array();
    for (std::size_t i = 0; front && i < reading.digits.size(); ++i)
      digits.push_back(rounded(reading.digits[i].confidence));
    json["digits"] = digits;
    json["doubts"] = reading.doubts;
    json["portrait"] =
        front
            ? identity::to_string(identity::portrait_hash(part_of(*card, blank.layout.at("portrait")).view()))
            : "";
    if (common.json) {
      std::cout << json.dump() << '\n';
    } else if (!front) {
      std::cout << file.string() << ": no line of digits found; is this the front of a card?\n";
    } else {
      std::cout << file.string() << ": NIK " << nik << (reading.certain ? "" : " (not certain)")
                << ", portrait " << json["portrait"].get<std::string>() << '\n';
      for (const std::string& doubt : reading.doubts) std::cout << "  doubt: " << doubt << '\n';
    }
  }
  return code;
}

}  // namespace ktp::app
