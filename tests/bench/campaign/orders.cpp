// SPDX-License-Identifier: Apache-2.0
#include "bench/campaign/orders.hpp"

#include <array>
#include <cstdio>
#include <map>
#include <vector>

#include "artwork/picture.hpp"
#include "bench/campaign/truth.hpp"
#include "sample/batch.hpp"
#include "sample/people.hpp"

namespace ktp::campaign {

namespace {

constexpr int kAcross = 6, kDown = 8, kCell = 8;  // a portrait of 48 x 64 pixels

// Nobody's face: a pattern of grey cells that differs from person to person, because the intake compares
// portraits and would rightly hold an order whose portrait it has seen.
Image portrait(std::uint64_t seed, std::uint64_t person) {
  Image image(kAcross * kCell, kDown * kCell, 3);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      const auto cell = static_cast<std::uint64_t>(y / kCell * kAcross + x / kCell);
      const auto grey = static_cast<std::uint8_t>(drawn(seed ^ 0xFACE, person, cell) & 0xFF);
      std::uint8_t* const pixel = image.row(y) + static_cast<std::ptrdiff_t>(x) * 3;
      pixel[0] = pixel[1] = pixel[2] = grey;
    }
  return image;
}

std::string row_of(Order order, const std::string& id, std::uint64_t person) {
  std::array<char, 64> foto{};
  std::snprintf(foto.data(), foto.size(), "foto/%03llu/%06llu.jpg",
                static_cast<unsigned long long>(person / 1000), static_cast<unsigned long long>(person));
  order.field("order_id") = id;
  order.field("foto") = foto.data();
  order.field("tanda_tangan").clear();
  std::string row;
  for (std::size_t i = 0; i < order.fields.size(); ++i)
    row += (i == 0 ? "" : ",") + sample::csv_field(order.fields[i]);
  return row + "\n";
}

Result<void> write_text(const std::filesystem::path& file, const std::string& text) {
  return artwork::write_file(file, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, false);
}

}  // namespace

std::filesystem::path batch_file(const std::filesystem::path& folder, std::uint64_t day) {
  std::array<char, 24> name{};
  std::snprintf(name.data(), name.size(), "day-%03llu.csv", static_cast<unsigned long long>(day));
  return folder / name.data();
}

Result<void> write_batches(const std::filesystem::path& folder, const Batches& batches) {
  auto regions = artwork::Regions::load(KTP_SOURCE_DIR "/config/regions");
  if (!regions) return std::unexpected(regions.error());
  auto people = sample::People::make(batches.seed, KTP_SOURCE_DIR "/tests/sample/data", std::move(*regions));
  if (!people) return std::unexpected(people.error());
  std::string header;
  for (const auto& column : kOrderColumns) header += (header.empty() ? "" : ",") + std::string(column);
  header += "\n";
  std::map<std::uint64_t, std::string> again;  // day -> rows of people who were ordered before
  std::uint64_t person = 0, twice = 0;
  for (std::uint64_t day = 0; day < batches.days; ++day) {
    std::string csv = header;
    const std::uint64_t end = batches.orders * (day + 1) / batches.days;
    for (; person < end; ++person) {
      std::array<char, 32> id{};
      std::snprintf(id.data(), id.size(), "P%06llu", static_cast<unsigned long long>(person));
      const Order order = people->next().order;
      csv += row_of(order, id.data(), person);
      // Spread over the campaign, each a few days later.
      if (twice * batches.orders < (person + 1) * batches.twice) {
        ++twice;
        again[std::min(day + 1 + person % 9, batches.days - 1)] +=
            row_of(order, std::string("D") + (id.data() + 1), person);
      }
      std::array<char, 32> sub{};
      std::snprintf(sub.data(), sub.size(), "%03llu", static_cast<unsigned long long>(person / 1000));
      if (person % 1000 == 0) std::filesystem::create_directories(folder / "foto" / sub.data());
      auto jpeg = artwork::encode_jpeg(portrait(batches.seed, person).view(), 80);
      if (!jpeg) return std::unexpected(jpeg.error());
      const auto file = folder / "foto" / sub.data() / (std::string(id.data() + 1) + ".jpg");
      if (auto put = artwork::write_file(file, *jpeg, false); !put) return put;
    }
    if (const auto found = again.find(day); found != again.end()) csv += found->second;
    if (auto put = write_text(batch_file(folder, day), csv); !put) return put;
  }
  return {};
}

}  // namespace ktp::campaign
