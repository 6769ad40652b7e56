// SPDX-License-Identifier: Apache-2.0
#include "pipeline/order_store.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "pipeline/other_records.hpp"

namespace ktp::pipeline {

namespace {

constexpr std::string_view kPortrait = "foto", kSignature = "tanda_tangan";

bool has_all(const PictureSafe& safe, const ledger::PersonalKey& key, const std::string& order_id,
             const PersonalRecord& record) {
  return safe.has(kept_name(key, order_id, kPortrait)) &&
         (record.signature_sha.empty() || safe.has(kept_name(key, order_id, kSignature)));
}

Result<OrderPictures> from_safe(const PictureSafe& safe, const ledger::PersonalKey& key,
                                const std::string& order_id, const PersonalRecord& record) {
  OrderPictures pictures;
  const auto take = [&](std::string_view column, std::vector<std::uint8_t>& into) -> Result<void> {
    auto bytes = safe.get(kept_name(key, order_id, column));
    if (!bytes)
      return fail(
          bytes.error().code == ErrorCode::configuration ? ErrorCode::configuration : ErrorCode::bad_data,
          std::string(column) + ": " + bytes.error().message);
    into = *std::move(bytes);
    return {};
  };
  if (auto taken = take(kPortrait, pictures.portrait); !taken) return std::unexpected(taken.error());
  if (!record.signature_sha.empty())
    if (auto taken = take(kSignature, pictures.signature); !taken) return std::unexpected(taken.error());
  return pictures;
}

}  // namespace

std::string kept_name(const ledger::PersonalKey& key, const std::string& order_id, std::string_view column) {
  // A name that begins with a dash is awkward everywhere.
  return "o" + key.hash("order-picture", order_id) + "-" + std::string(column);
}

Result<BatchPictures> keep_batch_pictures(ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                          const PictureSafe& safe, const std::string& batch,
                                          const std::filesystem::path& folder) {
  BatchPictures report;
  for (const OrderState state :
       {OrderState::accepted, OrderState::held, OrderState::printing, OrderState::done}) {
    const auto ids = ledger.order_ids(batch, state);
    if (!ids) return std::unexpected(ids.error());
    for (const std::string& id : *ids) {
      const auto order = ledger.order(id);
      if (!order) return std::unexpected(order.error());
      if (!*order || !(*order)->erased.empty()) continue;
      ++report.orders;
      const auto record = load_record(ledger, key, id);
      if (!record && record.error().code != ErrorCode::bad_data) return std::unexpected(record.error());
      if (record && has_all(safe, key, id, *record)) continue;
      const auto pictures = record ? read_pictures(record->order, folder) : std::unexpected(record.error());
      if (!pictures || ledger::sha256_text(pictures->portrait) != record->portrait_sha ||
          (!record->signature_sha.empty() &&
           ledger::sha256_text(pictures->signature) != record->signature_sha)) {
        ++report.missing;
        continue;
      }
      const auto number = picture_key(ledger, key, id);
      if (!number) return std::unexpected(number.error());
      for (const auto& [column, bytes] :
           {std::pair{kSignature, &pictures->signature}, std::pair{kPortrait, &pictures->portrait}}) {
        if (bytes->empty()) continue;
        if (auto stored = safe.put(kept_name(key, id, column), *bytes, *number); !stored)
          return std::unexpected(stored.error());
        ++report.stored;
      }
    }
  }
  return report;
}

Result<OrderPictures> pictures_of(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                  const std::filesystem::path& kept, const std::string& order_id,
                                  const PersonalRecord& record) {
  const bool other = is_other_record(order_id);
  const auto in_safe = [&]() -> std::optional<Result<OrderPictures>> {
    const PictureSafe safe(kept, &key);
    if (kept.empty() || other || !has_all(safe, key, order_id, record)) return std::nullopt;
    return from_safe(safe, key, order_id, record);
  };
  if (auto there = in_safe()) return *std::move(there);
  const auto folder =
      other ? folder_of_record(ledger, key, order_id) : folder_of_order(ledger, key, order_id);
  if (!folder) return std::unexpected(folder.error());
  auto pictures = read_pictures(record.order, *folder);
  // The folder is taken away once everything of it is in the safe: that may have been just now.
  if (!pictures)
    if (auto there = in_safe()) return *std::move(there);
  return pictures;
}

}  // namespace ktp::pipeline
