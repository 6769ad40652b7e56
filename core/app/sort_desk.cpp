// SPDX-License-Identifier: Apache-2.0
#include "app/sort_desk.hpp"

#include <algorithm>
#include <cmath>
#include <future>
#include <utility>

#include "artwork/picture.hpp"
#include "ledger/boxes.hpp"

namespace ktp::app {

namespace {

using nlohmann::ordered_json;

constexpr int kLongest = 1400;  // px: a NIK can be read on it
constexpr int kQuality = 88;
constexpr std::size_t kBoxesShown = 20;

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

std::string jpeg_of(const Image& image) {
  if (image.empty()) return "";
  const Image small = made_small(image.view(), kLongest);
  const auto bytes = artwork::encode_jpeg(small.view(), kQuality);
  return bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
}

}  // namespace

ordered_json sighting_json(const std::string& box, const pipeline::Sighting& card) {
  ordered_json json{{"box", box},
                    {"number", card.number},
                    {"sighting", card.name},
                    {"who", pipeline::to_string(card.who)},
                    {"order_id", card.order_id},
                    {"card", card.decision.card},
                    {"record", card.record},
                    {"nik", masked_reading(card.nik)}};
  json["digits"] = ordered_json::array();
  for (const double digit : card.digits) json["digits"].push_back(rounded(digit));
  json["portrait"] = rounded(card.likeness);
  json["verdict"] = to_string(card.decision.verdict);
  json["bin"] = to_string(card.decision.verdict);
  json["why"] = ordered_json::array();
  for (const pipeline::Reason& reason : card.decision.why)
    json["why"].push_back({{"reason", pipeline::word_of(reason.what)}, {"detail", reason.detail}});
  json["seen"] = ordered_json::array();
  for (const ledger::SightingRow& row : card.seen)
    json["seen"].push_back({{"box", row.box}, {"number", row.number}, {"verdict", row.verdict}});
  json["findings"] = ordered_json::array();
  for (const Finding& finding : card.findings)
    json["findings"].push_back({{"kind", finding.kind},
                                {"side", to_string(finding.side)},
                                {"field", finding.field},
                                {"size_mm", rounded(finding.size_mm)}});
  json["doubt"] = card.decision.doubt;
  json["score"] = rounded(card.score);
  json["ms"] = std::lround(card.ms);
  return json;
}

std::string_view word_of(pipeline::CardWatch::State state) {
  using State = pipeline::CardWatch::State;
  switch (state) {
    case State::ready:
      return "ready";
    case State::moving:
      return "moving";
    case State::photographing:
      return "photographing";
    case State::take_away:
      return "take-away";
    case State::no_card_seen:
      return "no-card";
    case State::too_early:
      return "too-early";
  }
  return "";
}

SortDesk::SortDesk(const SortTools& tools, const OpenLanes& lanes, LiveView& live, Looks& looks,
                   std::function<void(const pipeline::Notice&)> notice)
    : tools_(tools), lanes_(lanes), live_(live), looks_(looks), notice_(std::move(notice)) {}

web::SortView SortDesk::view() const {
  const std::lock_guard lock(mutex_);
  return {.box = passing_ ? box_ : "", .seen = seen_, .version = version_};
}

void SortDesk::leave() {
  std::shared_ptr<SortRun> run;
  {
    const std::lock_guard lock(mutex_);
    run = run_;
  }
  if (run) run->stop_moved();
}

Result<void> SortDesk::begin(Machine& machine, const web::SortBox& box, const std::string& user) {
  const auto entry = lane_called(tools_.config, box.lane);
  if (!entry) return fail(ErrorCode::bad_data, "printer: none is called \"" + box.lane + "\"");
  const std::string camera = (*entry)->device("camera");
  const auto lane = std::ranges::find_if(
      lanes_.lanes, [&](const OpenLanes::Lane& one) { return one.camera->name() == camera; });
  if (lane == lanes_.lanes.end())
    return fail(ErrorCode::bad_data, "printer: its camera was left out when the station started");
  if (!box.box.empty())
    if (auto named = pipeline::check_box_name(box.box); !named) return named;
  // The box is opened by whoever has the machine: two people who begin at once open one box.
  const auto opened = std::make_shared<std::promise<Result<void>>>();
  auto answer = opened->get_future();
  const auto work = [this, box, user, &lane = *lane, camera, opened](pipeline::StopSwitch& stop) {
    std::string name;
    SortHooks hooks{
        .state =
            [this](pipeline::CardWatch::State state) {
              const std::lock_guard lock(mutex_);
              state_ = word_of(state);
              ++version_;
            },
        .photographed =
            [this](const pipeline::CardPictures& pictures) {
              Photograph coming{.sighting = {},
                                .order_id = {},
                                .card = {},
                                .front = jpeg_of(pictures.front.image),
                                .back = jpeg_of(pictures.back.image)};
              const std::lock_guard lock(mutex_);
              coming_ = std::move(coming);
            },
        .recorded = [this, &name, camera](const pipeline::Sighting& card) { recorded(name, card, camera); },
        .notice = notice_};
    auto run = SortRun::open(tools_,
                             {.box = box.box,
                              .again = box.again,
                              .lane = box.lane,
                              .trigger = {},
                              .cards = box.cards,
                              .back = box.back},
                             std::move(hooks), stop);
    if (!run) return opened->set_value(std::unexpected(run.error()));
    name = (*run)->box();
    {
      const std::lock_guard lock(mutex_);
      run_ = std::move(*run);
      box_ = name;
      lane_ = box.lane;
      by_ = user;
      counted_ = box.cards;
      seen_ = run_->seen();
      passing_ = true;
      closed_.reset();
      error_.clear();
      state_.clear();
      cards_.clear();
      coming_ = last_ = {};
      ++version_;
    }
    opened->set_value({});
    pass(*run_, lane);
  };
  if (auto lent = machine.lend(work, [this] { leave(); }); !lent) return lent;
  notice_({pipeline::Notice::Kind::info, "a box of cards is being sorted by " + user});
  return answer.get();
}

void SortDesk::pass(SortRun& run, const OpenLanes::Lane& lane) {
  const auto end = run.pass(*lane.camera, lane.reader.get());
  std::shared_ptr<SortRun> over;  // goes without the lock: its records may still be loading
  const std::lock_guard lock(mutex_);
  over = std::move(run_);
  passing_ = false;
  state_.clear();
  coming_ = {};
  if (end)
    closed_ = end->closed;
  else
    error_ = end.error().message;
  ++version_;
}

void SortDesk::recorded(const std::string& box, const pipeline::Sighting& card, const std::string& camera) {
  // Whoever watched it come has seen whose it is.
  if (!card.order_id.empty())
    for (const std::string& user : live_.watchers(camera))
      if (auto noted = looks_.note_order(tools_.ledger, card.order_id, card.decision.card, user); !noted)
        notice_({pipeline::Notice::Kind::warning, "a look could not be logged: " + noted.error().message});
  ordered_json json = sighting_json(box, card);
  json.erase("digits");
  json.erase("ms");
  // In both languages: the page shows the one that is read.
  auto& why = json["why"] = ordered_json::array();
  for (const pipeline::Reason& reason : card.decision.why)
    why.push_back({{"reason", pipeline::word_of(reason.what)},
                   {"en", pipeline::in_english(reason)},
                   {"id", pipeline::in_indonesian(reason)}});
  json["found"] = card.decision.card.empty();
  json["held"] = card.decision.hold;
  const std::lock_guard lock(mutex_);
  last_ = std::exchange(coming_, {});
  if (card.turned_over) std::swap(last_.front, last_.back);
  last_.sighting = card.name;
  last_.order_id = card.order_id;
  last_.card = card.decision.card;
  json["back"] = !last_.back.empty();
  seen_ = card.number;
  // Until the place is seen empty, what matters is where this one goes.
  state_ = "taken";
  cards_.push_front(std::move(json));
  if (cards_.size() > kShown) cards_.pop_back();
  ++version_;
}

Result<std::string> SortDesk::picture(const std::string& sighting, const std::string& side,
                                      const std::string& user) {
  Photograph last;
  {
    const std::lock_guard lock(mutex_);
    last = last_;
  }
  if (sighting.empty() || last.sighting != sighting || (side != "front" && side != "back"))
    return fail(ErrorCode::input_missing, "sighting: only the card that passed last is shown");
  std::string& bytes = side == "front" ? last.front : last.back;
  if (bytes.empty()) return fail(ErrorCode::input_missing, "side: it was not photographed");
  if (!last.order_id.empty())
    if (auto noted = looks_.note_order(tools_.ledger, last.order_id, last.card, user); !noted)
      return std::unexpected(noted.error());
  return std::move(bytes);
}

Result<std::string> SortDesk::overview() const {
  const ledger::BoxView view(tools_.ledger);
  auto boxes = view.boxes();
  if (!boxes) return std::unexpected(boxes.error());
  ordered_json json;
  json["printers"] = ordered_json::array();
  for (const LaneEntry& lane : tools_.config.lanes)
    for (const OpenLanes::Lane& open : lanes_.lanes)
      if (open.camera->name() == lane.device("camera"))
        json["printers"].push_back({{"name", lane.name}, {"camera", lane.device("camera")}});
  json["boxes"] = ordered_json::array();
  std::ranges::reverse(*boxes);
  if (boxes->size() > kBoxesShown) boxes->resize(kBoxesShown);
  for (const ledger::BoxRow& box : *boxes)
    json["boxes"].push_back({{"box", box.box},
                             {"again", box.again},
                             {"seen", box.seen},
                             {"counted", box.counted},
                             {"replaced", box.replaced}});
  std::string shown;
  {
    const std::lock_guard lock(mutex_);
    shown = box_;
    json["passing"] = passing_;
    json["box"] = box_;
    json["printer"] = lane_;
    json["by"] = by_;
    json["state"] = state_;
    json["seen"] = seen_;
    json["counted"] = counted_;
    json["closed"] = closed_ ? ordered_json(*closed_) : ordered_json();
    json["error"] = error_;
    json["cards"] = cards_;
  }
  auto& tally = json["tally"] = ordered_json::object();
  if (!shown.empty()) {
    const auto counts = view.tally(shown);
    if (!counts) return std::unexpected(counts.error());
    for (const auto& [verdict, n] : *counts) tally[verdict] = n;
  }
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

web::SortCommands SortDesk::commands(Machine& machine) {
  return {.overview = [this] { return overview(); },
          .begin = [this, &machine](const web::SortBox& box,
                                    const std::string& user) { return begin(machine, box, user); },
          .end = [this, &machine](const std::string& user) -> Result<void> {
            {
              const std::lock_guard lock(mutex_);
              if (!passing_) return fail(ErrorCode::input_missing, "no box passes that could be ended");
            }
            notice_({pipeline::Notice::Kind::info, "sorting was ended by " + user});
            return machine.stop_after_card();
          },
          .close = [this, &machine](const std::string& box, std::uint64_t counted,
                                    const std::string& user) -> Result<std::string> {
            std::optional<bool> closed;
            const auto done = machine.while_standing([&]() -> Result<void> {
              const auto all = pipeline::BoxDesk::close(tools_.ledger, box, counted);
              if (!all) return std::unexpected(all.error());
              closed = *all;
              return {};
            });
            if (!done) return std::unexpected(done.error());
            const auto row = ledger::BoxView(tools_.ledger).box(box);
            if (!row) return std::unexpected(row.error());
            notice_({pipeline::Notice::Kind::info, "box " + box + " was counted by " + user});
            {
              const std::lock_guard lock(mutex_);
              if (box == box_) {
                closed_ = closed;
                last_ = {};
              }
              ++version_;
            }
            return ordered_json{{"closed", *closed}, {"counted", counted}, {"seen", *row ? (*row)->seen : 0}}
                .dump();
          },
          .picture = [this](const std::string& sighting, const std::string& side,
                            const std::string& user) { return picture(sighting, side, user); }};
}

}  // namespace ktp::app
