// SPDX-License-Identifier: Apache-2.0
#include "bench/campaign/office.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/campaign/orders.hpp"
#include "bench/campaign/post_office.hpp"
#include "bench/campaign/truth.hpp"
#include "handover/acts.hpp"
#include "handover/post.hpp"
#include "handover/seal.hpp"
#include "ledger/custody.hpp"
#include "ledger/data_lock.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "pipeline/balance.hpp"
#include "pipeline/blank.hpp"
#include "pipeline/decide.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/operator_wait.hpp"
#include "pipeline/print.hpp"
#include "pipeline/recover.hpp"
#include "pipeline/settle.hpp"
#include "pipeline/sort.hpp"
#include "pipeline/verdict.hpp"

namespace ktp::campaign {

namespace {

namespace pl = pipeline;

constexpr std::uint64_t kHopper = 500;            // blanks that go in at once
constexpr const char* kRecalled = "32.16.06.1001";  // Jatimulya, as in 2020
constexpr const char* kBy = "operator";

// Whatever the station answers with an error here is a fault: nothing in a campaign is forbidden.
template <class T>
T must(Result<T> result, const char* what) {
  if (!result) throw std::runtime_error(std::string(what) + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}
void expect(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

devices::DeviceConfig device(const char* name, const Campaign& campaign) {
  devices::DeviceConfig config;
  config.name = name;
  config.plugin = CAMPAIGN_PLUGIN;
  config.worker = WORKER;
  config.restart_budget = 1'000'000;  // it dies by plan; how often is no sign of a broken driver
  config.backoff_first = std::chrono::milliseconds(1);
  config.backoff_most = std::chrono::milliseconds(10);
  if (config.name == "printer") config.settings = {{"truth", truth_of(campaign).string()}};
  return config;
}

class Office {
 public:
  explicit Office(const Campaign& campaign)
      : campaign_(campaign),
        truth_(*map_truth(truth_of(campaign), 0)),
        lock_(must(ledger::DataLock::acquire(data_of(campaign), std::chrono::seconds(15)), "lock")),
        key_(must(ledger::PersonalKey::load(data_of(campaign), true), "key")),
        ledger_(must(ledger::Ledger::open(data_of(campaign), true, [this] { return clock(); }), "ledger")),
        custody_(*ledger_),
        art_(must(artwork::Template::load(KTP_SOURCE_DIR "/config/templates/ektp.yaml"), "template")),
        regions_(must(artwork::Regions::load(KTP_SOURCE_DIR "/config/regions"), "regions")),
        printer_(must(devices::Printer::open(device("printer", campaign), nullptr), "printer")),
        camera_(must(devices::Camera::open(device("camera", campaign), nullptr), "camera")),
        station_{.ledger = *ledger_,
                 .key = key_,
                 .lanes = {{*printer_, *camera_}},
                 .art = art_,
                 .profile = nullptr,
                 .settings = {.test_mode = true},
                 .evidence = {},
                 .stop = stop_,
                 .clock = stages_},
        machine_{.station = station_, .printer = *printer_, .camera = *camera_} {
    must(ledger_->each_card([this](const ledger::CardRow& row) { know(row); }), "cards");
  }

  ~Office() {
    truth_.appends_us += static_cast<std::uint64_t>(ledger_->append_seconds() * 1e6);
  }
  Office(const Office&) = delete;
  Office& operator=(const Office&) = delete;

  void run() {
    receive_blanks();
    for (; truth_.day < campaign_.days; ++truth_.day) {
      const std::uint64_t day = truth_.day;
      if (day < campaign_.print_days) take_in(day);
      fill_hopper();
      recover();
      produce();
      if (day % 7 == 6) destroy();
      seal();
      hand_over();
      if (day == recall_day()) recall();
      deliver(truth_, day);
      import_results(day);
      see_to_returned();
    }
    recover();
    destroy();
    must(pl::append_balance(*ledger_), "balance");
  }

 private:
  [[nodiscard]] std::uint64_t recall_day() const { return campaign_.print_days * 2 / 5; }

  // The campaign's calendar; within a day time goes on with the work, also over a restart.
  [[nodiscard]] std::chrono::system_clock::time_point clock() const {
    using namespace std::chrono;
    return sys_days(2020y / March / 20) + hours(24) * static_cast<int>(truth_.day.load()) + hours(1) +
           milliseconds(truth_.ticks.load());
  }
  void tick() { ++truth_.ticks; }

  void know(const ledger::CardRow& row) {
    if (row.number != 0) card_of_[row.number] = row.card;
  }
  Body& body(std::uint64_t number) { return truth_.bodies[number - 1]; }
  Body& body_of(const std::string& card) {
    const auto row = must(ledger_->card(card), "card");
    expect(row && row->number != 0, "card " + card + " has no body");
    return body(row->number);
  }

  void receive_blanks() {
    if (must(ledger_->balance(), "balance").at("received") != 0) return;
    ledger::Event received{.type = "blanks-received"};
    received.data["count"] = campaign_.blanks;
    received.data["paper"] = "SPPB-SPESIMEN-1";
    must(ledger_->append({received}), "blanks");
  }

  void take_in(std::uint64_t day) {
    const pl::IntakeServices services{.ledger = *ledger_,
                                      .key = key_,
                                      .art = *art_,
                                      .regions = *regions_,
                                      .test_mode = true,
                                      .progress = [this](std::size_t, std::size_t) { truth_.ticks += 50; }};
    const auto file = batch_file(campaign_.folder / "batches", day);
    auto taken = must(pl::take_in(file, services), "intake");
    for (const pl::RefusedRow& row : taken.refused)
      expect(row.order_id.starts_with("D") && row.reason.starts_with("nik: already ordered"),
             "order " + row.order_id + " was refused: " + row.reason);
    if (day % 5 == 0) {  // a file that is taken in once more adds nothing
      const auto before = must(ledger_->size(), "size");
      taken = must(pl::take_in(file, services), "intake");
      expect(taken.accepted == 0 && must(ledger_->size(), "size") == before, "a batch was taken in twice");
      ++truth_.faults.double_imports;
    }
  }

  void fill_hopper() {
    // The operator fills; the station books what it finds.
    const std::uint64_t stock = campaign_.blanks - truth_.filled;
    if (truth_.in_hopper() < kHopper / 10) truth_.filled += std::min(kHopper, stock);
    must(pl::load_hopper(machine_), "hopper");
  }

  void recover() {
    for (ledger::CardRow& card : must(ledger_->open_cards(), "open cards")) {
      if (card.state == CardState::committed || card.state == CardState::printing)
        must(pl::end_interrupted_print(station_, card), "end of a print");
      const std::string name = card.card;
      const auto waiting = must(pl::recover(machine_, std::move(card)), "recovery");
      const auto row = must(ledger_->card(name), "card");
      expect(row && row->state != CardState::unknown, "card " + name + " stays unknown");
      know(*row);
      if (waiting) look_at(waiting->card.order_id, name, waiting->card.token, row->number);
    }
    fill_hopper();
  }

  // What the camera would see, and where the card goes then.
  void look_at(const std::string& order, const std::string& card, const std::string& token,
               std::uint64_t number) {
    devices::CallResult moved = printer_->to_camera(token);
    for (int i = 0; i < 5 && !moved.ok(); ++i) moved = printer_->to_camera(token);
    expect(moved.ok(), "card " + card + " does not come to the camera: " + moved.message);
    const Body& seen = body(number);
    expect(seen.print != Print::unfinished, "card " + card + " is said to be printed and is not");
    const bool right = "P" + padded(seen.person) == order;
    const Verdict verdict = !right                         ? Verdict::mismatch
                            : seen.print == Print::damaged ? Verdict::damaged
                                                           : Verdict::good;
    const pl::Attempt attempt{.job = job_of(order), .card = card, .token = token, .uid = {}, .number = number};
    must(ledger_->append({pl::judged_event(attempt, verdict, "seen by the campaign")}), "verdict");
    must(pl::sort_card(machine_, order, card, token, to_string(verdict)), "sorting");
  }

  static std::string padded(std::uint64_t person) {
    char text[24];
    std::snprintf(text, sizeof text, "%06llu", static_cast<unsigned long long>(person));
    return text;
  }

  static std::shared_ptr<const pl::Job> job_of(const std::string& order) {
    auto job = std::make_shared<pl::Job>();
    job->order_id = order;
    // Eight by eight pixels, the first four bytes of which say who it is.
    const auto person = static_cast<std::uint32_t>(std::stoul(order.substr(1)));
    job->front.image = Image(8, 8, 3);
    std::memcpy(job->front.image.pixels.data(), &person, sizeof person);
    job->back.image = Image(8, 8, 3);
    job->front.dpi = job->back.dpi = 300;
    return job;
  }

  void produce() {
    for (const std::string& batch : open_batches())
      for (const OrderState state : {OrderState::printing, OrderState::accepted})
        for (const std::string& order : must(ledger_->order_ids(batch, state), "orders")) print_order(order);
  }
  std::vector<std::string> open_batches() {
    std::vector<std::string> names;
    const std::uint64_t known = std::stoull(must(ledger_->next_batch(), "batch")) - 1;
    for (std::uint64_t i = known > 2 ? known - 2 : 0; i < known; ++i) names.push_back(std::to_string(i + 1));
    return names;
  }

  void print_order(const std::string& order) {
    for (;;) {
      const auto decision = pl::decide(must(ledger_->cards_of(order), "cards"), station_.settings);
      using Kind = pl::Decision::Kind;
      if (decision.kind == Kind::done || decision.kind == Kind::wait) return;
      if (decision.kind == Kind::hold) {
        ledger::Event held{.type = "order-held", .order_id = order};
        held.data["reason"] = decision.reason;
        must(ledger_->append({held}), "hold");
        return;
      }
      if (truth_.in_hopper() == 0) fill_hopper();
      std::optional<pl::Replacement> replaces;
      if (decision.kind == Kind::print_again) replaces = pl::Replacement{decision.replaces, decision.reason};
      auto commitment = must(pl::commit_blank(station_, job_of(order), replaces), "blank");
      auto printed = must(pl::print_card(machine_, std::move(commitment)), "print");
      tick();
      if (printed.attempt.card.empty()) {
        must(pl::wait_for_operator(machine_, printed.result), "wait");
        continue;
      }
      finish(order, printed);
    }
  }

  void finish(const std::string& order, pl::Printed& printed) {
    const std::string card = printed.attempt.card;
    if (printed.outcome == devices::CardOutcome::unknown) {
      must(pl::wait_for_operator(machine_, printed.result), "wait");
      const auto row = must(ledger_->card(card), "card");
      const auto settled = must(pl::settle(machine_, *row, printed.attempt.uid), "settling");
      expect(settled.state != CardState::unknown, "card " + card + " stays unknown");
    }
    const auto row = must(ledger_->card(card), "card");
    know(*row);
    if (row->state == CardState::printed) look_at(order, card, row->token, row->number);
    if (row->state == CardState::spoiled)
      must(pl::sort_card(machine_, order, card, row->token, "damaged"), "sorting");
    if (row->state == CardState::not_started && printed.result.code != 0)
      must(pl::wait_for_operator(machine_, printed.result), "wait");
  }

  // Rejects and spoiled cards, and withdrawn ones that lie in the office. Recalled cards are at the
  // kecamatan.
  void destroy() {
    std::vector<std::string> cards;
    for (const auto& row : must(custody_.to_destroy(), "what waits"))
      if (row.state != CardState::withdrawn || body_of(row.card).place == Place::office)
        cards.push_back(row.card);
    if (!cards.empty())
      must(handover::destroy(*ledger_, cards, {.names = {"Andi", "Budi"}, .place = "Cikarang"}, kBy),
           "destruction");
    tick();
    for (std::uint64_t n = 1; n <= truth_.fed; ++n) {
      Body& one = body(n);
      if (one.place != Place::bin_damaged && one.place != Place::bin_other && one.place != Place::office)
        continue;
      const auto row = must(ledger_->card(card_of_.at(n)), "card");
      if (row->state == CardState::destroyed) one.place = Place::burnt;
    }
  }

  void seal() {
    must(handover::seal_region(*ledger_, "", {}, kBy), "sealing");
    // Labels and boxes follow the list, whoever wrote it: this process or one that died over it.
    for (const auto& seal : must(custody_.seals(), "seals")) {
      if (!seal.taken_by.empty() || seal.inside == 0) continue;
      const auto number = static_cast<std::uint32_t>(std::stoul(seal.seal.substr(1)));
      for (const auto& row : must(custody_.cards_in(seal.seal), "box")) {
        if (row.state != CardState::sealed) continue;
        Body& one = body_of(row.card);
        if (one.seal == number && one.place == Place::box) continue;
        if (std::strcmp(one.item, row.item.c_str()) != 0) {
          std::memcpy(one.item_before, one.item, sizeof one.item);
          one.taken_before = one.taken;
          std::strncpy(one.item, row.item.c_str(), sizeof one.item - 1);
        }
        one.seal = number;
        one.place = Place::box;
        tick();
      }
    }
  }

  void hand_over() {
    std::map<std::uint32_t, std::vector<std::uint64_t>> boxes;
    for (std::uint64_t n = 1; n <= truth_.fed; ++n)
      if (body(n).place == Place::box) boxes[body(n).seal].push_back(n);
    for (const auto& [number, inside] : boxes) {
      char seal[16];
      std::snprintf(seal, sizeof seal, "S%06u", number);
      const auto box = must(custody_.seal(seal), "box");
      expect(box.has_value(), std::string("there is no box ") + seal);
      if (box->taken_by.empty()) countersign(seal, inside);
      for (const std::uint64_t n : inside) {  // the courier takes it, once
        Body& one = body(n);
        one.taken = static_cast<std::uint16_t>(truth_.day.load());
        ++one.sendings;
        one.at_post_once = true;
        one.place = Place::post;
      }
      tick();
    }
    // The courier's copy of the list carries the log's head.
    if (!boxes.empty() && truth_.day % 7 == 0) {
      const auto head = must(ledger_->head(), "head");
      const auto folder = campaign_.folder / "post";
      std::filesystem::create_directories(folder);
      std::ofstream(folder / std::to_string(truth_.day), std::ios::binary) << head.checkpoint;
    }
  }

  void countersign(const std::string& seal, const std::vector<std::uint64_t>& inside) {
    handover::Countersign sign{.given_by = kBy, .taken_by = "kurir", .counted = {}, .scanned = {}};
    for (const std::uint64_t n : inside) sign.scanned.emplace_back(body(n).item);
    // Now and then the scanner misses one: the station must name it, and hand nothing over.
    if (inside.size() > 1 && drawn(truth_.seed, 0x5CA4, inside.front()) % 40 == 0) {
      const std::string missed = sign.scanned.back();
      sign.scanned.pop_back();
      const auto refused = handover::hand_over(*ledger_, seal, sign, kBy);
      expect(!refused && refused.error().message.find(missed) != std::string::npos,
             "a box with a card missing was handed over");
      sign.scanned.push_back(missed);
      ++truth_.faults.short_scans;
    }
    must(handover::hand_over(*ledger_, seal, sign, kBy), "handover");
    // An acknowledgement that was lost: asked again, the station says so and does it once.
    const auto again = handover::hand_over(*ledger_, seal, sign, kBy);
    expect(!again && again.error().message.find("already") != std::string::npos, "a box went out twice");
  }

  void recall() {
    must(handover::recall(*ledger_, kRecalled, "rumah dibongkar / houses cleared", kBy, false), "recall");
    std::vector<std::string> withdrawn;
    for (const auto& row : must(custody_.good_cards_of(kRecalled), "recalled"))
      if (row.state == CardState::withdrawn && body_of(row.card).place != Place::office)
        withdrawn.push_back(row.card);
    for (const std::string& card : withdrawn) {
      Body& one = body_of(card);
      if (one.place == Place::district) continue;
      must(handover::locate(*ledger_, card, "Kecamatan Tambun Selatan", "Camat", kBy), "whereabouts");
      one.place = Place::district;
      tick();
    }
  }

  void import_results(std::uint64_t day) {
    const ResultFile file = results(truth_, day);
    if (file.rows.empty()) return;
    for (int times = day % 5 == 0 ? 2 : 1; times > 0; --times) {
      const auto before = must(ledger_->size(), "size");
      const auto report = must(handover::import_post(*ledger_, file.rows, "pos"), "post results");
      expect(report.refused.size() == file.contradictions,
             std::to_string(report.refused.size()) + " rows of " + date_of(day) + " were refused, " +
                 std::to_string(file.contradictions) + " contradict" +
                 (report.refused.empty() ? "" : "; the first: " + report.refused.front().reason));
      if (times == 1 && day % 5 == 0) {
        expect(must(ledger_->size(), "size") == before, "a result file was booked twice");
        ++truth_.faults.double_imports;
      }
    }
    truth_.faults.contradictions += file.contradictions;
    truth_.faults.repeated_rows += file.repeated;
    truth_.ticks += file.rows.size();
  }

  void see_to_returned() {
    for (std::uint64_t n = 1; n <= truth_.fed; ++n) {
      Body& one = body(n);
      if (one.place != Place::back) continue;
      const std::string& card = card_of_.at(n);
      const auto row = must(ledger_->card(card), "card");
      if (row->state == CardState::handed_over && one.sendings < 2) continue;  // the file is not here yet
      if (row->state == CardState::returned) {
        const auto item = must(custody_.card_of_item(one.item), "item");
        expect(item && item->card == card, "item of card " + card + " is another's");
        const bool useless = item->post_detail == "MENINGGAL" || item->post_detail == "RUSAK_DI_PERJALANAN";
        if (useless)
          must(handover::withdraw(*ledger_, {card}, item->post_detail, kBy), "withdrawal");
        else if (one.sendings == 1)
          must(handover::receive_back(*ledger_, card, kBy), "receipt");
        else
          must(handover::redistribute(*ledger_, card, "kecamatan", "Camat", kBy), "redistribution");
      } else if (row->state == CardState::handed_over &&
                 must(ledger_->trail(card), "trail").back().find("redistributed") == std::string::npos) {
        continue;  // a second sending whose file is not here yet
      }
      follow(one, must(ledger_->card(card), "card")->state);
      tick();
    }
  }

  // The body goes where the ledger says it went: also when the process died between the two.
  void follow(Body& one, CardState state) {
    if (state == CardState::withdrawn) one.place = Place::office;
    if (state == CardState::sorted) one.place = Place::bin_good;
    if (state != CardState::handed_over) return;
    std::memcpy(one.item_before, one.item, sizeof one.item);
    one.taken_before = one.taken;
    one.taken = static_cast<std::uint16_t>(truth_.day.load());
    ++one.sendings;
    one.place = Place::post;
  }

  const Campaign& campaign_;
  Truth& truth_;
  ledger::DataLock lock_;
  ledger::PersonalKey key_;
  std::unique_ptr<ledger::Ledger> ledger_;
  ledger::CustodyView custody_;
  std::shared_ptr<const artwork::Template> art_;
  std::shared_ptr<const artwork::Regions> regions_;
  std::unique_ptr<devices::Printer> printer_;
  std::unique_ptr<devices::Camera> camera_;
  pl::StopSwitch stop_;
  pl::StageClock stages_;
  pl::Station station_;
  pl::Machine machine_;
  std::unordered_map<std::uint64_t, std::string> card_of_;
};

}  // namespace

int work(const Campaign& campaign) {
  try {
    Office(campaign).run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the office stopped: %s\n", error.what());
    return 1;
  }
}

}  // namespace ktp::campaign
