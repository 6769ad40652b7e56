// SPDX-License-Identifier: Apache-2.0
// Inside the room: what ledger.cpp (opening and appending), queries.cpp and rebuild.cpp share.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/projection.hpp"

namespace ktp::ledger {

struct Ledger::Impl {
  mutable std::mutex mutex;
  std::unique_ptr<SQLite::Database> db;
  std::unique_ptr<Projection> projection;
  bool write = false;
  std::uint64_t last_seq = 0;
  std::string last_time;
  std::uint64_t last_card = 0;
  std::atomic<std::int64_t> append_ns{0};

  // Runs a body that may throw; whatever SQLite throws becomes an Error here, at the room's door.
  template <class Body>
  auto guarded(Body&& body) const -> decltype(body()) {
    const std::lock_guard lock(mutex);
    try {
      return body();
    } catch (const std::exception& error) {
      return fail(ErrorCode::internal, std::string("ledger: ") + error.what());
    }
  }

  template <class Visit>
  void query(const std::string& text, const std::vector<std::string>& values, Visit&& visit) const {
    SQLite::Statement statement(*db, text);
    int index = 0;
    for (const std::string& value : values) statement.bind(++index, value);
    while (statement.executeStep()) visit(statement);
  }
};

}  // namespace ktp::ledger
