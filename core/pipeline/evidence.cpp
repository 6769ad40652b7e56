// SPDX-License-Identifier: Apache-2.0
#include "pipeline/evidence.hpp"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "artwork/picture.hpp"
#include "ledger/personal.hpp"
#include "pipeline/inspect.hpp"

namespace ktp::pipeline {

namespace {

using nlohmann::ordered_json;

// Numbers are written so that reading them gives the same bits again.
ordered_json report_json(const inspection::Report& report) {
  ordered_json out{{"verdict", to_string(report.verdict)}, {"score", report.score}};
  out["findings"] = ordered_json::array();
  for (const Finding& f : report.findings)
    out["findings"].push_back({{"kind", f.kind},
                               {"field", f.field},
                               {"box", {f.box.x, f.box.y, f.box.w, f.box.h}},
                               {"score", f.score},
                               {"limit", f.limit},
                               {"size_mm", f.size_mm},
                               {"confidence", f.confidence}});
  return out;
}

ordered_json side_json(const Face& face, const Look& look, int others) {
  ordered_json out{{"dpi", face.dpi}, {"second_look", look.second_look}, {"other_portraits", others}};
  for (const auto& [name, box] : face.layout) out["layout"][name] = {box.x, box.y, box.w, box.h};
  for (const GlyphCell& glyph : face.glyphs)
    out["glyphs"].push_back({glyph.field, std::string(1, glyph.character), glyph.cell.x, glyph.cell.y,
                             glyph.cell.w, glyph.cell.h});
  out["digit_shapes"] = face.atlas != nullptr;
  out["letter_shapes"] = face.letters != nullptr;
  out["report"] = report_json(look.report);
  return out;
}

// All of one size, one below the other.
Image stacked(std::span<const Image> pictures) {
  std::vector<const Image*> same;
  for (const Image& picture : pictures)
    if (picture.width == pictures.front().width && picture.height == pictures.front().height &&
        picture.channels == 1)
      same.push_back(&picture);
  Image out(pictures.front().width, pictures.front().height * static_cast<int>(same.size()), 1);
  std::size_t at = 0;
  for (const Image* picture : same) {
    std::ranges::copy(picture->pixels, out.pixels.begin() + static_cast<std::ptrdiff_t>(at));
    at += picture->pixels.size();
  }
  return out;
}

std::vector<Image> unstacked(const Image& strip, int count) {
  std::vector<Image> out;
  if (count <= 0 || strip.height % count != 0) return out;
  for (int i = 0; i < count; ++i) {
    Image one(strip.width, strip.height / count, 1);
    const std::size_t step = static_cast<std::size_t>(strip.channels);
    for (std::size_t p = 0; p < one.pixels.size(); ++p)
      one.pixels[p] = strip.pixels[(static_cast<std::size_t>(i) * one.pixels.size() + p) * step];
    out.push_back(std::move(one));
  }
  return out;
}

bool others_decided(const inspection::Reference& reference, const Look& look, std::span<const Image> others) {
  if (others.empty() || look.shot.image.empty()) return false;
  const bool second = !look.again.image.empty();
  for (const Image* picture : {&look.shot.image, second ? &look.again.image : nullptr}) {
    if (picture == nullptr) continue;
    const auto with = inspection::inspect(reference, picture->view(), others),
               without = inspection::inspect(reference, picture->view());
    if (report_json(with) != report_json(without)) return true;
  }
  return false;
}

std::string first_difference(const ordered_json& recorded, const ordered_json& now) {
  if (recorded == now) return "";
  const auto diff = ordered_json::diff(recorded, now);
  if (diff.empty()) return "order of members";
  const std::string path = diff.front().value("path", "");
  const auto at = [&](const ordered_json& in) {
    const ordered_json::json_pointer pointer(path);
    return in.contains(pointer) ? in.at(pointer).dump() : std::string("nothing");
  };
  return path + ": recorded " + at(recorded) + ", now " + at(now);
}

}  // namespace

Result<void> keep_evidence(const PictureSafe& safe, std::int64_t record_key, const Attempt& attempt,
                           const std::string& profile_version, const std::array<const Look*, 2>& looks,
                           std::span<const Image> others) {
  ordered_json record{{"version", 1}, {"card", attempt.card}, {"profile", profile_version}};
  for (const std::size_t i : {0u, 1u}) {
    const Face& face = i == 0 ? attempt.job->front : attempt.job->back;
    const Look& look = *looks[i];
    const auto store = [&](const char* what, Result<std::vector<std::uint8_t>> bytes) -> Result<void> {
      if (!bytes) return std::unexpected(bytes.error());
      return safe.put(attempt.card + "-" + to_string(face.side) + "-" + what, *bytes, record_key);
    };
    if (auto stored = store("expected.png", artwork::encode_png(face.image.view())); !stored) return stored;
    int kept_others = 0;
    if (!look.shot.image.empty()) {
      if (auto stored = store("photograph.png", artwork::encode_png(look.shot.image.view())); !stored)
        return stored;
      if (!look.again.image.empty())
        if (auto stored = store("photograph-2.png", artwork::encode_png(look.again.image.view())); !stored)
          return stored;
      const inspection::Report& report = look.report;
      const Image& shown = report.rectified.empty() ? look.shot.image : report.rectified;
      // Without the marks: what an inspector lays over the expected face.
      if (!report.rectified.empty())
        if (auto stored = store("aligned.jpg", artwork::encode_jpeg(shown.view())); !stored) return stored;
      if (auto stored =
              store("marked.jpg", artwork::encode_jpeg(inspection::marked(shown, report.findings).view()));
          !stored)
        return stored;
      if (const Image off = inspection::difference(face.image, report.rectified); !off.empty())
        if (auto stored = store("difference.jpg", artwork::encode_jpeg(off.view())); !stored) return stored;
      const auto& reference = i == 0 ? attempt.job->front_reference : attempt.job->back_reference;
      if (i == 0 && others_decided(*reference, look, others)) {
        const Image strip = stacked(others);
        kept_others = strip.height / others.front().height;
        if (auto stored = store("others.png", artwork::encode_png(strip.view())); !stored) return stored;
      }
    }
    record[to_string(face.side)] = side_json(face, look, kept_others);
    record[to_string(face.side)]["photograph"] = !look.shot.image.empty();
    record[to_string(face.side)]["photograph_2"] = !look.again.image.empty();
  }
  const std::string text = record.dump(1) + "\n";
  return safe.put(attempt.card + "-record.json",
                  {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, record_key);
}

Result<void> keep_photographs(const PictureSafe& safe, std::int64_t record_key, const std::string& name,
                              const Image& front, const Image& back) {
  for (const auto& [side, image] : {std::pair{Side::front, &front}, std::pair{Side::back, &back}}) {
    if (image->empty()) continue;
    const auto bytes = artwork::encode_png(image->view());
    if (!bytes) return std::unexpected(bytes.error());
    if (auto written = safe.put(name + "-" + to_string(side) + "-photograph.png", *bytes, record_key);
        !written)
      return written;
  }
  return {};
}

Result<std::vector<std::string>> stored_cards(const PictureSafe& safe) {
  std::error_code none;
  if (!std::filesystem::is_directory(safe.folder(), none))
    return fail(ErrorCode::input_missing, safe.folder().string() + ": there is no such folder");
  std::vector<std::string> cards;
  constexpr std::string_view kEnd = "-record.json";
  for (const std::string& name : safe.names())
    if (name.ends_with(kEnd)) cards.push_back(name.substr(0, name.size() - kEnd.size()));
  return cards;
}

Result<std::vector<Replayed>> replay(const PictureSafe& safe, const std::string& card,
                                     const std::shared_ptr<const inspection::Profile>& profile,
                                     const artwork::Template& art) {
  constexpr std::size_t kMostRecord = 4u << 20;
  const std::string record_name = card + "-record.json";
  const auto bad = [&](const std::string& why) {
    return fail(ErrorCode::bad_data, (safe.folder() / record_name).string() + ": " + why);
  };
  const auto bytes = safe.get(record_name);
  if (!bytes)
    return fail(bytes.error().code, (safe.folder() / record_name).string() + ": " + bytes.error().message);
  if (bytes->size() > kMostRecord) return bad("is longer than a record can be");
  const auto record = ordered_json::parse(bytes->begin(), bytes->end(), nullptr, false);
  if (record.is_discarded()) return bad("is not JSON");
  std::vector<Replayed> out;
  try {
    std::array<Face, 2> faces;
    for (const std::size_t i : {0u, 1u}) {
      Face& face = faces[i];
      face.side = i == 0 ? Side::front : Side::back;
      const auto& side = record.at(to_string(face.side));
      auto expected = safe.picture(card + "-" + to_string(face.side) + "-expected.png");
      if (!expected) return bad(std::string(to_string(face.side)) + " expected: " + expected.error().message);
      face.image = std::move(*expected);
      face.dpi = side.at("dpi").get<double>();
      if (!(face.dpi >= 100 && face.dpi <= 1300)) return bad("dpi is out of range");
      const auto box_at = [](const ordered_json& b, std::size_t from) {
        return BoxMm{b.at(from).get<double>(), b.at(from + 1).get<double>(), b.at(from + 2).get<double>(),
                     b.at(from + 3).get<double>()};
      };
      if (side.contains("layout"))
        for (const auto& [name, box] : side["layout"].items()) face.layout[name] = box_at(box, 0);
      if (side.contains("glyphs"))
        for (const auto& glyph : side["glyphs"])
          face.glyphs.push_back(
              {glyph.at(0).get<std::string>(), glyph.at(1).get<std::string>().at(0), box_at(glyph, 2)});
      if (side.value("digit_shapes", false) || side.value("letter_shapes", false)) {
        const Face blank = art.blank_front(face.dpi);
        if (side.value("digit_shapes", false)) face.atlas = blank.atlas;
        if (side.value("letter_shapes", false)) face.letters = blank.letters;
      }
    }
    for (const std::size_t i : {0u, 1u}) {
      const auto& side = record.at(to_string(faces[i].side));
      const std::string stem = card + "-" + to_string(faces[i].side) + "-";
      Replayed replayed;
      replayed.card = card;
      replayed.side = faces[i].side;
      replayed.profile_version = record.value("profile", "");
      Look look;
      const auto reference = inspection::prepare(faces[i], profile, &faces[1 - i]);
      if (!reference) return bad(reference.error().message);
      std::vector<Image> others;
      if (const int count = side.value("other_portraits", 0); count > 0) {
        auto strip = safe.picture(stem + "others.png");
        if (!strip) return bad("other portraits: " + strip.error().message);
        others = unstacked(*strip, count);
      }
      const auto shot_of = [&](const char* what, bool there) -> Result<Shot> {
        Shot shot;
        if (!there) return shot;
        auto picture = safe.picture(stem + what);
        if (!picture) return bad(stem + what + ": " + picture.error().message);
        shot.image = std::move(*picture);
        shot.sha256 = ledger::sha256_text(shot.image.pixels);
        return shot;
      };
      const auto judge = [&](const Shot& shot) {
        return inspect_side(**reference, shot, faces[i].side, others);
      };
      auto first = shot_of("photograph.png", side.value("photograph", false));
      if (!first) return std::unexpected(first.error());
      auto again = shot_of("photograph-2.png", side.value("photograph_2", false));
      if (!again) return std::unexpected(again.error());
      look.shot = std::move(*first);
      look.report = judge(look.shot);
      if (!again->image.empty()) look_again(look, [&] { return *again; }, judge);
      replayed.difference = first_difference(side.at("report"), report_json(look.report));
      replayed.report = std::move(look.report);
      out.push_back(std::move(replayed));
    }
  } catch (const nlohmann::json::exception& error) {
    return bad(std::string("not a record of evidence: ") + error.what());
  } catch (const std::out_of_range&) {
    return bad("not a record of evidence: an empty character");
  }
  return out;
}

}  // namespace ktp::pipeline
