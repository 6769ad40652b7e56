// SPDX-License-Identifier: Apache-2.0
#include "pipeline/other_records.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "ledger/boxes.hpp"
#include "pipeline/batch_file.hpp"
#include "pipeline/order_pictures.hpp"

namespace ktp::pipeline {

namespace {

constexpr std::size_t kRowsPerTransaction = 200;
// As the batches of orders have theirs.
constexpr std::string_view kFolder = "batch/of-records-";

class Import {
 public:
  Import(const IntakeServices& services, std::string source, std::string file, std::filesystem::path folder)
      : s_(services),
        view_(services.ledger),
        source_(std::move(source)),
        file_(std::move(file)),
        folder_(std::move(folder)) {}

  Result<OtherReport> run(const std::vector<ParsedRow>& rows) {
    // A path can hold a name, so it is sealed. Kept anew each time: the folder may have been moved.
    const std::string name = std::string(kFolder) + file_;
    std::error_code unknown;
    const std::string folder = std::filesystem::absolute(folder_.empty() ? "." : folder_, unknown).string();
    records_.push_back(
        {name, s_.key.seal({reinterpret_cast<const std::uint8_t*>(folder.data()), folder.size()}, name)});
    if (auto flushed = flush(); !flushed) return std::unexpected(flushed.error());
    for (const ParsedRow& row : rows) {
      ++report_.rows;
      if (row.reason.empty()) {
        if (auto taken = take(row); !taken) return std::unexpected(taken.error());
      } else {
        refuse(row, row.field, row.reason);
      }
      if (events_.size() >= kRowsPerTransaction)
        if (auto flushed = flush(); !flushed) return std::unexpected(flushed.error());
    }
    if (auto flushed = flush(); !flushed) return std::unexpected(flushed.error());
    return std::move(report_);
  }

 private:
  Result<void> flush() {
    auto appended = s_.ledger.append(events_, records_);
    events_.clear();
    records_.clear();
    pending_.clear();
    return appended;
  }
  void refuse(const ParsedRow& row, const std::string& field, const std::string& reason) {
    report_.refused.push_back({row.row, row.order.id(), field, reason});
    s_.refused(report_.refused.back());
  }
  Result<void> take(const ParsedRow& row) {
    const std::string name = source_ + "/" + row.order.id();
    const std::string person = s_.key.hash("person", row.order.nik());
    if (pending_.contains(name) || pending_.contains(person))
      if (auto flushed = flush(); !flushed) return flushed;
    const auto pictures = read_pictures(row.order, folder_);
    if (!pictures) {
      const std::string& why = pictures.error().message;
      refuse(row, why.substr(0, why.find(':')), why);
      return {};
    }
    PersonalRecord personal{row.order,
                            ledger::sha256_text(pictures->portrait),
                            pictures->signature.empty() ? "" : ledger::sha256_text(pictures->signature),
                            {},
                            {}};
    const std::string content = content_hash(s_.key, personal);
    const auto same = view_.record(name);
    if (!same) return std::unexpected(same.error());
    if (*same && !(*same)->erased.empty()) {
      refuse(row, "order_id", "order_id: record " + name + " was deleted: " + (*same)->erased);
      return {};
    }
    if (*same) {
      if ((*same)->content == content)
        ++report_.known;
      else
        refuse(row, "order_id", "order_id: record " + name + " is known with other content");
      return {};
    }
    const auto others = view_.records_of(person);
    if (!others) return std::unexpected(others.error());
    for (const ledger::KnownRecordRow& other : *others)
      if (other.source == source_) {
        refuse(row, "nik", "nik: already in record " + other.record);
        return {};
      }
    const auto decoded = decode_pictures(*pictures);
    if (!decoded) {
      const std::string& why = decoded.error().message;
      refuse(row, why.substr(0, why.find(':')), why);
      return {};
    }
    personal.portrait_tile = identity::portrait_tile(decoded->portrait.view());
    personal.portrait = identity::portrait_hash(personal.portrait_tile.view());
    auto sealed = s_.key.seal_record(to_bytes(personal), name);
    if (!sealed) return std::unexpected(sealed.error());
    records_.push_back({name, *std::move(sealed)});
    ledger::Event event{.type = "record-known"};
    event.data = {{"record", name},   {"source", source_},  {"source_order", row.order.id()},
                  {"person", person}, {"content", content}, {"file", file_}};
    events_.push_back(std::move(event));
    pending_.insert({name, person});
    ++report_.added;
    return {};
  }

  const IntakeServices& s_;
  const ledger::BoxView view_;
  const std::string source_, file_;
  const std::filesystem::path folder_;
  OtherReport report_;
  std::vector<ledger::Event> events_;
  std::vector<ledger::SealedRecord> records_;
  std::set<std::string> pending_;
};

}  // namespace

Result<void> check_source(std::string_view source) {
  const bool spelled = !source.empty() && source.size() <= 20 && source.front() >= 'a' &&
                       source.front() <= 'z' && std::ranges::all_of(source, [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                       });
  if (spelled && source != "batch") return {};
  return fail(ErrorCode::bad_data,
              "source: 1 to 20 of a-z, 0-9 and '-', beginning with a letter; not 'batch'");
}

Result<OtherReport> take_in_records(const std::filesystem::path& csv, const std::string& source,
                                    const IntakeServices& services) {
  if (auto named = check_source(source); !named) return std::unexpected(named.error());
  const auto file = BatchFile::read(csv);
  if (!file) return std::unexpected(file.error());
  const auto rows = parse_batch(csv, services.art, services.regions, services.test_mode);
  if (!rows) return std::unexpected(rows.error());
  return Import(services, source, file->hash(), csv.parent_path()).run(*rows);
}

bool is_other_record(std::string_view name) {
  return name.contains('/') && !name.starts_with("batch/");
}

Result<std::filesystem::path> folder_of_record(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                               const std::string& record) {
  const auto row = ledger::BoxView(ledger).record(record);
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(ErrorCode::internal, "there is no record " + record);
  const std::string name = std::string(kFolder) + (*row)->file;
  const auto sealed = ledger.record(name);
  if (!sealed) return std::unexpected(sealed.error());
  const auto plain = key.open(*sealed, name);
  if (!plain) return std::unexpected(plain.error());
  return std::filesystem::path(std::string(plain->begin(), plain->end()));
}

}  // namespace ktp::pipeline
