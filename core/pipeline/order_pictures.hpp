// SPDX-License-Identifier: Apache-2.0
// The pictures that belong to an order: from the batch's folder to pixels.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "domain/error.hpp"
#include "domain/image.hpp"
#include "domain/order.hpp"

namespace ktp::pipeline {

/// The bytes of the files a row names. `signature` is empty when the row names none.
struct OrderPictures {
  std::vector<std::uint8_t> portrait, signature;
};

/// Reads them from the batch's folder under the rules of docs/contracts.md section 6 (at most 20 MB each).
/// Error bad_data, beginning with the column's name and a colon.
Result<OrderPictures> read_pictures(const Order& order, const std::filesystem::path& folder);

struct DecodedPictures {
  Image portrait, signature;  ///< `signature` is empty when there is none
};

/// Error bad_data, beginning with the column's name and a colon.
Result<DecodedPictures> decode_pictures(const OrderPictures& pictures);

}  // namespace ktp::pipeline
