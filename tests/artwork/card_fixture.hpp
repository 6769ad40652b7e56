// SPDX-License-Identifier: Apache-2.0
// The shipped template and one invented person, for tests that print cards.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "artwork/artwork.hpp"
#include "sample/portrait.hpp"

namespace ktp::artwork {

inline const std::filesystem::path kTemplateFile = KTP_SOURCE_DIR "/config/templates/ektp.yaml";

inline std::shared_ptr<const Template> shipped_template() {
  static const auto card = Template::load(kTemplateFile);
  if (!card) throw std::runtime_error(card.error().message);
  return *card;
}

inline Order some_order() {
  Order order;
  const auto set = [&](const char* column, const char* value) { order.field(column) = value; };
  set("order_id", "B0001-0001");
  set("nik", "3216991708900234");
  set("nama", "BUDI SANTOSO");
  set("tempat_lahir", "BEKASI");
  set("tanggal_lahir", "17-08-1990");
  set("jenis_kelamin", "LAKI-LAKI");
  set("gol_darah", "O");
  set("alamat", "KP. RAWA BUAYA NO. 12");
  set("rt", "003");
  set("rw", "019");
  set("kel_desa", "PANTAI MAKMUR");
  set("kecamatan", "TARUMAJAYA");
  set("agama", "ISLAM");
  set("status_perkawinan", "KAWIN");
  set("pekerjaan", "KARYAWAN SWASTA");
  set("kewarganegaraan", "WNI");
  set("berlaku_hingga", "SEUMUR HIDUP");
  set("kode_wilayah", "32.16.01.2001");
  set("kode_pos", "17211");
  set("tempat_terbit", "BEKASI");
  set("tanggal_terbit", "02-03-2020");
  set("status", "PRR");
  return order;
}

inline Order with(std::string_view column, std::string value) {
  Order order = some_order();
  order.field(column) = std::move(value);
  return order;
}

inline const Image& some_portrait() {
  static const Image portrait = sample::draw_portrait({7, false, 30, false}, 300);
  return portrait;
}

inline const Image& some_signature() {
  static const Image signature = sample::draw_signature(7, 360);
  return signature;
}

inline Face front(const Order& order, double dpi = 300) {
  auto face = shipped_template()->render(order, some_portrait(), some_signature(), Side::front, dpi);
  if (!face) throw std::runtime_error(face.error().message);
  return std::move(*face);
}

/// The message of the error that rendering the front gives, or "".
inline std::string front_error(const Order& order) {
  const auto face = shipped_template()->render(order, some_portrait(), some_signature(), Side::front, 300);
  return face ? "" : face.error().message;
}

struct Extent {
  double left = 1e9, top = 1e9, right = -1, bottom = -1;  // millimetres
  int pixels = 0;
};

/// Where two faces differ, in millimetres of the card.
inline Extent difference(const Face& a, const Face& b) {
  Extent e;
  for (int y = 0; y < a.image.height; ++y) {
    for (int x = 0; x < a.image.width; ++x) {
      if (std::equal(a.image.row(y) + 3 * x, a.image.row(y) + 3 * x + 3, b.image.row(y) + 3 * x)) continue;
      e.left = std::min(e.left, x / a.px_per_mm());
      e.right = std::max(e.right, (x + 1) / a.px_per_mm());
      e.top = std::min(e.top, y / a.px_per_mm());
      e.bottom = std::max(e.bottom, (y + 1) / a.px_per_mm());
      ++e.pixels;
    }
  }
  return e;
}

inline const std::uint8_t* pixel_at(const Face& face, double x_mm, double y_mm) {
  return face.image.row(static_cast<int>(y_mm * face.px_per_mm())) +
         3 * static_cast<int>(x_mm * face.px_per_mm());
}

/// A folder of its own for one test, removed afterwards.
class Folder {
 public:
  Folder() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() / ("ktp-" + std::string(test->test_suite_name()) + "-" +
                                                      test->name() + "-" + std::to_string(::getpid()));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string text_of(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

inline void put_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace ktp::artwork
