// SPDX-License-Identifier: Apache-2.0
#include "bench/campaign/print_room.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "bench/campaign/orders.hpp"
#include "pipeline/balance.hpp"
#include "pipeline/blank.hpp"
#include "pipeline/decide.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/operator_wait.hpp"
#include "pipeline/recover.hpp"
#include "pipeline/settle.hpp"
#include "pipeline/sort.hpp"
#include "pipeline/verdict.hpp"

namespace ktp::campaign {

namespace {

namespace pl = pipeline;

constexpr std::uint64_t kHopper = 500;  // blanks that go in at once

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

// A worker may be killed while it opens its device; a person would start the station again.
template <class Device>
std::unique_ptr<Device> opened(const char* name, const Campaign& campaign) {
  for (int i = 0; i < 4; ++i)
    if (auto device_ = Device::open(device(name, campaign), nullptr)) return *std::move(device_);
  return must(Device::open(device(name, campaign), nullptr), name);
}

std::string padded(std::uint64_t person) {
  char text[24];
  std::snprintf(text, sizeof text, "%06llu", static_cast<unsigned long long>(person));
  return text;
}

std::shared_ptr<const pl::Job> job_of(const std::string& order) {
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

}  // namespace

PrintRoom::PrintRoom(Desk& desk)
    : desk_(desk),
      art_(must(artwork::Template::load(KTP_SOURCE_DIR "/config/templates/ektp.yaml"), "template")),
      regions_(must(artwork::Regions::load(KTP_SOURCE_DIR "/config/regions"), "regions")),
      printer_(opened<devices::Printer>("printer", desk.campaign())),
      camera_(opened<devices::Camera>("camera", desk.campaign())),
      station_{.ledger = desk.ledger(),
               .key = desk.key(),
               .lanes = {{*printer_, *camera_}},
               .art = art_,
               .profile = nullptr,
               .settings = {.test_mode = true},
               .evidence = {},
               .stop = stop_,
               .clock = stages_},
      machine_{.station = station_, .printer = *printer_, .camera = *camera_} {}

void PrintRoom::receive_blanks() {
  if (must(desk_.ledger().balance(), "balance").at("received") != 0) return;
  ledger::Event received{.type = "blanks-received"};
  received.data["count"] = desk_.campaign().blanks;
  received.data["paper"] = "SPPB-SPESIMEN-1";
  must(desk_.ledger().append({received}), "blanks");
}

void PrintRoom::take_in(std::uint64_t day) {
  const pl::IntakeServices services{
      .ledger = desk_.ledger(),
      .key = desk_.key(),
      .art = *art_,
      .regions = *regions_,
      .test_mode = true,
      .progress = [this, day](std::size_t row, std::size_t) {
        desk_.taken_rows(desk_.campaign().orders * day / desk_.campaign().print_days + row);
      }};
  const auto file = batch_file(desk_.campaign().folder / "batches", day);
  auto taken = must(pl::take_in(file, services), "intake");
  for (const pl::RefusedRow& row : taken.refused)
    expect(row.order_id.starts_with("D") && row.reason.starts_with("nik: already ordered"),
           "order " + row.order_id + " was refused: " + row.reason);
  if (day % 5 == 0) {  // a file that is taken in once more adds nothing
    const auto before = must(desk_.ledger().size(), "size");
    taken = must(pl::take_in(file, services), "intake");
    expect(taken.accepted == 0 && must(desk_.ledger().size(), "size") == before,
           "a batch was taken in twice");
    ++desk_.truth().faults.double_imports;
  }
}

void PrintRoom::fill_hopper() {
  // The operator fills; the station books what it finds.
  const std::uint64_t stock = desk_.campaign().blanks - desk_.truth().filled;
  if (desk_.truth().in_hopper() < kHopper / 10) desk_.truth().filled += std::min(kHopper, stock);
  must(pl::load_hopper(machine_), "hopper");
}

void PrintRoom::recover() {
  for (ledger::CardRow& card : must(desk_.ledger().open_cards(), "open cards")) {
    if (card.state == CardState::committed || card.state == CardState::printing)
      must(pl::end_interrupted_print(station_, card), "end of a print");
    const std::string name = card.card;
    const auto waiting = must(pl::recover(machine_, std::move(card)), "recovery");
    const auto row = must(desk_.ledger().card(name), "card");
    expect(row && row->state != CardState::unknown, "card " + name + " stays unknown");
    desk_.know(*row);
    if (waiting) look_at(waiting->card.order_id, name, waiting->card.token, row->number);
  }
  fill_hopper();
}

// What the camera would see, and where the card goes then.
void PrintRoom::look_at(const std::string& order, const std::string& card, const std::string& token,
                        std::uint64_t number) {
  devices::CallResult moved = printer_->to_camera(token);
  for (int i = 0; i < 5 && !moved.ok(); ++i) moved = printer_->to_camera(token);
  expect(moved.ok(), "card " + card + " does not come to the camera: " + moved.message);
  const Body& seen = desk_.body(number);
  expect(seen.print != Print::unfinished, "card " + card + " is said to be printed and is not");
  const bool right = "P" + padded(seen.person) == order;
  const Verdict verdict = !right                         ? Verdict::mismatch
                          : seen.print == Print::damaged ? Verdict::damaged
                                                         : Verdict::good;
  const pl::Attempt attempt{.job = job_of(order), .card = card, .token = token, .uid = {}, .number = number};
  must(desk_.ledger().append({pl::judged_event(attempt, verdict, "seen by the campaign")}), "verdict");
  must(pl::sort_card(machine_, order, card, token, to_string(verdict)), "sorting");
}

void PrintRoom::produce(std::uint64_t most) {
  for (const std::string& batch : open_batches())
    for (const OrderState state : {OrderState::printing, OrderState::accepted})
      for (const std::string& order : must(desk_.ledger().order_ids(batch, state), "orders")) {
        if (most-- == 0) return;
        print_order(order);
      }
}
std::vector<std::string> PrintRoom::open_batches() {
  std::vector<std::string> names;
  const std::uint64_t known = std::stoull(must(desk_.ledger().next_batch(), "batch")) - 1;
  for (std::uint64_t i = known > 2 ? known - 2 : 0; i < known; ++i) names.push_back(std::to_string(i + 1));
  return names;
}

void PrintRoom::print_order(const std::string& order) {
  for (;;) {
    const auto decision = pl::decide(must(desk_.ledger().cards_of(order), "cards"), station_.settings);
    using Kind = pl::Decision::Kind;
    if (decision.kind == Kind::done || decision.kind == Kind::wait) return;
    if (decision.kind == Kind::hold) {
      ledger::Event held{.type = "order-held", .order_id = order};
      held.data["reason"] = decision.reason;
      must(desk_.ledger().append({held}), "hold");
      return;
    }
    if (desk_.truth().in_hopper() == 0) fill_hopper();
    std::optional<pl::Replacement> replaces;
    if (decision.kind == Kind::print_again) replaces = pl::Replacement{decision.replaces, decision.reason};
    auto commitment = must(pl::commit_blank(station_, job_of(order), replaces), "blank");
    auto printed = must(pl::print_card(machine_, std::move(commitment)), "print");
    desk_.tick();
    if (printed.attempt.card.empty()) {
      must(pl::wait_for_operator(machine_, printed.result), "wait");
      continue;
    }
    finish(order, printed);
  }
}

void PrintRoom::finish(const std::string& order, pl::Printed& printed) {
  const std::string card = printed.attempt.card;
  if (printed.outcome == devices::CardOutcome::unknown) {
    must(pl::wait_for_operator(machine_, printed.result), "wait");
    const auto row = must(desk_.ledger().card(card), "card");
    const auto settled = must(pl::settle(machine_, *row, printed.attempt.uid), "settling");
    expect(settled.state != CardState::unknown, "card " + card + " stays unknown");
  }
  const auto row = must(desk_.ledger().card(card), "card");
  desk_.know(*row);
  if (row->state == CardState::printed) look_at(order, card, row->token, row->number);
  if (row->state == CardState::spoiled)
    must(pl::sort_card(machine_, order, card, row->token, "damaged"), "sorting");
  if (row->state == CardState::not_started && printed.result.code != 0)
    must(pl::wait_for_operator(machine_, printed.result), "wait");
}

void PrintRoom::balance() {
  pl::Machine* const machines[] = {&machine_};
  must(pl::balance(station_, machines), "balance");
}

}  // namespace ktp::campaign
