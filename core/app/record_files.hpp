// SPDX-License-Identifier: Apache-2.0
// The paper of a destruction (berita acara) as a file: DATA/records/NUMBER.pdf.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

#include "app/config.hpp"
#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"

namespace ktp::app {

struct RecordFile {
  std::filesystem::path file;
  std::size_t cards = 0;
};

/// Writes the paper from the log alone: it can be written again at any time. `number` may come from anywhere;
/// a paper that the log does not know is input_missing. Else error internal.
Result<RecordFile> write_record(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                const Config& config, const std::filesystem::path& data,
                                const std::string& number);

}  // namespace ktp::app
