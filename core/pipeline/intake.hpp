// SPDX-License-Identifier: Apache-2.0
// Step intake: batch file -> orders. Event: order-accepted, order-refused, order-warned, order-held.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "artwork/artwork.hpp"
#include "artwork/regions.hpp"
#include "domain/error.hpp"
#include "domain/image.hpp"
#include "domain/order.hpp"
#include "identity/portrait_hash.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"

namespace ktp::pipeline {

/// A row that was not accepted.
struct RefusedRow {
  std::size_t row = 0;   ///< data row, from 1
  std::string order_id;  ///< "" if the row has none that can be shown
  std::string field;
  std::string reason;  ///< begins with `field` and a colon; personal values masked
};

struct IntakeReport {
  std::string batch;
  std::size_t rows = 0, accepted = 0, known = 0, held = 0, warnings = 0;
  std::vector<RefusedRow> refused;
};

struct IntakeServices {
  ledger::Ledger& ledger;
  const ledger::PersonalKey& key;
  const artwork::Template& art;
  const artwork::Regions& regions;
  bool test_mode = false;
  std::function<void(std::size_t row, std::size_t rows)> progress = [](std::size_t, std::size_t) {};
  std::function<void(const RefusedRow&)> refused = [](const RefusedRow&) {};
};

/// Reads a batch file into the ledger. A file that cannot be read or has another header refuses the whole
/// file (bad_data, input_missing) and adds nothing; a bad row is refused alone. The same file again adds
/// nothing.
Result<IntakeReport> take_in(const std::filesystem::path& csv, const IntakeServices& services);

/// Rows of a batch file without a ledger: for `render`. Bad rows come with their reason.
struct ParsedRow {
  std::size_t row = 0;
  Order order;
  std::string field, reason;  ///< both "" for a good row
};
Result<std::vector<ParsedRow>> parse_batch(const std::filesystem::path& csv, const artwork::Template& art,
                                           const artwork::Regions& regions, bool test_mode);

/// The values as the card shows them, where that differs from the record (KAWIN TERCATAT prints as KAWIN).
[[nodiscard]] Order as_printed(const Order& order);

/// The personal record kept for an order: its row and the file hashes, sealed by the caller.
struct PersonalRecord {
  Order order;
  std::string portrait_sha, signature_sha;
  identity::PortraitHash portrait;
  Image portrait_tile;  ///< grey, identity::kTileSide square
};
[[nodiscard]] std::vector<std::uint8_t> to_bytes(const PersonalRecord& record);
Result<PersonalRecord> record_from_bytes(std::span<const std::uint8_t> bytes);
/// The keyed hash by which the log knows a record's content: every field of its row and both pictures.
[[nodiscard]] std::string content_hash(const ledger::PersonalKey& key, const PersonalRecord& record);
/// The folder that the pictures of an order's batch were in when it was taken in.
Result<std::filesystem::path> folder_of_order(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                              const std::string& order_id);
Result<PersonalRecord> load_record(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                   const std::string& order_id);

}  // namespace ktp::pipeline
