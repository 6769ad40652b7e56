// SPDX-License-Identifier: Apache-2.0
#include "pipeline/box_desk.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <future>
#include <utility>

#include "domain/words.hpp"
#include "ledger/boxes.hpp"
#include "pipeline/evidence.hpp"
#include "pipeline/identify.hpp"
#include "pipeline/inspect.hpp"
#include "pipeline/verdict.hpp"

namespace ktp::pipeline {

namespace {

// A person is told by the portrait alone only where so many digits of the NIK were read and fit.
constexpr int kFewestDigits = 8;
// Below, NIK and portrait are not taken to be one person's unless the inspection says so.
constexpr double kSamePortrait = 0.8;
// From here on the portrait is another person's, whose NIK this is not.
constexpr double kOthersPortrait = 0.95;

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

// The worst of both sides, as `judge` ranks them.
Verdict worst(Verdict front, std::optional<Verdict> back) {
  for (const Verdict verdict : {Verdict::mismatch, Verdict::damaged, Verdict::review})
    if (front == verdict || back == verdict) return verdict;
  return Verdict::good;
}

ledger::Event box_event(const char* type, const std::string& box) {
  ledger::Event event{.type = type};
  event.data["box"] = box;
  return event;
}

}  // namespace

Result<void> check_box_name(std::string_view name) {
  if (name.empty() || name.size() > 40 || !std::ranges::all_of(name, is_name_character) ||
      !std::isalnum(static_cast<unsigned char>(name.front())))
    return fail(ErrorCode::bad_data,
                "box: 1 to 40 letters, digits, '.', '_' or '-', beginning with a letter or digit");
  return check_words("box", name, 40);
}

std::optional<Verdict> BoxDesk::Looked::verdict(bool back_too) const {
  if (!no_face.empty()) return std::nullopt;
  return worst(front.report.verdict, back_too ? std::optional(back.report.verdict) : std::nullopt);
}

Result<BoxDesk> BoxDesk::open(Station& station, RecordBook& book, BoxPlan plan) {
  if (auto named = check_box_name(plan.box); !named) return std::unexpected(named.error());
  auto reader = CardReader::make(*station.art);
  if (!reader) return std::unexpected(reader.error());
  const ledger::BoxView view(station.ledger);
  const auto there = view.box(plan.box);
  if (!there) return std::unexpected(there.error());
  if (const auto& box = *there) {
    const auto refuse = [&](const std::string& why) {
      return fail(ErrorCode::bad_data, "box: " + plan.box + " " + why);
    };
    if (box->counted > 0)
      return refuse("was counted and closed with " + std::to_string(box->counted) + " cards");
    if (box->replaced) return refuse("passed once more in another box; it takes no further card");
    if (!plan.again.empty() && plan.again != box->again)
      return refuse("is open already" + (box->again.empty() ? "" : ", for the cards of box " + box->again));
    plan.first = box->first;
    plan.again = box->again;
    BoxDesk desk(station, book, std::move(plan), *std::move(reader));
    desk.seen_ = box->seen;
    return desk;
  }
  if (!plan.again.empty()) {
    const auto earlier = view.box(plan.again);
    if (!earlier) return std::unexpected(earlier.error());
    if (!*earlier) return fail(ErrorCode::bad_data, "again: there is no box " + plan.again);
    if ((*earlier)->replaced)
      return fail(ErrorCode::bad_data,
                  "again: the cards of box " + plan.again + " have passed once more already");
  }
  ledger::Event opened = box_event("box-opened", plan.box);
  opened.data["again"] = plan.again;
  opened.data["first"] = plan.first;
  if (auto appended = station.ledger.append({opened}); !appended) return std::unexpected(appended.error());
  return BoxDesk(station, book, std::move(plan), *std::move(reader));
}

Result<BoxDesk::Looked> BoxDesk::hold_against(const std::string& order_id, const CardPictures& pictures) {
  Looked looked;
  const auto job = preparer_.prepare(order_id);
  if (!job) {
    if (job.error().code != ErrorCode::bad_data) return std::unexpected(job.error());
    looked.no_face = job.error().message;
    return looked;
  }
  looked.attempt.job = *job;
  looked.others = station_.portraits->others(order_id);
  const auto judge_side = [&](Side side, const Shot& shot) {
    const bool front = side == Side::front;
    return inspect_side(front ? *(*job)->front_reference : *(*job)->back_reference, shot, side,
                        front ? std::span<const Image>(looked.others) : std::span<const Image>());
  };
  looked.front.shot = pictures.front;
  looked.back.shot = pictures.back;
  auto front_report =
      std::async(std::launch::async, [&] { return judge_side(Side::front, looked.front.shot); });
  if (plan_.back) looked.back.report = judge_side(Side::back, looked.back.shot);
  looked.front.report = front_report.get();
  if (pictures.again)
    for (const Side side : {Side::front, Side::back})
      if (side == Side::front || plan_.back)
        look_again(
            side == Side::front ? looked.front : looked.back, [&] { return pictures.again(side); },
            [&](const Shot& shot) { return judge_side(side, shot); });
  return looked;
}

// NIK and portrait find persons; the expected face of each decides whether this is that person's card. The
// two are witnesses of their own: a digit misread, or a look-alike, is not confirmed by the other one.
Result<void> BoxDesk::identify(const CardPictures& pictures, const CardReading& reading, SortFacts& facts,
                               Sighting& sighting, std::string& person, std::optional<Looked>& looked) {
  const auto cannot = [&](SortReason what, std::string detail) {
    facts.who = Who::cannot_tell;
    facts.why.push_back({what, std::move(detail)});
    return Result<void>{};
  };
  if (pictures.front.image.empty()) return cannot(SortReason::no_picture, pictures.front.problem);
  if (!reading.found) return cannot(SortReason::no_card, reading.problem);
  if (reading.nik.text.empty()) return cannot(SortReason::no_digits, reading.problem);
  const auto candidates = book_.who_can_it_be(reading);
  if (!candidates) return std::unexpected(candidates.error());

  std::vector<std::pair<const Candidate*, Looked>> fitting;
  std::optional<std::pair<const Candidate*, Looked>> other_content;
  std::string no_face;
  for (const Candidate& candidate : candidates->fit) {
    // One person's records of several stations: the one that the card fits is enough.
    if (std::ranges::any_of(fitting, [&](const auto& one) { return one.first->person == candidate.person; }))
      continue;
    auto held = hold_against(candidate.name(), pictures);
    if (!held) return std::unexpected(held.error());
    const bool whole = candidate.by == Candidate::By::nik;
    const bool alike = candidate.likeness >= kSamePortrait;
    const bool same_face = held->no_face.empty() && (held->front.report.verdict == Verdict::good ||
                                                     held->front.report.verdict == Verdict::damaged);
    // With the portrait of somebody else it is nobody's card; with the right one, a card with wrong content.
    if (whole && !alike && held->no_face.empty() && held->front.report.verdict == Verdict::mismatch) {
      if (!other_content) other_content.emplace(&candidate, std::move(*held));
      continue;
    }
    if (whole) no_face = held->no_face;
    // All digits read: either other witness is enough. Digits missing: both, and the inspection too.
    const bool fits =
        whole ? same_face || alike
              : same_face && alike &&
                    (candidate.by == Candidate::By::most_digits || reading.said() >= kFewestDigits);
    if (fits) fitting.emplace_back(&candidate, std::move(*held));
  }
  if (fitting.size() > 1) return cannot(SortReason::several, "");
  if (fitting.size() == 1) {
    auto& [candidate, held] = fitting.front();
    facts.who = Who::known;
    facts.order_id = candidate->order_id;
    facts.record = candidate->record;
    facts.portrait_agrees = candidate->likeness >= kSamePortrait;
    person = candidate->person;
    sighting.likeness = candidate->likeness;
    if (!held.no_face.empty()) facts.why.push_back({SortReason::no_face, held.no_face});
    looked = std::move(held);
    return {};
  }
  if (other_content) {
    auto& [candidate, held] = *other_content;
    facts.who = Who::contradiction;
    facts.order_id = candidate->order_id;
    facts.record = candidate->record;
    person = candidate->person;
    sighting.likeness = candidate->likeness;
    looked = std::move(held);
    return {};
  }
  if (!no_face.empty()) return cannot(SortReason::no_face, no_face);
  if (!candidates->contradict.empty() && reading.nik.certain &&
      candidates->contradict.front().likeness >= kOthersPortrait) {
    const OtherPortrait& other = candidates->contradict.front();
    facts.who = Who::contradiction;
    facts.why.push_back({SortReason::other_portrait, other.order_id});
    sighting.likeness = other.likeness;
    return {};
  }
  const int missing = 16 - reading.said();
  if (missing > 0) return cannot(SortReason::digits, std::to_string(missing) + " of 16");
  if (!candidates->fit.empty()) return cannot(SortReason::other_portrait, "");
  if (!reading.nik.certain) return cannot(SortReason::digits, "");
  facts.who = Who::unknown;
  facts.why.push_back({SortReason::nobody, ""});
  person = book_.person_of(reading.nik.text);
  return {};
}

Result<void> BoxDesk::ask_records(const CardPictures& pictures, const std::string& person,
                                  SortFacts& facts) const {
  const ledger::BoxView view(station_.ledger);
  if (!facts.order_id.empty()) {
    const auto order = station_.ledger.order(facts.order_id);
    if (!order) return std::unexpected(order.error());
    if (*order) facts.order_state = order_state_from((*order)->state);
    auto cards = station_.ledger.cards_of(facts.order_id);
    if (!cards) return std::unexpected(cards.error());
    facts.cards = *std::move(cards);
  }
  if (!person.empty()) {
    auto seen = view.sightings_of(person);
    if (!seen) return std::unexpected(seen.error());
    facts.seen = *std::move(seen);
  }
  // The cards of the box that passes once more are not seen before, they are these.
  const auto same_cards = [&](const ledger::SightingRow& row) { return row.box == plan_.again; };
  std::erase_if(facts.seen, same_cards);
  facts.uid = pictures.chip.uid;
  facts.chip_doubt = chip_doubt(pictures.chip, "");
  if (facts.uid.empty()) return {};
  auto same = view.sightings_with_uid(facts.uid);
  if (!same) return std::unexpected(same.error());
  facts.same_chip = *std::move(same);
  std::erase_if(facts.same_chip, same_cards);
  auto cards = station_.ledger.cards_with_uid(facts.uid, "");
  if (!cards) return std::unexpected(cards.error());
  facts.uid_cards = *std::move(cards);
  return {};
}

// Before the sighting is recorded: whoever reads the verdict must find the pictures.
void BoxDesk::keep(const CardPictures& pictures, const std::optional<Looked>& looked, Sighting& sighting) {
  const std::string& name = sighting.name;
  // Whose pictures they are is known where a record was found; else they have a key of their own.
  const std::string& record = sighting.record.empty() ? sighting.order_id : sighting.record;
  const auto record_key = [&] { return picture_key(station_.ledger, station_.key, record); };
  const PictureSafe safe(station_.evidence, &station_.key);
  Result<void> kept;
  if (looked && looked->no_face.empty()) {
    if (sighting.decision.verdict == Verdict::good && !looked->front.cleared() && !looked->back.cleared())
      return;
    Attempt attempt = looked->attempt;
    attempt.card = name;
    const auto number = record_key();
    kept = number ? keep_evidence(safe, *number, attempt, inspection::version(*station_.profile),
                                  {&looked->front, &looked->back}, looked->others)
                  : std::unexpected(number.error());
  } else {
    const auto number = record_key();
    kept = number ? keep_photographs(safe, *number, name, pictures.front.image, pictures.back.image)
                  : std::unexpected(number.error());
  }
  if (!kept)
    station_.tell(Notice::Kind::warning, "pictures of card " + std::to_string(sighting.number) + " of box " +
                                             plan_.box + " could not be kept: " + kept.error().message);
}

Result<Sighting> BoxDesk::take(CardPictures pictures) {
  const auto begun = std::chrono::steady_clock::now();
  Sighting sighting;
  sighting.number = seen_ + 1;
  const auto before = ledger::BoxView(station_.ledger).sightings();
  if (!before) return std::unexpected(before.error());
  sighting.name = ledger::sighting_name(*before + 1);
  CardReading reading = reader_.read(pictures.front.image.view());
  if (plan_.back && reading.nik.text.empty() && !pictures.back.image.empty()) {
    // A hand lays a card as it comes.
    if (CardReading other = reader_.read(pictures.back.image.view()); !other.nik.text.empty()) {
      reading = std::move(other);
      std::swap(pictures.front, pictures.back);
      sighting.turned_over = true;
      if (pictures.again)
        pictures.again = [again = std::move(pictures.again)](Side side) {
          return again(side == Side::front ? Side::back : Side::front);
        };
    }
  }
  sighting.nik = reading.nik.text;
  if (!reading.nik.text.empty())
    for (const identity::DigitReading& digit : reading.nik.digits)
      sighting.digits.push_back(digit.confidence);

  SortFacts facts;
  std::string person;
  std::optional<Looked> looked;
  if (auto told = identify(pictures, reading, facts, sighting, person, looked); !told)
    return std::unexpected(told.error());
  if (auto asked = ask_records(pictures, person, facts); !asked) return std::unexpected(asked.error());
  if (looked && looked->no_face.empty()) {
    facts.looks = looked->verdict(plan_.back);
    facts.findings = summary_of(looked->front.report, looked->back.report, Identification{});
    sighting.score = std::max(looked->front.report.score, looked->back.report.score);
    for (const Look* look : {&looked->front, &looked->back})
      sighting.findings.insert(sighting.findings.end(), look->report.findings.begin(),
                               look->report.findings.end());
  }
  sighting.who = facts.who;
  sighting.order_id = facts.order_id;
  sighting.record = facts.record;
  sighting.decision = decide_sort(facts);
  sighting.seen = facts.seen;
  keep(pictures, looked, sighting);

  ledger::Event event = box_event("sighted", plan_.box);
  event.order_id = facts.order_id;
  event.card = sighting.decision.card;
  event.uid = facts.uid;
  event.data["number"] = sighting.number;
  event.data["sighting"] = sighting.name;
  event.data["who"] = std::string(to_string(sighting.who));
  event.data["person"] = person;
  event.data["record"] = facts.record;
  event.data["verdict"] = std::string(to_string(sighting.decision.verdict));
  auto why = nlohmann::ordered_json::array();
  for (const Reason& reason : sighting.decision.why)
    why.push_back(std::string(word_of(reason.what)) + (reason.detail.empty() ? "" : ": " + reason.detail));
  event.data["why"] = std::move(why);
  event.data["camera"] = plan_.camera;
  event.data["sides"] = plan_.back ? "both" : "front";
  if (!pictures.front.image.empty()) event.data["front_sha256"] = pictures.front.sha256;
  if (!pictures.back.image.empty()) event.data["back_sha256"] = pictures.back.sha256;
  event.data["digits_read"] = reading.said();
  event.data["confidence"] = rounded(reading.nik.confidence);
  event.data["portrait"] = rounded(sighting.likeness);
  if (sighting.turned_over) event.data["turned_over"] = true;
  if (!pictures.reader.empty()) event.data["reader"] = pictures.reader;
  if (looked && looked->no_face.empty()) {
    ledger::Event inspected = inspected_event(looked->attempt, looked->front.report, looked->back.report,
                                              inspection::version(*station_.profile));
    note_second_looks(looked->front, looked->back, event, inspected);
    for (const char* member : {"profile", "score", "findings", "measures", "second_look"})
      if (inspected.data.contains(member)) event.data[member] = inspected.data[member];
  }
  if (sighting.decision.doubt) event.data["doubt"] = true;
  std::vector<ledger::Event> events{std::move(event)};
  const std::string where = "box " + plan_.box + ", card " + std::to_string(sighting.number);
  if (sighting.decision.hold) {
    ledger::Event held{.type = "order-held", .order_id = facts.order_id};
    held.data["reason"] =
        "nik: a card of this person lay in " + where + "; a person must find out which one is right";
    events.push_back(std::move(held));
  }
  if (auto appended = station_.ledger.append(events); !appended) return std::unexpected(appended.error());
  ++seen_;
  sighting.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
  return sighting;
}

Result<bool> BoxDesk::close(std::uint64_t counted) {
  return close(station_.ledger, plan_.box, counted);
}

Result<bool> BoxDesk::close(ledger::Ledger& ledger, const std::string& box, std::uint64_t counted) {
  const auto row = ledger::BoxView(ledger).box(box);
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(ErrorCode::input_missing, "box: there is no box " + box);
  if ((*row)->counted > 0)
    return fail(ErrorCode::bad_data, "box: " + box + " was counted and closed already");
  if ((*row)->replaced)
    return fail(ErrorCode::bad_data, "box: the cards of " + box + " passed once more in another box");
  const bool all = counted == (*row)->seen;
  ledger::Event event = box_event(all ? "box-closed" : "box-miscounted", box);
  event.data["counted"] = counted;
  event.data["seen"] = (*row)->seen;
  if (auto appended = ledger.append({event}); !appended) return std::unexpected(appended.error());
  return all;
}

}  // namespace ktp::pipeline
