// SPDX-License-Identifier: Apache-2.0
// `inspect --evidence DIR`: does this build, with this profile, still say what was said of the stored cards?
#include <algorithm>
#include <fstream>

#include "app/explain.hpp"
#include "app/open_station.hpp"
#include "pipeline/evidence.hpp"

namespace ktp::app {

int replay_evidence(const CommonOptions& common, const InspectOptions& options,
                    const std::shared_ptr<const inspection::Profile>& profile, const std::atomic<bool>& stop,
                    RunOutput& output) {
  const auto config = config_of(common.config, find_paths());
  if (!config) return report(config.error());
  const auto art = artwork::Template::load(config->card_template);
  if (!art) return report(art.error());
  // The folder of a station is sealed and has the station's keys beside it; one that was given out is plain.
  std::error_code none;
  const auto data = std::filesystem::absolute(options.evidence, none).lexically_normal().parent_path();
  const std::filesystem::directory_iterator files(options.evidence, none);
  const bool of_station = std::ranges::any_of(
      files, [](const auto& file) { return file.path().extension() == pipeline::PictureSafe::kEnd; });
  const auto key = of_station ? ledger::PersonalKey::load(data, false) : Result<ledger::PersonalKey>{};
  if (!key) return report(key.error());
  const pipeline::PictureSafe safe(options.evidence, of_station ? &*key : nullptr);
  const auto cards = pipeline::stored_cards(safe);
  if (!cards) return report(cards.error());
  if (cards->empty())
    return report({ErrorCode::input_missing,
                   options.evidence.string() + ": no stored card with a record (<card>-record.json)"});
  std::ofstream out(options.out, std::ios::binary | std::ios::trunc);
  if (!out)
    return report(
        {ErrorCode::input_missing, "cannot write " + options.out.string() + "; is its folder there?"});
  out << "id,side,verdict,score,kind,x,y,w,h,confidence\n";
  std::size_t sides = 0, differ = 0, other_profile = 0, unreadable = 0;
  const Pace pace;
  for (std::size_t i = 0; i < cards->size() && !stop.load(); ++i) {
    const auto replayed = pipeline::replay(safe, (*cards)[i], profile, **art);
    if (!replayed) {
      ++unreadable;
      output.line(replayed.error().message);
      continue;
    }
    for (const pipeline::Replayed& side : *replayed) {
      ++sides;
      out << verdict_rows(side.card, side.side, side.report);
      other_profile += side.profile_version != inspection::version(*profile);
      if (side.difference.empty()) continue;
      ++differ;
      output.line("card " + side.card + ", " + to_string(side.side) + ": differs: " + side.difference);
    }
    output.status(pace.line(i + 1, cards->size(), "stored cards"));
  }
  output.finish();
  if (!out.flush())
    return report({ErrorCode::internal, "cannot write " + options.out.string() + "; is the disk full?"});
  output.line(std::to_string(sides) + " sides of " + std::to_string(cards->size()) +
              " stored cards judged again: " + std::to_string(sides - differ) + " exactly as recorded, " +
              std::to_string(differ) + " not" +
              (other_profile ? "; " + std::to_string(other_profile) +
                                   " were judged by another profile then, which need not agree"
                             : ""));
  if (stop.load()) {
    output.line("stopped by the operator before all were judged");
    return Interrupt::kExitCode;
  }
  if (unreadable) return static_cast<int>(ErrorCode::bad_data);
  return differ == 0 ? 0 : static_cast<int>(ErrorCode::internal);
}

}  // namespace ktp::app
