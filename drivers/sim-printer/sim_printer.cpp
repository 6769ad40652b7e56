// SPDX-License-Identifier: Apache-2.0
#include "sim-printer/sim_printer.hpp"

#include <cstdlib>
#include <thread>

#include "sim-world/png_file.hpp"
#include "sim-world/random.hpp"

namespace sim {

using station::Report;

namespace {

constexpr std::string_view kJam = "media-jam";
constexpr std::string_view kRibbonEmpty = "marker-supply-empty";
constexpr std::string_view kCoverOpen = "cover-open";
constexpr std::uint64_t kLockPollMs = 50;
constexpr std::uint64_t kMostUnpluggedNs =
    600'000'000'000;  // longer is from before the machine was started anew

std::uint64_t unsigned_setting(const station::Settings& settings, std::string_view key) {
  return static_cast<std::uint64_t>(settings.integer(key));
}

stn_code code_of(const Trouble& trouble) {
  switch (trouble.kind()) {
    case Kind::busy:
      return STN_E_BUSY;
    case Kind::empty:
      return STN_E_MEDIA;
    case Kind::bad_input:
      return STN_E_BAD_INPUT;
    case Kind::not_found:
      return STN_E_NOT_FOUND;
    case Kind::io:
      break;
  }
  return STN_E_HARDWARE;
}

std::uint32_t at_of(const std::string& place) {
  if (place == kInside) return STN_AT_INSIDE;
  if (place == kAtCamera) return STN_AT_CAMERA;
  return STN_AT_OUTPUT;
}

}  // namespace

SimPrinter::SimPrinter(station::Host& host, const station::Settings& settings, std::string_view)
    : host_(host),
      dpi_(static_cast<int>(settings.integer("dpi"))),
      seed_(unsigned_setting(settings, "seed")),
      full_ribbon_(unsigned_setting(settings, "ribbon")),
      feed_ms_(unsigned_setting(settings, "feed-ms")),
      print_ms_(unsigned_setting(settings, "print-ms")),
      move_ms_(unsigned_setting(settings, "move-ms")),
      operator_ms_(unsigned_setting(settings, "operator-ms")),
      job_log_(settings.boolean("job-log")),
      chip_(settings.boolean("chip")) {
  try {
    zones_ = {parse_zone("portrait", settings.text("portrait")),
              parse_zone("nik-line", settings.text("nik-line"))};
    script_ = Script::load(settings.text("faults"), settings.text("faults-file"), print_fault_rules());
    const std::uint64_t give_up = host.now() + unsigned_setting(settings, "lock-wait") * 1'000'000'000u;
    WorldOptions options;
    options.folder = settings.text("world");
    options.blanks = unsigned_setting(settings, "blanks");
    options.dpi = dpi_;
    options.wait_a_little = [&host, give_up] {
      if (host.cancelled(0) || host.now() >= give_up) return false;
      host.sleep_ms(0, kLockPollMs);
      return true;
    };
    options.warn = [&host](const std::string& text) { host.warning(text); };
    world_.emplace(std::move(options));
    state_ = load_state(world_->folder(), full_ribbon_);
    if (const std::uint64_t until = state_.unplugged_until_ns, now = host.now();
        until > now && until - now <= kMostUnpluggedNs)
      throw station::Failure(STN_E_REMOVED, "the plug of the simulated printer is out");
  } catch (const Trouble& trouble) {
    throw station::Failure(code_of(trouble), trouble.what());
  }
  // The operator is still on the way to a fault that outlived the last process.
  if (!state_.attention.empty()) attention_until_ns_ = host_.now() + operator_ms_ * 1'000'000u;
}

std::uint32_t SimPrinter::caps() const {
  const std::uint32_t caps =
      STN_CAP_DUPLEX | STN_CAP_COUNTER | STN_CAP_EJECT_SENSOR | STN_CAP_MOVE_TO_CAMERA | STN_CAP_BINS;
  return job_log_ ? caps | STN_CAP_JOB_LOG : caps;
}

template <class F>
Report SimPrinter::guarded(F&& call) {
  try {
    return call();
  } catch (const Trouble& trouble) {
    return refuse(code_of(trouble), trouble.what());
  }
}

Report SimPrinter::refuse(stn_code code, const std::string& why) {
  return Report::refused(code, why).counted(world_->taken(), world_->taken());
}

Report SimPrinter::refuse(const Obstacle& why) {
  post_condition();
  return refuse(why.code, why.words);
}

std::optional<SimPrinter::Obstacle> SimPrinter::attention() const {
  if (state_.attention == kJam)
    return Obstacle{STN_E_JAM, "media-jam", "Open the cover and take the card out of the path."};
  if (state_.attention == kCoverOpen) return Obstacle{STN_E_COVER, "cover-open", "Close the cover."};
  if (state_.attention == kRibbonEmpty)
    return Obstacle{STN_E_SUPPLY, "marker-supply-empty", "Put in a new ribbon."};
  return std::nullopt;
}

std::optional<SimPrinter::Obstacle> SimPrinter::obstacle() {
  clear_when_due();
  if (const auto fault = attention()) return fault;
  if (world_->left() == 0) return Obstacle{STN_E_MEDIA, "media-empty", "Fill the hopper with blanks."};
  return std::nullopt;
}

void SimPrinter::raise(const char* keyword, std::uint64_t card) {
  state_.attention = keyword;
  state_.stuck_card = card;
  attention_until_ns_ = host_.now() + operator_ms_ * 1'000'000u;
}

void SimPrinter::clear_when_due() {
  if (state_.attention.empty() || host_.now() < attention_until_ns_) return;
  if (state_.attention == kRibbonEmpty) state_.ribbon = full_ribbon_;
  state_.attention.clear();
  state_.stuck_card = 0;
  save();
}

void SimPrinter::post_condition() {
  const std::optional<Obstacle> obstacle = this->obstacle();
  std::set<std::string> now;
  host_.state(obstacle ? STN_STATE_STOPPED : STN_STATE_IDLE);
  if (obstacle) {
    now.insert(obstacle->keyword);
    host_.reason(obstacle->keyword, STN_SEVERITY_ERROR, obstacle->words);
  }
  const std::uint64_t left = world_->left();
  if (left > 0 && left <= 10) {
    now.insert("media-low");
    host_.reason("media-low", STN_SEVERITY_WARNING, "Few blanks are left; have the next box ready.");
  }
  if (state_.ribbon > 0 && state_.ribbon * 20 <= full_ribbon_) {
    now.insert("marker-supply-low");
    host_.reason("marker-supply-low", STN_SEVERITY_WARNING,
                 "The ribbon is nearly used up; have a new one ready.");
  }
  for (const std::string& old : posted_)
    if (!now.contains(old)) host_.clear_reason(old);
  posted_ = std::move(now);
  host_.supply("hopper", static_cast<std::int64_t>(left), -2, "cards");
  host_.supply("ribbon", static_cast<std::int64_t>(state_.ribbon), static_cast<std::int64_t>(full_ribbon_),
               "panels");
}

Report SimPrinter::status() {
  return guarded([&] {
    post_condition();
    std::uint32_t at = STN_AT_UNKNOWN;
    if (!world_->at_camera().empty()) {
      at = STN_AT_CAMERA;
    } else if (const auto card = world_->find(world_->taken())) {
      at = at_of(card->place);
    }
    return Report::done(at).counted(world_->taken(), world_->taken());
  });
}

std::string SimPrinter::check_raster(const stn_raster& raster, const char* side) const {
  const auto near = [](std::uint32_t a, int b) {
    return a + 2 >= static_cast<std::uint32_t>(b) && a <= static_cast<std::uint32_t>(b) + 2;
  };
  const int w = card_pixels(kCardWidthMm, dpi_), h = card_pixels(kCardHeightMm, dpi_);
  const std::string name = std::string(side) + " picture";
  if (raster.pixels == nullptr) return name + " is missing";
  if (raster.dpi != static_cast<std::uint32_t>(dpi_))
    return name + " is for " + std::to_string(raster.dpi) + " dpi, this head has " + std::to_string(dpi_);
  if (!near(raster.width, w) || !near(raster.height, h))
    return name + " is " + std::to_string(raster.width) + "x" + std::to_string(raster.height) +
           ", the card is " + std::to_string(w) + "x" + std::to_string(h);
  if (raster.stride < raster.width * 3) return name + " has a stride shorter than a row";
  return "";
}

std::string SimPrinter::check(const stn_print_job& job) const {
  if (job.reserved != 0) return "reserved field is not 0";
  if (job.token == nullptr || !good_token(job.token)) return "token must be 1 to 64 letters or digits";
  const std::string front = check_raster(job.front, "front");
  if (!front.empty() || job.back.pixels == nullptr) return front;
  return check_raster(job.back, "back");
}

Report SimPrinter::print(station::Op& op, const stn_print_job& job) {
  return guarded([&]() -> Report {
    if (const std::string wrong = check(job); !wrong.empty()) return refuse(STN_E_BAD_INPUT, wrong);
    if (world_->find(job.token))
      return refuse(STN_E_BAD_INPUT, "a card was fed for this token before; a job is printed once");
    // A machine that stands still does not see the command, so it does not count.
    if (const auto stopped = obstacle()) return refuse(*stopped);
    op.progress(STN_STEP_QUEUED);
    if (op.cancelled()) return refuse(STN_E_CANCELLED, "cancelled before a blank was fed");

    const std::uint64_t command = ++state_.commands;
    const std::vector<Fault> faults = script_.at(command, seed_);
    if (find_fault(faults, "cover-open") != nullptr) raise("cover-open", 0);
    if (find_fault(faults, "ribbon-out") != nullptr) state_.ribbon = 0;
    if (state_.ribbon == 0 && state_.attention.empty()) raise("marker-supply-empty", 0);
    if (state_.attention.empty()) --state_.ribbon;
    // On disk before anything happens to a card: a fault that ends the process must not come again.
    save();
    if (const auto stopped = attention()) return refuse(*stopped);

    host_.state(STN_STATE_PROCESSING);
    op.progress(STN_STEP_FEEDING);
    if (feed_ms_ > 0) op.sleep_ms(feed_ms_);
    if (op.cancelled()) {
      host_.state(STN_STATE_IDLE);
      return refuse(STN_E_CANCELLED, "cancelled before a blank was fed");
    }
    const std::uint64_t before = world_->taken();
    const Blank blank = world_->feed(job.token);
    if (chip_) op.chip_uid(blank.uid);
    try {
      Report report = print_fed(op, job, faults, blank.number);
      post_condition();
      return report.counted(before, world_->taken());
    } catch (const Trouble& trouble) {
      // What is on disk of the card is its truth; if not even its fate can be written, the next start does
      // it.
      Report report = Report::unknown(STN_E_HARDWARE, trouble.what());
      try {
        world_->finish(blank.number, State::spoiled);
        report = Report::spoiled(STN_E_HARDWARE, STN_AT_INSIDE, trouble.what());
      } catch (const Trouble&) {
        report.at(STN_AT_INSIDE);
      }
      return report.counted(before, world_->taken());
    }
  });
}

// Once the blank is inside, a cancel comes too late to save it: the card is printed to the end, only the
// waiting ends early.
Report SimPrinter::print_fed(station::Op& op, const stn_print_job& job, const std::vector<Fault>& faults,
                             std::uint64_t number) {
  if (find_fault(faults, "hang") != nullptr) {
    host_.warning("fault script: hangs now");
    while (true)
      std::this_thread::sleep_for(std::chrono::seconds(1));  // not the host's sleep, which a cancel would end
  }
  const Fault* jam = find_fault(faults, "jam");
  const Fault* spoiled = find_fault(faults, "spoiled");

  op.progress(STN_STEP_FRONT);
  if (print_ms_ > 0) op.sleep_ms(print_ms_);
  put_face(job.front, Side::front, faults, number,
           jam != nullptr       ? jam->values[0]
           : spoiled != nullptr ? spoiled->values[0]
                                : 1);
  if (find_fault(faults, "crash") != nullptr) std::abort();
  if (jam != nullptr) {
    world_->finish(number, State::spoiled);
    raise("media-jam", number);
    save();
    return Report::unknown(STN_E_JAM, "A card is stuck inside. Open the cover and take it out of the path.")
        .at(STN_AT_INSIDE);
  }
  if (spoiled != nullptr) {
    world_->finish(number, State::spoiled);
    return Report::spoiled(STN_E_HARDWARE, STN_AT_INSIDE,
                           "The print stopped before its end; the card is spoiled.");
  }
  if (job.back.pixels != nullptr) {
    op.progress(STN_STEP_FLIPPING);
    op.progress(STN_STEP_BACK);
    if (print_ms_ > 0) op.sleep_ms(print_ms_);
    put_face(job.back, Side::back, faults, number, 1);
  }
  op.progress(STN_STEP_EJECTING);
  world_->finish(number, State::printed);
  if (const Fault* unplug = find_fault(faults, "unplug")) {
    // The machine has power of its own and prints to the end; only nobody hears of it.
    state_.unplugged_until_ns = host_.now() + static_cast<std::uint64_t>(unplug->values[0] * 1e6);
    save();
    return Report::unknown(STN_E_REMOVED, "the plug is out");
  }
  op.progress(STN_STEP_DONE);
  return Report::printed(STN_AT_INSIDE);
}

void SimPrinter::put_face(const stn_raster& raster, Side side, const std::vector<Fault>& faults,
                          std::uint64_t number, double fraction) {
  const View sent{raster.pixels, static_cast<int>(raster.width), static_cast<int>(raster.height),
                  raster.stride};
  if (fraction >= 1 && !changes(faults, side)) {
    world_->put_face(number, side, sent);
    return;
  }
  Picture face(sent);
  std::optional<Picture> previous;
  if (side == Side::front && needs_previous(faults)) previous = previous_front(number);
  const std::uint64_t seed = mix_all({seed_, number, static_cast<std::uint64_t>(side)});
  for (const std::string_view kind : apply(faults, side, zones_, previous ? &*previous : nullptr, seed, face))
    host_.warning("fault script: " + std::string(kind) + " was not possible at card " +
                  std::to_string(number));
  paint::stop_at(face, fraction);
  world_->put_face(number, side, face.view());
}

std::optional<Picture> SimPrinter::previous_front(std::uint64_t number) {
  for (std::uint64_t n = number - 1; n > 0; --n) {
    const auto card = world_->find(n);
    if (!card || card->text.state != State::printed) continue;
    return decode_png(read_file(world_->face_file(*card, Side::front), kMaxFileBytes));
  }
  return std::nullopt;
}

Report SimPrinter::counter(std::uint64_t& cards) {
  cards = world_->taken();
  return Report::done().counted(cards, cards);
}

Report SimPrinter::lookup(std::string_view token, stn_card& card) {
  return guarded([&]() -> Report {
    clear_when_due();
    const auto found = world_->find(std::string(token));
    if (!found) return refuse(STN_E_NOT_FOUND, "no blank was ever fed for this token");
    const bool undecided =
        found->text.state == State::fed || (state_.attention == kJam && state_.stuck_card == found->number);
    card.outcome = undecided                             ? STN_CARD_UNKNOWN
                   : found->text.state == State::printed ? STN_CARD_PRINTED
                                                         : STN_CARD_SPOILED;
    card.card_at = at_of(found->place);
    card.number = found->number;
    if (chip_) station::detail::put_text(card.uid, found->text.uid);
    if (card.card_at == STN_AT_OUTPUT)
      station::detail::put_text(card.bin, std::string_view(found->place).substr(5));
    return Report::done(card.card_at).counted(world_->taken(), world_->taken());
  });
}

std::optional<World::Card> SimPrinter::movable(std::string_view token, std::optional<Report>& refused) {
  const auto card = world_->find(std::string(token));
  if (!card) {
    refused = refuse(STN_E_NOT_FOUND, "no blank was ever fed for this token");
    return std::nullopt;
  }
  clear_when_due();
  const auto fault = attention();
  if (fault && fault->code != STN_E_SUPPLY) refused = refuse(*fault).at(at_of(card->place));
  return card;
}

Report SimPrinter::to_camera(station::Op& op, std::string_view token) {
  return guarded([&]() -> Report {
    std::optional<Report> refused;
    const auto card = movable(token, refused);
    if (refused) return *refused;
    if (card->place != kInside && card->place != kAtCamera)
      return refuse(STN_E_BAD_INPUT, "card " + std::to_string(card->number) + " lies in " + card->place)
          .at(STN_AT_OUTPUT);
    for (const std::uint64_t other : world_->at_camera())
      if (other != card->number)
        return refuse(STN_E_BUSY, "card " + std::to_string(other) + " lies at the camera")
            .action(STN_ACT_RETRY_LATER)
            .at(STN_AT_INSIDE);
    return move(op, *card, kAtCamera, STN_AT_CAMERA);
  });
}

Report SimPrinter::route(station::Op& op, std::string_view token, std::string_view bin) {
  return guarded([&]() -> Report {
    if (!is_bin(bin)) return refuse(STN_E_BAD_INPUT, "no such bin: " + std::string(bin));
    std::optional<Report> refused;
    const auto card = movable(token, refused);
    if (refused) return *refused;
    const std::string target = bin_folder(bin);
    if (at_of(card->place) == STN_AT_OUTPUT && card->place != target)
      return refuse(STN_E_BAD_INPUT, "card " + std::to_string(card->number) + " lies in " + card->place)
          .at(STN_AT_OUTPUT);
    return move(op, *card, target, STN_AT_OUTPUT);
  });
}

Report SimPrinter::move(station::Op& op, const World::Card& card, const std::string& place,
                        std::uint32_t card_at) {
  if (card.place != place) {
    if (move_ms_ > 0) op.sleep_ms(move_ms_);
    if (op.cancelled())
      return refuse(STN_E_CANCELLED, "cancelled before the card moved").at(at_of(card.place));
    world_->move(card.number, place);
  }
  return Report::done(card_at).counted(world_->taken(), world_->taken());
}

}  // namespace sim
