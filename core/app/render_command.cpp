// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "artwork/picture.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/order_pictures.hpp"

namespace ktp::app {

namespace {

nlohmann::ordered_json layout_of(const Face& face) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [field, box] : face.layout) json[field] = {box.x, box.y, box.w, box.h};
  return json;
}

}  // namespace

int render_command(const CommonOptions& common, const RenderOptions& options) {
  const Paths paths = find_paths();
  auto config = config_of(common.config, paths);
  if (!config) return report(config.error());
  auto art = artwork::Template::load(config->card_template);
  if (!art) return report(art.error());
  auto regions = artwork::Regions::load(config->regions);
  if (!regions) return report(regions.error());
  auto rows = pipeline::parse_batch(options.batch, **art, **regions, config->settings.test_mode);
  if (!rows) return report(rows.error());
  std::error_code made;
  std::filesystem::create_directories(options.out, made);
  if (made)
    return report({ErrorCode::input_missing, "cannot make " + options.out.string() + ": " + made.message()});
  nlohmann::ordered_json layout;
  std::size_t refused = 0;
  const auto refuse = [&](const pipeline::ParsedRow& row, const std::string& reason) {
    ++refused;
    std::cerr << options.batch.string() << ":row " << row.row << ": " << reason << '\n';
  };
  for (const pipeline::ParsedRow& row : *rows) {
    if (!row.reason.empty()) {
      refuse(row, row.reason);
      continue;
    }
    const auto pictures = pipeline::read_pictures(row.order, options.batch.parent_path());
    if (!pictures) {
      refuse(row, pictures.error().message);
      continue;
    }
    const auto decoded = pipeline::decode_pictures(*pictures);
    if (!decoded) {
      refuse(row, decoded.error().message);
      continue;
    }
    for (const Side side : {Side::front, Side::back}) {
      const auto face = (*art)->render(pipeline::as_printed(row.order), decoded->portrait, decoded->signature,
                                       side, options.dpi);
      if (!face) {
        refuse(row, face.error().message);
        break;
      }
      layout[to_string(side)] = layout_of(*face);
      const auto file = options.out / (row.order.id() + "-" + to_string(side) + ".png");
      if (auto written = artwork::write_png(file, face->image.view()); !written)
        return report(written.error());
    }
  }
  if (!layout.is_null()) {
    std::ofstream out(options.out / "layout.json", std::ios::binary | std::ios::trunc);
    if (!(out << layout.dump(1) << '\n').flush())
      return report({ErrorCode::internal, "cannot write layout.json; is the disk full?"});
  }
  std::cerr << rows->size() - refused << " orders drawn, " << refused << " rows refused\n";
  return 0;
}

}  // namespace ktp::app
