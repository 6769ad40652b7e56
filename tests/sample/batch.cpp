// SPDX-License-Identifier: Apache-2.0
#include "sample/batch.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "artwork/picture.hpp"
#include "sample/bad_rows.hpp"
#include "sample/people.hpp"

namespace ktp::sample {
namespace {

class Writer {
 public:
  Writer(const BatchPlan& plan, People people) : plan_(plan), people_(std::move(people)) {
    for (const auto& column : kOrderColumns) csv_ += (csv_.empty() ? "" : ",") + std::string(column);
    csv_ += "\n";
  }

  Result<BatchWritten> write() {
    std::error_code error;
    for (const char* folder : {"foto", "ttd"}) {
      std::filesystem::create_directories(plan_.out / folder, error);
      if (error) return fail(ErrorCode::internal, plan_.out.string() + ": " + error.message());
    }
    for (int i = 0; i < plan_.rows; ++i) {
      Person person = people_.next();
      if (auto done = add(person, person.order); !done) return std::unexpected(done.error());
      listed_.push_back(std::move(person));
    }
    Random random(mixed(plan_.seed, 0xD0B1E));
    for (int i = 0; i < plan_.duplicates && !listed_.empty(); ++i) {
      const Person& again = random.pick(listed_);
      if (auto done = add(again, again.order); !done) return std::unexpected(done.error());
    }
    if (plan_.bad_rows) {
      if (auto done = add_bad_rows(); !done) return std::unexpected(done.error());
    }
    const auto file = plan_.out / (plan_.batch + ".csv");
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(csv_.data()), csv_.size());
    if (auto done = artwork::write_file(file, bytes, false); !done) return std::unexpected(done.error());
    return BatchWritten{file, row_, bad_};
  }

 private:
  // The row gets the next order id and pictures of its own; the order decides what is written, the person who
  // is drawn.
  Result<void> add(const Person& person, Order order, const Spoiler* spoiler = nullptr) {
    std::array<char, 16> number{};
    std::snprintf(number.data(), number.size(), "-%04d", ++row_);
    const std::string id = plan_.batch + number.data();
    order.field("order_id") = id;
    order.field("foto") = "foto/" + id + ".jpg";
    order.field("tanda_tangan") = "ttd/" + id + ".png";
    if (spoiler != nullptr) spoiler->spoil(order);
    for (std::size_t i = 0; i < order.fields.size(); ++i)
      csv_ += (i == 0 ? "" : ",") + csv_field(order.fields[i]);
    csv_ += "\n";

    auto jpeg = artwork::encode_jpeg(draw_portrait(person.sitter, plan_.photo_width).view(), plan_.quality);
    if (!jpeg) return std::unexpected(jpeg.error());
    if (auto put = artwork::write_file(plan_.out / "foto" / (id + ".jpg"), *jpeg, false); !put) return put;
    last_jpeg_ = std::move(*jpeg);
    // One channel is enough for ink, and a third of the bytes.
    const Image ink = draw_signature(person.sitter.seed, 360);
    Image grey(ink.width, ink.height, 1);
    for (std::size_t i = 0; i < grey.pixels.size(); ++i) grey.pixels[i] = ink.pixels[3 * i];
    auto png = artwork::encode_png(grey.view());
    if (!png) return std::unexpected(png.error());
    return artwork::write_file(plan_.out / "ttd" / (id + ".png"), *png, false);
  }

  Result<void> add_bad_rows() {
    for (const Spoiler& spoiler : spoilers()) {
      const Person person = people_.next();
      if (auto done = add(person, person.order, &spoiler); !done) return done;
      ++bad_;
    }
    return write_bad_pictures(plan_.out / "foto", last_jpeg_);
  }

  const BatchPlan& plan_;
  People people_;
  std::vector<Person> listed_;
  std::vector<std::uint8_t> last_jpeg_;
  std::string csv_;
  int row_ = 0;
  int bad_ = 0;
};

}  // namespace

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

Result<BatchWritten> write_batch(const BatchPlan& plan) {
  auto regions = artwork::Regions::load(plan.regions);
  if (!regions) return std::unexpected(regions.error());
  auto people = People::make(plan.seed, plan.data, std::move(*regions));
  if (!people) return std::unexpected(people.error());
  return Writer(plan, std::move(*people)).write();
}

}  // namespace ktp::sample
