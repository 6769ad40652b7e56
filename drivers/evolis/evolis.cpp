// SPDX-License-Identifier: Apache-2.0
#include "evolis/evolis.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "card-printer/job_check.hpp"

namespace evolis {

using station::Report;

namespace {

// The times that public programs wait (docs/printer-protocols.md section 2.3).
constexpr std::uint32_t kSetMs = 2'000, kMoveMs = 30'000, kPanelMs = 30'000;
constexpr std::uint32_t kSyncMs = 40'000;  // a panel may be printing
constexpr std::uint32_t kOpenSyncMs = 15'000;
constexpr std::uint32_t kGlanceMs = 60;  // each question of a status, so that it ends within 500 ms
constexpr int kTries = 3;
constexpr int kHighVolts = 250;  // hundredths; a sensor says about 0 or about 5 V

}  // namespace

Evolis::Evolis(station::Host& host, const station::Settings& settings, std::string_view)
    : host_(host),
      black_level_(static_cast<int>(settings.integer("black-level"))),
      eject_wait_ms_(static_cast<std::uint64_t>(settings.integer("eject-wait"))),
      line_(host) {
  try {
    line_.sync(kOpenSyncMs);
    model_ = read("Rtp", kSetMs).value_or("unknown model");
    const std::string firmware = read("Rfv", kSetMs).value_or("unknown");
    has_exit_sensor_ = sensors(kSetMs).exit.has_value();
    host_.info("evolis: " + model_ + ", firmware " + firmware +
               (has_exit_sensor_ ? "" : ", no sensor at the output"));
  } catch (const Trouble& trouble) {
    throw station::Failure(trouble.code, trouble.words);
  }
}

Evolis::~Evolis() {
  line_.begin();
  restore_mode();
}

std::uint32_t Evolis::caps() const {
  const std::uint32_t caps = STN_CAP_DUPLEX | STN_CAP_COUNTER | STN_CAP_MOVE_TO_CAMERA;
  return has_exit_sensor_ ? caps | STN_CAP_EJECT_SENSOR : caps;
}

void Evolis::interrupt(std::uint64_t) noexcept {
  line_.interrupt();
}

// ---- questions ----

/// The answer, or none where this model does not know the question.
std::optional<std::string> Evolis::read(std::string_view question, std::uint32_t timeout_ms) {
  if (lacks_.contains(question)) return std::nullopt;
  const Reply reply = line_.ask(question, timeout_ms);
  if (const auto fault = fault_of(reply.text); fault && fault->code == STN_E_UNSUPPORTED) {
    lacks_.emplace(question);
    return std::nullopt;
  }
  return reply.text;
}

/// A stale OK in place of the number was seen on real printers: asked again.
std::uint64_t Evolis::number(std::string_view question) {
  for (int i = 0; i < kTries; ++i) {
    const Reply reply = line_.ask(question, kSetMs);
    if (const auto value = number_of(reply.text); value && reply.text != line_.serial()) return *value;
    line_.sync(kSyncMs);
  }
  throw Trouble(STN_E_PROTOCOL, "The printer does not tell its counter (" + std::string(question) + ").");
}

// What is proven by it must not hang on one reply that belongs to another question.
Evolis::Counters Evolis::counters() {
  line_.sync(kSyncMs);
  for (int i = 0; i < kTries; ++i) {
    Counters counters{number("Rco;c"), 0};
    if (!lacks_.contains("Rco;p")) {
      if (const auto panels = read("Rco;p", kSetMs)) counters.panels = number_of(*panels).value_or(0);
    }
    line_.sync(kSyncMs);
    if (number("Rco;c") == counters.cards) return counters;
  }
  throw Trouble(STN_E_PROTOCOL, "The printer's card counter does not stand still.");
}

Evolis::Sensors Evolis::sensors(std::uint32_t each_ms) {
  Sensors seen;
  const auto volts = [&](const char* question) -> std::optional<bool> {
    const auto text = read(question, each_ms);
    const auto value = text ? centivolts_of(*text) : std::nullopt;
    return value ? std::optional(*value > kHighVolts) : std::nullopt;
  };
  seen.cover_open = !volts("Rse;o").value_or(true);
  seen.feeder_empty = !volts("Rse;f").value_or(true);
  seen.exit = volts("Rse;b");
  if (const auto place = read("Rlr;p", each_ms)) {
    if (*place != "OK" && *place != "NO CARD" && *place != "CARD" && *place != "SMART CARD" &&
        *place != "CONTACTLESS CARD" && *place != "ERR CARD")
      throw Trouble(STN_E_PROTOCOL, "The printer does not tell whether a card is inside (" + *place + ").");
    seen.inside = *place != "OK" && *place != "NO CARD";
  }
  seen.box_full = read("Rlr;h", each_ms).value_or("NO CARD") == "CARD";
  return seen;
}

bool Evolis::wait_for_exit() {
  const std::uint64_t until = host_.now() + eject_wait_ms_ * 1'000'000u;
  while (true) {
    if (sensors(kSetMs).exit.value_or(false)) return true;
    if (host_.now() >= until) return false;
    host_.sleep_ms(0, 100);
  }
}

void Evolis::restore_mode() noexcept {
  if (!mode_ours_) return;
  try {
    line_.command("Pem;0", kSetMs);
    mode_ours_ = false;
  } catch (const std::exception& failed) {
    host_.warning(std::string("evolis: error management could not be given back: ") + failed.what());
  }
}

// ---- status ----

void Evolis::set_reasons(const std::set<std::string>& now) {
  for (const std::string& old : posted_)
    if (!now.contains(old)) host_.clear_reason(old);
  posted_ = now;
}

void Evolis::post_supplies(std::uint32_t each_ms) {
  std::int64_t left = -2, full = -2;
  if (const auto text = read("Rrt;count", each_ms))
    if (const auto value = number_of(*text)) left = static_cast<std::int64_t>(*value);
  if (left >= 0)
    if (const auto text = read("Rrt;qty", each_ms))
      if (const auto value = number_of(*text)) full = static_cast<std::int64_t>(*value);
  host_.supply("ribbon", left, full, "cards");
}

Report Evolis::status() {
  line_.begin();
  try {
    const Sensors seen = sensors(kGlanceMs);
    std::set<std::string> now;
    bool stopped = false;
    const auto say = [&](const char* keyword, std::int64_t severity, const char* words) {
      now.insert(keyword);
      stopped = stopped || severity == STN_SEVERITY_ERROR;
      host_.reason(keyword, severity, words);
    };
    if (seen.cover_open) say("cover-open", STN_SEVERITY_ERROR, "Close the cover.");
    if (seen.feeder_empty) say("media-empty", STN_SEVERITY_ERROR, "Fill the feeder with blanks.");
    stuck_ = stuck_ && seen.inside;
    if (seen.inside)
      say("media-jam", stuck_ ? STN_SEVERITY_ERROR : STN_SEVERITY_WARNING,
          "A card lies inside the printer. Open the cover and take it out, then close the cover.");
    if (seen.box_full) say("output-area-almost-full", STN_SEVERITY_WARNING, "Empty the reject box.");
    if (const auto text = read("Rlr;r", kGlanceMs))
      if (const auto fault = fault_of(*text); fault && fault->keyword == "cleaner-life-over")
        say("cleaner-life-almost-over", STN_SEVERITY_WARNING,
            "Cleaning is due: run a cleaning card through.");
    if (const auto text = read("Rcr", kGlanceMs); text && *text != "OK" && fault_of(*text))
      say("marker-supply-empty", STN_SEVERITY_ERROR,
          "The ribbon is missing, used up or torn: put in a new one.");
    post_supplies(kGlanceMs);
    // The feeder's sensor knows some from none, no more.
    host_.supply("hopper", seen.feeder_empty ? -2 : -3, -2, "cards");
    host_.state(stopped ? STN_STATE_STOPPED : STN_STATE_IDLE);
    set_reasons(now);
    if (!seen.inside && mode_ours_) restore_mode();
    return Report::done(seen.inside                 ? STN_AT_INSIDE
                        : seen.exit.value_or(false) ? STN_AT_CAMERA
                                                    : STN_AT_UNKNOWN);
  } catch (const Trouble& trouble) {
    host_.state(STN_STATE_STOPPED);
    host_.reason(trouble.keyword, STN_SEVERITY_ERROR, trouble.words);
    set_reasons({trouble.keyword});
    return Report::refused(trouble.code, trouble.words);
  }
}

Report Evolis::counter(std::uint64_t& cards) {
  line_.begin();
  try {
    cards = counters().cards;
    return Report::done().counted(cards, cards);
  } catch (const Trouble& trouble) {
    return Report::refused(trouble.code, trouble.words);
  }
}

// ---- a card ----

Evolis::Side Evolis::encode(const stn_raster& raster) const {
  const card::Panels panels = card::separate(kPanel, card::picture_of(raster), black_level_);
  Side side{dye_panel('y', panels.yellow),
            dye_panel('m', panels.magenta),
            dye_panel('c', panels.cyan),
            {},
            full_overlay()};
  if (panels.has_black) side.black = resin_panel('k', panels.black);
  return side;
}

/// What stands in the way before anything moves.
std::optional<Report> Evolis::obstacle(const Counters& before) {
  const Sensors seen = sensors(kSetMs);
  const auto no = [&](stn_code code, const char* words) {
    return std::optional(Report::refused(code, words).counted(before.cards, before.cards));
  };
  if (seen.cover_open) return no(STN_E_COVER, "Close the cover.");
  stuck_ = seen.inside;
  if (seen.inside)
    return no(STN_E_JAM,
              "A card lies inside the printer. Open the cover and take it out, then close the cover.");
  if (seen.exit.value_or(false)) return no(STN_E_MEDIA, "A card lies in the output: take it away first.");
  if (seen.feeder_empty) return no(STN_E_MEDIA, "Fill the feeder with blanks.");
  return std::nullopt;
}

void Evolis::send_side(const Side& side) {
  line_.download(side.yellow, kPanelMs);
  line_.download(side.magenta, kPanelMs);
  line_.download(side.cyan, kPanelMs);
  if (!side.black.empty()) line_.download(side.black, kPanelMs);
  line_.download(side.overlay, kPanelMs);
}

Report Evolis::print(station::Op& op, const stn_print_job& job) {
  if (const std::string wrong = card::wrong_with(job); !wrong.empty())
    return Report::refused(STN_E_BAD_INPUT, wrong);
  // All of it before the printer is told anything: from the feed on, only the cable can be slow.
  const Side front = encode(job.front);
  std::optional<Side> back;
  if (job.back.pixels != nullptr) back = encode(job.back);
  line_.begin();
  Counters before;
  try {
    before = counters();
    if (auto refused = obstacle(before)) return *refused;
    line_.command("Pem;2", kSetMs);
    mode_ours_ = true;
    line_.command("Pr;ymcko", kSetMs);
  } catch (const Trouble& trouble) {
    restore_mode();
    return Report::refused(trouble.code, trouble.words).counted(before.cards, before.cards);
  }
  if (op.cancelled()) {
    restore_mode();
    return Report::refused(STN_E_CANCELLED, "cancelled before a blank was fed")
        .counted(before.cards, before.cards);
  }
  return run_job(op, front, back ? &*back : nullptr, before);
}

// Once the blank is inside, a cancel comes too late to save it: the card is printed to the end.
Report Evolis::run_job(station::Op& op, const Side& front, const Side* back, const Counters& before) {
  const std::uint64_t panels = front.panels() + (back != nullptr ? back->panels() : 0);
  bool all_sent = false;
  try {
    op.progress(STN_STEP_FEEDING);
    line_.command("Ss", kMoveMs);
    op.progress(STN_STEP_FRONT);
    line_.command("Sr", kMoveMs);
    send_side(front);
    if (back != nullptr) {
      op.progress(STN_STEP_FLIPPING);
      line_.command("Sv", kMoveMs);
      op.progress(STN_STEP_BACK);
      send_side(*back);
    }
    op.progress(STN_STEP_EJECTING);
    all_sent = true;
    line_.command("Se", kMoveMs);
    Report report = conclude(before, panels);
    op.progress(STN_STEP_DONE);
    return report;
  } catch (const Trouble& trouble) {
    host_.warning("evolis: " + trouble.words);
    return abandon(before, panels, all_sent, trouble);
  }
}

/// The printer said that it is done; its counter and its sensors must say so too.
Report Evolis::conclude(const Counters& before, std::uint64_t panels) {
  const Counters after = counters();
  if (has_exit_sensor_ && !wait_for_exit()) {
    const bool inside = sensors(kSetMs).inside;
    restore_mode();
    return Report::unknown(STN_E_JAM,
                           "The printer says that the card is out, and the output sees none. Look there.")
        .at(inside ? STN_AT_INSIDE : STN_AT_UNKNOWN)
        .counted(before.cards, std::max(before.cards, after.cards));
  }
  restore_mode();
  const std::uint32_t at = has_exit_sensor_ ? STN_AT_CAMERA : STN_AT_OUTPUT;
  if (after.cards != before.cards + 1)
    return Report::unknown(STN_E_HARDWARE,
                           "The printer says that it printed, and its card counter went from " +
                               std::to_string(before.cards) + " to " + std::to_string(after.cards) + ".")
        .at(at)
        .counted(before.cards, std::max(before.cards, after.cards));
  if (before.panels != 0 && after.panels < before.panels + panels)
    host_.warning("evolis: panels printed " + std::to_string(after.panels - before.panels) + " of " +
                  std::to_string(panels) + "; the camera will tell");
  return Report::printed(at).counted(before.cards, after.cards);
}

/// The job went wrong after the command that feeds. What the card counter and the sensors say decides.
Report Evolis::abandon(const Counters& before, std::uint64_t panels, bool all_sent, const Trouble& why) {
  try {
    const Counters now = counters();
    const Sensors seen = sensors(kSetMs);
    if (now.cards == before.cards && !seen.inside) {
      restore_mode();
      return Report::refused(why.code, why.words).counted(before.cards, before.cards);
    }
    if (now.cards == before.cards + 1 && seen.inside) return throw_out(before, now, why);
    const bool out = seen.exit.value_or(false) && !seen.inside;
    if (!seen.inside) restore_mode();
    // Only its last answer was lost: the card is out, and every panel was printed.
    if (all_sent && out && now.cards == before.cards + 1 && before.panels != 0 &&
        now.panels == before.panels + panels)
      return Report::printed(STN_AT_CAMERA).counted(before.cards, now.cards);
    return Report::unknown(why.code, why.words)
        .at(seen.inside ? STN_AT_INSIDE
            : out       ? STN_AT_CAMERA
                        : STN_AT_UNKNOWN)
        .counted(before.cards, std::max(before.cards, now.cards));
  } catch (const Trouble& trouble) {
    const bool gone = trouble.code == STN_E_REMOVED;
    return Report::unknown(gone ? STN_E_REMOVED : why.code, gone ? trouble.words : why.words);
  }
}

/// Dye cannot be printed twice: a card whose job broke off is thrown out, never used again.
Report Evolis::throw_out(const Counters& before, const Counters& now, const Trouble& why) {
  std::uint32_t at = STN_AT_INSIDE;
  try {
    line_.command("Ser", kMoveMs);
    if (!sensors(kSetMs).inside) at = STN_AT_REJECT;
  } catch (const Trouble& trouble) {
    if (trouble.code == STN_E_REMOVED)
      return Report::unknown(STN_E_REMOVED, trouble.words).counted(before.cards, now.cards);
    host_.warning("evolis: the spoiled card stays inside: " + trouble.words);
  }
  if (at != STN_AT_INSIDE) restore_mode();
  stuck_ = at == STN_AT_INSIDE;
  Report report = Report::spoiled(why.code, at, why.words).counted(before.cards, now.cards);
  return at == STN_AT_INSIDE ? report.action(STN_ACT_OPERATOR) : report;
}

Report Evolis::to_camera(station::Op&, std::string_view) {
  line_.begin();
  try {
    if (!has_exit_sensor_)
      return Report::refused(
          STN_E_UNSUPPORTED,
          "this model has no sensor at its output: nobody can tell whether a card lies there");
    Sensors seen = sensors(kSetMs);
    if (!seen.exit.value_or(false) && seen.inside) {
      line_.command("Se", kMoveMs);
      static_cast<void>(wait_for_exit());
      seen = sensors(kSetMs);
    }
    if (seen.exit.value_or(false)) {
      if (!seen.inside) restore_mode();
      return Report::done(STN_AT_CAMERA);
    }
    return Report::refused(STN_E_MEDIA, "No card lies at the printer's output; put it back there.");
  } catch (const Trouble& trouble) {
    return Report::refused(trouble.code, trouble.words);
  }
}

}  // namespace evolis
