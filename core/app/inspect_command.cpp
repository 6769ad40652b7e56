// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iostream>
#include <list>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "artwork/artwork.hpp"
#include "artwork/picture.hpp"
#include "inspection/inspection.hpp"
#include "pipeline/csv.hpp"
#include "pipeline/known_face.hpp"

namespace ktp::app {

namespace {

namespace fs = std::filesystem;
constexpr std::uintmax_t kMaxCasesBytes = 1u << 30;

struct Case {
  std::size_t row = 0;
  std::string id, side;
  fs::path expected, captured;
};

Result<std::vector<Case>> read_cases(const fs::path& file) {
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
  std::vector<Case> cases;
  const fs::path folder = file.parent_path();
  while (auto record = reader.next()) {
    const std::string where = file.string() + ":row " + std::to_string(cases.size() + 1) + ": ";
    if (!record->error.empty()) return fail(ErrorCode::bad_data, where + record->error);
    if (record->fields.size() != 4)
      return fail(ErrorCode::bad_data,
                  where + "has " + std::to_string(record->fields.size()) + " fields, must have 4");
    if (record->fields[1] != "front" && record->fields[1] != "back")
      return fail(ErrorCode::bad_data, where + "side: must be front or back");
    cases.push_back({cases.size() + 1, record->fields[0], record->fields[1], folder / record->fields[2],
                     folder / record->fields[3]});
  }
  return cases;
}

// References are costly and often shared by neighbouring rows; a few of the latest are kept.
class References {
 public:
  References(std::shared_ptr<const inspection::Profile> profile, std::shared_ptr<const artwork::Template> art)
      : profile_(std::move(profile)), art_(std::move(art)) {}

  Result<std::shared_ptr<const inspection::Reference>> of(const fs::path& expected, Side side) {
    const std::string key = expected.string() + '\n' + to_string(side);
    {
      const std::lock_guard lock(mutex_);
      const auto found = std::ranges::find(kept_, key, &Kept::key);
      if (found != kept_.end()) {
        kept_.splice(kept_.begin(), kept_, found);
        return found->reference;
      }
    }
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
    const std::lock_guard lock(mutex_);
    kept_.push_front({key, *reference});
    if (kept_.size() > 16) kept_.pop_back();
    return *reference;
  }

 private:
  struct Kept {
    std::string key;
    std::shared_ptr<const inspection::Reference> reference;
  };
  std::shared_ptr<const inspection::Profile> profile_;
  std::shared_ptr<const artwork::Template> art_;  // null: only what the pictures themselves say is known
  std::mutex mutex_;
  std::list<Kept> kept_;
};

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

struct Judged {
  std::string lines, problem;
};

Judged judge(const Case& item, References& references) {
  const Side side = item.side == "front" ? Side::front : Side::back;
  const std::string begin = quoted(item.id) + "," + item.side + ",";
  const auto unreadable = [&](const std::string& why) {
    return Judged{begin + "review,0,unreadable-picture,,,,,0\n", why};
  };
  const auto reference = references.of(item.expected, side);
  if (!reference) return unreadable(reference.error().message);
  const auto picture = artwork::read_picture(item.captured);
  if (!picture) return unreadable("captured: " + picture.error().message);
  const inspection::Report report = inspection::inspect(**reference, picture->view());
  std::ostringstream out;
  out.precision(6);
  const auto line = [&] { out << begin << to_string(report.verdict) << ',' << report.score << ','; };
  if (report.findings.empty()) {
    line();
    out << ",,,,,\n";
  }
  for (const Finding& finding : report.findings) {
    line();
    out << finding.kind << ',' << finding.box.x << ',' << finding.box.y << ',' << finding.box.w << ','
        << finding.box.h << ',' << finding.confidence << '\n';
  }
  return {out.str(), ""};
}

}  // namespace

int inspect_command(const CommonOptions& common, const InspectOptions& options) {
  auto profile = inspection::load_profile(options.profile);
  if (!profile) return report(profile.error());
  auto cases = read_cases(options.cases);
  if (!cases) return report(cases.error());
  std::ofstream out(options.out, std::ios::binary | std::ios::trunc);
  if (!out)
    return report(
        {ErrorCode::input_missing, "cannot write " + options.out.string() + "; is its folder there?"});
  out << "id,side,verdict,score,kind,x,y,w,h,confidence\n";

  // The station's template knows the shapes of wrong digits and letters. Without one, pictures are still
  // judged.
  std::shared_ptr<const artwork::Template> art;
  if (const auto config = config_of(common.config, find_paths())) {
    if (auto loaded = artwork::Template::load(config->card_template)) art = std::move(*loaded);
  }
  if (!art)
    std::cerr << "note: the station's card template cannot be loaded; wrong letters are told by their "
                 "strokes alone\n";
  References references(*profile, std::move(art));
  RunOutput output;
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  std::vector<Judged> results(cases->size());
  std::atomic<std::size_t> next{0}, done{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < cases->size(); i = next++) {
      results[i] = judge((*cases)[i], references);
      if (!results[i].problem.empty())
        output.line(options.cases.string() + ":row " + std::to_string((*cases)[i].row) + ": " +
                    results[i].problem);
      if (const std::size_t n = ++done; n % (terminal ? 10 : 500) == 0)
        output.line(std::to_string(n) + "/" + std::to_string(cases->size()) + " pictures");
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
      threads.emplace_back(work);
  }
  for (const Judged& judged : results) out << judged.lines;
  if (!out.flush())
    return report({ErrorCode::internal, "cannot write " + options.out.string() + "; is the disk full?"});
  return 0;
}

}  // namespace ktp::app
