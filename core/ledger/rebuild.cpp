// SPDX-License-Identifier: Apache-2.0
#include "ledger/event_line.hpp"
#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

Result<std::optional<std::string>> Ledger::difference_after_rebuild() const {
  return impl_->guarded([&]() -> Result<std::optional<std::string>> {
    SQLite::Database scratch(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    Projection rebuilt(scratch);
    rebuilt.create_tables();
    std::optional<std::string> difference;
    std::uint64_t expected_seq = 0;
    impl_->query("SELECT seq, line FROM events ORDER BY seq", {}, [&](SQLite::Statement& row) {
      if (difference) return;
      const auto seq = static_cast<std::uint64_t>(row.getColumn(0).getInt64());
      if (seq != ++expected_seq) {
        difference = "event " + std::to_string(expected_seq) + " is missing";
        return;
      }
      const auto line = nlohmann::ordered_json::parse(row.getColumn(1).getString());
      if (auto applied = rebuilt.apply(event_from_json(line)); !applied)
        difference = "event " + std::to_string(seq) + ": " + applied.error().message;
    });
    const auto dump = [](SQLite::Database& db, const std::string& table) {
      std::vector<std::string> rows;
      SQLite::Statement all(db, "SELECT * FROM " + table + " ORDER BY 1, 2");
      while (all.executeStep()) {
        std::string text;
        for (int i = 0; i < all.getColumnCount(); ++i) text += all.getColumn(i).getString() + "|";
        rows.push_back(std::move(text));
      }
      return rows;
    };
    for (const char* table : kProjectedTables) {
      if (difference) break;
      const auto stored = dump(*impl_->db, table);
      const auto built = dump(scratch, table);
      if (stored.size() != built.size())
        difference = std::string("table ") + table + " has " + std::to_string(stored.size()) +
                     " rows, the events give " + std::to_string(built.size());
      for (std::size_t i = 0; !difference && i < stored.size(); ++i)
        if (stored[i] != built[i])
          difference =
              std::string("table ") + table + " row " + std::to_string(i + 1) + " differs from the events";
    }
    return difference;
  });
}

}  // namespace ktp::ledger
