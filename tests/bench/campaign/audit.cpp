// SPDX-License-Identifier: Apache-2.0
#include "bench/campaign/audit.hpp"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "ledger/ledger.hpp"

namespace ktp::campaign {

namespace {

using nlohmann::json;

constexpr std::size_t kWords = 20;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

template <class Work>
double seconds_of(Work&& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const char* word_of(Place place) {
  constexpr const char* kWordsOf[] = {
      "nowhere",         "in the printer",     "at the camera",   "in bin good",
      "in bin damaged",  "in another bin",     "in a sealed box", "with the post office",
      "with its holder", "back from the post", "in the cabinet",  "at the kecamatan",
      "destroyed"};
  return kWordsOf[static_cast<std::size_t>(place)];
}

std::string order_of(std::uint32_t person) {
  char text[24];
  std::snprintf(text, sizeof text, "P%06u", person);
  return text;
}

class Auditor {
 public:
  Auditor(const Campaign& campaign, const Truth& truth)
      : campaign_(campaign),
        truth_(truth),
        ledger_(must(ledger::Ledger::open(data_of(campaign), false))),
        custody_(*ledger_) {}

  Audit run() {
    for (const std::string& line : must(ledger_->lines_of_type("located")))
      located_.insert(json::parse(line).at("card").get<std::string>());
    part([&] { cards(); });
    for (std::uint64_t n = 1; n <= truth_.fed; ++n)
      if (!explained_.contains(n)) say("body " + std::to_string(n) + " is in no row of the ledger");
    part([&] { orders(); });
    part([&] { people(); });
    part([&] { settlements(); });
    part([&] { balance(); });
    part([&] { proof(); });
    found_.complaints = complaints(truth_);
    found_.figures = must(custody_.campaign());
    found_.events = must(ledger_->size());
    for (const char* name : {"ledger.sqlite", "ledger.sqlite-wal"}) {
      std::error_code none;
      if (const auto bytes = std::filesystem::file_size(data_of(campaign_) / name, none); !none)
        found_.database_bytes += bytes;
    }
    return std::move(found_);
  }

 private:
  // A ledger that cannot even be read is not explained, and the other parts are still looked at.
  template <class Part>
  void part(Part&& look) {
    try {
      look();
    } catch (const std::exception& error) {
      say(error.what());
    }
  }

  void say(std::string words) {
    ++found_.unexplained;
    if (found_.words.size() < kWords) found_.words.push_back(std::move(words));
  }

  void cards() {
    must(ledger_->each_card([&](const ledger::CardRow& row) { rows_.push_back(row); }));
    for (const ledger::CardRow& row : rows_) {
      if (row.number == 0) {
        ++found_.not_started;
        if (row.state != CardState::not_started) say(row.card + " has no body and is " + state_of(row));
        continue;
      }
      ++found_.cards;
      if (row.number > truth_.fed)
        say(row.card + " is said to be body " + std::to_string(row.number) + ", which was never fed");
      else if (!explained_.insert(row.number).second)
        say(row.card + ": another card is the same body " + std::to_string(row.number));
      else
        card(row, truth_.bodies()[row.number - 1]);
    }
  }

  static std::string state_of(const ledger::CardRow& row) {
    return std::string(to_string(row.state)) + (row.bin.empty() ? "" : " in bin " + row.bin);
  }

  void card(const ledger::CardRow& row, const Body& body) {
    const std::string name = row.card + " (body " + std::to_string(row.number) + ")";
    char uid[24];
    std::snprintf(uid, sizeof uid, "04%012llX", static_cast<unsigned long long>(row.number));
    if (row.token != body.token) say(name + " was printed under another token");
    if (row.uid != uid) say(name + " has another chip than " + row.uid);
    if (row.order_id != order_of(body.person)) say(name + " of " + row.order_id + " shows somebody else");
    const bool spoiled = body.print == Print::unfinished;
    const bool well = spoiled                        ? row.verdict.empty()
                      : body.print == Print::damaged ? row.verdict == "damaged"
                                                     : row.verdict == "good";
    if (!well) say(name + " was judged '" + row.verdict + "' and is otherwise");
    if (!is_where_it_should_be(row, body))
      say(name + " is " + state_of(row) + " and lies " + word_of(body.place));
    if (body.place == Place::district) {
      ++found_.recalled;
      if (!located_.contains(row.card)) say(name + " was recalled, and nobody wrote down where it is");
    }
    if (body.place == Place::holder) delivered(name, row, body);
    if (body.place == Place::post) ++found_.under_way;
  }

  [[nodiscard]] static bool is_where_it_should_be(const ledger::CardRow& row, const Body& body) {
    switch (row.state) {
      case CardState::sorted:
        return body.place == (row.bin == "good"      ? Place::bin_good
                              : row.bin == "damaged" ? Place::bin_damaged
                                                     : Place::bin_other);
      case CardState::spoiled:
        return body.place == Place::bin_damaged;
      case CardState::sealed:
        return body.place == Place::box;
      case CardState::handed_over:
        return body.place == Place::post;
      case CardState::delivered:
        return body.place == Place::holder;
      case CardState::returned:
        return body.place == Place::back;
      case CardState::withdrawn:
        return body.place == Place::district || body.place == Place::office;
      case CardState::destroyed:
        return body.place == Place::burnt;
      default:  // at the end nothing is still in the machine, or unknown
        return false;
    }
  }

  // As the post office has it: under this number, on this day, to this relation.
  void delivered(const std::string& name, const ledger::CardRow& row, const Body& body) {
    const auto booked = must(custody_.card_of_item(body.item));
    if (!booked || booked->card != row.card) return say(name + " was delivered under another number");
    const auto said = last_word(truth_, row.number);
    if (booked->post != said.status || booked->post_date != said.date || booked->post_detail != said.detail)
      say(name + " was delivered on " + said.date + " (" + said.detail + "), the ledger has " + booked->post +
          " on " + booked->post_date + " (" + booked->post_detail + ")");
  }

  void orders() {
    std::uint64_t accepted = 0;
    must(ledger_->each_order([&](const ledger::OrderRow& order) {
      if (order.state == "refused") {
        ++found_.refused_rows;
        if (!order.order_id.starts_with("D"))
          say("order " + order.order_id + " was refused: " + order.reason);
        return;
      }
      ++accepted;
      found_.held_orders += order.state == "held" ? 1 : 0;
      const bool recalled = order.state == "held" && order.reason.starts_with("kode_wilayah: recalled");
      if (order.state != "done" && !recalled)
        say("order " + order.order_id + " is " + order.state + " " + order.reason);
    }));
    if (found_.refused_rows != campaign_.twice)
      say(std::to_string(campaign_.twice) + " people were ordered a second time, " +
          std::to_string(found_.refused_rows) + " rows were refused");
    if (accepted != campaign_.orders)
      say(std::to_string(campaign_.orders) + " people were ordered, the ledger has " +
          std::to_string(accepted));
  }

  // One person, one live card: in the ledger's eyes, and in people's hands.
  void people() {
    std::unordered_map<std::uint32_t, int> hold;
    for (std::uint64_t n = 1; n <= truth_.fed; ++n)
      if (const Body& body = truth_.bodies()[n - 1]; body.place == Place::holder) ++hold[body.person];
    for (const auto& [person, cards] : hold)
      if (cards > 1) ++found_.two_live;
    std::unordered_set<std::string> live;
    for (const ledger::CardRow& row : rows_)
      if (is_live(row.state, row.verdict) && !live.insert(row.order_id).second)
        say("order " + row.order_id + " has two live cards, one is " + row.card);
  }

  // Whatever was unknown was settled, and by evidence.
  void settlements() {
    std::multiset<std::string> open;
    for (const std::string& line : must(ledger_->lines_of_type("print-ended"))) {
      if (line.find("\"unknown\"") == std::string::npos) continue;
      if (const json ended = json::parse(line); ended.at("outcome") == "unknown")
        open.insert(ended.at("card").get<std::string>());
    }
    for (const std::string& line : must(ledger_->lines_of_type("settled"))) {
      const json settled = json::parse(line);
      const std::string card = settled.at("card");
      if (settled.value("evidence", "").empty()) say(card + " was settled without evidence");
      if (const auto was = open.find(card); was != open.end())
        open.erase(was);
      else
        say(card + " was settled and had not been unknown");
      ++found_.settled;
    }
    for (const std::string& card : open) say(card + " was unknown and nothing settled it");
  }

  // Every term against what lies there.
  void balance() {
    ledger::Balance terms;
    found_.balance_ms = 1e3 * seconds_of([&] { terms = must(ledger_->balance()); });
    found_.discrepancy = terms.at("discrepancy");
    found_.unknown = terms.at("unknown");
    if (!terms.sums()) say("the balance does not sum up");
    std::map<Place, std::int64_t> lie;
    std::int64_t spoiled = 0;
    for (std::uint64_t n = 1; n <= truth_.fed; ++n) {
      const Body& body = truth_.bodies()[n - 1];
      ++lie[body.place];
      spoiled += body.place == Place::bin_damaged && body.print == Print::unfinished ? 1 : 0;
    }
    const auto check = [&](const char* term, std::int64_t is) {
      if (terms.at(term) != is)
        say(std::string("blanks ") + term + ": the ledger has " + std::to_string(terms.at(term)) +
            ", there are " + std::to_string(is));
    };
    check("received", static_cast<std::int64_t>(campaign_.blanks));
    check("in_stock", static_cast<std::int64_t>(campaign_.blanks - truth_.filled));
    check("in_machine",
          static_cast<std::int64_t>(truth_.in_hopper()) + lie[Place::inside] + lie[Place::camera]);
    check("good", lie[Place::bin_good] + lie[Place::box]);
    check("damaged", lie[Place::bin_damaged] - spoiled);
    check("spoiled", spoiled);
    check("duplicate", 0);
    check("mismatch", 0);
    check("review", lie[Place::bin_other]);
    check("withdrawn", lie[Place::district] + lie[Place::office]);
    check("destroyed", lie[Place::burnt]);
    check("handed_over", lie[Place::post] + lie[Place::holder] + lie[Place::back]);
    ledger::Balance again;
    found_.balance_at_s = seconds_of([&] { again = must(ledger_->balance_at("2099-12-31")); });
    if (again.terms != terms.terms) say("the balance built from the events alone is another");
  }

  // The log against the heads that the post office was given on its way.
  void proof() {
    ledger::VerifyAgainst against;
    std::error_code none;
    for (std::filesystem::directory_iterator file(post_of(campaign_), none), end; !none && file != end;
         file.increment(none)) {
      const std::string name = file->path().filename();
      if (name == "key")
        against.key = text_of(file->path());
      else if (!name.starts_with("."))
        against.checkpoints.push_back(text_of(file->path()));
    }
    found_.heads = against.checkpoints.size();
    if (against.key.empty() || against.checkpoints.empty()) say("the post office holds no head of the log");
    found_.verify_s = seconds_of([&] {
      if (const auto difference = must(ledger_->verify(against))) say("ledger verify: " + *difference);
    });
  }

  const Campaign& campaign_;
  const Truth& truth_;
  std::unique_ptr<ledger::Ledger> ledger_;
  ledger::CustodyView custody_;
  std::vector<ledger::CardRow> rows_;
  std::unordered_set<std::uint64_t> explained_;
  std::unordered_set<std::string> located_;
  Audit found_;
};

}  // namespace

Audit audit(const Campaign& campaign, const Truth& truth) {
  return Auditor(campaign, truth).run();
}

}  // namespace ktp::campaign
