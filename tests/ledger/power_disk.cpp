// SPDX-License-Identifier: Apache-2.0
#include "ledger/power_disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace ktp::test {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSector = 512;
using Bytes = std::vector<char>;

std::optional<Bytes> content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

// A file by its name: what is safe, and what was done to it since.
struct PowerDisk::File {
  struct Step {
    enum class Kind { make, write, truncate, remove } kind = Kind::write;
    std::size_t at = 0;  // offset, or the new size
    Bytes bytes;
    bool synced = false;  // a write that is safe as soon as its file's name is
  };
  std::optional<Bytes> safe;
  std::vector<Step> since;

  // The last step that made or removed the name; nothing if its name is as safe as what it held.
  [[nodiscard]] std::optional<std::size_t> named() const {
    for (std::size_t i = since.size(); i > 0; --i)
      if (since[i - 1].kind == Step::Kind::make || since[i - 1].kind == Step::Kind::remove) return i - 1;
    return std::nullopt;
  }
  // What the file holds is safe. Its name is not, until its folder is synced.
  void sync() {
    auto image = after(since);
    const auto name = named();
    if (!name) {
      safe = std::move(image);
      since.clear();
      return;
    }
    since.resize(*name + 1);
    since.push_back({.kind = Step::Kind::write, .at = 0, .bytes = *std::move(image), .synced = true});
  }
  // The folder was synced: names made and removed are safe, what was only written is not.
  void sync_name() {
    const auto name = named();
    if (!name) return;
    if (since[*name].kind == Step::Kind::make)
      safe.emplace();
    else
      safe.reset();
    since.erase(since.begin(), since.begin() + static_cast<std::ptrdiff_t>(*name) + 1);
    if (!since.empty() && since.front().synced) {
      safe = std::move(since.front().bytes);
      since.erase(since.begin());
    }
  }

  [[nodiscard]] std::optional<Bytes> after(const std::vector<Step>& steps) const {
    std::optional<Bytes> image = safe;
    for (const Step& step : steps) {
      if (step.kind == Step::Kind::remove) {
        image.reset();
        continue;
      }
      if (!image) image.emplace();
      if (step.kind == Step::Kind::truncate) image->resize(std::min(step.at, image->size()));
      if (step.kind != Step::Kind::write) continue;
      image->resize(std::max(image->size(), step.at + step.bytes.size()));
      std::ranges::copy(step.bytes, image->begin() + static_cast<std::ptrdiff_t>(step.at));
    }
    return image;
  }
};

namespace {

PowerDisk* disk = nullptr;
sqlite3_vfs* below = nullptr;

// SQLite's file object: ours, the tracked file, and behind it the real one.
struct Handle {
  sqlite3_file base;
  std::shared_ptr<PowerDisk::File>* tracked;  // nullptr: a file that is not ours to lose
  bool folder_too;                            // its first sync syncs its folder, as the system's VFS does
  sqlite3_file* real;
};

Handle* handle(sqlite3_file* file) {
  return reinterpret_cast<Handle*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return handle(file)->real;
}

int close_file(sqlite3_file* file) {
  const int done = real(file)->pMethods != nullptr ? real(file)->pMethods->xClose(real(file)) : SQLITE_OK;
  delete handle(file)->tracked;
  handle(file)->tracked = nullptr;
  return done;
}
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  if (!disk->may_go_on(false)) return SQLITE_IOERR_READ;
  return real(file)->pMethods->xRead(real(file), to, size, at);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  const auto keep = [&] {
    const auto* const bytes = static_cast<const char*>(from);
    (*handle(file)->tracked)
        ->since.push_back({.kind = PowerDisk::File::Step::Kind::write,
                           .at = static_cast<std::size_t>(at),
                           .bytes = Bytes(bytes, bytes + size)});
  };
  const bool was_cut = disk->is_cut();
  if (!disk->may_go_on(true)) {
    // The write during which the power failed may have reached the disk, in part or whole.
    if (!was_cut && handle(file)->tracked != nullptr) keep();
    return SQLITE_IOERR_WRITE;
  }
  if (const int fault = disk->write_fault(); fault != SQLITE_OK) return fault;
  const int done = real(file)->pMethods->xWrite(real(file), from, size, at);
  if (done == SQLITE_OK && handle(file)->tracked != nullptr) keep();
  return done;
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (!disk->may_go_on(true)) return SQLITE_IOERR_TRUNCATE;
  const int done = real(file)->pMethods->xTruncate(real(file), size);
  if (done == SQLITE_OK && handle(file)->tracked != nullptr)
    (*handle(file)->tracked)
        ->since.push_back({.kind = PowerDisk::File::Step::Kind::truncate,
                           .at = static_cast<std::size_t>(size),
                           .bytes = {}});
  return done;
}
int sync_file(sqlite3_file* file, int) {
  const bool was_cut = disk->is_cut();
  if (!disk->may_go_on(true)) {
    // The sync during which the power failed may have been done; nobody heard of it.
    if (!was_cut && handle(file)->tracked != nullptr && disk->random()() % 2 == 0)
      (*handle(file)->tracked)->sync();
    return SQLITE_IOERR_FSYNC;
  }
  if (const int fault = disk->write_fault(); fault != SQLITE_OK) return fault;
  // Nothing real depends on it: the real disk is only what the running process reads.
  if (handle(file)->tracked != nullptr) (*handle(file)->tracked)->sync();
  if (std::exchange(handle(file)->folder_too, false)) disk->sync_names();
  return SQLITE_OK;
}
int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  if (!disk->may_go_on(false)) return SQLITE_IOERR_FSTAT;
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock_file(sqlite3_file* file, int level) {
  if (!disk->may_go_on(false)) return SQLITE_IOERR_LOCK;
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int is_reserved(sqlite3_file* file, int* out) {
  if (!disk->may_go_on(false)) return SQLITE_IOERR_CHECKRESERVEDLOCK;
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
int control(sqlite3_file* file, int what, void* with) {
  if (what == SQLITE_FCNTL_PRAGMA && disk->is_off()) {
    auto* const words = static_cast<char**>(with);
    // Said to be done: the connection was switched off when it was opened.
    if (std::string_view(words[1]) == "synchronous" && words[2] != nullptr &&
        std::string_view(words[2]) != "OFF")
      return SQLITE_OK;
  }
  return real(file)->pMethods->xFileControl(real(file), what, with);
}
int sector_size(sqlite3_file* file) {
  return real(file)->pMethods->xSectorSize(real(file));
}
int traits(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  if (!disk->may_go_on(false)) return SQLITE_IOERR_SHMMAP;
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  if ((flags & SQLITE_SHM_UNLOCK) == 0 && !disk->may_go_on(false)) return SQLITE_IOERR_SHMLOCK;
  return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}
int shm_unmap(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

constexpr sqlite3_io_methods kMethods{.iVersion = 2,
                                      .xClose = close_file,
                                      .xRead = read_file,
                                      .xWrite = write_file,
                                      .xTruncate = truncate_file,
                                      .xSync = sync_file,
                                      .xFileSize = size_of_file,
                                      .xLock = lock_file,
                                      .xUnlock = unlock_file,
                                      .xCheckReservedLock = is_reserved,
                                      .xFileControl = control,
                                      .xSectorSize = sector_size,
                                      .xDeviceCharacteristics = traits,
                                      .xShmMap = shm_map,
                                      .xShmLock = shm_lock,
                                      .xShmBarrier = shm_barrier,
                                      .xShmUnmap = shm_unmap,
                                      .xFetch = nullptr,
                                      .xUnfetch = nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  auto* const opened = new (file) Handle{};
  opened->real = reinterpret_cast<sqlite3_file*>(opened + 1);
  std::memset(opened->real, 0, static_cast<std::size_t>(below->szOsFile));
  const int kinds = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
  const bool ours = name != nullptr && (flags & kinds) != 0;
  const bool there = ours && fs::exists(name);
  if (!disk->may_go_on(ours && !there)) return SQLITE_CANTOPEN;
  std::shared_ptr<PowerDisk::File> tracked;
  if (ours) tracked = disk->file(name);
  const int done = below->xOpen(below, name, opened->real, flags, out);
  if (done != SQLITE_OK) return done;
  if (ours) {
    opened->tracked = new std::shared_ptr<PowerDisk::File>(tracked);
    opened->folder_too =
        (flags & SQLITE_OPEN_CREATE) != 0 && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    if (!there) tracked->since.push_back({.kind = PowerDisk::File::Step::Kind::make, .at = 0, .bytes = {}});
  }
  opened->base.pMethods = &kMethods;
  return SQLITE_OK;
}
int delete_file(sqlite3_vfs*, const char* name, int sync_folder) {
  if (!disk->may_go_on(true)) return SQLITE_IOERR_DELETE;
  const int done = below->xDelete(below, name, 0);
  if (done == SQLITE_OK) {
    const auto tracked = disk->file(name);
    tracked->since.push_back({.kind = PowerDisk::File::Step::Kind::remove, .at = 0, .bytes = {}});
    if (sync_folder != 0) disk->sync_names();
  }
  return done;
}
int access_file(sqlite3_vfs*, const char* name, int flags, int* out) {
  if (!disk->may_go_on(false)) return SQLITE_IOERR_ACCESS;
  return below->xAccess(below, name, flags, out);
}

int switch_off(sqlite3* db, const char**, const sqlite3_api_routines*) {
  return disk->is_off() ? sqlite3_exec(db, "PRAGMA synchronous=OFF", nullptr, nullptr, nullptr) : SQLITE_OK;
}

}  // namespace

PowerDisk& PowerDisk::install() {
  static PowerDisk one;
  if (disk != nullptr) return one;
  disk = &one;
  below = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs vfs = *below;
  vfs.szOsFile = static_cast<int>(sizeof(Handle)) + below->szOsFile;
  vfs.zName = "power";
  vfs.pNext = nullptr;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) throw std::runtime_error("the VFS was not registered");
  sqlite3_auto_extension(reinterpret_cast<void (*)()>(&switch_off));
  return one;
}

void PowerDisk::cut_at(std::uint64_t calls, Count count) {
  count_ = count;
  cut_calls_ = (count == Count::all ? calls_ : writes_) + calls;
}

void PowerDisk::fail_at(std::uint64_t write, int code, bool for_good) {
  fail_write_ = writes_ + write;
  fail_code_ = code;
  fail_for_good_ = for_good;
  failed_ = false;
}

void PowerDisk::no_faults() {
  cut_calls_ = fail_write_ = 0;
}

bool PowerDisk::may_go_on(bool is_write) {
  ++calls_;
  if (is_write) ++writes_;
  if (cut_calls_ != 0 && (count_ == Count::all ? calls_ : writes_) >= cut_calls_) cut_ = true;
  return !cut_;
}

int PowerDisk::write_fault() {
  const bool now = fail_write_ != 0 && (fail_for_good_ ? writes_ >= fail_write_ : writes_ == fail_write_);
  failed_ = failed_ || now;
  return now ? fail_code_ : SQLITE_OK;
}

std::shared_ptr<PowerDisk::File> PowerDisk::file(const std::string& path) {
  auto& slot = files_[path];
  if (!slot) {
    slot = std::make_shared<File>();
    slot->safe = content_of(path);  // what was there before the test is safe
  }
  return slot;
}

std::uint64_t PowerDisk::lose(std::mt19937& random, Keep keep) {
  using Step = File::Step;
  std::uint64_t lost = 0;
  for (auto& [path, file] : files_) {
    // A step is a sector: writes are cut at the disk's borders, wherever they begin.
    std::vector<Step> sectors;
    for (const Step& step : file->since) {
      if (step.kind != Step::Kind::write || step.synced) {
        sectors.push_back(step);
        continue;
      }
      for (std::size_t from = 0; from < step.bytes.size();) {
        const std::size_t end = std::min(step.bytes.size(), from + kSector - (step.at + from) % kSector);
        sectors.push_back({.kind = Step::Kind::write,
                           .at = step.at + from,
                           .bytes = Bytes(step.bytes.begin() + static_cast<std::ptrdiff_t>(from),
                                          step.bytes.begin() + static_cast<std::ptrdiff_t>(end))});
        from = end;
      }
    }
    std::vector<Step> kept;
    const std::size_t border = random() % (sectors.size() + 1);
    const auto chance = random() % 100;
    for (std::size_t i = 0; i < sectors.size(); ++i) {
      bool stays = sectors[i].synced;
      if (!stays) switch (keep) {
          case Keep::nothing:
            break;
          case Keep::beginning:
            stays = i < border;
            break;
          case Keep::some_sectors:
            stays = random() % 100 < chance;
            break;
          case Keep::all_but_the_first:
            stays = i >= border;
            break;
        }
      if (stays) {
        kept.push_back(sectors[i]);
        continue;
      }
      ++lost;
      // The name is not there, or still the old file's: what was done to the new one went with it.
      if (sectors[i].kind == Step::Kind::remove || sectors[i].kind == Step::Kind::make) {
        lost += sectors.size() - i - 1;
        break;
      }
    }
    if (const auto image = file->after(kept)) {
      std::ofstream out(path, std::ios::binary | std::ios::trunc);
      out.write(image->data(), static_cast<std::streamsize>(image->size()));
      if (!out.flush()) throw std::runtime_error("cannot write " + path);
    } else {
      fs::remove(path);
    }
    fs::remove(path + "-shm");  // memory, however it looks
  }
  forget();
  return lost;
}

void PowerDisk::sync_names() {
  for (auto& [path, file] : files_) file->sync_name();
}

void PowerDisk::forget() {
  files_.clear();
  cut_ = false;
  no_faults();
}

}  // namespace ktp::test
