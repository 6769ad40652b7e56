// SPDX-License-Identifier: Apache-2.0
// One spot on the last good cards, for an inspector.
#pragma once
#include <filesystem>

#include "domain/error.hpp"
#include "ledger/personal.hpp"
#include "web/desk.hpp"

namespace ktp::app {

/// The same spot on a card of DATA/recent-good.json, as JPEG, cut to the picture. Any thread. Error
/// input_missing: no such card, side or picture, or the spot lies outside of it.
Result<std::string> spot_of(const std::filesystem::path& data, const ledger::PersonalKey& key,
                            const std::string& card, const std::string& side, const web::PictureBox& box);

}  // namespace ktp::app
