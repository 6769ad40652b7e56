// SPDX-License-Identifier: Apache-2.0
#include "magicard/magicard.hpp"

#include <algorithm>
#include <utility>

#include "card-printer/job_check.hpp"

namespace magicard {

using station::Report;

namespace {

constexpr std::uint32_t kAnswerMs = 2'000;
constexpr std::uint32_t kOpenSyncMs = 10'000, kSyncMs = 5'000;
constexpr std::uint32_t kGlanceMs = 60;  // each question of a status, so that it ends within 500 ms
constexpr std::uint32_t kPollMs = 500;
constexpr int kTries = 3;
constexpr int kSendTries = 3;
constexpr std::size_t kMostTold = 16;        // lines of a list that go to the log
constexpr std::uint64_t kNotableMs = 5'000;  // a pause that a person is told of; shorter ones are work

constexpr const char* kTakesNothing =
    "The printer takes no data. Look at its display: lid, film, cards, a card that is stuck.";
constexpr const char* kHoldsJob =
    "The printer has the whole job and no card came out. Look at its display and mend what it says, or "
    "switch it off, "
    "take out the card inside, and switch it on.";

}  // namespace

Magicard::Magicard(station::Host& host, const station::Settings& settings, std::string_view)
    : host_(host),
      output_sensor_(settings.text("output-sensor")),
      counts_fed_(settings.text("counter") == "fed"),
      clockwise_(settings.text("turn") == "clockwise"),
      black_level_(static_cast<int>(settings.integer("black-level"))),
      pause_ms_(static_cast<std::uint64_t>(settings.integer("pause-limit")) * 1'000u),
      print_ms_(static_cast<std::uint64_t>(settings.integer("print-wait")) * 1'000u),
      line_(host) {
  try {
    line_.sync(kOpenSyncMs);
    host_.info("magicard: model " + line_.value("MDL", kAnswerMs) + ", firmware " +
               line_.value("VRS", kAnswerMs));
    tell_lines("QPR");
    tell_lines("SNR");
  } catch (const Trouble& trouble) {
    throw station::Failure(trouble.code, trouble.code == STN_E_TIMEOUT ? kTakesNothing : trouble.words);
  }
}

/// What the lines look like is not public: whoever has a printer finds in the log what to configure.
void Magicard::tell_lines(const char* list) {
  try {
    const auto lines = line_.lines(list, kAnswerMs);
    for (std::size_t i = 0; i < std::min(lines.size(), kMostTold); ++i)
      host_.info("magicard: " + std::string(list) + std::to_string(i + 1) + " " + lines[i]);
  } catch (const Trouble& trouble) {
    if (trouble.code == STN_E_REMOVED) throw;
    host_.warning("magicard: " + trouble.words);
  }
}

std::uint32_t Magicard::caps() const {
  std::uint32_t caps = STN_CAP_DUPLEX | STN_CAP_MOVE_TO_CAMERA;
  if (counts_fed_) caps |= STN_CAP_COUNTER;
  if (!output_sensor_.empty()) caps |= STN_CAP_EJECT_SENSOR;
  return caps;
}

void Magicard::interrupt(std::uint64_t) noexcept {
  line_.interrupt();
}

// ---- questions ----

// What is proven by it must not hang on one reply that belongs to another question.
std::uint64_t Magicard::cards(std::uint32_t timeout_ms) {
  for (int i = 0; i < kTries; ++i) {
    line_.sync(timeout_ms);
    const auto first = number_of(line_.value("TCQ", timeout_ms));
    line_.sync(timeout_ms);
    const auto second = number_of(line_.value("TCQ", timeout_ms));
    if (first && first == second) return *first;
  }
  throw Trouble(STN_E_PROTOCOL, "The printer does not tell how many cards it made (TCQ).");
}

/// A list with a hole in it would say that the output is free: it is asked for again.
bool Magicard::output_taken(std::uint32_t each_ms) {
  for (int i = 1;; ++i) {
    try {
      line_.sync(each_ms);
      const auto lines = line_.lines("SNR", each_ms);
      if (lines.empty()) throw Trouble(STN_E_PROTOCOL, "The printer tells no sensors (SNR).");
      return std::ranges::any_of(
          lines, [&](const std::string& line) { return line.find(output_sensor_) != std::string::npos; });
    } catch (const Trouble& trouble) {
      if (i == kTries || trouble.code == STN_E_REMOVED || line_.interrupted()) throw;
    }
  }
}

// ---- status ----

void Magicard::set_reasons(const std::set<std::string>& now) {
  for (const std::string& old : posted_)
    if (!now.contains(old)) host_.clear_reason(old);
  posted_ = now;
}

Report Magicard::waiting_for_person(std::string_view words) {
  host_.state(STN_STATE_STOPPED);
  host_.reason("media-jam", STN_SEVERITY_ERROR, words);
  set_reasons({"media-jam"});
  return Report::done(STN_AT_INSIDE);
}

Report Magicard::status() {
  line_.begin();
  try {
    if (line_.half_sent()) {
      line_.look();
      return waiting_for_person(kHalfSent);
    }
    const auto film = number_of(line_.value("DFR", kGlanceMs));
    host_.supply("ribbon", film ? static_cast<std::int64_t>(*film) : -2, -2, "panels");
    if (output_sensor_.empty()) {
      host_.state(STN_STATE_IDLE);
      set_reasons({});
      return Report::done();
    }
    const bool taken = output_taken(kGlanceMs);
    if (pending_) {
      if (!taken || cards(kGlanceMs) == pending_->cards_before) return waiting_for_person(kHoldsJob);
      pending_.reset();
    }
    host_.state(STN_STATE_IDLE);
    set_reasons({});
    return Report::done(taken ? STN_AT_CAMERA : STN_AT_UNKNOWN);
  } catch (const Trouble& trouble) {
    const char* const words = trouble.code == STN_E_TIMEOUT ? kTakesNothing : trouble.words.c_str();
    host_.state(STN_STATE_STOPPED);
    host_.reason(trouble.keyword, STN_SEVERITY_ERROR, words);
    set_reasons({trouble.keyword});
    return Report::refused(trouble.code, words);
  }
}

Report Magicard::counter(std::uint64_t& number) {
  line_.begin();
  if (!counts_fed_)
    return Report::refused(STN_E_UNSUPPORTED, "this printer's counter is not known to count blanks");
  try {
    number = cards(kAnswerMs);
    return Report::done().counted(number, number);
  } catch (const Trouble& trouble) {
    return Report::refused(trouble.code, trouble.words);
  }
}

// ---- a card ----

card::Panels Magicard::separate(const stn_raster& raster) const {
  card::Panel panel = kPanel;
  panel.clockwise = clockwise_;
  return card::separate(panel, card::picture_of(raster), black_level_);
}

/// The counter of printed cards is no counter of blanks: it proves the print, and is not told as one.
Report Magicard::counted(Report report, std::uint64_t before, std::uint64_t after) const {
  return counts_fed_ ? report.counted(before, std::max(before, after)) : report;
}

Report Magicard::print(station::Op& op, const stn_print_job& job) {
  if (const std::string wrong = card::wrong_with(job); !wrong.empty())
    return Report::refused(STN_E_BAD_INPUT, wrong);
  if (output_sensor_.empty())
    return Report::refused(STN_E_UNSUPPORTED,
                           "Nobody can tell whether a card lies in this printer's output: set output-sensor "
                           "(drivers/magicard/README.md).")
        .action(STN_ACT_STOP_DEVICE);
  // All of it before the printer is told anything: from the feed on, only the cable can be slow.
  Page about{.duplex = job.back.pixels != nullptr, .time = static_cast<std::uint32_t>(now_ms() / 1'000u)};
  Bytes back;
  if (about.duplex) {
    const card::Panels panels = separate(job.back);
    about.back_black = panels.has_black;
    back = page({.number = 2, .duplex = true, .time = about.time}, panels);
  }
  const Bytes front = page(about, separate(job.front));
  line_.begin();
  std::uint64_t before = 0;
  try {
    before = cards(kSyncMs);
    if (pending_ && before != pending_->cards_before) pending_.reset();
    if (pending_) return Report::refused(STN_E_JAM, kHoldsJob);
    if (output_taken(kAnswerMs))
      return counted(Report::refused(STN_E_MEDIA, "A card lies in the output: take it away first."), before,
                     before);
  } catch (const Trouble& trouble) {
    const bool silent = trouble.code == STN_E_TIMEOUT;
    return Report::refused(trouble.code, silent ? kTakesNothing : trouble.words)
        .action(silent ? std::uint32_t{STN_ACT_OPERATOR} : station::detail::usual_action(trouble.code));
  }
  if (op.cancelled())
    return counted(Report::refused(STN_E_CANCELLED, "cancelled before a blank was fed"), before, before);
  return run_job(op, front, back, before);
}

void Magicard::send_page(const Bytes& page, std::uint64_t until_ms) {
  bool told = false;
  line_.job(page, {pause_ms_, until_ms, kSendTries}, [&](std::uint64_t since_ms) {
    if (since_ms >= kNotableMs && !std::exchange(told, true)) {
      host_.reason("media-needed", STN_SEVERITY_WARNING, kTakesNothing);
      posted_.insert("media-needed");
    } else if (since_ms == 0 && std::exchange(told, false)) {
      host_.clear_reason("media-needed");
      posted_.erase("media-needed");
    }
  });
}

// Once the first byte has passed, a cancel comes too late: where a printer feeds its blank is not known.
Report Magicard::run_job(station::Op& op, const Bytes& front, const Bytes& back, std::uint64_t before) {
  const std::uint64_t until = now_ms() + print_ms_;
  bool begun = false;
  try {
    op.progress(STN_STEP_FEEDING);
    send_page(front, until);
    begun = true;
    op.progress(STN_STEP_FRONT);
    if (!back.empty()) {
      send_page(back, until);
      op.progress(STN_STEP_BACK);
    }
  } catch (const Trouble& trouble) {
    host_.warning("magicard: " + trouble.words);
    if (trouble.code == STN_E_REMOVED) return Report::unknown(STN_E_REMOVED, trouble.words);
    if (line_.half_sent())
      return Report::unknown(STN_E_JAM, std::string(kHalfSent)).at(STN_AT_INSIDE).action(STN_ACT_OPERATOR);
    if (!begun)  // not one byte was taken
      return counted(Report::refused(trouble.code, kTakesNothing).action(STN_ACT_OPERATOR), before, before);
    // The front and nothing of the back: the printer waits for it for ever.
    line_.give_up();
    return Report::unknown(STN_E_JAM, std::string(kHalfSent)).at(STN_AT_INSIDE).action(STN_ACT_OPERATOR);
  }
  op.progress(STN_STEP_EJECTING);
  Report report = await_card(before, until);
  op.progress(STN_STEP_DONE);
  return report;
}

/// The printer has the whole job. Its counter must rise by one, and its output must see the card.
Report Magicard::await_card(std::uint64_t before, std::uint64_t until_ms) {
  pending_ = Pending{before};
  std::uint64_t now = before;
  while (true) {
    try {
      now = cards(kAnswerMs);
      if (now > before + 1) {
        pending_.reset();
        return counted(Report::unknown(STN_E_HARDWARE, "The printer counted " + std::to_string(now - before) +
                                                           " cards for one job; look for them."),
                       before, now);
      }
      if (now == before + 1 && output_taken(kAnswerMs)) {
        pending_.reset();
        return counted(Report::printed(STN_AT_CAMERA), before, now);
      }
    } catch (const Trouble& trouble) {
      if (trouble.code == STN_E_REMOVED) return Report::unknown(STN_E_REMOVED, trouble.words);
    }
    if (now_ms() >= until_ms || line_.interrupted()) break;
    host_.sleep_ms(0, kPollMs);
  }
  return counted(
      Report::unknown(STN_E_JAM, now == before ? kHoldsJob
                                               : "The printer counted the card, and its output sees none. "
                                                 "Look there and inside.")
          .at(now == before ? STN_AT_INSIDE : STN_AT_UNKNOWN)
          .action(STN_ACT_OPERATOR),
      before, now);
}

Report Magicard::to_camera(station::Op&, std::string_view) {
  line_.begin();
  if (output_sensor_.empty())
    return Report::refused(STN_E_UNSUPPORTED, "nobody can tell whether a card lies in this printer's output");
  try {
    if (output_taken(kAnswerMs)) return Report::done(STN_AT_CAMERA);
    return Report::refused(STN_E_MEDIA, "No card lies at the printer's output; put it there.");
  } catch (const Trouble& trouble) {
    return Report::refused(trouble.code, trouble.words);
  }
}

}  // namespace magicard
