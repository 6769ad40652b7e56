// SPDX-License-Identifier: Apache-2.0
// What a person, or whoever has to be told of an incident, is given: files in a folder of their own.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"

namespace ktp::app {

/// What an export wrote.
struct PersonFiles {
  std::size_t events = 0, pictures = 0;
};

/// One person's record (record.json), trail (trail.jsonl), kept pictures (pictures/), the log's head and key,
/// and what each of them is (BACA-README.txt). `folder` must be new or empty; everything is for its owner
/// only. A record that was deleted is said to be. Errors: bad_data (the folder holds something), internal.
Result<PersonFiles> write_person(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                 const std::filesystem::path& data, const std::string& order_id,
                                 const std::filesystem::path& folder);

/// Names in the evidence folder (PictureSafe) that show these cards: begin with a card's name and a dash.
[[nodiscard]] std::vector<std::string> evidence_of(const std::filesystem::path& data,
                                                   const std::vector<std::string>& cards);

/// Deletes the kept pictures of every order and every other station's record that the log says is deleted;
/// how many. Their keys are gone already (ledger/retention.hpp): this clears away what nobody can open. Error
/// internal.
Result<std::int64_t> sweep_pictures(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                    const std::filesystem::path& data);
/// Deletes the pictures of cards of which sort mode could not tell whose they are, `kept` after they were
/// taken, and first their keys; how many. Error internal.
Result<std::int64_t> sweep_strangers(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                     const std::filesystem::path& data, std::chrono::days kept);
/// What a deletion does not reach, in words.
[[nodiscard]] std::string kept_elsewhere(std::int64_t without_own_key);
/// A UTC time like 2026-11-23T14:30, not in the future. Error bad_data.
Result<std::chrono::system_clock::time_point> time_of(const std::string& text);

/// A folder that is new or empty, for its owner only. Error bad_data where it holds something.
Result<void> make_empty_folder(const std::filesystem::path& folder);

}  // namespace ktp::app
