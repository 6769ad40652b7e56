// SPDX-License-Identifier: Apache-2.0
#include "sample/bad_rows.hpp"

#include <array>
#include <string>
#include <string_view>

#include "artwork/picture.hpp"

namespace ktp::sample {
namespace {

constexpr std::array kSpoilers{
    Spoiler{"nik", [](Order& o) { o.field("nik").pop_back(); }},              // fifteen digits
    Spoiler{"nik", [](Order& o) { o.field("nik")[3] = 'X'; }},                // a letter
    Spoiler{"nik", [](Order& o) { o.field("nik").replace(8, 2, "13"); }},     // month 13
    Spoiler{"nik", [](Order& o) { o.field("nik").replace(6, 4, "3102"); }},   // 31 February
    Spoiler{"nik", [](Order& o) { o.field("nik").replace(12, 4, "0000"); }},  // serial 0000
    Spoiler{"nik", [](Order& o) { o.field("nik").clear(); }},
    Spoiler{"nama", [](Order& o) { o.field("nama") = "  "; }},
    Spoiler{"nama", [](Order& o) { o.field("nama") = "BUDI \xC3"; }},  // not UTF-8
    Spoiler{"tanggal_lahir", [](Order& o) { o.field("tanggal_lahir") = "31-02-1990"; }},
    Spoiler{"tanggal_lahir", [](Order& o) { o.field("tanggal_lahir") = "1990-02-28"; }},
    Spoiler{"jenis_kelamin", [](Order& o) { o.field("jenis_kelamin") = "PRIA"; }},
    Spoiler{"gol_darah", [](Order& o) { o.field("gol_darah") = "C"; }},
    Spoiler{"alamat",
            [](Order& o) {
              o.field("alamat") =
                  "PERUMAHAN GRIYA BEKASI PERMAI TAHAP TIGA BLOK M NOMOR SERATUS TUJUH PULUH DELAPAN "
                  "JALAN BOUGENVILLE RAYA UTARA DEKAT LAPANGAN";  // does not fit the card
            }},
    Spoiler{"agama", [](Order& o) { o.field("agama") = "LAINNYA"; }},
    Spoiler{"status_perkawinan", [](Order& o) { o.field("status_perkawinan") = "JANDA"; }},
    Spoiler{"kode_wilayah", [](Order& o) { o.field("kode_wilayah") = "32.16.99.2001"; }},
    Spoiler{"tanggal_terbit", [](Order& o) { o.field("tanggal_terbit") = "32-01-2020"; }},
    Spoiler{"foto", [](Order& o) { o.field("foto") = "foto/missing.jpg"; }},
    Spoiler{"foto", [](Order& o) { o.field("foto") = "../outside.jpg"; }},
    Spoiler{"foto", [](Order& o) { o.field("foto") = "/etc/hostname"; }},
    Spoiler{"foto", [](Order& o) { o.field("foto") = "foto/bad-cut.jpg"; }},
    Spoiler{"foto", [](Order& o) { o.field("foto") = "foto/bad-huge.png"; }},
    Spoiler{"foto", [](Order& o) { o.field("foto") = "foto/bad-text.jpg"; }},
    Spoiler{"tanda_tangan", [](Order& o) { o.field("tanda_tangan") = "ttd/missing.png"; }},
    Spoiler{"status", [](Order& o) { o.field("status") = "DUPLICATE_RECORD"; }},
};

// Signature, IHDR of 60,000 x 60,000 pixels with its right checksum, nothing more.
constexpr std::array<std::uint8_t, 33> kHugePng{
    0x89, 'P',  'N',  'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 'I',  'H',  'D',  'R', 0,
    0,    0xEA, 0x60, 0,   0,    0xEA, 0x60, 8,    2, 0, 0, 0,  0x0F, 0xB0, 0xE2, 0x15};

}  // namespace

std::span<const Spoiler> spoilers() {
  return kSpoilers;
}

Result<void> write_bad_pictures(const std::filesystem::path& folder,
                                std::span<const std::uint8_t> good_jpeg) {
  constexpr std::string_view kText = "this is not a picture\n";
  const std::span text(reinterpret_cast<const std::uint8_t*>(kText.data()), kText.size());
  if (auto put = artwork::write_file(folder / "bad-cut.jpg", good_jpeg.first(good_jpeg.size() / 2), false);
      !put)
    return put;
  if (auto put = artwork::write_file(folder / "bad-huge.png", kHugePng, false); !put) return put;
  return artwork::write_file(folder / "bad-text.jpg", text, false);
}

}  // namespace ktp::sample
