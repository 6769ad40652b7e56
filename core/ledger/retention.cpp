// SPDX-License-Identifier: Apache-2.0
#include "ledger/retention.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "domain/words.hpp"
#include "ledger/boxes.hpp"
#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

namespace {

// A key's number in letters: digits in a row could look like a person's number.
std::string letters(std::int64_t number) {
  std::string text(16, 'a');
  auto rest = static_cast<std::uint64_t>(number);
  for (std::size_t i = text.size(); i-- > 0; rest >>= 4) text[i] = static_cast<char>('a' + (rest & 15));
  return text;
}

std::optional<std::int64_t> number_of_letters(const std::string& text) {
  if (text.size() != 16) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < 'a' || c > 'p') return std::nullopt;
    number = number << 4 | static_cast<std::uint64_t>(c - 'a');
  }
  return static_cast<std::int64_t>(number);
}

}  // namespace

Result<Erased> erase(Ledger& ledger, const PersonalKey& key, const std::vector<std::string>& orders,
                     const Erasure& erasure, const std::string& actor) {
  if (auto words = check_words("reason", erasure.reason); !words) return std::unexpected(words.error());
  if (auto name = check_words("by", actor, 100); !name) return std::unexpected(name.error());
  if (!erasure.by_rule) {
    if (auto name = check_words("confirmed-by", erasure.confirmed_by, 100); !name)
      return std::unexpected(name.error());
    if (same_name(actor, erasure.confirmed_by))
      return fail(ErrorCode::bad_data, "confirmed-by: must be another person than '" + actor + "'");
  }
  Erased erased_now;
  std::vector<Event> events;
  std::vector<std::int64_t> numbers;
  for (const std::string& id : std::set<std::string>(orders.begin(), orders.end())) {
    const auto order = ledger.order(id);
    if (!order) return std::unexpected(order.error());
    if (!*order)
      return fail(ErrorCode::input_missing, "there is no order " + id + "; `ktp-station orders` lists them");
    if (!(*order)->erased.empty())
      return fail(ErrorCode::bad_data,
                  "order: the record of " + id + " was deleted already; nothing was done");
    const auto sealed = ledger.record(id);
    if (!sealed) return std::unexpected(sealed.error());
    Event erased{.type = kRecordErased, .actor = actor, .order_id = id};
    erased.data["reason"] = erasure.reason;
    erased.data["record_sha256"] = sha256_text(*sealed);
    if (!erasure.by_rule) erased.data["confirmed_by"] = erasure.confirmed_by;
    if (const auto number = PersonalKey::record_key_of(*sealed)) {
      erased.data["record_key"] = letters(*number);
      numbers.push_back(*number);
    } else {
      ++erased_now.without_own_key;
    }
    events.push_back(std::move(erased));
  }
  if (auto done = ledger.erase_records(events); !done) {
    if (done.error().message.starts_with("ledger refuses"))
      return fail(ErrorCode::bad_data, "order: " + done.error().message + "; nothing was done");
    return std::unexpected(done.error());
  }
  if (auto forgotten = key.record_keys().forget(numbers); !forgotten)
    return std::unexpected(forgotten.error());
  return erased_now;
}

Result<std::vector<std::pair<std::string, std::string>>> other_records_before(const Ledger& ledger,
                                                                              std::string_view time) {
  std::map<std::string, std::string> last;
  for (const char* type : {"record-known", "sighted", kOtherErased}) {
    const auto lines = ledger.lines_of_type(type);
    if (!lines) return std::unexpected(lines.error());
    for (const std::string& text : *lines) {
      const auto line = nlohmann::json::parse(text, nullptr, false);
      const std::string record = line.is_object() ? line.value("record", "") : "";
      if (record.empty()) continue;
      if (type == kOtherErased)
        last.erase(record);
      else
        last[record] = std::max(last[record], line.value("time", ""));
    }
  }
  std::vector<std::pair<std::string, std::string>> due;
  for (const auto& [record, when] : last)
    if (when < time) due.emplace_back(record, when);
  std::ranges::stable_sort(due, {}, &std::pair<std::string, std::string>::second);
  return due;
}

Result<void> erase_others(Ledger& ledger, const PersonalKey& key, const std::vector<std::string>& records,
                          const std::string& reason, const std::string& actor) {
  if (auto words = check_words("reason", reason); !words) return words;
  if (auto name = check_words("by", actor, 100); !name) return name;
  std::vector<Event> events;
  std::vector<std::int64_t> numbers;
  for (const std::string& name : std::set<std::string>(records.begin(), records.end())) {
    const auto row = BoxView(ledger).record(name);
    if (!row) return std::unexpected(row.error());
    if (!*row) return fail(ErrorCode::input_missing, "there is no record " + name);
    const auto sealed = ledger.record(name);
    if (!sealed) return std::unexpected(sealed.error());
    Event erased{.type = kOtherErased, .actor = actor};
    erased.data = {{"record", name}, {"reason", reason}, {"record_sha256", sha256_text(*sealed)}};
    if (const auto number = PersonalKey::record_key_of(*sealed)) {
      erased.data["record_key"] = letters(*number);
      numbers.push_back(*number);
    }
    events.push_back(std::move(erased));
  }
  if (auto done = ledger.erase_records(events); !done) return done;
  return key.record_keys().forget(numbers);
}

Result<std::int64_t> finish_erasures(const Ledger& ledger, const PersonalKey& key) {
  std::vector<std::int64_t> numbers;
  std::int64_t orders = 0;
  for (const char* type : {kRecordErased, kOtherErased}) {
    const auto lines = ledger.lines_of_type(type);
    if (!lines) return std::unexpected(lines.error());
    for (const std::string& text : *lines) {
      const auto line = nlohmann::json::parse(text, nullptr, false);
      if (!line.is_object()) continue;
      if (const auto number = number_of_letters(line.value("record_key", ""))) numbers.push_back(*number);
    }
    if (type == kRecordErased) orders = static_cast<std::int64_t>(lines->size());
  }
  if (auto forgotten = key.record_keys().forget(numbers); !forgotten)
    return std::unexpected(forgotten.error());
  return orders;
}

}  // namespace ktp::ledger
