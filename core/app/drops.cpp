// SPDX-License-Identifier: Apache-2.0
#include "app/drops.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "artwork/picture.hpp"
#include "ledger/personal.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/order_pictures.hpp"
#include "pipeline/picture_safe.hpp"

namespace ktp::app {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostDrops = 50, kLongestSegment = 100, kDeepest = 4;
constexpr std::uint64_t kMostUnpackedPerByte =
    200;  // a zip of pictures packs little; a bomb packs a thousandfold
constexpr const char* kKept = ".kept";
// What it holds; earlier versions left it empty.
constexpr std::string_view kTakingIn = "taking in\n", kPutAway = "put away\n";
constexpr int kPreviewDpi = 300;

bool is_drop_name(std::string_view name) {
  return name.size() == 32 && std::ranges::all_of(name, [](char c) { return c >= 'a' && c <= 'p'; });
}

// Plain names only: what a batch's CSV can name (docs/contracts.md section 6), and nothing that leads out.
bool is_file_name(std::string_view name) {
  std::size_t depth = 0;
  for (;;) {
    const std::size_t end = name.find('/');
    const std::string_view segment = name.substr(0, end);
    if (segment.empty() || segment.size() > kLongestSegment || segment[0] == '.' || ++depth > kDeepest)
      return false;
    if (!std::ranges::all_of(segment, [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 std::strchr("._- ()", c) != nullptr;
        }))
      return false;
    if (end == std::string_view::npos) return true;
    name.remove_prefix(end + 1);
  }
}

std::string shown(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, 80)) text += c >= 0x20 && c < 0x7f ? c : '?';
  return text;
}

std::unexpected<Error> bad_name(std::string_view name) {
  return fail(
      ErrorCode::bad_data,
      "file: " + shown(name) +
          ": names have letters, digits, spaces, dots, hyphens and underscores, at most four folders");
}

Result<void> write_new(const fs::path& file, std::string_view bytes) {
  std::error_code made;
  fs::create_directories(file.parent_path(), made);
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return fail(ErrorCode::internal,
                "cannot write " + file.filename().string() + ": " + std::strerror(errno));
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  ::close(fd);
  if (!bytes.empty())
    return fail(ErrorCode::internal, "cannot write " + file.filename().string() + "; is the disk full?");
  return {};
}

Result<void> sync_all(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::syncfs(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!synced) return fail(ErrorCode::internal, "the dropped files could not be written to the disk");
  return {};
}

// Portraits and a list of people: written over before they go, as far as that can be done.
void wipe_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code none;
  for (fs::recursive_directory_iterator at(folder, none), end; !none && at != end; at.increment(none))
    if (at->is_regular_file(none)) files.push_back(at->path());
  for (const fs::path& file : files) static_cast<void>(pipeline::wipe(file));
  fs::remove_all(folder, none);
}

struct ReadArchive {
  archive* handle = archive_read_new();
  ReadArchive() = default;
  ReadArchive(const ReadArchive&) = delete;
  ReadArchive& operator=(const ReadArchive&) = delete;
  ~ReadArchive() { archive_read_free(handle); }
};

}  // namespace

Drops::Drops(fs::path data, std::shared_ptr<const artwork::Template> art, const artwork::Regions& regions,
             bool test_mode)
    : root_(std::move(data) / "drops"), art_(std::move(art)), regions_(regions), test_mode_(test_mode) {
  std::error_code none;
  fs::create_directories(root_, none);
  ::chmod(root_.c_str(), 0700);
  for (const auto& entry : fs::directory_iterator(root_, none))
    if (!fs::exists(entry.path() / kKept, none)) wipe_folder(entry.path());
}

Result<fs::path> Drops::folder(const std::string& drop) const {
  std::error_code none;
  if (!is_drop_name(drop) || !fs::is_directory(root_ / drop, none))
    return fail(ErrorCode::input_missing, "there is no such drop; drop the files again");
  return root_ / drop;
}

Drops::Size Drops::size_of(const fs::path& folder) {
  Size size;
  std::error_code none;
  for (fs::recursive_directory_iterator at(folder, none), end; !none && at != end; at.increment(none))
    if (at->is_regular_file(none)) {
      ++size.files;
      size.bytes += at->file_size(none);
    }
  return size;
}

Result<std::string> Drops::begin() {
  const std::lock_guard lock(mutex_);
  std::error_code none;
  std::vector<fs::directory_entry> open;
  for (const auto& entry : fs::directory_iterator(root_, none))
    if (!fs::exists(entry.path() / kKept, none)) open.push_back(entry);
  if (open.size() >= kMostDrops) {
    const auto oldest =
        std::ranges::min_element(open, {}, [&](const auto& entry) { return entry.last_write_time(none); });
    wipe_folder(oldest->path());
  }
  const std::string name = ledger::new_token();
  if (::mkdir((root_ / name).c_str(), 0700) != 0)
    return fail(ErrorCode::internal,
                "cannot make a folder for the drop: " + std::string(std::strerror(errno)));
  return name;
}

Result<void> Drops::put(const std::string& drop, const std::string& name, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const auto into = folder(drop);
  if (!into) return std::unexpected(into.error());
  if (!is_file_name(name)) return bad_name(name);
  if (bytes.size() > kMostPerFile)
    return fail(ErrorCode::bad_data, "file: " + shown(name) + ": at most 64 MB");
  const Size size = size_of(*into);
  if (size.files >= kMostFiles || size.bytes + bytes.size() > kMostBytes)
    return fail(ErrorCode::bad_data, "file: too many or too large; a drop has at most 20,000 files and 2 GB");
  return write_new(*into / name, bytes);
}

Result<void> Drops::unpack(const std::string& drop, std::string_view zip) {
  const std::lock_guard lock(mutex_);
  const auto into = folder(drop);
  if (!into) return std::unexpected(into.error());
  const std::uint64_t most =
      std::min<std::uint64_t>(kMostBytes, zip.size() * kMostUnpackedPerByte + (1 << 20));
  // Twice: what is found wrong the first time is never written.
  for (const bool write : {false, true}) {
    const ReadArchive reading;
    archive_read_support_format_zip(reading.handle);
    if (archive_read_open_memory(reading.handle, zip.data(), zip.size()) != ARCHIVE_OK)
      return fail(ErrorCode::bad_data, "zip: this is not a zip file");
    Size size = size_of(*into);
    std::uint64_t unpacked = 0;
    for (;;) {
      archive_entry* entry = nullptr;
      const int step = archive_read_next_header(reading.handle, &entry);
      if (step == ARCHIVE_EOF) break;
      if (step != ARCHIVE_OK) return fail(ErrorCode::bad_data, "zip: it is broken, or none");
      const char* const path = archive_entry_pathname(entry);
      const std::string name = path == nullptr ? "" : path;
      if (archive_entry_filetype(entry) == AE_IFDIR) continue;
      if (name.starts_with("__MACOSX/") || name.ends_with(".DS_Store") || name.ends_with("Thumbs.db"))
        continue;
      if (archive_entry_filetype(entry) != AE_IFREG)
        return fail(ErrorCode::bad_data, "zip: " + shown(name) + " is no plain file");
      if (!is_file_name(name)) return bad_name(name);
      if (archive_entry_is_encrypted(entry) != 0)
        return fail(ErrorCode::bad_data, "zip: " + shown(name) + " is encrypted");
      if (++size.files > kMostFiles) return fail(ErrorCode::bad_data, "zip: more than 20,000 files");
      std::string bytes;
      std::uint64_t of_file = 0;
      char part[65536];
      for (;;) {
        const la_ssize_t n = archive_read_data(reading.handle, part, sizeof part);
        if (n == 0) break;
        if (n < 0) return fail(ErrorCode::bad_data, "zip: " + shown(name) + " is broken");
        unpacked += static_cast<std::uint64_t>(n);
        of_file += static_cast<std::uint64_t>(n);
        if (unpacked > most || size.bytes + unpacked > kMostBytes || of_file > kMostPerFile)
          return fail(ErrorCode::bad_data, "zip: " + shown(name) + ": it unpacks to more than is allowed");
        if (write) bytes.append(part, static_cast<std::size_t>(n));
      }
      if (write)
        if (auto written = write_new(*into / name, bytes); !written) return written;
    }
    if (size.files == 0) return fail(ErrorCode::bad_data, "zip: this is not a zip file, or it is empty");
  }
  return {};
}

Result<fs::path> Drops::batch_file(const std::string& drop) {
  const auto in = folder(drop);
  if (!in) return std::unexpected(in.error());
  std::vector<fs::path> found;
  std::error_code none;
  for (fs::recursive_directory_iterator at(*in, none), end; !none && at != end; at.increment(none)) {
    std::string suffix = at->path().extension().string();
    std::ranges::transform(suffix, suffix.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (at->is_regular_file(none) && suffix == ".csv") found.push_back(at->path());
  }
  if (found.empty()) return fail(ErrorCode::bad_data, "batch: there is no CSV among the files");
  if (found.size() > 1)
    return fail(ErrorCode::bad_data,
                "batch: there are " + std::to_string(found.size()) + " CSV files; drop one batch at a time");
  return found.front();
}

Result<std::vector<Drops::CheckedRow>> Drops::check(const std::string& drop) {
  const std::lock_guard lock(mutex_);
  const auto csv = batch_file(drop);
  if (!csv) return std::unexpected(csv.error());
  const auto rows = pipeline::parse_batch(*csv, *art_, regions_, test_mode_);
  if (!rows) {
    // The folder's name is the station's own affair.
    Error error = rows.error();
    if (const std::size_t at = error.message.find(csv->string()); at != std::string::npos)
      error.message.replace(at, csv->string().size(), csv->filename().string());
    return std::unexpected(error);
  }
  std::vector<CheckedRow> checked;
  for (const pipeline::ParsedRow& row : *rows) {
    CheckedRow one{
        .row = row.row, .order_id = row.reason.empty() ? row.order.id() : "", .reason = row.reason};
    if (one.reason.empty()) {
      const auto pictures = pipeline::read_pictures(row.order, csv->parent_path());
      const auto decoded =
          pictures ? pipeline::decode_pictures(*pictures) : std::unexpected(pictures.error());
      if (!decoded) one.reason = decoded.error().message;
    }
    checked.push_back(std::move(one));
  }
  return checked;
}

Result<std::string> Drops::face(const std::string& drop, std::size_t row, Side side) {
  const std::lock_guard lock(mutex_);
  const auto csv = batch_file(drop);
  if (!csv) return std::unexpected(csv.error());
  const auto rows = pipeline::parse_batch(*csv, *art_, regions_, test_mode_);
  if (!rows) return std::unexpected(rows.error());
  const auto found = std::ranges::find(*rows, row, &pipeline::ParsedRow::row);
  if (found == rows->end()) return fail(ErrorCode::input_missing, "row: there is no such row");
  if (!found->reason.empty()) return fail(ErrorCode::bad_data, found->reason);
  const auto pictures = pipeline::read_pictures(found->order, csv->parent_path());
  if (!pictures) return std::unexpected(pictures.error());
  const auto decoded = pipeline::decode_pictures(*pictures);
  if (!decoded) return std::unexpected(decoded.error());
  const auto drawn = art_->render(pipeline::as_printed(found->order), decoded->portrait, decoded->signature,
                                  side, kPreviewDpi);
  if (!drawn) return std::unexpected(drawn.error());
  const auto png = artwork::encode_png(drawn->image.view());
  if (!png) return std::unexpected(png.error());
  return std::string(png->begin(), png->end());
}

Result<void> Drops::keep(const std::string& drop) {
  const std::lock_guard lock(mutex_);
  const auto in = folder(drop);
  if (!in) return std::unexpected(in.error());
  if (auto marked = write_new(*in / kKept, kTakingIn); !marked) return marked;
  return sync_all(*in);
}

std::vector<Drops::Kept> Drops::kept() {
  const std::lock_guard lock(mutex_);
  std::vector<Kept> all;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root_, none)) {
    const std::string name = entry.path().filename().string();
    if (!is_drop_name(name) || !fs::exists(entry.path() / kKept, none)) continue;
    std::ifstream mark(entry.path() / kKept);
    const std::string text{std::istreambuf_iterator<char>(mark), {}};
    all.push_back({.name = name,
                   .state = text == kTakingIn  ? Kept::State::taking_in
                            : text == kPutAway ? Kept::State::put_away
                                               : Kept::State::earlier});
  }
  return all;
}

Result<void> Drops::put_away(const std::string& drop) {
  const std::lock_guard lock(mutex_);
  const auto in = folder(drop);
  if (!in) return std::unexpected(in.error());
  // Said first and for sure: a drop of which half is gone must not be taken in again.
  if (auto marked = write_new(*in / kKept, kPutAway); !marked) return marked;
  if (auto safe = sync_all(*in); !safe) return safe;
  std::vector<fs::path> files;
  std::error_code problem;
  for (fs::recursive_directory_iterator at(*in, problem), end; !problem && at != end; at.increment(problem))
    if (at->is_regular_file(problem) && at->path().filename() != kKept) files.push_back(at->path());
  for (const fs::path& file : files)
    if (auto gone = pipeline::wipe(file); !gone) return gone;
  fs::remove_all(*in, problem);
  if (problem) return fail(ErrorCode::internal, "cannot delete the dropped files: " + problem.message());
  return {};
}

}  // namespace ktp::app
