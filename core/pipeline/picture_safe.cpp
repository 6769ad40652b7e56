// SPDX-License-Identifier: Apache-2.0
#include "pipeline/picture_safe.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "artwork/picture.hpp"
#include "pipeline/private_file.hpp"

namespace ktp::pipeline {

namespace fs = std::filesystem;

namespace {

// What the bytes are bound to: no file opens under another one's name.
std::string context_of(const std::string& name) {
  return "picture " + name;
}

void sync_folder(const fs::path& folder) {
  if (const int dir = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); dir >= 0) {
    ::fsync(dir);
    ::close(dir);
  }
}

}  // namespace

Result<std::int64_t> picture_key(ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                 const std::string& record) {
  if (record.empty()) {
    const auto own = key.record_keys().take();
    if (!own) return std::unexpected(own.error());
    return own->first;
  }
  const auto sealed = ledger.record(record);
  if (!sealed) return std::unexpected(sealed.error());
  if (const auto number = ledger::PersonalKey::record_key_of(*sealed)) return *number;
  const auto plain = key.open(*sealed, record);
  if (!plain) return std::unexpected(plain.error());
  auto anew = key.seal_record(*plain, record);
  if (!anew) return std::unexpected(anew.error());
  const auto number = ledger::PersonalKey::record_key_of(*anew);
  if (auto kept = ledger.append({}, {{record, *std::move(anew)}}); !kept)
    return std::unexpected(kept.error());
  return *number;
}

bool PictureSafe::has(const std::string& name) const {
  std::error_code none;
  return fs::exists(folder_ / (name + std::string(kEnd)), none) || fs::exists(folder_ / name, none);
}

std::vector<std::string> PictureSafe::names() const {
  std::set<std::string> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    std::string name = entry.path().filename().string();
    if (name.starts_with('.')) continue;
    if (name.ends_with(kEnd)) name.resize(name.size() - kEnd.size());
    found.insert(std::move(name));
  }
  return {found.begin(), found.end()};
}

Result<void> PictureSafe::put(const std::string& name, std::span<const std::uint8_t> bytes,
                              std::int64_t record_key, bool synced) const {
  if (key_ == nullptr) return fail(ErrorCode::internal, "there is no key to seal " + name + " with");
  std::error_code made;
  fs::create_directories(folder_, made);
  if (made) return fail(ErrorCode::internal, made.message());
  ::chmod(folder_.c_str(), 0700);
  const auto sealed = key_->seal_with(record_key, bytes, context_of(name));
  if (!sealed) return std::unexpected(sealed.error());
  if (auto written = write_private(folder_ / (name + std::string(kEnd)), *sealed, synced); !written)
    return written;
  if (synced) sync_folder(folder_);
  return {};
}

Result<std::vector<std::uint8_t>> PictureSafe::get(const std::string& name) const {
  auto sealed = artwork::read_bytes(folder_ / (name + std::string(kEnd)), kMost);
  if (!sealed && sealed.error().code == ErrorCode::input_missing)
    return artwork::read_bytes(folder_ / name, kMost);
  if (!sealed) return std::unexpected(sealed.error());
  if (key_ == nullptr)
    return fail(ErrorCode::configuration,
                name + " is sealed; it can be read with the keys of its data folder only");
  return key_->open(*sealed, context_of(name));
}

Result<Image> PictureSafe::picture(const std::string& name) const {
  const auto bytes = get(name);
  if (!bytes) return std::unexpected(bytes.error());
  return artwork::decode_picture(*bytes, {.max_bytes = kMost});
}

Result<bool> PictureSafe::remove(const std::string& name) const {
  bool was_there = false;
  for (const fs::path& file : {folder_ / (name + std::string(kEnd)), folder_ / name}) {
    std::error_code failed;
    was_there = fs::remove(file, failed) || was_there;
    if (failed)
      return fail(ErrorCode::internal, "cannot delete " + file.string() + ": " + failed.message() +
                                           "; run the same command again when it can be deleted");
  }
  return was_there;
}

std::optional<std::int64_t> PictureSafe::key_of(const std::string& name) const {
  // The whole file, because record_key_of wants to see that more than a head is there.
  const auto sealed = artwork::read_bytes(folder_ / (name + std::string(kEnd)), kMost);
  if (!sealed) return std::nullopt;
  return ledger::PersonalKey::record_key_of(*sealed);
}

Result<void> PictureSafe::seal_one(ledger::Ledger& ledger, const fs::path& file, const Owner& owner,
                                   std::map<std::string, std::int64_t>& of_strangers, Sealed& done) const {
  const std::string name = file.filename().string();
  bool deleted = owner.deleted;
  if (!deleted && !owner.record.empty()) {
    // A backup from before the deletion was restored: its key is gone all the same.
    const auto sealed = ledger.record(owner.record);
    deleted = sealed && key_->is_deleted(*sealed);
  }
  if (deleted) {
    ++done.deleted;
    return wipe(file);
  }
  // Sealed, and killed while the plain one was written over: what is left of that must not be sealed instead.
  std::error_code none;
  if (fs::exists(folder_ / (name + std::string(kEnd)), none) && get(name)) return wipe(file);
  const auto bytes = artwork::read_bytes(file, kMost);
  if (!bytes) return fail(bytes.error().code, file.string() + ": " + bytes.error().message);
  // The pictures of one card whose person cannot be told have one key.
  const std::string card = name.substr(0, name.find('-'));
  const auto known = of_strangers.find(card);
  const auto number = owner.record.empty() && known != of_strangers.end()
                          ? Result<std::int64_t>(known->second)
                          : picture_key(ledger, *key_, owner.record);
  if (!number && number.error().code == ErrorCode::bad_data) {
    done.left.push_back(name);
    return {};
  }
  if (!number) return std::unexpected(number.error());
  if (owner.record.empty()) of_strangers[card] = *number;
  if (auto written = put(name, *bytes, *number); !written)
    return fail(written.error().code, file.string() + ": " + written.error().message);
  const auto back = get(name);
  if (!back || *back != *bytes)
    return fail(ErrorCode::internal,
                file.string() + " does not read back as it was sealed; it was left as it is");
  // How old it is decides how long it is kept.
  std::error_code unknown;
  if (const auto taken = fs::last_write_time(file, unknown); !unknown)
    fs::last_write_time(folder_ / (name + std::string(kEnd)), taken, unknown);
  ++done.sealed;
  return wipe(file);
}

Result<PictureSafe::Sealed> PictureSafe::seal_plain(
    ledger::Ledger& ledger,
    const std::function<Result<std::optional<Owner>>(const std::string& name)>& owner) const {
  Sealed done;
  std::vector<fs::path> plain, halves;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file(none)) continue;
    if (name.starts_with('.'))
      halves.push_back(entry.path());
    else if (!name.ends_with(kEnd))
      plain.push_back(entry.path());
  }
  std::ranges::sort(plain);
  for (const fs::path& file : halves) {
    if (auto gone = wipe(file); !gone) return std::unexpected(gone.error());
    ++done.deleted;
  }
  std::map<std::string, std::int64_t> of_strangers;
  for (const fs::path& file : plain) {
    const auto whose = owner(file.filename().string());
    if (!whose) return std::unexpected(whose.error());
    if (!*whose) {
      done.left.push_back(file.filename().string());
      continue;
    }
    if (auto sealed = seal_one(ledger, file, **whose, of_strangers, done); !sealed)
      return std::unexpected(sealed.error());
  }
  if (!plain.empty() || !halves.empty()) sync_folder(folder_);
  return done;
}

Result<void> wipe(const fs::path& file) {
  if (const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW); fd >= 0) {
    struct stat info{};
    const std::array<char, 65536> zeros{};
    if (::fstat(fd, &info) == 0)
      for (off_t left = info.st_size; left > 0;) {
        const auto most = static_cast<std::size_t>(std::min<off_t>(left, zeros.size()));
        const ssize_t n = ::write(fd, zeros.data(), most);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        left -= n;
      }
    ::fsync(fd);
    ::close(fd);
  }
  if (::unlink(file.c_str()) != 0)
    return fail(ErrorCode::internal, "cannot delete " + file.string() + ": " + std::strerror(errno));
  return {};
}

}  // namespace ktp::pipeline
