// SPDX-License-Identifier: Apache-2.0
#include "pipeline/prove_records.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "ledger/boxes.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/other_records.hpp"

namespace ktp::pipeline {

namespace {

// What the log says of a record.
struct Told {
  std::string content;
  bool erased = false;
  bool seen = false;  // its bytes were looked at
};

class Proof {
 public:
  Proof(const ledger::Ledger& ledger, const ledger::PersonalKey& key) : ledger_(ledger), key_(key) {}

  Result<RecordProof> run() {
    const auto restored = ledger_.lines_of_type("restored");
    if (!restored) return std::unexpected(restored.error());
    came_back_ = !restored->empty();
    if (auto orders = ledger_.each_order([&](const ledger::OrderRow& order) {
          if (order.state != "refused") told_[order.order_id] = {order.content, !order.erased.empty()};
        });
        !orders)
      return std::unexpected(orders.error());
    if (auto others = other_records(); !others) return std::unexpected(others.error());
    std::optional<Error> failed;
    const auto read =
        ledger_.each_record([&](const std::string& name, const std::vector<std::uint8_t>& sealed) {
          if (failed) return;
          if (auto looked = look_at(name, sealed); !looked) failed = looked.error();
        });
    if (!read) return std::unexpected(read.error());
    if (failed) return std::unexpected(*failed);
    for (const std::string& name : unknown_)
      if (auto late = came_meanwhile(name); !late)
        return std::unexpected(late.error());
      else if (!*late)
        wrong(name, "is of no order that was taken in");
    for (const auto& [name, told] : told_) {
      if (told.seen) continue;
      const auto erased = told.erased ? Result<bool>(true) : erased_meanwhile(name);
      if (!erased) return std::unexpected(erased.error());
      if (*erased)
        ++found_.deleted;
      else
        wrong(name, "is missing, and the log does not say that it was deleted");
    }
    return std::move(found_);
  }

 private:
  Result<void> other_records() {
    const auto lines = ledger_.lines_of_type("record-known");
    if (!lines) return std::unexpected(lines.error());
    const ledger::BoxView view(ledger_);
    for (const std::string& line : *lines) {
      const auto json = nlohmann::json::parse(line, nullptr, false);
      if (!json.is_object()) return fail(ErrorCode::internal, "a line of the log is no JSON object");
      const auto row = view.record(json.value("record", ""));
      if (!row) return std::unexpected(row.error());
      if (*row) told_[(*row)->record] = {(*row)->content, !(*row)->erased.empty()};
    }
    return {};
  }

  Result<void> look_at(const std::string& name, const std::vector<std::uint8_t>& sealed) {
    const bool folder = name.starts_with("batch/");
    const auto told = told_.find(name);
    if (!folder && told == told_.end()) {
      unknown_.push_back(name);
      return {};
    }
    if (!folder) told->second.seen = true;
    const auto plain = key_.open(sealed, name);
    if (!plain) {
      if (plain.error().code == ErrorCode::internal) return std::unexpected(plain.error());
      // A person's data that came back with an older backup has its key no more, and is as good as deleted.
      if (!folder && key_.is_deleted(sealed) && (told->second.erased || came_back_))
        ++found_.deleted;
      else
        wrong(name, "does not open: " + plain.error().message);
      return {};
    }
    if (folder) return {};
    const auto record = record_from_bytes(*plain);
    if (!record)
      wrong(name, "does not open: " + record.error().message);
    else if (content_hash(key_, *record) != told->second.content)
      wrong(name, "says something else than what was taken in");
    else
      ++found_.whole;
    return {};
  }

  // Read after the list of orders: another process may just have taken it in.
  Result<bool> came_meanwhile(const std::string& name) const {
    if (is_other_record(name)) {
      const auto row = ledger::BoxView(ledger_).record(name);
      if (!row) return std::unexpected(row.error());
      return row->has_value();
    }
    const auto order = ledger_.order(name);
    if (!order) return std::unexpected(order.error());
    return order->has_value();
  }
  // Or may just have deleted it.
  Result<bool> erased_meanwhile(const std::string& name) const {
    if (is_other_record(name)) {
      const auto row = ledger::BoxView(ledger_).record(name);
      if (!row) return std::unexpected(row.error());
      return *row && !(*row)->erased.empty();
    }
    const auto order = ledger_.order(name);
    if (!order) return std::unexpected(order.error());
    return *order && !(*order)->erased.empty();
  }

  void wrong(const std::string& name, const std::string& words) {
    if (++found_.wrong == 1) found_.first = "record of " + name + " " + words;
  }

  const ledger::Ledger& ledger_;
  const ledger::PersonalKey& key_;
  bool came_back_ = false;
  std::map<std::string, Told> told_;
  std::vector<std::string> unknown_;
  RecordProof found_;
};

}  // namespace

Result<RecordProof> prove_records(const ledger::Ledger& ledger, const ledger::PersonalKey& key) {
  return Proof(ledger, key).run();
}

}  // namespace ktp::pipeline
