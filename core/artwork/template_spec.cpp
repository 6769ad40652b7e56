// SPDX-License-Identifier: Apache-2.0
#include "artwork/template_spec.hpp"

#include <algorithm>
#include <cstdio>

#include "artwork/picture.hpp"
#include "artwork/values.hpp"
#include "artwork/yaml_reader.hpp"

namespace ktp::artwork {
namespace {

constexpr double kMaxSize = 20;  // millimetres em; more does not fit a card
const Colour kBlack{0.06, 0.07, 0.09};

Paper read_paper(YamlMap map) {
  Paper paper{map.colour("from"), map.colour("to"), map.colour("ink")};
  map.done();
  return paper;
}

Mark read_mark(YamlMap map) {
  Mark mark;
  mark.text = map.text("text");
  const auto centre = map.point("centre");
  mark.x = centre[0];
  mark.y = centre[1];
  mark.size = map.number("size", 0.5, kMaxSize);
  mark.angle = map.number_or("angle", -180, 180, 0);
  mark.colour = map.colour("colour");
  mark.alpha = map.number("alpha", 0, 1);
  map.done();
  return mark;
}

TextStyle read_style(YamlMap& map, const std::string& family) {
  TextStyle style;
  style.family = family;
  style.bold = map.flag_or("bold", false);
  style.size = map.number("size", 0.5, kMaxSize);
  style.min_size = map.number_or("min_size", 0.5, style.size, style.size);
  style.lines = static_cast<int>(map.number_or("lines", 1, 4, 1));
  const std::string align = map.text_or("align", "left");
  if (align != "left" && align != "centre") map.fail_at("align", "must be left or centre");
  style.align = align == "left" ? Align::left : Align::centre;
  style.colour = map.has("colour") ? map.colour("colour") : kBlack;
  return style;
}

Label read_label(YamlMap& map, const Label& common) {
  Label label = common;
  label.text = map.text("label");
  label.belief = map.text_or("label_belief", "");
  label.x = map.number_or("label_x", 0, kCardWidthMm, common.x);
  label.colon_x = map.number_or("colon_x", 0, kCardWidthMm, common.colon_x);
  label.style.size = map.number_or("label_size", 0.5, kMaxSize, common.style.size);
  label.style.min_size = label.style.size;
  return label;
}

SideSpec read_side(YamlMap& map, const std::string& family) {
  SideSpec side;
  YamlMap pattern = map.map("pattern");
  side.pattern = {pattern.number("cell", 1, 40), pattern.number("contrast", 0, 1)};
  pattern.done();
  for (YamlMap& item : map.list("specimen")) side.marks.push_back(read_mark(std::move(item)));
  if (side.marks.empty()) map.fail_at("specimen", "every face carries at least one mark");
  for (YamlMap& item : map.list("texts")) {
    StaticText text;
    text.name = item.text("name");
    text.text = item.text("text");
    text.box = item.box("box");
    text.style = read_style(item, family);
    item.done();
    side.texts.push_back(std::move(text));
  }
  return side;
}

void read_front(YamlMap map, const Label& common, TemplateSpec* spec) {
  const std::string& family = spec->fonts.at("text");
  spec->front = read_side(map, family);
  spec->over_portrait = read_mark(map.map("specimen_over"));
  YamlMap portrait = map.map("portrait");
  spec->portrait = {portrait.box("box"), portrait.colour("frame")};
  portrait.done();
  YamlMap signature = map.map("signature");
  spec->signature = {signature.box("box"), signature.colour("colour")};
  signature.done();
  YamlMap nik = map.map("nik");
  spec->nik = {nik.box("box"), read_style(nik, spec->fonts.at("nik")), read_label(nik, common)};
  nik.done();
  std::set<std::string> names{"nik", "portrait", "signature"};
  for (YamlMap& item : map.list("fields")) {
    Field field;
    field.name = item.text("name");
    if (!names.insert(field.name).second) item.fail_at("name", "two fields have this name");
    field.value = item.text("value");
    if (!is_value(field.value)) item.fail_at("value", "no such value: " + field.value);
    field.box = item.box("box");
    field.style = read_style(item, family);
    if (item.has("label")) field.label = read_label(item, common);
    item.done();
    spec->fields.push_back(std::move(field));
  }
  map.done();
}

TemplateSpec read_spec(const YAML::Node& node, const std::filesystem::path& file) {
  TemplateSpec spec;
  YamlMap map(node, file.string(), "template");
  spec.version = map.text("version");
  spec.regions = file.parent_path() / map.text("regions");
  spec.fonts = map.texts("fonts");
  for (const char* font : {"text", "nik"}) {
    if (!spec.fonts.contains(font)) map.fail_at("fonts", std::string("needs a family for '") + font + "'");
  }
  if (spec.fonts.size() != 2) map.fail_at("fonts", "knows only 'text' and 'nik'");
  YamlMap papers = map.map("papers");
  spec.wni = read_paper(papers.map("wni"));
  spec.foreign = read_paper(papers.map("foreign"));
  papers.done();
  YamlMap labels = map.map("labels");
  Label common;
  common.x = labels.number("x", 0, kCardWidthMm);
  common.colon_x = labels.number("colon_x", 0, kCardWidthMm);
  common.style = read_style(labels, spec.fonts.at("text"));
  labels.done();
  read_front(map.map("front"), common, &spec);
  YamlMap back = map.map("back");
  spec.back = read_side(back, spec.fonts.at("text"));
  back.done();
  map.done();
  return spec;
}

// Two templates that differ in any byte have different versions, so that a ledger entry says which one was
// printed.
std::string fingerprint(const std::vector<std::uint8_t>& bytes) {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const std::uint8_t b : bytes) hash = (hash ^ b) * 16777619u;
  std::array<char, 9> text{};
  std::snprintf(text.data(), text.size(), "%08x", hash);
  return text.data();
}

}  // namespace

Result<TemplateSpec> read_template(const std::filesystem::path& file) {
  const auto bytes = read_bytes(file, 1u << 20);
  if (!bytes) return fail(bytes.error().code, file.string() + ": " + bytes.error().message);
  try {
    TemplateSpec spec = read_spec(YAML::Load(std::string(bytes->begin(), bytes->end())), file);
    spec.version += "+" + fingerprint(*bytes);
    return spec;
  } catch (const YamlError& error) {
    return fail(ErrorCode::configuration, error.what());
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::configuration,
                file.string() + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg);
  }
}

}  // namespace ktp::artwork
