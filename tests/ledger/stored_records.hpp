// SPDX-License-Identifier: Apache-2.0
// The table of sealed records as somebody has it who has the disk in his hands.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ktp::test {

class StoredRecords {
 public:
  explicit StoredRecords(const std::filesystem::path& data)
      : db_((data / "ledger.sqlite").string(), SQLite::OPEN_READWRITE, 5000) {
    db_.exec("PRAGMA synchronous=OFF");
  }
  /// Nothing: the record is dropped.
  void put(const std::string& name, const std::optional<std::vector<std::uint8_t>>& bytes) {
    SQLite::Statement change(db_, bytes ? "INSERT OR REPLACE INTO records(order_id, sealed) VALUES(?1, ?2)"
                                        : "DELETE FROM records WHERE order_id = ?1");
    change.bind(1, name);
    static constexpr std::uint8_t kNothing =
        0;  // SQLite takes a null pointer for NULL, not for an empty blob
    if (bytes) change.bind(2, bytes->empty() ? &kNothing : bytes->data(), static_cast<int>(bytes->size()));
    change.exec();
  }

 private:
  SQLite::Database db_;
};

}  // namespace ktp::test
