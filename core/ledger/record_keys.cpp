// SPDX-License-Identifier: Apache-2.0
#include "ledger/record_keys.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>

namespace ktp::ledger {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "record-keys.sqlite";
constexpr int kApplicationId = 0x4B54504B;  // "KTPK"
// A transaction costs two syncs; an import of thousands of rows takes keys by the block. What is left of a
// block when the process ends stays unused.
constexpr int kBlock = 64;
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kWrapped = kNonce + sizeof(SecretKey) + crypto_aead_xchacha20poly1305_ietf_ABYTES;

std::string context_of(std::int64_t number) {
  return "record-key " + std::to_string(number);
}

std::vector<std::uint8_t> wrap(const SecretKey& key, std::int64_t number, const SecretKey& with) {
  std::vector<std::uint8_t> out(kWrapped);
  const std::string context = context_of(number);
  randombytes_buf(out.data(), kNonce);
  unsigned long long written = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + kNonce, &written, key.data(), key.size(),
                                             reinterpret_cast<const unsigned char*>(context.data()),
                                             context.size(), nullptr, out.data(), with.data());
  return out;
}

bool unwrap(const void* bytes, std::size_t size, std::int64_t number, const SecretKey& with, SecretKey& key) {
  if (size != kWrapped) return false;
  const auto* const in = static_cast<const unsigned char*>(bytes);
  const std::string context = context_of(number);
  unsigned long long got = 0;
  return crypto_aead_xchacha20poly1305_ietf_decrypt(key.data(), &got, nullptr, in + kNonce, size - kNonce,
                                                    reinterpret_cast<const unsigned char*>(context.data()),
                                                    context.size(), in, with.data()) == 0 &&
         got == key.size();
}

}  // namespace

struct RecordKeys::Impl {
  fs::path dir;
  KeyRing ring;
  mutable std::mutex mutex;
  mutable std::unique_ptr<SQLite::Database> db;
  mutable bool writes = false;
  std::vector<std::pair<std::int64_t, SecretKey>> block;

  [[nodiscard]] fs::path file() const { return dir / kFile; }

  // Runs a body under the lock; what SQLite throws becomes an Error.
  template <class Body>
  auto guarded(Body&& body) const -> decltype(body()) {
    const std::lock_guard lock(mutex);
    try {
      return body();
    } catch (const std::exception& error) {
      return fail(ErrorCode::internal, file().string() + ": " + error.what());
    }
  }
  Result<void> open(bool write) const {
    if (db && (writes || !write)) return {};
    db.reset();
    std::error_code ignored;
    const bool there = fs::exists(file(), ignored);
    if (!there && !write)
      return fail(ErrorCode::configuration, file().string() +
                                                " is missing; without it personal records "
                                                "cannot be opened. Restore it from its copy");
    // Private before anything is in it.
    if (const int fd = write ? ::open(file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1; fd >= 0)
      ::close(fd);
    else if (write)
      return fail(ErrorCode::configuration, "cannot make " + file().string() + ": " + std::strerror(errno));
    // For reading too: what a killed writer left half done is rolled back by whoever opens it next.
    auto opened = std::make_unique<SQLite::Database>(file().string(), SQLite::OPEN_READWRITE, 10'000);
    if (write) {
      opened->exec("PRAGMA synchronous=FULL");
      opened->exec("PRAGMA secure_delete=ON");
    }
    if (opened->execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0) {
      if (!write)
        return fail(ErrorCode::configuration, file().string() + " is empty; restore it from its copy");
      SQLite::Transaction transaction(*opened, SQLite::TransactionBehavior::IMMEDIATE);
      opened->exec(
          "CREATE TABLE keys(number INTEGER PRIMARY KEY, seal INTEGER NOT NULL, wrapped BLOB NOT NULL);"
          "CREATE INDEX keys_seal ON keys(seal)");
      opened->exec("PRAGMA application_id=" + std::to_string(kApplicationId));
      transaction.commit();
    } else if (opened->execAndGet("PRAGMA application_id").getInt() != kApplicationId) {
      return fail(ErrorCode::configuration, file().string() + " does not hold a station's record keys");
    }
    db = std::move(opened);
    writes = write;
    return {};
  }
  [[nodiscard]] bool is_there() const {
    std::error_code ignored;
    return fs::exists(file(), ignored);
  }
};

RecordKeys::RecordKeys(fs::path dir, KeyRing ring) : impl_(std::make_unique<Impl>()) {
  impl_->dir = std::move(dir);
  impl_->ring = std::move(ring);
}
RecordKeys::~RecordKeys() {
  for (auto& [number, key] : impl_->block) sodium_memzero(key.data(), key.size());
}

Result<std::pair<std::int64_t, SecretKey>> RecordKeys::take() {
  return impl_->guarded([&]() -> Result<std::pair<std::int64_t, SecretKey>> {
    if (impl_->block.empty()) {
      if (auto opened = impl_->open(true); !opened) return std::unexpected(opened.error());
      const std::uint32_t seal = impl_->ring.newest();
      std::vector<std::pair<std::int64_t, SecretKey>> fresh;
      SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
      SQLite::Statement put(*impl_->db, "INSERT INTO keys(number, seal, wrapped) VALUES(?, ?, ?)");
      for (int i = 0; i < kBlock; ++i) {
        // Random, not counted: a file that was lost and begun anew must not give a number out again.
        std::int64_t number = 0;
        randombytes_buf(&number, sizeof number);
        number &= 0x7fff'ffff'ffff'ffff;
        const SecretKey key = new_secret_key();
        const auto wrapped = wrap(key, number, impl_->ring.seals.at(seal));
        put.reset();
        put.bind(1, number);
        put.bind(2, static_cast<std::int64_t>(seal));
        put.bind(3, wrapped.data(), static_cast<int>(wrapped.size()));
        put.exec();
        fresh.emplace_back(number, key);
      }
      transaction.commit();
      impl_->block = std::move(fresh);
    }
    auto taken = impl_->block.back();
    impl_->block.pop_back();
    return taken;
  });
}

Result<std::optional<SecretKey>> RecordKeys::find(std::int64_t number) const {
  return impl_->guarded([&]() -> Result<std::optional<SecretKey>> {
    if (auto opened = impl_->open(false); !opened) return std::unexpected(opened.error());
    SQLite::Statement row(*impl_->db, "SELECT seal, wrapped FROM keys WHERE number = ?");
    row.bind(1, number);
    if (!row.executeStep()) return std::optional<SecretKey>();
    const auto with = impl_->ring.seals.find(static_cast<std::uint32_t>(row.getColumn(0).getInt64()));
    if (with == impl_->ring.seals.end())
      return fail(ErrorCode::configuration, "a record key is sealed with key " +
                                                std::to_string(row.getColumn(0).getInt64()) + ", which " +
                                                (impl_->dir / "key").string() + " does not hold");
    const auto wrapped = row.getColumn(1);
    SecretKey key{};
    if (!unwrap(wrapped.getBlob(), static_cast<std::size_t>(wrapped.getBytes()), number, with->second, key))
      return fail(ErrorCode::bad_data, "a record key was changed, or belongs to another key");
    return std::optional(key);
  });
}

Result<void> RecordKeys::forget(const std::vector<std::int64_t>& numbers) {
  return impl_->guarded([&]() -> Result<void> {
    if (numbers.empty() || !impl_->is_there()) return {};
    if (auto opened = impl_->open(true); !opened) return opened;
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement drop(*impl_->db, "DELETE FROM keys WHERE number = ?");
    for (const std::int64_t number : numbers) {
      drop.reset();
      drop.bind(1, number);
      drop.exec();
    }
    transaction.commit();
    return {};
  });
}

Result<std::int64_t> RecordKeys::left_behind() const {
  return impl_->guarded([&]() -> Result<std::int64_t> {
    if (!impl_->is_there()) return 0;
    if (auto opened = impl_->open(false); !opened) return std::unexpected(opened.error());
    SQLite::Statement count(*impl_->db, "SELECT count(*) FROM keys WHERE seal <> ?");
    count.bind(1, static_cast<std::int64_t>(impl_->ring.newest()));
    count.executeStep();
    return count.getColumn(0).getInt64();
  });
}

Result<std::int64_t> RecordKeys::bring_on(std::int64_t most) {
  return impl_->guarded([&]() -> Result<std::int64_t> {
    if (!impl_->is_there()) return 0;
    if (auto opened = impl_->open(true); !opened) return std::unexpected(opened.error());
    const std::uint32_t newest = impl_->ring.newest();
    struct Row {
      std::int64_t number, seal;
      std::vector<std::uint8_t> wrapped;
    };
    std::vector<Row> rows;
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    {
      SQLite::Statement old(*impl_->db, "SELECT number, seal, wrapped FROM keys WHERE seal <> ? LIMIT ?");
      old.bind(1, static_cast<std::int64_t>(newest));
      old.bind(2, most);
      while (old.executeStep()) {
        const auto wrapped = old.getColumn(2);
        const auto* const data = static_cast<const std::uint8_t*>(wrapped.getBlob());
        rows.push_back(
            {old.getColumn(0).getInt64(), old.getColumn(1).getInt64(), {data, data + wrapped.getBytes()}});
      }
    }
    SQLite::Statement put(*impl_->db, "UPDATE keys SET seal = ?, wrapped = ? WHERE number = ?");
    for (const Row& row : rows) {
      const auto with = impl_->ring.seals.find(static_cast<std::uint32_t>(row.seal));
      SecretKey key{};
      if (with == impl_->ring.seals.end() ||
          !unwrap(row.wrapped.data(), row.wrapped.size(), row.number, with->second, key))
        return fail(ErrorCode::bad_data, impl_->file().string() +
                                             ": a record key was changed, or its key is gone; restore both "
                                             "from their copies");
      const auto wrapped = wrap(key, row.number, impl_->ring.seals.at(newest));
      sodium_memzero(key.data(), key.size());
      put.reset();
      put.bind(1, static_cast<std::int64_t>(newest));
      put.bind(2, wrapped.data(), static_cast<int>(wrapped.size()));
      put.bind(3, row.number);
      put.exec();
    }
    transaction.commit();
    return static_cast<std::int64_t>(rows.size());
  });
}

Result<void> RecordKeys::copy_to(const fs::path& file) const {
  return impl_->guarded([&]() -> Result<void> {
    if (!impl_->is_there()) return {};
    if (auto opened = impl_->open(false); !opened) return opened;
    const std::string beside = file.string() + ".part";
    const int fd = ::open(beside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return fail(ErrorCode::configuration, "cannot write " + beside + ": " + std::strerror(errno));
    ::close(fd);
    {
      SQLite::Database copy(beside, SQLite::OPEN_READWRITE, 10'000);
      copy.exec("PRAGMA synchronous=FULL");
      SQLite::Backup(copy, *impl_->db).executeStep(-1);
    }
    std::error_code failed;
    fs::rename(beside, file, failed);
    if (failed)
      return fail(ErrorCode::configuration, "cannot make " + file.string() + ": " + failed.message());
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    if (const int dir = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); dir >= 0) {
      ::fsync(dir);
      ::close(dir);
    }
    return {};
  });
}

}  // namespace ktp::ledger
