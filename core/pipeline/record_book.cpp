// SPDX-License-Identifier: Apache-2.0
#include "pipeline/record_book.hpp"

#include <algorithm>
#include <utility>

#include "ledger/boxes.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/other_records.hpp"

namespace ktp::pipeline {

namespace {

constexpr std::size_t kMostLookedAt = 40;  // portraits near by hash that are compared directly

Result<std::shared_ptr<const identity::PortraitIndex>> load_portraits(const std::filesystem::path& data,
                                                                      const ledger::PersonalKey& key) {
  const auto ledger = ledger::Ledger::open(data, false);
  if (!ledger) return std::unexpected(ledger.error());
  auto index = std::make_shared<identity::PortraitIndex>();
  std::optional<Error> bad;
  const auto read =
      (*ledger)->each_record([&](const std::string& order_id, std::vector<std::uint8_t> sealed) {
        if (bad || order_id.starts_with("batch/")) return;  // about no person
        const auto plain = key.open(sealed, order_id);
        if (!plain) {
          if (!key.is_deleted(sealed))
            bad = Error{plain.error().code, "record of order " + order_id + ": " + plain.error().message};
          return;
        }
        if (const auto record = record_from_bytes(*plain)) index->add(order_id, record->portrait);
      });
  if (!read) return std::unexpected(read.error());
  if (bad) return std::unexpected(*bad);
  return index;
}

int differing(std::string_view read, std::string_view nik) {
  int n = 0;
  for (std::size_t i = 0; i < std::min(read.size(), nik.size()); ++i)
    n += read[i] != '?' && read[i] != nik[i];
  return n;
}

}  // namespace

RecordBook::RecordBook(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                       std::filesystem::path data)
    : ledger_(ledger), key_(key), portraits_(std::async(std::launch::async, [folder = std::move(data), &key] {
                                               return load_portraits(folder, key);
                                             }).share()) {}

Result<RecordBook::Portraits> RecordBook::loaded() {
  return portraits_.get();
}

Result<std::size_t> RecordBook::portraits() {
  const auto all = loaded();
  if (!all) return std::unexpected(all.error());
  return (*all)->size();
}

Result<double> RecordBook::likeness(const CardReading& reading, const std::string& order_id) const {
  if (reading.portrait.empty()) return 0.0;
  const auto record = load_record(ledger_, key_, order_id);
  if (!record) return std::unexpected(record.error());
  return identity::similarity(reading.portrait.view(), record->portrait_tile.view());
}

Result<void> RecordBook::by_digits(const CardReading& reading, std::vector<Candidate>& fit) const {
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < reading.nik.text.size(); ++i)
    if (reading.nik.text[i] == '?') missing.push_back(i);
  if (missing.size() > kMostMissing) return {};
  int values = 1;
  for (std::size_t i = 0; i < missing.size(); ++i) values *= 10;
  std::string nik = reading.nik.text;
  const ledger::BoxView view(ledger_);
  for (int value = 0; value < values; ++value) {
    int rest = value;
    for (const std::size_t at : missing) nik[at] = static_cast<char>('0' + rest % 10), rest /= 10;
    std::string person = person_of(nik);
    const auto order = ledger_.order_of_person(person);
    if (!order) return std::unexpected(order.error());
    const auto by = missing.empty() ? Candidate::By::nik : Candidate::By::most_digits;
    if (*order) fit.push_back({.order_id = (*order)->order_id, .record = {}, .person = person, .by = by});
    const auto records = view.records_of(person);
    if (!records) return std::unexpected(records.error());
    for (const ledger::KnownRecordRow& row : *records)
      fit.push_back(
          {.order_id = *order ? (*order)->order_id : "", .record = row.record, .person = person, .by = by});
  }
  return {};
}

Result<void> RecordBook::by_portrait(const CardReading& reading, Candidates& found) {
  if (reading.portrait.empty()) return {};
  const auto index = loaded();
  if (!index) return std::unexpected(index.error());
  std::size_t looked_at = 0;
  for (const auto& match : (*index)->find(reading.hash, kPortraitRadius)) {
    if (++looked_at > kMostLookedAt) break;
    const auto record = load_record(ledger_, key_, match.id);
    if (!record) {
      // Deleted since the portraits were loaded: nobody's card can be recognised by it any more.
      if (record.error().code == ErrorCode::bad_data) continue;
      return std::unexpected(record.error());
    }
    const double likeness = identity::similarity(reading.portrait.view(), record->portrait_tile.view());
    if (likeness < kAlike) continue;
    if (const int differ = differing(reading.nik.text, record->order.nik()); differ > 0)
      found.contradict.push_back({.order_id = match.id, .likeness = likeness, .digits_that_differ = differ});
    else
      found.fit.push_back({.order_id = is_other_record(match.id) ? "" : match.id,
                           .record = is_other_record(match.id) ? match.id : "",
                           .person = person_of(record->order.nik()),
                           .by = Candidate::By::portrait,
                           .likeness = likeness});
  }
  std::ranges::stable_sort(found.fit, std::greater<>(), &Candidate::likeness);
  std::ranges::stable_sort(found.contradict, std::greater<>(), &OtherPortrait::likeness);
  return {};
}

Result<Candidates> RecordBook::who_can_it_be(const CardReading& reading) {
  Candidates found;
  if (reading.nik.text.empty()) return found;
  if (auto looked = by_digits(reading, found.fit); !looked) return std::unexpected(looked.error());
  for (Candidate& candidate : found.fit) {
    // A record that was deleted has no portrait; the person is found all the same.
    if (const auto alike = likeness(reading, candidate.name())) candidate.likeness = *alike;
  }
  if (found.fit.empty())
    if (auto looked = by_portrait(reading, found); !looked) return std::unexpected(looked.error());
  std::ranges::stable_sort(found.fit, std::greater<>(), &Candidate::likeness);
  if (found.fit.size() > kMostCandidates) found.fit.resize(kMostCandidates);
  if (found.contradict.size() > kMostCandidates) found.contradict.resize(kMostCandidates);
  return found;
}

}  // namespace ktp::pipeline
