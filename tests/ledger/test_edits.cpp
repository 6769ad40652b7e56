// SPDX-License-Identifier: Apache-2.0
// One-bit edits, drops, swaps and truncations of an exported log and of the database, each of a log that has
// everything a station's log has, a change of its signing key too. KTP_LOG_EDITS=100000 KTP_FILE_EDITS=100000
// run as many; the last line of each test has its figures.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "ledger/exported_log.hpp"
#include "ledger/ledger.hpp"
#include "ledger/ledger_impl.hpp"
#include "ledger/ledger_work.hpp"
#include "ledger/projection.hpp"
#include "temp_folder.hpp"

namespace ktp::ledger {
namespace {

namespace fs = std::filesystem;

constexpr int kActs = 90, kMoreActs = 8;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

int count_from(const char* name, int usual) {
  const char* const text = std::getenv(name);
  return text != nullptr ? std::atoi(text) : usual;
}

void flip(std::string& text, std::mt19937& random) {
  text[random() % text.size()] ^= static_cast<char>(1u << random() % 8);
}

class LogEdits : public testing::Test {
 protected:
  void SetUp() override {
    ledger_ = std::move(*Ledger::open(folder_.path(), true));
    std::mt19937 random(345);
    work(kActs, random);
    ASSERT_TRUE(ledger_->rotate_head_key("budi"));
    work(kMoreActs, random);
    std::set<std::string> types;
    ASSERT_TRUE(ledger_->each_line([&](std::string_view line) {
      lines_.emplace_back(line);
      types.insert(nlohmann::json::parse(line)["type"]);
    }));
    ASSERT_GT(types.size(), 15u);
    ASSERT_EQ(difference(), "");
  }
  void work(int acts, std::mt19937& random) {
    for (int i = 0; i < acts; ++i) {
      // Records are proved with the key that opens them, which this room's caller has.
      const auto done = ledger_->append(test::next_act(*ledger_, random).events);
      ASSERT_TRUE(done) << done.error().message;
    }
  }
  std::string difference() {
    auto reader = Ledger::open(folder_.path(), false);
    if (!reader) return reader.error().message;
    const auto found = (*reader)->verify();
    if (!found) return found.error().message;
    return found->value_or("");
  }
  // Everything that is read from a ledger, as text; "" if it cannot be read.
  std::string content() {
    const auto reader = Ledger::open(folder_.path(), false);
    if (!reader) return "";
    std::string text;
    const auto head = (*reader)->each_line([&](std::string_view line) { text += std::string(line) + "\n"; });
    if (!head) return "";
    text += head->checkpoint + head->key;
    const auto balance = (*reader)->balance();
    if (!balance) return "";
    for (const auto& [term, n] : balance->terms) text += term + " " + std::to_string(n) + "\n";
    const auto cards = (*reader)->each_card([&](const CardRow& card) {
      text += card.card + card.order_id + card.token + card.uid + card.verdict + card.bin +
              std::string(to_string(card.state)) + "\n";
    });
    const auto orders = (*reader)->each_order([&](const OrderRow& order) {
      text += order.order_id + order.batch + order.state + order.person + order.content + order.region + "\n";
    });
    return cards && orders ? text : "";
  }

  test::TempFolder folder_;
  std::unique_ptr<Ledger> ledger_;
  std::vector<std::string> lines_;
};

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST_F(LogEdits, NoneOfAnExportedLogGoesUnnoticed) {
  const fs::path out = folder_ / "export";
  fs::create_directories(out);
  const auto head = ledger_->head();
  ASSERT_TRUE(head);
  const std::string events = joined(lines_);
  const std::map<std::string, std::string> whole{
      {"events.jsonl", events}, {"checkpoint", head->checkpoint}, {"key", head->key + "\n"}};
  for (const auto& [name, text] : whole) write(out / name, text);
  ASSERT_EQ(*verify_export(out), std::nullopt);
  const auto tell = [&](const std::string& name, const std::string& changed, const std::string& what) {
    write(out / name, changed);
    const auto found = verify_export(out);
    ASSERT_TRUE(!found || *found) << what << " of " << name;
    write(out / name, whole.at(name));
  };
  // Every bit of the two small files.
  int bits = 0;
  for (const char* name : {"checkpoint", "key"})
    for (std::size_t bit = 0; bit < whole.at(name).size() * 8; ++bit) {
      std::string changed = whole.at(name);
      changed[bit / 8] ^= static_cast<char>(1u << bit % 8);
      // The newline that ends a key file is no part of the key.
      if (name == std::string("key") && bit / 8 + 1 == changed.size()) continue;
      ASSERT_NO_FATAL_FAILURE(tell(name, changed, "bit " + std::to_string(bit)));
      ++bits;
    }
  std::mt19937 random(1249);
  const int edits = count_from("KTP_LOG_EDITS", 1500);
  std::map<std::string, int> kinds;
  for (int edit = 0; edit < edits; ++edit) {
    std::string text = events;
    std::vector<std::string> lines = lines_;
    const std::size_t a = random() % lines.size(), b = random() % lines.size();
    const char* kind = "bit";
    switch (random() % 10) {
      case 0:
        kind = "cut";
        text.resize(random() % text.size());
        break;
      case 1:
        kind = "bytes dropped";
        text.erase(random() % text.size(), 1 + random() % 40);
        break;
      case 2:
        kind = "bytes swapped";
        std::swap(text[random() % text.size()], text[random() % text.size()]);
        break;
      case 3:
        kind = "line dropped";
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(a));
        text = joined(lines);
        break;
      case 4:
        kind = "lines swapped";
        std::swap(lines[a], lines[b]);
        text = joined(lines);
        break;
      case 5:
        kind = "line twice";
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(a), lines[b]);
        text = joined(lines);
        break;
      case 6:
        kind = "lines cut";
        lines.resize(a);
        text = joined(lines);
        break;
      default:
        flip(text, random);
    }
    if (text == events) continue;
    ASSERT_NO_FATAL_FAILURE(tell("events.jsonl", text, kind + (" " + std::to_string(edit))));
    ++kinds[kind];
  }
  EXPECT_EQ(*verify_export(out), std::nullopt);
  std::cout << "every_bit_of_checkpoint_and_key=" << bits;
  for (const auto& [kind, n] : kinds) std::cout << ' ' << kind << '=' << n;
  std::cout << " unnoticed=0\n";
}

TEST_F(LogEdits, NoneOfARowOfTheDatabaseGoesUnnoticed) {
  std::mt19937 random(2801);
  ledger_.reset();
  SQLite::Database db((folder_ / "ledger.sqlite").string(), SQLite::OPEN_READWRITE);
  db.exec("PRAGMA synchronous=OFF; PRAGMA ignore_check_constraints=ON");
  const auto guards_away = [&] { db.exec("DROP TRIGGER events_stay; DROP TRIGGER events_last"); };
  const auto guards_back = [&] {
    for (const char* trigger : kEventTriggers) db.exec(trigger);
  };
  guards_away();
  ASSERT_NE(difference().find("trigger events_last was taken away"), std::string::npos) << difference();
  guards_back();
  ASSERT_EQ(difference(), "");
  std::vector<std::string> tables{"events", "events", "events", "head"};
  for (const char* table : kProjectedTables)
    if (db.execAndGet(std::string("SELECT count(*) FROM ") + table).getInt() > 0) tables.emplace_back(table);
  ASSERT_GT(tables.size(), 10u) << "the work must leave rows in most tables";
  const int edits = count_from("KTP_LOG_EDITS", 500);
  std::map<std::string, int> kinds;
  const auto tell = [&](const std::string& kind, const std::string& what, const std::string& sql) {
    db.exec("SAVEPOINT whole");
    guards_away();
    db.exec(sql);
    guards_back();
    db.exec("RELEASE whole");
    ASSERT_NE(difference(), "") << kind << ": " << what << ": " << sql;
    ++kinds[kind];
  };
  const std::string whole = folder_ / "whole.sqlite";
  db.exec("VACUUM INTO '" + whole + "'; ATTACH '" + whole + "' AS whole");
  for (int edit = 0; edit < edits; ++edit) {
    const std::string& table = tables[random() % tables.size()];
    const auto rows = static_cast<unsigned>(db.execAndGet("SELECT count(*) FROM " + table).getInt());
    // By its first two columns: not every table has row numbers.
    const auto row_at = [&](unsigned n) {
      SQLite::Statement row(db,
                            "SELECT * FROM " + table + " ORDER BY 1, 2 LIMIT 1 OFFSET " + std::to_string(n));
      EXPECT_TRUE(row.executeStep());
      const auto value = [&](int i) {
        return std::string(row.getColumnName(i)) + " IS '" + row.getColumn(i).getString() + "'";
      };
      return row.getColumnCount() > 1 ? value(0) + " AND " + value(1) : value(0);
    };
    const std::string at = row_at(static_cast<unsigned>(random() % rows));
    const std::string where = " WHERE " + at, what = table + " row " + at;
    const auto seq = [&] { return std::to_string(1 + random() % lines_.size()); };
    switch (random() % 8) {
      case 0:
        ASSERT_NO_FATAL_FAILURE(tell("row dropped", what, "DELETE FROM " + table + where));
        break;
      case 1:
        if (table != "events") continue;
        ASSERT_NO_FATAL_FAILURE(tell("events cut", what, "DELETE FROM events WHERE seq >= " + seq()));
        break;
      case 2: {
        const std::string a = seq(), b = seq();
        if (table != "events" || a == b) continue;
        ASSERT_NO_FATAL_FAILURE(
            tell("lines swapped", a + " and " + b,
                 "UPDATE events SET line = (SELECT line FROM whole.events w WHERE w.seq = "
                 "CASE events.seq WHEN " +
                     a + " THEN " + b + " ELSE " + a + " END) WHERE seq IN (" + a + "," + b + ")"));
        break;
      }
      default: {
        // One bit of one cell: of a number's value, or of a byte of a text or blob.
        SQLite::Statement row(db, "SELECT * FROM " + table + where);
        ASSERT_TRUE(row.executeStep());
        const int column = static_cast<int>(random() % static_cast<unsigned>(row.getColumnCount()));
        const std::string name = std::string("\"") + row.getColumnName(column) + "\"";
        std::string value;
        if (row.getColumn(column).isInteger()) {
          value = std::to_string(row.getColumn(column).getInt64() ^ (std::int64_t{1} << random() % 62));
        } else {
          std::string bytes = row.getColumn(column).getString();
          if (bytes.empty())
            bytes = "x";
          else
            flip(bytes, random);
          std::ostringstream hex;
          for (const char c : bytes)
            hex << std::hex << (static_cast<unsigned>(c) >> 4 & 15) << (static_cast<unsigned>(c) & 15);
          value = "x'" + hex.str() + "'";
          if (row.getColumn(column).isText()) value = "CAST(" + value + " AS TEXT)";
        }
        row.reset();
        ASSERT_NO_FATAL_FAILURE(tell("bit", what + " " + name,
                                     "UPDATE OR REPLACE " + table + " SET " + name + " = " + value + where));
      }
    }
    guards_away();
    db.exec("DELETE FROM " + table + "; INSERT INTO " + table + " SELECT * FROM whole." + table);
    guards_back();
  }
  EXPECT_EQ(difference(), "");
  std::cout << "database_edits";
  for (const auto& [kind, n] : kinds) std::cout << ' ' << kind << '=' << n;
  std::cout << " tables=" << tables.size() - 2 << " unnoticed=0\n";
}

// A bit of the database file itself, anywhere: it is found, or it is one that nothing is read from (unused
// space).
TEST_F(LogEdits, AFlippedBitOfTheDatabaseFileIsFoundOrIsOfNoConsequence) {
  std::mt19937 random(202);
  ledger_.reset();
  const std::string before = content();
  ASSERT_NE(before, "");
  const fs::path file = folder_ / "ledger.sqlite";
  const std::string whole = text_of(file);
  const int edits = count_from("KTP_FILE_EDITS", 400);
  int found = 0, cut = 0;
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&](std::size_t at, char byte) {
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(byte);
    bytes.flush();
  };
  for (int edit = 0; edit < edits; ++edit) {
    const std::size_t at = random() % whole.size();
    put(at, static_cast<char>(whole[at] ^ (1 << random() % 8)));
    const bool told = !difference().empty();
    found += told ? 1 : 0;
    ASSERT_TRUE(told || content() == before) << "edit " << edit << " at byte " << at;
    put(at, whole[at]);
    if (edit % 20 != 0) continue;
    fs::resize_file(file, random() % whole.size());
    ASSERT_NE(difference(), "") << "cut at " << fs::file_size(file);
    ++cut;
    write(file, whole);
  }
  EXPECT_EQ(difference(), "");
  EXPECT_GT(found, edits / 10) << "some of the file is unused, not all of it";
  std::cout << "file_edits=" << edits << " found=" << found << " of_no_consequence=" << edits - found
            << " cut=" << cut << " unnoticed=0\n";
}

}  // namespace
}  // namespace ktp::ledger
