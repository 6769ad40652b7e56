// SPDX-License-Identifier: Apache-2.0
// The log proves itself: head, tree and its edge, every table from the events, and the schema.
#include <algorithm>
#include <map>

#include "ledger/event_line.hpp"
#include "ledger/key_chain.hpp"
#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

namespace {

constexpr const char* kNoHead =
    "the log has no signed head yet: an earlier version wrote it. It gets one when a command writes to it "
    "(produce, blanks receive)";

constexpr const char* kStoreHead =
    "INSERT OR REPLACE INTO head(id, size, edge, checkpoint, key) VALUES(1, ?, ?, ?, ?)";

void bind_head(SQLite::Statement& store, const TreeEdge& edge, const LogHead& head) {
  const auto bytes = edge.to_bytes();
  static constexpr std::uint8_t kNothing = 0;  // SQLite takes a null pointer for NULL, not for an empty blob
  store.bind(1, static_cast<std::int64_t>(edge.size()));
  store.bind(2, bytes.empty() ? &kNothing : bytes.data(), static_cast<int>(bytes.size()));
  store.bind(3, head.checkpoint);
  store.bind(4, head.key);
}

// The station's key is another one only where nobody wrote since a change of keys was cut off.
bool is_own_key(const std::filesystem::path& dir, const HeadVerifier& signer) {
  const auto own = HeadKey::load(dir, false);
  if (!own || own->verifier() == signer) return true;
  const auto next = HeadKey::load_file(dir / kNextHeadKey, "");
  return next && next->verifier() == signer;
}

std::string text_in(const nlohmann::ordered_json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The columns beside a line only find it; they must repeat what it says.
std::optional<std::string> difference_of(SQLite::Statement& row, const nlohmann::ordered_json& line,
                                         std::uint64_t seq) {
  const auto said = line.find("seq");
  if (said == line.end() || !said->is_number_unsigned() || said->get<std::uint64_t>() != seq)
    return "the line says another seq";
  int column = 2;
  for (const char* key : {"time", "type", "order_id", "card"})
    if (row.getColumn(column++).getString() != text_in(line, key))
      return std::string("column ") + key + " differs from the line";
  return std::nullopt;
}

std::vector<std::string> rows_of(SQLite::Database& db, const std::string& table) {
  std::vector<std::string> rows;
  SQLite::Statement all(db, "SELECT * FROM " + table + " ORDER BY 1, 2");
  while (all.executeStep()) {
    std::string text;
    for (int i = 0; i < all.getColumnCount(); ++i) text += all.getColumn(i).getString() + "|";
    rows.push_back(std::move(text));
  }
  return rows;
}

std::optional<std::string> difference_of_table(SQLite::Database& kept, SQLite::Database& rebuilt,
                                               const char* table) {
  const auto stored = rows_of(kept, table);
  const auto built = rows_of(rebuilt, table);
  if (stored.size() != built.size())
    return std::string("table ") + table + " has " + std::to_string(stored.size()) +
           " rows, the events give " + std::to_string(built.size());
  const auto [at, other] = std::ranges::mismatch(stored, built);
  if (at == stored.end()) return std::nullopt;
  return std::string("table ") + table + " row " + std::to_string(at - stored.begin() + 1) +
         " differs from the events";
}

// Earlier versions broke and indented the lines otherwise.
std::string one_line(const std::string& sql) {
  std::string words;
  for (const char c : sql)
    if (c != ' ' && c != '\n')
      words += c;
    else if (!words.ends_with(' '))
      words += ' ';
  return words;
}

// Tables, indexes, and the triggers that keep lines from being changed or deleted: as this version makes
// them, and nothing else beside them. A damaged word of it would otherwise be found by whatever reads that
// column.
std::optional<std::string> difference_of_schema(SQLite::Database& kept, SQLite::Database& made) {
  const auto objects_of = [](SQLite::Database& db) {
    std::map<std::string, std::string> objects;
    SQLite::Statement all(
        db,
        "SELECT type || ' ' || name, tbl_name || ' ' || coalesce(sql, '') FROM sqlite_master "
        "WHERE name NOT LIKE 'sqlite_stat%'");
    while (all.executeStep()) objects[all.getColumn(0).getString()] = one_line(all.getColumn(1).getString());
    return objects;
  };
  const auto stored = objects_of(kept);
  const auto fresh = objects_of(made);
  for (const auto& [name, words] : fresh)
    if (const auto found = stored.find(name); found == stored.end() || found->second != words)
      return "the database's own " + name + " was taken away or changed";
  for (const auto& [name, words] : stored)
    if (!fresh.contains(name)) return "the database has a " + name + " that the station did not make";
  return std::nullopt;
}

}  // namespace

std::optional<LogHead> Ledger::Impl::stored_head() const {
  if (db->execAndGet("PRAGMA user_version").getInt() < 2) return std::nullopt;
  std::optional<LogHead> head;
  query("SELECT checkpoint, key FROM head", {}, [&](SQLite::Statement& row) {
    head = LogHead{row.getColumn(0).getString(), row.getColumn(1).getString()};
  });
  return head;
}

void put_head(SQLite::Database& db, const TreeEdge& edge, const LogHead& head) {
  SQLite::Statement store(db, kStoreHead);
  bind_head(store, edge, head);
  store.exec();
}

void Ledger::Impl::store_head(const TreeEdge& over, const HeadKey& key) {
  const auto store = prepared(kStoreHead);
  bind_head(*store, over,
            {.checkpoint = key.checkpoint({.size = over.size(), .root = over.root()}),
             .key = key.verifier().to_line()});
  store->exec();
}

Result<LogHead> Ledger::head() const {
  return impl_->guarded([&]() -> Result<LogHead> {
    auto head = impl_->stored_head();
    if (!head) return fail(ErrorCode::bad_data, kNoHead);
    return std::move(*head);
  });
}

Result<LogHead> Ledger::each_line(const std::function<void(std::string_view)>& visit) const {
  return impl_->guarded([&]() -> Result<LogHead> {
    // One read transaction: head and lines of the same moment.
    SQLite::Transaction moment(*impl_->db, SQLite::TransactionBehavior::DEFERRED);
    auto head = impl_->stored_head();
    if (!head) return fail(ErrorCode::bad_data, kNoHead);
    impl_->query("SELECT line FROM events ORDER BY seq", {},
                 [&](SQLite::Statement& row) { visit(row.getColumn(0).getString()); });
    return std::move(*head);
  });
}

Result<Balance> Ledger::balance_at(std::string_view time) const {
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000Z";
  const bool cut_well = time.size() == 10 || time.size() == 16 || time.size() == 19 || time.size() == 24;
  bool shaped = cut_well;
  for (std::size_t i = 0; shaped && i < time.size(); ++i)
    shaped = kShape[i] == '0' ? time[i] >= '0' && time[i] <= '9' : time[i] == kShape[i];
  if (!shaped)
    return fail(ErrorCode::bad_data, "at: '" + std::string(time) +
                                         "' must be a UTC time like 2026-11-23, 2026-11-23T14:30 or "
                                         "2026-11-23T14:30:00");
  return impl_->guarded([&]() -> Result<Balance> {
    SQLite::Database scratch(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    Projection rebuilt(scratch);
    rebuilt.create_tables();
    std::optional<Error> bad;
    // A time cut short means the whole of that day, minute or second.
    impl_->query("SELECT line FROM events WHERE substr(time, 1, length(?1)) <= ?1 ORDER BY seq",
                 {std::string(time)}, [&](SQLite::Statement& row) {
                   if (bad) return;
                   const auto line = nlohmann::ordered_json::parse(row.getColumn(0).getString());
                   if (auto applied = rebuilt.apply(event_from_json(line)); !applied) bad = applied.error();
                 });
    if (bad) return std::unexpected(*bad);
    Balance balance;
    SQLite::Statement terms(scratch, "SELECT term, n FROM terms");
    while (terms.executeStep()) balance.terms[terms.getColumn(0).getString()] = terms.getColumn(1).getInt64();
    return balance;
  });
}

Result<std::optional<std::string>> Ledger::verify(const VerifyAgainst& against) const {
  using Difference = std::optional<std::string>;
  return impl_->guarded([&]() -> Result<Difference> {
    SQLite::Transaction moment(*impl_->db, SQLite::TransactionBehavior::DEFERRED);
    Difference difference;
    impl_->query("PRAGMA integrity_check(1)", {}, [&](SQLite::Statement& row) {
      if (const std::string said = row.getColumn(0).getString(); said != "ok")
        difference = "the database is damaged: " + said;
    });
    if (difference) return difference;

    const auto stored = impl_->stored_head();
    if (!stored) return Difference(kNoHead);
    const auto signer = HeadVerifier::from_line(stored->key);
    if (!signer) return Difference(signer.error().message);
    std::vector<std::string> rotations;
    impl_->query("SELECT line FROM events WHERE type = ? ORDER BY seq", {kHeadKeyRotated},
                 [&](SQLite::Statement& row) { rotations.push_back(row.getColumn(0).getString()); });
    const auto chain = KeyChain::read(rotations, *signer);
    if (!chain) return Difference(chain.error().message);
    if (!against.key.empty()) {
      const auto published = HeadVerifier::from_line(against.key);
      if (!published) return Difference(published.error().message);
      if (!chain->holds(*published)) return Difference("the log was signed by another key");
    }
    if (!impl_->dir.empty() && !is_own_key(impl_->dir, *signer))
      return Difference("the log was signed by another key than the station's head-key");
    const auto head = open_checkpoint(stored->checkpoint, *signer);
    if (!head) return Difference("stored " + head.error().message);
    std::vector<Head> kept = chain->endorsed();
    for (const std::string& checkpoint : against.checkpoints) {
      auto opened = chain->open(checkpoint);
      if (!opened) return Difference("given " + opened.error().message);
      if (opened->size > head->size)
        return Difference("a head over " + std::to_string(opened->size) +
                          " events was given out, but the log ends at " + std::to_string(head->size));
      kept.push_back(*opened);
    }

    SQLite::Database scratch(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    create_log(scratch);
    Projection rebuilt(scratch);
    rebuilt.create_tables();
    TreeEdge edge;
    const auto look_back = [&] {
      for (const Head& earlier : kept)
        if (!difference && earlier.size == edge.size() && earlier.root != edge.root())
          difference = "the first " + std::to_string(earlier.size) +
                       " events are not those that a head was given out for";
    };
    look_back();
    impl_->query("SELECT seq, line, time, type, order_id, card FROM events ORDER BY seq", {},
                 [&](SQLite::Statement& row) {
                   if (difference) return;
                   const std::uint64_t seq = edge.size() + 1;
                   if (static_cast<std::uint64_t>(row.getColumn(0).getInt64()) != seq) {
                     difference = "event " + std::to_string(seq) + " is missing";
                     return;
                   }
                   const std::string text = row.getColumn(1).getString();
                   edge.add(leaf_hash(text));
                   const auto line = nlohmann::ordered_json::parse(text);
                   if (auto bad = difference_of(row, line, seq))
                     difference = "event " + std::to_string(seq) + ": " + *bad;
                   else if (auto applied = rebuilt.apply(event_from_json(line)); !applied)
                     difference = "event " + std::to_string(seq) + ": " + applied.error().message;
                   else
                     look_back();
                 });
    if (difference) return difference;
    if (edge.size() != head->size)
      return Difference("the head is over " + std::to_string(head->size) + " events, but the log holds " +
                        std::to_string(edge.size()));
    if (edge.root() != head->root)
      return Difference("a line was changed: the tree does not fit the signed head");
    // What the next writer goes on from, and which row it replaces.
    impl_->query("SELECT size, edge, id FROM head", {}, [&](SQLite::Statement& row) {
      const auto column = row.getColumn(1);
      const auto* const bytes = static_cast<const std::uint8_t*>(column.getBlob());
      const auto read = TreeEdge::from_bytes(static_cast<std::uint64_t>(row.getColumn(0).getInt64()),
                                             {bytes, static_cast<std::size_t>(column.getBytes())});
      if (row.getColumn(2).getInt64() != 1) difference = "the stored head is not where the next one goes";
      if (!read || read->size() != edge.size() || read->to_bytes() != edge.to_bytes())
        difference = "the tree's edge beside the head is not that of the lines";
    });
    if (difference) return difference;
    // A reader does not upgrade: tables that are newer than the database are empty in both.
    if (impl_->db->execAndGet("PRAGMA user_version").getInt() < kSchemaVersion) return difference;
    for (const char* table : kProjectedTables)
      if (auto other = difference_of_table(*impl_->db, scratch, table)) return other;
    // A backup's is of no consequence: nothing but its lines and records comes along.
    return impl_->dir.empty() ? Difference() : difference_of_schema(*impl_->db, scratch);
  });
}

}  // namespace ktp::ledger
