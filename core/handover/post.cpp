// SPDX-License-Identifier: Apache-2.0
#include "handover/post.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "domain/date.hpp"
#include "handover/item_number.hpp"
#include "ledger/custody.hpp"

namespace ktp::handover {

namespace {

constexpr std::size_t kRowsPerTransaction = 200;

template <std::size_t N>
std::string listed(const std::array<std::string_view, N>& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

class PostImport {
 public:
  /// `writer`: nullptr = nothing is written, only said.
  PostImport(const ledger::Ledger& ledger, ledger::Ledger* writer, const std::string& actor)
      : ledger_(ledger), writer_(writer), custody_(ledger), actor_(actor) {}

  Result<PostReport> run(const std::vector<PostRow>& rows) {
    for (const PostRow& row : rows) {
      report_.rows.push_back({.row = row.row, .item = {}, .card = {}, .what = "refused"});
      if (auto taken = take(row); !taken) return std::unexpected(taken.error());
      if (events_.size() >= kRowsPerTransaction)
        if (auto flushed = flush(); !flushed) return std::unexpected(flushed.error());
    }
    if (auto flushed = flush(); !flushed) return std::unexpected(flushed.error());
    return std::move(report_);
  }

 private:
  Result<void> flush() {
    if (writer_ == nullptr) return {};
    auto appended = writer_->append(events_);
    events_.clear();
    changed_.clear();
    return appended;
  }

  Result<void> refuse(const PostRow& row, const char* field, const std::string& why) {
    report_.refused.push_back({row.row, field, std::string(field) + ": " + why});
    return {};
  }

  Result<void> take(const PostRow& row) {
    const auto item = checked_item(row.item);
    if (!item) return refuse(row, "item", item.error().message.substr(sizeof("item: ") - 1));
    if (row.status != "entered" && row.status != "delivered" && row.status != "returned")
      return refuse(row, "status", "must be entered, delivered or returned");
    if (!Date::parse(row.date)) return refuse(row, "date", "must be a day, DD-MM-YYYY");
    if (row.status == "delivered" && std::ranges::find(kRelations, row.detail) == kRelations.end())
      return refuse(row, "detail", "must say to whom it was given: " + listed(kRelations));
    if (row.status == "returned" && std::ranges::find(kReturnReasons, row.detail) == kReturnReasons.end())
      return refuse(row, "detail", "must say why it came back: " + listed(kReturnReasons));
    report_.rows.back().item = *item;
    const auto past = custody_.past_results(*item);
    if (!past) return std::unexpected(past.error());
    for (const ledger::PastResult& result : *past)
      if (!result.post.empty() &&
          (row.status == "entered" ||
           (result.post == row.status && result.date == row.date && result.detail == row.detail)))
        return known();
    // Two rows about one item: the second has to see what the first did.
    if (const auto changed = changed_.find(*item); changed != changed_.end())
      return book(row, changed->second);
    auto found = custody_.card_of_item(*item);
    if (!found) return std::unexpected(found.error());
    if (!*found && !past->empty()) return refuse(row, "item", over(*item, past->back()));
    if (!*found) return refuse(row, "item", "no card was given out under " + *item);
    return book(row, **found);
  }

  static std::string over(const std::string& item, const ledger::PastResult& past) {
    if (past.post.empty())
      return item + " was taken off card " + past.card +
             " before anything was handed over; find out what the post has under it";
    return "what was sent as " + item + " came back on " + past.date + " (" + past.detail + "), card " +
           past.card + "; it goes out under another number";
  }

  Result<void> book(const PostRow& row, const ledger::CustodyRow& card) {
    report_.rows.back().card = card.card;
    if (card.state == CardState::sealed || card.state == CardState::sorted)
      return refuse(row, "status",
                    "card " + card.card + " was never handed over; countersign batch " + card.seal +
                        " first, or find out how the post came to have it");
    // What the ledger has already adds nothing, whatever became of the card since.
    const bool entered = row.status == "entered";
    if (entered ? !card.post.empty()
                : card.post == row.status && card.post_date == row.date && card.post_detail == row.detail)
      return known();
    if (card.state == CardState::destroyed) return refuse(row, "status", elsewhere(row, card));
    if (card.state == CardState::withdrawn) {
      const auto may = may_follow_withdrawal(row, card);
      if (!may) return std::unexpected(may.error());
      if (!*may) return refuse(row, "status", elsewhere(row, card));
    }
    if (entered) {
      append("post-entered", row, card, card.state);
      ++report_.entered;
      return {};
    }
    const bool delivered = row.status == "delivered";
    if (card.post == "delivered" || card.post == "returned")
      return refuse(row, "status",
                    row.status + " on " + row.date + ", but the ledger has " + card.post + " on " +
                        card.post_date + " (" + card.post_detail + ") for card " + card.card +
                        "; ask the post office which is right");
    report_.too_late += delivered && card.state == CardState::withdrawn ? 1 : 0;
    append(
        delivered ? "delivered" : "returned", row, card,
        next_state(card.state, delivered ? CardEvent::delivered : CardEvent::returned).value_or(card.state));
    ++(delivered ? report_.delivered : report_.returned);
    return {};
  }

  static std::string elsewhere(const PostRow& row, const ledger::CustodyRow& card) {
    return row.status + ", but card " + card.card + " is " + std::string(to_string(card.state)) +
           "; find out where it is";
  }

  // A card that was withdrawn while the post had it: the post may have given it out before it heard of that,
  // unless somebody has signed for having it since; or it brings it back.
  Result<bool> may_follow_withdrawal(const PostRow& row, const ledger::CustodyRow& card) const {
    const auto trail = ledger_.trail(card.card);
    if (!trail) return std::unexpected(trail.error());
    bool post_had_it = false, located = false;
    for (const std::string& line : *trail) {
      const auto event = nlohmann::json::parse(line);
      const std::string type = event.value("type", "");
      if (type == "withdrawn") post_had_it = event.value("was", "") == "handed-over";
      located |= type == "located";
    }
    return post_had_it && !(located && row.status == "delivered");
  }

  Result<void> known() {
    ++report_.known;
    report_.rows.back().what = "known";
    return {};
  }

  void append(const char* type, const PostRow& row, ledger::CustodyRow card, CardState then) {
    ledger::Event event{.type = type, .actor = actor_, .order_id = card.order_id, .card = card.card};
    event.data["item"] = card.item;
    event.data["date"] = row.date;
    if (row.status == "delivered") event.data["relation"] = row.detail;
    if (row.status == "returned") event.data["reason"] = row.detail;
    if (writer_ != nullptr) events_.push_back(std::move(event));
    for (const std::string_view word : {"entered", "delivered", "returned"})
      if (word == row.status) report_.rows.back().what = word;
    card.state = then;
    card.post = row.status;
    card.post_date = row.date;
    card.post_detail = row.detail;
    const std::string item = card.item;
    changed_.insert_or_assign(item, std::move(card));
  }

  const ledger::Ledger& ledger_;
  ledger::Ledger* const writer_;
  ledger::CustodyView custody_;
  std::string actor_;
  PostReport report_;
  std::vector<ledger::Event> events_;
  std::map<std::string, ledger::CustodyRow> changed_;  // by rows that are not in the ledger yet
};

}  // namespace

Result<PostReport> import_post(ledger::Ledger& ledger, const std::vector<PostRow>& rows,
                               const std::string& actor) {
  return PostImport(ledger, &ledger, actor).run(rows);
}

Result<PostReport> preview_post(const ledger::Ledger& ledger, const std::vector<PostRow>& rows) {
  return PostImport(ledger, nullptr, "").run(rows);
}

}  // namespace ktp::handover
