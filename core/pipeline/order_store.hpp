// SPDX-License-Identifier: Apache-2.0
// Portraits and signatures of orders that the station keeps itself, because the folder they came in does not
// stay: of batches that were brought over the page.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/order_pictures.hpp"
#include "pipeline/picture_safe.hpp"

namespace ktp::pipeline {

/// What an order's picture is called in the safe: a keyed hash, because people choose order numbers.
/// `column`: foto or tanda_tangan.
[[nodiscard]] std::string kept_name(const ledger::PersonalKey& key, const std::string& order_id,
                                    std::string_view column);

struct BatchPictures {
  std::size_t orders = 0;   ///< with a record
  std::size_t stored = 0;   ///< files sealed by this call
  std::size_t missing = 0;  ///< orders whose pictures are neither in the safe nor, unchanged, in the folder
};

/// Seals the pictures of every order of a batch from the folder of its file; what is in the safe already
/// stays. Cut off, the same call goes on. Errors internal, configuration.
Result<BatchPictures> keep_batch_pictures(ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                          const PictureSafe& safe, const std::string& batch,
                                          const std::filesystem::path& folder);

/// The pictures of an order, or of another station's record (SOURCE/ORDER), from the safe in `kept` ("" =
/// there is none) or from the folder they came in; neither is compared with the record. Error bad_data,
/// beginning with a column's name and a colon; errors of the ledger.
Result<OrderPictures> pictures_of(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                  const std::filesystem::path& kept, const std::string& order_id,
                                  const PersonalRecord& record);

}  // namespace ktp::pipeline
