// SPDX-License-Identifier: Apache-2.0
// `calibrate`: good cards in, a profile with limits for a stated rate of false rejects out.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/case_list.hpp"
#include "app/commands.hpp"
#include "app/output.hpp"
#include "artwork/picture.hpp"
#include "inspection/calibration.hpp"
#include "inspection/specimens.hpp"
#include "ledger/personal.hpp"

namespace ktp::app {

namespace {

namespace insp = inspection;

constexpr std::size_t kLeastPictures = 20;  // below that not even the middle of the set is known
constexpr double kMostAside = 0.1;          // share of pictures on which no card is found
constexpr std::size_t kNamed = 40;          // pictures named one by one

struct Seen {
  insp::Observation observation;
  std::string problem, sha256;
};

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[24];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

// Each thread counts for itself; what they counted is added up at the end, and sums do not depend on the
// order.
class VariationPool {
 public:
  std::unique_ptr<insp::LearnedVariation> borrow() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<insp::LearnedVariation>();
    auto one = std::move(free_.back());
    free_.pop_back();
    return one;
  }
  void give_back(std::unique_ptr<insp::LearnedVariation> one) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(one));
  }
  [[nodiscard]] insp::LearnedVariation sum() const {
    insp::LearnedVariation all;
    for (const auto& one : free_) all.add(*one);
    return all;
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<insp::LearnedVariation>> free_;
};

class Calibrating {
 public:
  Calibrating(const CommonOptions& common, const CalibrateOptions& options, RunOutput& output,
              const Interrupt& interrupt)
      : common_(common), options_(options), output_(output), interrupt_(interrupt) {}

  Result<int> run() {
    auto profile = insp::load_profile(options_.profile);
    if (!profile) return std::unexpected(profile.error());
    base_ = *profile;
    if (!insp::can_calibrate(*base_))
      return fail(ErrorCode::configuration,
                  options_.profile.string() +
                      ": is for aligned prints; calibrate sets limits of profiles with "
                      "mode: card");
    auto list = read_cases(options_.cases);
    if (!list) return std::unexpected(list.error());
    cases_ = std::move(list->cases);
    cases_sha256_ = list->sha256;
    if (cases_.size() < kLeastPictures)
      return fail(ErrorCode::bad_data, options_.cases.string() + ": has " + std::to_string(cases_.size()) +
                                           " pictures; calibrate needs at least " +
                                           std::to_string(kLeastPictures) +
                                           " of good cards, some hundred to be of use");
    // Written at the end, but whether it can be is known now.
    if (const auto folder = std::filesystem::absolute(options_.out).parent_path();
        !std::filesystem::is_directory(folder))
      return fail(ErrorCode::input_missing, folder.string() + ": there is no such folder to write to");
    art_ = template_for_cases(common_.config);

    VariationPool pool;
    if (auto looked = look(base_, "good pictures, first look", &pool); !looked)
      return std::unexpected(looked.error());
    if (interrupt_.stop()) return stopped();
    if (auto fit = refuse_bad_set(); !fit) return std::unexpected(fit.error());
    const double before = insp::rejected_share(observations_);

    const auto learned = insp::with_variation(*base_, pool.sum());
    if (auto looked = look(learned, "good pictures, by the learned band", nullptr); !looked)
      return std::unexpected(looked.error());
    if (interrupt_.stop()) return stopped();
    const std::vector<insp::Specimen> specimens = judge_specimens(learned);
    if (interrupt_.stop()) return stopped();

    insp::CalibrationResult result =
        insp::set_limits(*base_, observations_, specimens, options_.false_rejects);
    result.expected_before = before;
    const auto yaml = insp::calibrated_yaml(options_.profile, *base_, *learned, result,
                                            {now_utc(), cases_sha256_, pictures_sha256_});
    if (!yaml) return std::unexpected(yaml.error());
    if (auto written = artwork::write_file(
            options_.out, {reinterpret_cast<const std::uint8_t*>(yaml->data()), yaml->size()});
        !written)
      return std::unexpected(written.error());
    // What was written has to be readable: a profile nobody can load is found here and not in the station.
    const auto again = insp::load_profile(options_.out);
    if (!again)
      return fail(ErrorCode::internal, "the written profile cannot be read: " + again.error().message);
    output_.finish();
    if (common_.json)
      tell_json(result, insp::version(**again));
    else
      tell(result, insp::version(**again));
    return 0;
  }

 private:
  Result<int> stopped() {
    output_.finish();
    output_.line("stopped by the operator: nothing was written");
    return Interrupt::kExitCode;
  }

  // Observes every picture; where `pool` is given also counts its deviations.
  Result<void> look(const std::shared_ptr<const insp::Profile>& profile, const char* what,
                    VariationPool* pool) {
    References references(profile, art_);
    observations_.clear();
    std::vector<std::string> problems;
    std::string all;
    const Pace pace;
    in_order(
        cases_.size(), cores(), interrupt_.stop(),
        [&](std::size_t i) {
          Seen seen;
          const auto reference = references.of(cases_[i].expected, cases_[i].side);
          if (!reference) {
            seen.problem = reference.error().message;
            return seen;
          }
          const auto picture = artwork::read_picture(cases_[i].captured);
          if (!picture) {
            seen.problem = "captured: " + picture.error().message;
            return seen;
          }
          if (pool) {
            auto counted = pool->borrow();
            seen.observation = insp::observe(**reference, picture->view(), counted.get());
            pool->give_back(std::move(counted));
            seen.sha256 = ledger::sha256_text(picture->pixels);
          } else {
            seen.observation = insp::observe(**reference, picture->view(), nullptr);
          }
          return seen;
        },
        [&](std::size_t i, Seen&& seen) {
          seen.observation.id = cases_[i].id;
          seen.observation.row = cases_[i].row;
          if (!seen.problem.empty()) problems.push_back(where(i) + seen.problem);
          all += seen.sha256;
          observations_.push_back(std::move(seen.observation));
          output_.status(pace.line(i + 1, cases_.size(), what));
        });
    if (interrupt_.stop()) return {};
    if (pool)
      pictures_sha256_ = ledger::sha256_text({reinterpret_cast<const std::uint8_t*>(all.data()), all.size()});
    if (problems.empty()) return {};
    name(problems);
    return fail(ErrorCode::bad_data, std::to_string(problems.size()) + " of " +
                                         std::to_string(cases_.size()) +
                                         " pictures cannot be read; mend or leave out these rows");
  }

  [[nodiscard]] std::string where(std::size_t i) const {
    return options_.cases.string() + ":row " + std::to_string(cases_[i].row) + ": id " + cases_[i].id + ": ";
  }

  void name(const std::vector<std::string>& lines) {
    for (std::size_t i = 0; i < lines.size() && i < kNamed; ++i) output_.line(lines[i]);
    if (lines.size() > kNamed) output_.line("and " + std::to_string(lines.size() - kNamed) + " more");
  }

  Result<void> refuse_bad_set() {
    std::vector<std::string> lines;
    std::map<std::string, std::size_t> aside;
    std::size_t set_aside = 0;
    for (const insp::Suspect& suspect : insp::find_damaged(observations_))
      lines.push_back(where(suspect.index) + suspect.why);
    if (!lines.empty()) {
      name(lines);
      return fail(ErrorCode::bad_data,
                  std::to_string(lines.size()) + " of " + std::to_string(cases_.size()) +
                      " cards look damaged or wrong; calibrate learns from good cards only. Look at them "
                      "(`inspect --pictures`), leave them out and calibrate again; nothing was written");
    }
    for (std::size_t i = 0; i < observations_.size(); ++i) {
      if (observations_[i].judged) continue;
      ++set_aside;
      lines.push_back(where(i) + "cannot be judged (" + observations_[i].kind + "), set aside");
    }
    name(lines);
    if (static_cast<double>(set_aside) > kMostAside * static_cast<double>(cases_.size()))
      return fail(ErrorCode::bad_data,
                  std::to_string(set_aside) + " of " + std::to_string(cases_.size()) +
                      " pictures show no card that can be judged: see to table, light and camera first");
    if (observations_.size() - set_aside < kLeastPictures)
      return fail(ErrorCode::bad_data, "fewer than " + std::to_string(kLeastPictures) +
                                           " pictures can be judged; calibrate needs more");
    return {};
  }

  // Must damage drawn into good pictures spread over the set, judged by the base and by the learned band.
  std::vector<insp::Specimen> judge_specimens(const std::shared_ptr<const insp::Profile>& learned) {
    struct Task {
      std::size_t picture, kind;
      std::uint64_t seed;
    };
    std::vector<std::size_t> usable;
    for (std::size_t i = 0; i < observations_.size(); ++i)
      if (observations_[i].judged) usable.push_back(i);
    std::vector<Task> tasks;
    const auto each = static_cast<std::size_t>(options_.specimens);
    for (std::size_t n = 0; n < each; ++n)  // picture by picture, so that each is prepared once
      for (std::size_t kind = 0; kind < insp::must_find().size(); ++kind)
        tasks.push_back({usable[n * usable.size() / each], kind, n});
    References by_base(base_, art_), by_learned(learned, art_);
    std::vector<insp::Specimen> specimens;
    const Pace pace;
    in_order(
        tasks.size(), cores(), interrupt_.stop(),
        [&](std::size_t i) -> std::optional<insp::Specimen> {
          const Task& task = tasks[i];
          const Case& item = cases_[task.picture];
          const auto base = by_base.of(item.expected, item.side),
                     other = by_learned.of(item.expected, item.side);
          const auto picture = artwork::read_picture(item.captured);
          if (!base || !other || !picture) return {};
          const auto drawn =
              insp::draw_specimen(picture->view(), task.kind, task.seed, observations_[task.picture].blur_px);
          if (!drawn) return {};
          const auto before = insp::observe(**base, drawn->view(), nullptr);
          auto after = insp::observe(**other, drawn->view(), nullptr);
          // What could not even be judged is not passed as good.
          if (!after.judged || !before.judged) return {};
          return insp::Specimen{
              .kind = task.kind,
              .found_before = std::ranges::any_of(before.scores, [](double s) { return s >= 1; }),
              .scores = std::move(after.scores)};
        },
        [&](std::size_t i, std::optional<insp::Specimen>&& specimen) {
          if (specimen) specimens.push_back(std::move(*specimen));
          output_.status(pace.line(i + 1, tasks.size(), "drawn damage that must be found"));
        });
    return specimens;
  }

  void tell(const insp::CalibrationResult& r, const std::string& version) const {
    std::cout << std::setprecision(3);
    std::cout << "Learned from " << r.pictures << " good pictures";
    if (r.set_aside) std::cout << " (" << r.set_aside << " set aside)";
    std::cout << ": profile " << version << " in " << options_.out.string() << "\n\n"
              << std::left << std::setw(24) << "limit" << std::right << std::setw(9) << "usual"
              << std::setw(9) << "highest" << std::setw(9) << "before" << std::setw(9) << "now"
              << "  rejects  unit\n";
    for (const insp::LimitSet& l : r.limits) {
      std::cout << std::left << std::setw(24) << l.name << std::right << std::setw(9) << l.median
                << std::setw(9) << l.highest << std::setw(9) << l.before << std::setw(9) << l.after
                << std::setw(8) << 100 * l.expected_rejects << "%  " << l.unit;
      if (!l.held_by.empty())
        std::cout << "\n    wanted " << l.wanted
                  << ", held back so that must damage is still found: " << l.held_by;
      if (!l.note.empty()) std::cout << "; " << l.note;
      std::cout << '\n';
    }
    std::cout << "\nmust damage drawn into these pictures    found before   now   of\n";
    for (const insp::MustOutcome& m : r.must)
      if (m.drawn > 0)
        std::cout << "  " << std::left << std::setw(40) << (m.kind + ", " + m.size) << std::right
                  << std::setw(11) << m.found_before << std::setw(6) << m.found_after << std::setw(5)
                  << m.drawn << '\n';
    std::cout << "\nFalse rejects: asked " << 100 * r.false_rejects << " %, expected "
              << 100 * r.expected_rejects << " % of pictures (the profile before: " << 100 * r.expected_before
              << " % of this set).\n";
    if (r.cards_needed() > 0)
      std::cout << "To show " << 100 * r.false_rejects << " % by itself a set needs " << r.cards_to_show
                << " pictures: " << r.cards_needed()
                << " more. Until then the limits are extrapolated from the tail, at its upper 95 % bound.\n";
    if (!r.holds_both())
      std::cout
          << "This camera cannot hold both: at the stated rate of false rejects it would pass damage that "
             "must "
             "be found. The damage was held, the rate was not; better light, focus or resolution helps.\n";
  }

  void tell_json(const insp::CalibrationResult& r, const std::string& version) const {
    nlohmann::ordered_json out{{"profile", version},
                               {"pictures", r.pictures},
                               {"set_aside", r.set_aside},
                               {"false_rejects_asked", r.false_rejects},
                               {"false_rejects_expected", r.expected_rejects},
                               {"false_rejects_before", r.expected_before},
                               {"pictures_needed", r.cards_needed()},
                               {"holds_both", r.holds_both()}};
    for (const insp::LimitSet& l : r.limits)
      out["limits"][l.name] = {{"unit", l.unit},       {"before", l.before},
                               {"after", l.after},     {"wanted", l.wanted},
                               {"held_by", l.held_by}, {"expected_rejects", l.expected_rejects}};
    for (const insp::MustOutcome& m : r.must)
      if (m.drawn > 0)
        out["must"].push_back({{"kind", m.kind},
                               {"size", m.size},
                               {"drawn", m.drawn},
                               {"found_before", m.found_before},
                               {"found_after", m.found_after}});
    std::cout << out.dump() << '\n';
  }

  const CommonOptions& common_;
  const CalibrateOptions& options_;
  RunOutput& output_;
  const Interrupt& interrupt_;
  std::shared_ptr<const insp::Profile> base_;
  std::shared_ptr<const artwork::Template> art_;
  std::vector<Case> cases_;
  std::string cases_sha256_, pictures_sha256_;
  std::vector<insp::Observation> observations_;
};

}  // namespace

int calibrate_command(const CommonOptions& common, const CalibrateOptions& options) {
  RunOutput output;
  const Interrupt interrupt(
      [&] { output.line("stopping; nothing will be written; once more to stop at once"); });
  const auto done = Calibrating(common, options, output, interrupt).run();
  if (!done) output.finish();
  return exit_code_of(done);
}

}  // namespace ktp::app
