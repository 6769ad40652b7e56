// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "app/case_list.hpp"
#include "app/commands.hpp"
#include "app/explain.hpp"
#include "app/output.hpp"
#include "artwork/picture.hpp"

namespace ktp::app {

namespace {

struct Judged {
  std::string lines, problem, explained;
  Verdict verdict = Verdict::review;
};

Judged judge(const Case& item, References& references, const std::filesystem::path& pictures) {
  const auto unreadable = [&](const std::string& why) {
    return Judged{verdict_begin(item.id, item.side) + "review,0,unreadable-picture,,,,,0\n", why, "",
                  Verdict::review};
  };
  const auto reference = references.of(item.expected, item.side);
  if (!reference) return unreadable(reference.error().message);
  const auto picture = artwork::read_picture(item.captured);
  if (!picture) return unreadable("captured: " + picture.error().message);
  const inspection::Report report = inspection::inspect(**reference, picture->view());
  Judged judged{verdict_rows(item.id, item.side, report), "", "", report.verdict};
  if (!pictures.empty() && report.verdict != Verdict::good) {
    auto explained = explain(pictures, item, *picture, report);
    if (explained)
      judged.explained = std::move(*explained);
    else
      judged.problem = "its pictures could not be written: " + explained.error().message;
  }
  return judged;
}

}  // namespace

int inspect_command(const CommonOptions& common, const InspectOptions& options) {
  auto profile = inspection::load_profile(options.profile);
  if (!profile) return report(profile.error());
  RunOutput output;
  const Interrupt interrupt(
      [&] { output.line("stopping after the pictures in work; once more to stop at once"); });
  if (!options.evidence.empty()) return replay_evidence(common, options, *profile, interrupt.stop(), output);
  auto list = read_cases(options.cases);
  if (!list) return report(list.error());
  const std::vector<Case>& cases = list->cases;
  std::ofstream explanations;
  if (!options.pictures.empty()) {
    std::error_code made;
    std::filesystem::create_directories(options.pictures, made);
    explanations.open(options.pictures / "findings.jsonl", std::ios::binary | std::ios::trunc);
    if (!explanations)
      return report({ErrorCode::input_missing, "cannot write in " + options.pictures.string()});
  }
  std::ofstream out(options.out, std::ios::binary | std::ios::trunc);
  if (!out)
    return report(
        {ErrorCode::input_missing, "cannot write " + options.out.string() + "; is its folder there?"});
  out << "id,side,verdict,score,kind,x,y,w,h,confidence\n";

  References references(*profile, template_for_cases(common.config));
  const Pace pace;
  std::size_t unreadable = 0, good = 0;
  const std::size_t taken = in_order(
      cases.size(), cores(), interrupt.stop(),
      [&](std::size_t i) { return judge(cases[i], references, options.pictures); },
      [&](std::size_t i, Judged&& judged) {
        out << judged.lines;
        if (i % 64 == 63) out.flush();
        if (explanations.is_open()) explanations << judged.explained;
        good += judged.verdict == Verdict::good;
        if (!judged.problem.empty()) {
          ++unreadable;
          output.line(options.cases.string() + ":row " + std::to_string(cases[i].row) + ": id " +
                      cases[i].id + ": " + judged.problem);
        }
        output.status(pace.line(i + 1, cases.size(), "pictures") + "  good " + std::to_string(good) +
                      "  rejected " + std::to_string(i + 1 - good - unreadable) + "  unreadable " +
                      std::to_string(unreadable));
      });
  output.finish();
  if (explanations.is_open() && !explanations.flush())
    return report(
        {ErrorCode::internal, "cannot write in " + options.pictures.string() + "; is the disk full?"});
  if (!out.flush())
    return report({ErrorCode::internal, "cannot write " + options.out.string() + "; is the disk full?"});
  if (taken < cases.size()) {
    output.line("stopped by the operator: rows 1 to " + std::to_string(taken) + " of " +
                std::to_string(cases.size()) + " are judged and stand in " + options.out.string() +
                "; the same command judges all of them anew");
    return Interrupt::kExitCode;
  }
  return 0;
}

}  // namespace ktp::app
