// SPDX-License-Identifier: Apache-2.0
// Sort mode over synthetic photographs: how often it names the wrong person, how often it cannot tell, what
// it makes of damage, and how long a card takes with so many records.
//   measure_sort [--cards N] [--records N] [--seed N] [--damage SHARE] [--front-only] [--verbose]
// Cards of invented people are printed (spread, density, register, placement) and photographed by
// other_camera (turn, tilt, lens, defocus, movement, glare, noise, mosaic, JPEG). Every record is an order of
// a real ledger in a temporary folder; those beyond the cards have portraits of their own and no card. Seeds
// differ from every test's. Works through BoxDesk as the command does, without camera and worker process.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "artwork/regions.hpp"
#include "inspection/sample_cards.hpp"
#include "other_camera.hpp"
#include "pipeline/box_desk.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/order_pictures.hpp"
#include "sample/batch.hpp"
#include "sample/portrait.hpp"
#include "temp_folder.hpp"

namespace {

namespace fs = std::filesystem;
namespace pl = ktp::pipeline;
using ktp::Image;
using ktp::Side;
using std::chrono::steady_clock;

struct Settings {
  int cards = 2000, records = 150'000, seed = 1;
  double damage = 0.02;
  bool front_only = false, verbose = false;
};

template <class T>
T must(ktp::Result<T> result, const char* what) {
  if (!result) throw std::runtime_error(std::string(what) + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

double since(steady_clock::time_point begun) {
  return std::chrono::duration<double>(steady_clock::now() - begun).count();
}

double quantile(std::vector<double> v, double q) {
  if (v.empty()) return 0;
  std::ranges::sort(v);
  return v[static_cast<std::size_t>(q * static_cast<double>(v.size() - 1))];
}

/// The office's ledger: orders with a good card each, and as many records more as are asked for.
class Office {
 public:
  explicit Office(const Settings& s)
      : key_(must(ktp::ledger::PersonalKey::load(folder_.path(), true), "key")),
        ledger_(must(ktp::ledger::Ledger::open(folder_.path(), true), "ledger")) {
    const fs::path config = fs::path(KTP_SOURCE_DIR) / "config";
    art = must(ktp::artwork::Template::load(config / "templates/ektp.yaml"), "template");
    profile = must(ktp::inspection::load_profile(config / "inspection/ektp.yaml"), "profile");
    const auto regions = must(ktp::artwork::Regions::load(config / "regions"), "regions");
    ktp::sample::BatchPlan plan;
    plan.rows = s.cards;
    plan.seed = 900'000u + static_cast<std::uint64_t>(s.seed);
    plan.out = batch = folder_.path() / "batch";
    plan.batch = "S";
    plan.photo_width = 360;
    plan.data = fs::path(KTP_SOURCE_DIR) / "tests/sample/data";
    plan.regions = config / "regions";
    const auto written = must(ktp::sample::write_batch(plan), "batch");
    const auto taken = must(
        pl::take_in(written.csv,
                    {.ledger = *ledger_, .key = key_, .art = *art, .regions = *regions, .test_mode = true}),
        "intake");
    for (const auto state : {ktp::OrderState::accepted, ktp::OrderState::held})
      for (const std::string& id : must(ledger_->order_ids(taken.batch, state), "orders"))
        orders.push_back(id);
    print_cards();
    fill(s.records - static_cast<int>(orders.size()));
  }
  ktp::ledger::Ledger& ledger() { return *ledger_; }
  ktp::ledger::PersonalKey& key() { return key_; }
  [[nodiscard]] fs::path folder() const { return folder_.path(); }

  std::shared_ptr<const ktp::artwork::Template> art;
  std::shared_ptr<const ktp::inspection::Profile> profile;
  std::vector<std::string> orders;
  fs::path batch;

 private:
  using Event = ktp::ledger::Event;

  void append(std::vector<Event>& events, std::vector<ktp::ledger::SealedRecord>& records, bool all) {
    if (events.empty() || (!all && events.size() < 2000)) return;
    must(ledger_->append(events, records), "append");
    events.clear();
    records.clear();
  }
  void print_cards() {
    std::vector<Event> events;
    std::vector<ktp::ledger::SealedRecord> none;
    const auto n = static_cast<std::int64_t>(orders.size());
    events.push_back({.type = "blanks-received", .data = {{"count", n}}});
    events.push_back({.type = "blanks-loaded", .data = {{"count", n}}});
    std::int64_t number = 0;
    for (const std::string& id : orders) {
      const std::string card = must(ledger_->next_card(), "card"), token = ktp::ledger::new_token();
      const auto event = [&](const char* type, nlohmann::ordered_json data) {
        return Event{.type = type, .order_id = id, .card = card, .token = token, .data = std::move(data)};
      };
      if (must(ledger_->order(id), "order")->state == "held")
        events.push_back({.type = "order-released", .order_id = id, .data = {{"reason", "bench"}}});
      events.push_back(event("blank-committed", nlohmann::ordered_json::object()));
      events.push_back(event("print-started", {{"counter_before", number}}));
      events.push_back(event("print-ended", {{"outcome", "printed"}, {"number", ++number}}));
      events.push_back(event("judged", {{"verdict", "good"}}));
      events.push_back(event("sorted", {{"bin", "good"}, {"confirmed_by", "bench"}}));
      append(events, none, false);
    }
    append(events, none, true);
  }
  // People with a record and a portrait and nothing else: whom a card must not be taken for.
  void fill(int count) {
    std::vector<Event> events;
    std::vector<ktp::ledger::SealedRecord> records;
    for (int i = 0; i < count; ++i) {
      pl::PersonalRecord personal;
      const std::string id = "F-" + std::to_string(i);
      personal.order.field("order_id") = id;
      char nik[32];
      // Births on every day, as of a kabupaten; the test prefix.
      std::snprintf(nik, sizeof nik, "321699%02d%02d%02d%04d", 1 + i % 28, 1 + i / 28 % 12, 50 + i / 336 % 50,
                    1 + i / 16'800);
      personal.order.field("nik") = nik;
      const Image portrait = ktp::sample::draw_portrait({.seed = 7'000'000u + static_cast<std::uint64_t>(i),
                                                         .female = i % 2 == 0,
                                                         .age = 17 + i % 60,
                                                         .red = i % 3 == 0},
                                                        60);
      personal.portrait_tile = ktp::identity::portrait_tile(portrait.view());
      personal.portrait = ktp::identity::portrait_hash(personal.portrait_tile.view());
      const std::string person = key_.hash("person", nik);
      if (must(ledger_->order_of_person(person), "person")) continue;
      events.push_back({.type = "order-accepted",
                        .order_id = id,
                        .batch = "1",
                        .data = {{"row", i + 1},
                                 {"person", person},
                                 {"content", key_.hash("order", id)},
                                 {"region", "32.16.01.2001"}}});
      records.push_back({id, must(key_.seal_record(pl::to_bytes(personal), id), "seal")});
      append(events, records, false);
    }
    append(events, records, true);
  }

  const ktp::test::TempFolder folder_;
  ktp::ledger::PersonalKey key_;
  std::unique_ptr<ktp::ledger::Ledger> ledger_;
};

struct Tally {
  int cards = 0, wrong = 0, cannot = 0, unknown = 0, contradiction = 0;
  std::map<std::string, int> verdicts;
  void add(const pl::Sighting& card, const std::string& truth) {
    ++cards;
    wrong += !card.order_id.empty() && card.order_id != truth;
    cannot += card.who == pl::Who::cannot_tell;
    unknown += card.who == pl::Who::unknown;
    contradiction += card.who == pl::Who::contradiction;
    ++verdicts[std::string(to_string(card.decision.verdict))];
  }
  void print(const char* what) const {
    if (cards == 0) return;
    const auto w = bench::wilson(wrong, cards), c = bench::wilson(cannot, cards);
    std::printf(
        "%s: %d cards; wrong identity %d (%.3f..%.3f %%), cannot tell %d (%.3f..%.3f %%), no record %d, "
        "contradiction %d;",
        what, cards, wrong, 100 * w.low, 100 * w.high, cannot, 100 * c.low, 100 * c.high, unknown,
        contradiction);
    for (const auto& [verdict, n] : verdicts) std::printf(" %s %d", verdict.c_str(), n);
    std::printf("\n");
  }
};

pl::Shot shot_of(Image image) {
  pl::Shot shot;
  shot.sha256 = ktp::ledger::sha256_text(image.pixels);
  shot.image = std::move(image);
  return shot;
}

Image photograph(const cv::Mat& picture, bool glare, cv::RNG& rng) {
  constexpr double kPxPerMm = 300 / ktp::kMmPerInch;
  bench::Exposure exposure = bench::any_exposure(rng);
  if (glare) exposure.spot = rng.uniform(0.15, 0.35);
  return bench::photograph(bench::printed(picture, kPxPerMm, rng), kPxPerMm, rng.uniform(11.0, 15.0),
                           exposure, rng);
}

int run(const Settings& s) {
  cv::setNumThreads(1);
  auto begun = steady_clock::now();
  Office office(s);
  std::printf("%zu cards to look at, ledger of %d records made in %.0f s\n", office.orders.size(), s.records,
              since(begun));
  pl::StopSwitch stop;
  pl::StageClock clock;
  pl::Station station{.ledger = office.ledger(),
                      .key = office.key(),
                      .lanes = {},
                      .art = office.art,
                      .profile = office.profile,
                      .settings = {.test_mode = true},
                      .evidence = office.folder() / "evidence",
                      .stop = stop,
                      .clock = clock};
  begun = steady_clock::now();
  pl::RecordBook book(office.ledger(), office.key(), office.folder());
  const std::size_t portraits = must(book.portraits(), "portraits");
  std::printf("%zu portraits loaded in %.1f s\n", portraits, since(begun));
  auto desk = must(pl::BoxDesk::open(station, book,
                                     {.box = "bench", .again = {}, .back = !s.front_only, .camera = "other"}),
                   "box");
  Tally whole, glaring, damaged;
  std::map<std::string, std::pair<int, int>> by_kind;  // damaged cards: of this kind, judged good
  std::vector<double> ms, likeness;
  const std::vector<std::string> kinds{"scratch",  "stain",     "half-print",
                                       "ghosting", "dead-line", "wrong-digit"};
  for (std::size_t i = 0; i < office.orders.size(); ++i) {
    const std::string& id = office.orders[i];
    cv::RNG rng(static_cast<std::uint64_t>(s.seed) * 1'000'003 + i * 7919 + 13);
    const auto record = must(pl::load_record(office.ledger(), office.key(), id), "record");
    const auto pictures = must(
        pl::decode_pictures(must(pl::read_pictures(record.order, office.batch), "pictures")), "decoding");
    const ktp::Order printed = pl::as_printed(record.order);
    const ktp::Face front =
        must(office.art->render(printed, pictures.portrait, pictures.signature, Side::front, 300), "front");
    const ktp::Face back = must(office.art->render(printed, {}, {}, Side::back, 300), "back");
    cv::Mat picture = samples::to_mat(front.image).clone();
    const bool damage = rng.uniform(0.0, 1.0) < s.damage;
    const std::string kind = kinds[static_cast<std::size_t>(rng.uniform(0, static_cast<int>(kinds.size())))];
    if (damage) samples::damage(picture, kind, front, front, rng);
    const bool glare = rng.uniform(0, 5) == 0;  // the lamp's, beyond what a good station has
    pl::CardPictures taken;
    taken.front = shot_of(photograph(picture, glare, rng));
    if (!s.front_only) taken.back = shot_of(photograph(samples::to_mat(back.image), glare, rng));
    const pl::Sighting card = must(desk.take(std::move(taken)), "taking");
    (damage ? damaged : glare ? glaring : whole).add(card, id);
    if (damage) {
      ++by_kind[kind].first;
      by_kind[kind].second += card.decision.verdict == ktp::Verdict::good;
    } else {
      likeness.push_back(card.likeness);
    }
    ms.push_back(card.ms);
    const bool odd = card.who != pl::Who::known || (!damage && card.decision.verdict != ktp::Verdict::good);
    if (s.verbose && odd) {
      std::printf(
          "  #%zu %s: %s, %s, NIK %d digits read, portrait %.3f", i,
          damage  ? kind.c_str()
          : glare ? "whole, glare"
                  : "whole",
          std::string(to_string(card.who)).c_str(), std::string(to_string(card.decision.verdict)).c_str(),
          static_cast<int>(std::ranges::count_if(card.nik, [](char c) { return c != '?'; })), card.likeness);
      for (const pl::Reason& reason : card.decision.why) std::printf("; %s", in_english(reason).c_str());
      std::printf("\n");
    }
    if ((i + 1) % 50 == 0) std::fprintf(stderr, "%zu/%zu\n", i + 1, office.orders.size());
  }
  whole.print("whole");
  glaring.print("whole, glare");
  damaged.print("damaged");
  for (const auto& [kind, n] : by_kind)
    std::printf("  %s: %d, of these judged good %d\n", kind.c_str(), n.first, n.second);
  std::printf("portrait on the card and in its record, of whole cards: least %.3f, 1 %% %.3f, middle %.3f\n",
              quantile(likeness, 0), quantile(likeness, 0.01), quantile(likeness, 0.5));
  std::printf("time a card, from photograph to ledger: %.0f ms (median), %.0f (95 %%), %.0f (most)\n",
              quantile(ms, 0.5), quantile(ms, 0.95), quantile(ms, 1));
  const auto bad = must(office.ledger().verify(), "verify");
  std::printf("ledger: %s\n", bad ? bad->c_str() : "verified");
  return whole.wrong + glaring.wrong + damaged.wrong > 0 || bad ? 70 : 0;
}

}  // namespace

int main(int argc, char** argv) try {
  Settings s;
  CLI::App app{"Sort mode over synthetic photographs"};
  app.add_option("--cards", s.cards, "Cards to photograph")->capture_default_str();
  app.add_option("--records", s.records, "Records in the ledger")->capture_default_str();
  app.add_option("--seed", s.seed)->capture_default_str();
  app.add_option("--damage", s.damage, "Share of damaged cards")->capture_default_str();
  app.add_flag("--front-only", s.front_only);
  app.add_flag("--verbose", s.verbose, "Every card that is not simply known and good");
  CLI11_PARSE(app, argc, argv);
  return run(s);
} catch (const std::exception& error) {
  std::fprintf(stderr, "measure_sort: %s\n", error.what());
  return 70;
}
