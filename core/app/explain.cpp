// SPDX-License-Identifier: Apache-2.0
#include "app/explain.hpp"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "artwork/picture.hpp"

namespace ktp::app {

std::string verdict_begin(const std::string& id, Side side) {
  std::string quoted = id;
  if (id.find_first_of(",\"\r\n") != std::string::npos) {
    quoted = "\"";
    for (const char c : id) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    quoted += '"';
  }
  return quoted + "," + to_string(side) + ",";
}

std::string verdict_rows(const std::string& id, Side side, const inspection::Report& report) {
  std::ostringstream out;
  out.precision(6);
  const auto line = [&] {
    out << verdict_begin(id, side) << to_string(report.verdict) << ',' << report.score << ',';
  };
  if (report.findings.empty()) {
    line();
    out << ",,,,,\n";
  }
  for (const Finding& finding : report.findings) {
    line();
    out << finding.kind << ',' << finding.box.x << ',' << finding.box.y << ',' << finding.box.w << ','
        << finding.box.h << ',' << finding.confidence << '\n';
  }
  return out.str();
}

Result<std::string> explain(const std::filesystem::path& folder, const Case& item, const Image& photograph,
                            const inspection::Report& report) {
  const auto expected = artwork::read_picture(item.expected);
  if (!expected) return std::unexpected(expected.error());
  char row[24];
  std::snprintf(row, sizeof row, "%06zu-", item.row);
  const auto write = [&](const char* what, const Image& picture) -> Result<void> {
    if (picture.empty()) return {};
    const auto bytes = artwork::encode_jpeg(picture.view());
    if (!bytes) return std::unexpected(bytes.error());
    return artwork::write_file(folder / (std::string(row) + to_string(item.side) + "-" + what + ".jpg"),
                               *bytes, false);
  };
  const Image& shown = report.rectified.empty() ? photograph : report.rectified;
  for (const auto& [what, picture] : std::initializer_list<std::pair<const char*, Image>>{
           {"expected", *expected},
           {"photograph", photograph},
           {"difference", inspection::difference(*expected, report.rectified)},
           {"overlay", inspection::marked(shown, report.findings)}})
    if (auto written = write(what, picture); !written) return std::unexpected(written.error());

  const double px_per_mm = expected->width / kCardWidthMm;
  const auto mm = [&](int px) { return std::round(px / px_per_mm * 100) / 100; };
  nlohmann::ordered_json line{{"row", item.row},
                              {"id", item.id},
                              {"side", to_string(item.side)},
                              {"verdict", to_string(report.verdict)},
                              {"findings", nlohmann::ordered_json::array()}};
  for (const Finding& f : report.findings)
    line["findings"].push_back({{"kind", f.kind},
                                {"field", f.field},
                                {"box_px", {f.box.x, f.box.y, f.box.w, f.box.h}},
                                {"box_mm", {mm(f.box.x), mm(f.box.y), mm(f.box.w), mm(f.box.h)}},
                                {"size_mm", std::round(f.size_mm * 100) / 100},
                                {"score", f.score},
                                {"limit", f.limit}});
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace ktp::app
