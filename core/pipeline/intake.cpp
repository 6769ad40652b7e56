// SPDX-License-Identifier: Apache-2.0
#include "pipeline/intake.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "domain/nik.hpp"
#include "ledger/boxes.hpp"
#include "pipeline/batch_file.hpp"
#include "pipeline/order_pictures.hpp"
#include "pipeline/row_rules.hpp"

namespace ktp::pipeline {

namespace {

constexpr std::size_t kRowsPerTransaction = 200;

Order order_of(CsvRecord record) {
  Order order;
  for (std::size_t i = 0; i < kOrderColumns.size(); ++i) order.fields[i] = std::move(record.fields[i]);
  return order;
}

// An order number that may be shown and logged: it breaks none of the rules for one.
std::string showable_id(const CsvRecord& record) {
  if (record.fields.empty()) return {};
  const std::string& id = record.fields[0];
  if (id.empty() || id.size() > 100 || !is_valid_utf8(id)) return {};
  int run = 0;
  for (const char c : id) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '/' || c == '\\') return {};
    run = c >= '0' && c <= '9' ? run + 1 : 0;
    if (run >= 16) return {};
  }
  return id;
}

// Order numbers hold no slash, so a batch's record never meets an order's.
std::string batch_record(const std::string& batch) {
  return "batch/" + batch;
}

// Everything about taking in one file, row by row, with events gathered into few transactions.
class Intake {
 public:
  Intake(const IntakeServices& services, std::filesystem::path folder)
      : s_(services), folder_(std::move(folder)) {}

  Result<IntakeReport> run(const BatchFile& file) {
    auto known = s_.ledger.batch_with_file(file.hash());
    if (!known) return std::unexpected(known.error());
    if (*known) {
      report_.batch = **known;
    } else {
      auto next = s_.ledger.next_batch();
      if (!next) return std::unexpected(next.error());
      report_.batch = *next;
      ledger::Event opened{.type = "batch-opened", .batch = report_.batch};
      opened.data["file"] = file.hash();
      opened.data["rows"] = file.rows();
      events_.push_back(std::move(opened));
    }
    // Kept anew at every import: the folder may have been moved. A path can hold a name, so it is sealed too.
    const std::string key = batch_record(report_.batch);
    std::error_code unknown;
    const std::string folder = std::filesystem::absolute(folder_.empty() ? "." : folder_, unknown).string();
    records_.push_back(
        {key, s_.key.seal({reinterpret_cast<const std::uint8_t*>(folder.data()), folder.size()}, key)});
    if (auto flushed = s_.ledger.append(events_, records_); !flushed) return std::unexpected(flushed.error());
    events_.clear();
    records_.clear();
    auto done = file.each([&](std::size_t row, CsvRecord record) -> Result<void> {
      ++report_.rows;
      if (row % 50 == 0) s_.progress(row, file.rows());
      if (auto taken = take_row(row, std::move(record)); !taken) return taken;
      return events_.size() >= kRowsPerTransaction ? flush() : Result<void>{};
    });
    if (!done) return std::unexpected(done.error());
    if (auto flushed = flush(); !flushed) return std::unexpected(flushed.error());
    return std::move(report_);
  }

 private:
  // Only a batch that adds somebody needs everybody's portrait.
  Result<void> load_portraits() {
    if (std::exchange(portraits_loaded_, true)) return {};
    std::optional<Error> bad;
    auto read = s_.ledger.each_record([&](const std::string& order_id, std::vector<std::uint8_t> sealed) {
      if (bad || order_id.starts_with("batch/")) return;
      const auto plain = s_.key.open(sealed, order_id);
      if (!plain) {
        if (s_.key.is_deleted(sealed)) return;
        bad = Error{plain.error().code, "record of order " + order_id + ": " + plain.error().message};
        return;
      }
      if (const auto record = record_from_bytes(*plain)) portraits_.add(order_id, record->portrait);
    });
    if (!read) return read;
    if (bad) return std::unexpected(*bad);
    return {};
  }

  // The order whose portrait this one is, as far as pictures can tell: a hash that is near, then the two
  // compared directly.
  Result<std::optional<std::string>> look_alike(const PersonalRecord& personal) {
    for (const auto& match : portraits_.find(personal.portrait)) {
      if (pending_orders_.contains(match.id))
        if (auto flushed = flush(); !flushed) return std::unexpected(flushed.error());
      auto other = load_record(s_.ledger, s_.key, match.id);
      if (!other) return std::unexpected(other.error());
      if (other->order.nik() == personal.order.nik()) continue;  // another station's record of this person
      if (identity::look_alike(personal.portrait_tile.view(), other->portrait_tile.view())) return match.id;
    }
    return std::nullopt;
  }

  // One person, one live card, also over what sort mode saw and what other stations printed.
  Result<std::string> seen_elsewhere(const std::string& person) const {
    const ledger::BoxView view(s_.ledger);
    const auto seen = view.sightings_of(person);
    if (!seen) return std::unexpected(seen.error());
    for (const ledger::SightingRow& row : *seen)
      if (row.verdict == "good" || row.verdict == "review" || row.verdict == "duplicate")
        return "nik: a card of this person lay in box " + row.box + ", card " + std::to_string(row.number) +
               "; a person must find out which one is right";
    const auto records = view.records_of(person);
    if (!records) return std::unexpected(records.error());
    if (!records->empty())
      return "nik: record " + records->front().record +
             " of another station is of this person; a person must find out "
             "whether there is a card";
    return std::string();
  }

  Result<void> flush() {
    auto appended = s_.ledger.append(events_, records_);
    events_.clear();
    records_.clear();
    pending_persons_.clear();
    pending_orders_.clear();
    return appended;
  }

  Result<void> refuse(std::size_t row, const std::string& order_id, const std::string& content,
                      const std::string& field, const std::string& reason) {
    RefusedRow refused{row, order_id, field, reason};
    s_.refused(refused);
    report_.refused.push_back(refused);
    auto before = s_.ledger.refused_before(order_id, content, reason);
    if (!before) return std::unexpected(before.error());
    if (*before || !refusals_now_.insert(order_id + '\n' + content + '\n' + reason).second) return {};
    ledger::Event event{.type = "order-refused", .order_id = order_id, .batch = report_.batch};
    event.data["row"] = row;
    event.data["field"] = field;
    event.data["reason"] = reason;
    event.data["content"] = content;
    events_.push_back(std::move(event));
    return {};
  }

  static std::string portrait_sha(const OrderPictures& pictures) {
    return ledger::sha256_text(pictures.portrait);
  }
  static std::string signature_sha(const OrderPictures& pictures) {
    return pictures.signature.empty() ? "" : ledger::sha256_text(pictures.signature);
  }
  [[nodiscard]] std::string content_of(const std::string& joined, const OrderPictures& pictures) const {
    return s_.key.hash("order", joined + portrait_sha(pictures) + '\x1f' + signature_sha(pictures));
  }

  // Is the order here already with exactly this content? Then it passed every rule when it came; measuring
  // the names once more is what a file that comes again (after a power cut) would spend most of its time on.
  Result<bool> is_known(const std::string& id, const Order& order, const std::string& joined) const {
    const auto earlier = s_.ledger.order(id);
    if (!earlier) return std::unexpected(earlier.error());
    if (!*earlier) return false;
    const auto pictures = read_pictures(order, folder_);
    return pictures && content_of(joined, *pictures) == (*earlier)->content;
  }

  Result<void> take_row(std::size_t row, CsvRecord record) {
    const std::string id = showable_id(record);
    std::string joined;
    for (const std::string& field : record.fields) joined += field + '\x1f';
    const std::string raw = s_.key.hash("row", joined.empty() ? record.error + std::to_string(row) : joined);
    if (!record.error.empty()) return refuse(row, id, raw, "row", "row: " + record.error);
    if (record.fields.size() != kOrderColumns.size())
      return refuse(row, id, raw, "row",
                    "row: has " + std::to_string(record.fields.size()) + " fields, must have 24");
    const Order order = order_of(std::move(record));
    auto known = is_known(id, order, joined);
    if (!known) return std::unexpected(known.error());
    if (*known) {
      ++report_.known;
      return {};
    }
    if (const auto broken = check_row(order, s_.art, s_.regions, s_.test_mode))
      return refuse(row, id, raw, broken->field, broken->reason);

    auto pictures = read_pictures(order, folder_);
    if (!pictures) {
      const std::string& why = pictures.error().message;
      return refuse(row, id, raw, why.substr(0, why.find(':')), why);
    }
    PersonalRecord personal{order, portrait_sha(*pictures), signature_sha(*pictures), {}, {}};
    const std::string content = content_hash(s_.key, personal);
    const std::string person = s_.key.hash("person", order.nik());

    if (const auto pending = pending_orders_.find(id); pending != pending_orders_.end()) {
      if (auto flushed = flush(); !flushed) return flushed;  // so that one look at the ledger sees everything
    }
    auto same_id = s_.ledger.order(id);
    if (!same_id) return std::unexpected(same_id.error());
    if (*same_id) {
      if ((*same_id)->content == content) {
        ++report_.known;
        return {};
      }
      return refuse(row, id, raw, "order_id",
                    "order_id: already used in batch " + (*same_id)->batch + ", row " +
                        std::to_string((*same_id)->row) +
                        " with other content; give the changed order a new number");
    }
    if (pending_persons_.contains(person))
      if (auto flushed = flush(); !flushed) return flushed;
    auto holder = s_.ledger.order_of_person(person);
    if (!holder) return std::unexpected(holder.error());
    if (*holder)
      return refuse(
          row, id, raw, "nik",
          "nik: already ordered in batch " + (*holder)->batch + ", row " + std::to_string((*holder)->row));

    // Only now the costly part: the pictures must be whole.
    const auto decoded = decode_pictures(*pictures);
    if (!decoded) {
      const std::string& why = decoded.error().message;
      return refuse(row, id, raw, why.substr(0, why.find(':')), why);
    }
    personal.portrait_tile = identity::portrait_tile(decoded->portrait.view());
    personal.portrait = identity::portrait_hash(personal.portrait_tile.view());
    if (auto loaded = load_portraits(); !loaded) return loaded;
    return accept(row, order, personal, content, person);
  }

  Result<void> accept(std::size_t row, const Order& order, const PersonalRecord& personal,
                      const std::string& content, const std::string& person) {
    const std::string& id = order.id();
    const auto twin = look_alike(personal);
    if (!twin) return std::unexpected(twin.error());
    ledger::Event accepted{.type = "order-accepted", .order_id = id, .batch = report_.batch};
    accepted.data["row"] = row;
    accepted.data["person"] = person;
    accepted.data["content"] = content;
    accepted.data["region"] = std::string(order.printed("kode_wilayah"));
    events_.push_back(std::move(accepted));
    auto sealed = s_.key.seal_record(to_bytes(personal), id);
    if (!sealed) return std::unexpected(sealed.error());
    records_.push_back({id, *std::move(sealed)});
    ++report_.accepted;
    for (const std::string& warning : warnings_of(order, s_.regions)) {
      ledger::Event warned{.type = "order-warned", .order_id = id, .batch = report_.batch};
      warned.data["warning"] = warning;
      events_.push_back(std::move(warned));
      ++report_.warnings;
    }
    const auto elsewhere = seen_elsewhere(person);
    if (!elsewhere) return std::unexpected(elsewhere.error());
    if (!elsewhere->empty()) {
      ledger::Event held{.type = "order-held", .order_id = id, .batch = report_.batch};
      held.data["reason"] = *elsewhere;
      events_.push_back(std::move(held));
      ++report_.held;
    } else if (*twin) {
      ledger::Event held{.type = "order-held", .order_id = id, .batch = report_.batch};
      held.data["reason"] = "foto: looks like the portrait of order " + **twin +
                            " under another NIK; a person must compare the two";
      events_.push_back(std::move(held));
      ++report_.held;
    }
    portraits_.add(id, personal.portrait);
    pending_orders_.insert(id);
    pending_persons_.insert(person);
    return {};
  }

  const IntakeServices& s_;
  std::filesystem::path folder_;
  IntakeReport report_;
  identity::PortraitIndex portraits_;
  std::vector<ledger::Event> events_;
  std::vector<ledger::SealedRecord> records_;
  bool portraits_loaded_ = false;
  std::set<std::string> pending_orders_, pending_persons_, refusals_now_;
};

}  // namespace

Result<IntakeReport> take_in(const std::filesystem::path& csv, const IntakeServices& services) {
  auto file = BatchFile::read(csv);
  if (!file) return std::unexpected(file.error());
  return Intake(services, csv.parent_path()).run(*file);
}

Result<std::vector<ParsedRow>> parse_batch(const std::filesystem::path& csv, const artwork::Template& art,
                                           const artwork::Regions& regions, bool test_mode) {
  auto file = BatchFile::read(csv);
  if (!file) return std::unexpected(file.error());
  std::vector<ParsedRow> rows;
  std::map<std::string, std::size_t> orders, persons;  // the good row each was seen in first
  auto read = file->each([&](std::size_t row, CsvRecord record) -> Result<void> {
    ParsedRow parsed{.row = row, .order = {}, .field = {}, .reason = {}};
    if (!record.error.empty() || record.fields.size() != kOrderColumns.size()) {
      parsed.field = "row";
      parsed.reason = "row: " + (record.error.empty()
                                     ? "has " + std::to_string(record.fields.size()) + " fields, must have 24"
                                     : record.error);
    } else {
      parsed.order = order_of(std::move(record));
      if (const auto broken = check_row(parsed.order, art, regions, test_mode)) {
        parsed.field = broken->field;
        parsed.reason = broken->reason;
      } else if (const auto [first, added] = orders.emplace(parsed.order.id(), row); !added) {
        parsed.field = "order_id";
        parsed.reason = "order_id: already used in row " + std::to_string(first->second);
      } else if (const auto [holder, alone] = persons.emplace(parsed.order.nik(), row); !alone) {
        parsed.field = "nik";
        parsed.reason = "nik: already ordered in row " + std::to_string(holder->second);
      }
    }
    rows.push_back(std::move(parsed));
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return rows;
}

Order as_printed(const Order& order) {
  Order printed = order;
  for (std::string& field : printed.fields) field = std::string(trimmed(field));
  if (printed.field("status_perkawinan").starts_with("KAWIN")) printed.field("status_perkawinan") = "KAWIN";
  if (printed.field("gol_darah") == "TIDAK TAHU") printed.field("gol_darah") = "-";
  return printed;
}

std::string content_hash(const ledger::PersonalKey& key, const PersonalRecord& record) {
  std::string joined;
  for (const std::string& field : record.order.fields) joined += field + '\x1f';
  return key.hash("order", joined + record.portrait_sha + '\x1f' + record.signature_sha);
}

std::vector<std::uint8_t> to_bytes(const PersonalRecord& record) {
  nlohmann::json json;
  json["fields"] = record.order.fields;
  json["portrait_sha"] = record.portrait_sha;
  json["signature_sha"] = record.signature_sha;
  json["portrait"] = identity::to_string(record.portrait);
  json["portrait_tile"] = nlohmann::json::binary(record.portrait_tile.pixels);
  return nlohmann::json::to_cbor(json);
}

Result<PersonalRecord> record_from_bytes(std::span<const std::uint8_t> bytes) {
  try {
    const auto json = nlohmann::json::from_cbor(bytes.begin(), bytes.end());
    PersonalRecord record;
    record.order.fields = json.at("fields").get<decltype(record.order.fields)>();
    record.portrait_sha = json.at("portrait_sha").get<std::string>();
    record.signature_sha = json.at("signature_sha").get<std::string>();
    const auto portrait = identity::portrait_hash_from(json.at("portrait").get<std::string>());
    record.portrait_tile = Image(identity::kTileSide, identity::kTileSide, 1);
    const auto& tile = json.at("portrait_tile").get_binary();
    if (!portrait || tile.size() != record.portrait_tile.pixels.size())
      return fail(ErrorCode::bad_data, "the record's portrait is not whole");
    record.portrait = *portrait;
    record.portrait_tile.pixels.assign(tile.begin(), tile.end());
    return record;
  } catch (const std::exception&) {
    return fail(ErrorCode::bad_data, "the record is not in the form this version writes");
  }
}

Result<std::filesystem::path> folder_of_order(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                              const std::string& order_id) {
  auto order = ledger.order(order_id);
  if (!order) return std::unexpected(order.error());
  if (!*order) return fail(ErrorCode::internal, "there is no order " + order_id);
  const std::string name = batch_record((*order)->batch);
  auto sealed = ledger.record(name);
  if (!sealed) return std::unexpected(sealed.error());
  auto plain = key.open(*sealed, name);
  if (!plain) return std::unexpected(plain.error());
  return std::filesystem::path(std::string(plain->begin(), plain->end()));
}

Result<PersonalRecord> load_record(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                   const std::string& order_id) {
  auto sealed = ledger.record(order_id);
  if (!sealed) return std::unexpected(sealed.error());
  auto plain = key.open(*sealed, order_id);
  if (!plain) return std::unexpected(plain.error());
  return record_from_bytes(*plain);
}

}  // namespace ktp::pipeline
