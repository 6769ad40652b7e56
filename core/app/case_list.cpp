// SPDX-License-Identifier: Apache-2.0
#include "app/case_list.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "app/open_station.hpp"
#include "artwork/picture.hpp"
#include "ledger/personal.hpp"
#include "pipeline/csv.hpp"
#include "pipeline/known_face.hpp"

namespace ktp::app {

namespace {

namespace fs = std::filesystem;
constexpr std::uintmax_t kMaxCasesBytes = 1u << 30;

}  // namespace

Result<CaseList> read_cases(const fs::path& file) {
  std::error_code none;
  if (!fs::exists(file, none))
    return fail(ErrorCode::input_missing, file.string() + ": there is no such file");
  if (!fs::is_regular_file(file, none) || fs::file_size(file, none) > kMaxCasesBytes)
    return fail(ErrorCode::bad_data, file.string() + ": is not a regular file of at most 1 GiB");
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  pipeline::CsvReader reader(all, {.max_field = 4096, .max_record = 64 * 1024});
  const auto header = reader.next();
  if (!header || header->fields != std::vector<std::string>{"id", "side", "expected", "captured"})
    return fail(ErrorCode::bad_data,
                file.string() + ": the header must be exactly id,side,expected,captured");
  CaseList list;
  list.sha256 = ledger::sha256_text({reinterpret_cast<const std::uint8_t*>(all.data()), all.size()});
  const fs::path folder = file.parent_path();
  while (auto record = reader.next()) {
    const std::string where = file.string() + ":row " + std::to_string(list.cases.size() + 1) + ": ";
    if (!record->error.empty()) return fail(ErrorCode::bad_data, where + record->error);
    if (record->fields.size() != 4)
      return fail(ErrorCode::bad_data,
                  where + "has " + std::to_string(record->fields.size()) + " fields, must have 4");
    const std::string& side = record->fields[1];
    if (side != "front" && side != "back")
      return fail(ErrorCode::bad_data, where + "side: must be front or back");
    list.cases.push_back({list.cases.size() + 1, record->fields[0],
                          side == "front" ? Side::front : Side::back, folder / record->fields[2],
                          folder / record->fields[3]});
  }
  return list;
}

References::Prepared References::prepare(const fs::path& expected, Side side) const {
  auto image = artwork::read_picture(expected);
  if (!image) return fail(image.error().code, "expected: " + image.error().message);
  Face face;
  if (art_) {
    face = pipeline::known_face(std::move(*image), side, *art_);
  } else {
    face.side = side;
    face.dpi = static_cast<double>(image->width) / kCardWidthMm * kMmPerInch;
    face.image = std::move(*image);
  }
  auto reference = inspection::prepare(face, profile_);
  if (!reference) return fail(reference.error().code, "expected: " + reference.error().message);
  return *reference;
}

References::Prepared References::of(const fs::path& expected, Side side) {
  const std::string key = expected.string() + '\n' + to_string(side);
  std::promise<Prepared> promise;
  std::shared_future<Prepared> reference;
  bool mine = false;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      kept_.splice(kept_.begin(), kept_, found->second);
      reference = found->second->reference;
    } else {
      mine = true;
      reference = promise.get_future().share();
      kept_.push_front({key, reference});
      by_key_[key] = kept_.begin();
      if (kept_.size() > kKept) {
        by_key_.erase(kept_.back().key);
        kept_.pop_back();
      }
    }
  }
  if (mine) {
    ++prepared_;
    try {
      promise.set_value(prepare(expected, side));
    } catch (const std::exception& error) {
      promise.set_value(fail(ErrorCode::internal, std::string("expected: ") + error.what()));
    }
  }
  return reference.get();
}

Interrupt::Interrupt(std::function<void()> asked)
    : asked_(std::move(asked)), signals_([this] {
        if (stop_.exchange(true)) ::_exit(kExitCode);
        asked_();
      }) {}

unsigned cores() {
  return std::max(1u, std::thread::hardware_concurrency());
}

double Pace::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

std::string Pace::line(std::size_t done, std::size_t all, const std::string& what) const {
  const double rate = static_cast<double>(done) / std::max(seconds(), 1e-3);
  const long left = rate > 0 ? static_cast<long>(static_cast<double>(all - done) / rate + 0.5) : 0;
  char text[160];
  std::snprintf(text, sizeof text, "%zu/%zu %s  %.1f/s  ETA %ld:%02ld", done, all, what.c_str(), rate,
                left / 60, left % 60);
  return text;
}

std::shared_ptr<const artwork::Template> template_for_cases(const fs::path& config) {
  if (const auto station = config_of(config, find_paths())) {
    if (auto loaded = artwork::Template::load(station->card_template)) return std::move(*loaded);
  }
  std::cerr << "note: the station's card template cannot be loaded; wrong letters are told by their strokes "
               "alone\n";
  return nullptr;
}

}  // namespace ktp::app
