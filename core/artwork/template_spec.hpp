// SPDX-License-Identifier: Apache-2.0
// A card template as plain values, and how it is read from YAML. Private to the room.
#pragma once
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "domain/face.hpp"

namespace ktp::artwork {

/// sRGB, 0 to 1.
struct Colour {
  double r = 0, g = 0, b = 0;
};

enum class Align { left, centre };

/// How a piece of text is set. Sizes are the em height in millimetres.
struct TextStyle {
  std::string family;
  bool bold = false;
  double size = 2;
  double min_size = 2;
  int lines = 1;  ///< at most
  Align align = Align::left;
  Colour colour;
};

/// Text that is the same on every card. `name` is its key in Face::layout.
struct StaticText {
  std::string name;
  std::string text;
  BoxMm box;
  TextStyle style;
};

/// Where a value's printed label stands: its base line is the value's.
struct Label {
  std::string text;
  std::string belief;  ///< printed instead for KEPERCAYAAN TERHADAP TUHAN YME; empty where there is no other
  double x = 0;
  double colon_x = 0;
  TextStyle style;
};

struct Field {
  std::string name;   ///< key in Face::layout
  std::string value;  ///< what is printed: an order column or a composed value (values.hpp)
  BoxMm box;
  TextStyle style;
  std::optional<Label> label;
};

struct NikField {
  BoxMm box;  ///< sixteen cells side by side
  TextStyle style;
  Label label;
};

struct Portrait {
  BoxMm box;
  Colour frame;
};

struct Signature {
  BoxMm box;
  Colour colour;
};

/// Big semi-transparent text.
struct Mark {
  std::string text;
  double x = 0, y = 0;  ///< centre
  double size = 10;
  double angle = 0;  ///< degrees, clockwise
  Colour colour;
  double alpha = 0.2;
};

struct Pattern {
  double cell = 5;
  double contrast = 0.1;
};

struct Paper {
  Colour from, to, ink;
};

struct SideSpec {
  Pattern pattern;
  std::vector<Mark> marks;
  std::vector<StaticText> texts;
};

struct TemplateSpec {
  std::string version;
  std::filesystem::path regions;  ///< folder
  std::map<std::string, std::string> fonts;
  Paper wni, foreign;
  SideSpec front, back;
  Mark over_portrait;
  Portrait portrait;
  Signature signature;
  NikField nik;
  std::vector<Field> fields;
};

/// Reads and checks a template. Errors: input_missing, or configuration as "FILE:LINE: what".
Result<TemplateSpec> read_template(const std::filesystem::path& file);

}  // namespace ktp::artwork
