// SPDX-License-Identifier: Apache-2.0
// Two codes that differ in at most 31 of 256 bits differ in at most 3 bits in one of eight chunks of 32: all
// keys within 3 bits of the asked one are looked up, chunk by chunk. Eight chunks rather than the usual
// sixteen: the buckets that are looked into are more, but they are known beforehand and fetched ahead, and
// the codes that have to be compared, each a miss of all caches, fall from 830,000 to 2,000 in 200 million
// rows.
#include "identity/portrait_search.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace ktp::identity {
namespace {

constexpr int kChunkBits = 32;
constexpr std::size_t kAlign = 4096;
constexpr std::array<char, 8> kMagic{'k', 't', 'p', 'p', 'h', 'a', 's', '1'};

struct Header {
  std::array<char, 8> magic;
  std::uint64_t count;
  std::uint32_t directory_bits;  // 0: no index
  std::uint32_t constant_bits;
  std::array<double, 8> entropy;
  std::uint64_t bytes;  // of the whole file
  std::uint64_t check;  // FNV-1a of what stands before
};
static_assert(std::is_trivially_copyable_v<Header> && sizeof(Header) <= kAlign);

std::uint64_t check_of(const Header& header) {
  const auto* p = reinterpret_cast<const unsigned char*>(&header);
  std::uint64_t h = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < offsetof(Header, check); ++i) h = (h ^ p[i]) * 0x100000001b3;
  return h;
}

// The chunk's bits are taken eight apart: neighbouring frequencies go together in pictures, and a chunk of
// them would hold less than its bits.
std::uint32_t key_of(const PortraitHash& code, std::size_t chunk) {
  std::uint32_t key = 0;
  for (std::size_t w = 0; w < 4; ++w) {
    const std::uint64_t spread = (code.bits[w] >> chunk) & 0x0101010101010101;
    key |= static_cast<std::uint32_t>((spread * 0x0102040810204080) >> 56) << (8 * w);
  }
  return key;
}

int directory_bits_for(std::size_t count) {
  if (count < PortraitSearch::kLeastIndexed) return 0;
  // About eight entries a bucket: a cache line of keys, one of rows.
  return std::clamp(static_cast<int>(std::bit_width(count)) - 4, 16, 24);
}

constexpr std::size_t up(std::size_t n) {
  return (n + kAlign - 1) / kAlign * kAlign;
}

// Where everything stands in the file, which is also how it stands in memory.
struct Layout {
  std::size_t codes, chunks, directory, low, rows, chunk_bytes, bytes;
  std::size_t low_bytes;

  Layout(std::size_t count, int bits) {
    low_bytes = bits >= 24 ? 1 : 2;
    codes = kAlign;
    chunks = codes + up(count * sizeof(PortraitHash));
    directory = 0;
    low = bits > 0 ? up(((std::size_t{1} << bits) + 1) * 4) : 0;
    rows = low + (bits > 0 ? up(count * low_bytes) : 0);
    chunk_bytes = rows + (bits > 0 ? up(count * 4) : 0);
    bytes = chunks + (bits > 0 ? 8 * chunk_bytes : 0);
  }
};

// Radius of each chunk: a code within `radius` is within its chunk's in at least one. -1: the chunk is not
// needed.
std::array<int, 8> chunk_radii(int radius) {
  std::array<int, 8> radii{};
  for (int c = 0; c < 8; ++c)
    radii[static_cast<std::size_t>(c)] = (radius + 1) / 8 - (c < (radius + 1) % 8 ? 0 : 1);
  return radii;
}

// All patterns of `bits` bits with at most `weight` set, lightest first.
std::vector<std::uint32_t> patterns(int bits, int weight) {
  std::vector<std::uint32_t> all{0};
  for (int w = 1; w <= weight; ++w) {
    std::uint64_t p = (std::uint64_t{1} << w) - 1;
    while (p < (std::uint64_t{1} << bits)) {
      all.push_back(static_cast<std::uint32_t>(p));
      const std::uint64_t low = p & (~p + 1), carried = p + low;  // Gosper's hack: the next of equal weight
      p = carried | (((p ^ carried) >> 2) / low);
    }
  }
  return all;
}

double binomial_sum(int n, int most) {
  double sum = 0, term = 1;
  for (int k = 0; k <= most; ++k) {
    sum += term;
    term = term * (n - k) / (k + 1);
  }
  return sum;
}

constexpr std::array<std::uint8_t, 256> kOnes = [] {
  std::array<std::uint8_t, 256> t{};
  for (unsigned i = 0; i < 256; ++i) t[i] = static_cast<std::uint8_t>(std::popcount(i));
  return t;
}();
int ones(std::uint8_t v) {
  return kOnes[v];
}
int ones(std::uint16_t v) {
  return kOnes[v & 255] + kOnes[v >> 8];
}

bool blank(const PortraitHash& code) {
  return code == PortraitHash{};
}

// Sorts the rows of one chunk into buckets (counting sort; two passes over the codes) and measures their
// evenness.
template <class Low>
double fill_chunk(std::span<const PortraitHash> codes, std::size_t chunk, int bits, std::uint32_t* directory,
                  Low* low, std::uint32_t* rows) {
  const std::size_t buckets = std::size_t{1} << bits;
  const int shift = kChunkBits - bits;
  std::vector<std::uint32_t> next(buckets, 0);
  for (const PortraitHash& code : codes) ++next[key_of(code, chunk) >> shift];
  double collide = 0;
  std::uint32_t sum = 0;
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::uint32_t n = next[b];
    collide += static_cast<double>(n) * n;
    directory[b] = next[b] = sum;
    sum += n;
  }
  directory[buckets] = sum;
  // Fetched ahead: each row goes to a place of its own, far from the last one.
  constexpr std::size_t kAhead = 24;
  std::array<std::uint32_t, kAhead> keys{};
  for (std::size_t i = 0; i < codes.size() + kAhead; ++i) {
    std::uint32_t& slot = keys[i % kAhead];
    if (i >= kAhead) {
      const std::uint32_t at = next[slot >> shift]++;
      low[at] = static_cast<Low>(slot & ((std::uint64_t{1} << shift) - 1));
      rows[at] = static_cast<std::uint32_t>(i - kAhead);
    }
    if (i < codes.size()) {
      slot = key_of(codes[i], chunk);
      __builtin_prefetch(&next[slot >> shift], 1);
    }
  }
  const auto n = static_cast<double>(codes.size());
  return -std::log2(std::max(collide / (n * n), 1e-300));
}

Header index_into(std::byte* base, std::size_t count) {
  Header header{};
  header.magic = kMagic;
  header.count = count;
  const int bits = directory_bits_for(count);
  header.directory_bits = static_cast<std::uint32_t>(bits);
  const Layout layout(count, bits);
  header.bytes = layout.bytes;
  const std::span codes(reinterpret_cast<const PortraitHash*>(base + layout.codes), count);
  // A sample is enough to tell a constant bit from a live one.
  std::array<std::size_t, 256> set{};
  const std::size_t step = std::max<std::size_t>(1, count / 100'000);
  std::size_t seen = 0;
  for (std::size_t i = 0; i < count; i += step, ++seen)
    for (std::size_t b = 0; b < 256; ++b) set[b] += codes[i].bits[b / 64] >> (b % 64) & 1;
  for (const std::size_t n : set)
    if (seen > 50 && (n * 50 < seen || (seen - n) * 50 < seen)) ++header.constant_bits;
  for (std::size_t c = 0; bits > 0 && c < 8; ++c) {
    std::byte* const at = base + layout.chunks + c * layout.chunk_bytes;
    auto* const directory = reinterpret_cast<std::uint32_t*>(at + layout.directory);
    auto* const rows = reinterpret_cast<std::uint32_t*>(at + layout.rows);
    header.entropy[c] =
        layout.low_bytes == 1
            ? fill_chunk(codes, c, bits, directory, reinterpret_cast<std::uint8_t*>(at + layout.low), rows)
            : fill_chunk(codes, c, bits, directory, reinterpret_cast<std::uint16_t*>(at + layout.low), rows);
  }
  header.check = check_of(header);
  return header;
}

Error cannot(const std::string& what, const std::filesystem::path& file) {
  return {ErrorCode::input_missing, file.string() + ": cannot be " + what + ": " + std::strerror(errno)};
}

class FileHandle {
 public:
  explicit FileHandle(int fd) : fd_(fd) {}
  ~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

// Pages from the system: private ones, or a file's.
struct PortraitSearch::Storage {
  std::byte* base = nullptr;
  std::size_t bytes = 0;

  Storage(void* at, std::size_t size) : base(static_cast<std::byte*>(at)), bytes(size) {}
  ~Storage() { ::munmap(base, bytes); }
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
};

void PortraitSearch::attach(std::byte* base, std::size_t count) {
  Header header{};
  std::memcpy(&header, base, sizeof header);
  const int bits = static_cast<int>(header.directory_bits);
  const Layout layout(count, bits);
  codes_ = {reinterpret_cast<const PortraitHash*>(base + layout.codes), count};
  health_.constant_bits = header.constant_bits;
  health_.chunk_entropy = header.entropy;
  health_.directory_bits = bits;
  indexed_ = bits > 0;
  for (std::size_t c = 0; indexed_ && c < kChunks; ++c) {
    const std::byte* const at = base + layout.chunks + c * layout.chunk_bytes;
    chunks_[c].directory = {reinterpret_cast<const std::uint32_t*>(at + layout.directory),
                            (std::size_t{1} << bits) + 1};
    chunks_[c].low = at + layout.low;
    chunks_[c].rows = {reinterpret_cast<const std::uint32_t*>(at + layout.rows), count};
  }
}

Result<PortraitSearch> PortraitSearch::build(std::vector<PortraitHash> codes) {
  if (codes.size() > kMostRows)
    return fail(ErrorCode::bad_data, "portrait set: more than 4,000,000,000 rows");
  const std::size_t count = codes.size();
  const Layout layout(count, directory_bits_for(count));
  void* const at = ::mmap(nullptr, layout.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED)
    return fail(ErrorCode::internal, "portrait set: no memory for " + std::to_string(layout.bytes >> 20) +
                                         " MiB; map a file instead");
  // Large pages where the system gives them: every look-up is to a page of its own.
  (void)::madvise(at, layout.bytes, MADV_HUGEPAGE);
  PortraitSearch made;
  made.storage_ = std::make_shared<Storage>(at, layout.bytes);
  std::byte* const base = made.storage_->base;
  if (count > 0) std::memcpy(base + layout.codes, codes.data(), count * sizeof(PortraitHash));
  codes = {};
  const Header header = index_into(base, count);
  std::memcpy(base, &header, sizeof header);
  made.attach(base, count);
  return made;
}

Result<void> PortraitSearch::write(const std::filesystem::path& file, std::size_t count,
                                   const std::function<Result<void>(std::span<PortraitHash>)>& fill) {
  if (count > kMostRows) return fail(ErrorCode::bad_data, "portrait set: more than 4,000,000,000 rows");
  const Layout layout(count, directory_bits_for(count));
  const std::filesystem::path unfinished = file.string() + ".part";
  const FileHandle handle(::open(unfinished.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (handle.get() < 0) return std::unexpected(cannot("written", unfinished));
  // Room first: writing through a map into a full disk ends the process.
  if (const int error = ::posix_fallocate(handle.get(), 0, static_cast<off_t>(layout.bytes)); error != 0) {
    errno = error;
    const Error full = cannot("given " + std::to_string(layout.bytes >> 20) + " MiB of room", unfinished);
    ::unlink(unfinished.c_str());
    return std::unexpected(full);
  }
  void* const at = ::mmap(nullptr, layout.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, handle.get(), 0);
  if (at == MAP_FAILED) return std::unexpected(cannot("mapped", unfinished));
  const Storage storage(at, layout.bytes);
  if (auto filled = fill({reinterpret_cast<PortraitHash*>(storage.base + layout.codes), count}); !filled) {
    ::unlink(unfinished.c_str());
    return filled;
  }
  const Header header = index_into(storage.base, count);
  if (::msync(storage.base, layout.bytes, MS_SYNC) != 0)
    return std::unexpected(cannot("written", unfinished));
  std::memcpy(storage.base, &header, sizeof header);  // last: until now the file has no head
  if (::msync(storage.base, kAlign, MS_SYNC) != 0 || ::fsync(handle.get()) != 0)
    return std::unexpected(cannot("written", unfinished));
  if (::rename(unfinished.c_str(), file.c_str()) != 0) return std::unexpected(cannot("renamed", unfinished));
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const FileHandle directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) (void)::fsync(directory.get());
  return {};
}

Result<PortraitSearch> PortraitSearch::open(const std::filesystem::path& file) {
  const FileHandle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (handle.get() < 0) return std::unexpected(cannot("opened", file));
  struct stat about{};
  if (::fstat(handle.get(), &about) != 0) return std::unexpected(cannot("opened", file));
  const auto no_set = [&](const std::string& why) {
    return fail(ErrorCode::bad_data, file.string() + ": is not a portrait set: " + why + "; make it again");
  };
  if (!S_ISREG(about.st_mode)) return no_set("not a regular file");
  Header header{};
  if (::pread(handle.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header))
    return no_set("shorter than its head");
  if (header.magic != kMagic) return no_set("begins otherwise, or was made by another version");
  if (header.check != check_of(header)) return no_set("its head is damaged");
  if (header.count > kMostRows ||
      header.directory_bits != static_cast<std::uint32_t>(directory_bits_for(header.count)))
    return no_set("its head contradicts itself");
  const Layout layout(header.count, static_cast<int>(header.directory_bits));
  if (header.bytes != layout.bytes || static_cast<std::uint64_t>(about.st_size) != layout.bytes)
    return no_set("is " + std::to_string(about.st_size) + " bytes, must be " + std::to_string(layout.bytes));
  void* const at = ::mmap(nullptr, layout.bytes, PROT_READ, MAP_SHARED, handle.get(), 0);
  if (at == MAP_FAILED) return std::unexpected(cannot("mapped", file));
  PortraitSearch made;
  made.storage_ = std::make_shared<Storage>(at, layout.bytes);
  // The index is read here and there: reading ahead would only push useful pages out.
  if (header.directory_bits > 0)
    (void)::madvise(made.storage_->base + layout.chunks, layout.bytes - layout.chunks, MADV_RANDOM);
  made.attach(made.storage_->base, header.count);
  return made;
}

double PortraitSearch::index_share(int radius) const {
  if (!indexed_) return 2;
  // Nanoseconds, roughly; only their ratio matters. A bucket is two cache misses fetched ahead, a scanned
  // code is 32 bytes of memory.
  constexpr double kBucket = 14, kEntry = 1.0, kCompared = 20, kScanned = 1.5;
  const auto n = static_cast<double>(codes_.size());
  const std::array<int, 8> radii = chunk_radii(radius);
  double cost = 0;
  for (std::size_t c = 0; c < kChunks; ++c) {
    if (radii[c] < 0) continue;
    const double buckets = binomial_sum(health_.directory_bits, radii[c]);
    const double entries = buckets * n * std::exp2(-health_.chunk_entropy[c]);
    // Of the entries read, those whose other bits agree too; uneven bits make that more, which the first term
    // bounds.
    const double compared = entries * binomial_sum(kChunkBits, radii[c]) /
                            (buckets * std::exp2(kChunkBits - health_.directory_bits));
    cost += kBucket * buckets + kEntry * entries + kCompared * compared;
  }
  return cost / (kScanned * n);
}

template <class Low>
bool PortraitSearch::probe(const PortraitHash& wanted, int radius, std::vector<CodeMatch>& out,
                           SearchCost& cost) const {
  const std::array<int, 8> radii = chunk_radii(radius);
  const int bits = health_.directory_bits, shift = kChunkBits - bits;
  const auto low_mask = static_cast<std::uint32_t>((std::uint64_t{1} << shift) - 1);
  const std::size_t budget = codes_.size();  // entries read, from which on the scan would have been cheaper
  std::vector<std::uint32_t> candidates;
  for (std::size_t c = 0; c < kChunks; ++c) {
    if (radii[c] < 0) continue;
    const Chunk& chunk = chunks_[c];
    const std::uint32_t key = key_of(wanted, c), prefix = key >> shift;
    const auto low = static_cast<Low>(key & low_mask);
    const auto* const lows = static_cast<const Low*>(chunk.low);
    const auto count = static_cast<std::uint32_t>(codes_.size());
    const std::vector<std::uint32_t> masks = patterns(bits, std::min(radii[c], bits));
    // Three steps in flight: the directory's line, the bucket's lines, the bucket. A damaged file is kept to
    // its bounds.
    constexpr std::size_t kDirectoryAhead = 32, kBucketAhead = 16;
    std::array<std::pair<std::uint32_t, std::uint32_t>, kDirectoryAhead>
        ranges{};  // by turn, round and round
    const std::size_t n = masks.size();
    candidates.clear();
    for (std::size_t i = 0; i < n + kDirectoryAhead; ++i) {
      if (i < n) __builtin_prefetch(&chunk.directory[prefix ^ masks[i]]);
      if (i >= kDirectoryAhead - kBucketAhead && i - (kDirectoryAhead - kBucketAhead) < n) {
        const std::size_t k = i - (kDirectoryAhead - kBucketAhead);
        const std::uint32_t bucket = prefix ^ masks[k];
        const std::uint32_t end = std::min(chunk.directory[bucket + 1], count);
        const std::uint32_t begin = std::min(chunk.directory[bucket], end);
        ranges[k % kDirectoryAhead] = {begin, end};
        __builtin_prefetch(lows + begin);
        __builtin_prefetch(chunk.rows.data() + begin);
      }
      if (i < kDirectoryAhead) continue;
      const std::size_t k = i - kDirectoryAhead;
      const auto [begin, end] = ranges[k % kDirectoryAhead];
      const int left = radii[c] - std::popcount(masks[k]);
      ++cost.buckets;
      cost.entries += end - begin;
      for (std::uint32_t e = begin; e < end; ++e)
        if (ones(static_cast<Low>(lows[e] ^ low)) <= left) candidates.push_back(chunk.rows[e]);
      if (cost.entries > budget) return false;
    }
    constexpr std::size_t kCodesAhead = 16;
    for (std::size_t i = 0; i < candidates.size() + kCodesAhead; ++i) {
      if (i < candidates.size() && candidates[i] < count) __builtin_prefetch(&codes_[candidates[i]]);
      if (i < kCodesAhead) continue;
      const std::uint32_t row = candidates[i - kCodesAhead];
      if (row >= count) continue;  // a damaged file
      ++cost.compared;
      const PortraitHash& code = codes_[row];
      const int d = distance(code, wanted);
      if (d > radius) continue;
      // Rows near in several chunks are met several times: the first chunk reports them.
      bool met = false;
      for (std::size_t before = 0; before < c && !met; ++before)
        met = std::popcount(key_of(code, before) ^ key_of(wanted, before)) <= radii[before];
      if (!met) out.push_back({row, d});
    }
  }
  return true;
}

std::vector<CodeMatch> PortraitSearch::find(const PortraitHash& wanted, int radius, SearchCost* cost) const {
  std::vector<CodeMatch> out;
  SearchCost spent;
  if (!blank(wanted) && radius >= 0) {
    if (index_share(radius) < 1) {
      spent.used_index = health_.directory_bits >= 24 ? probe<std::uint8_t>(wanted, radius, out, spent)
                                                      : probe<std::uint16_t>(wanted, radius, out, spent);
      if (!spent.used_index) out.clear();
    }
    if (!spent.used_index) {
      scan(codes_, wanted, radius, best_popcount(), 0, out);
      spent.compared += codes_.size();
    }
    std::erase_if(out, [&](const CodeMatch& m) { return blank(codes_[m.row]); });
    std::ranges::sort(out, {}, [](const CodeMatch& m) { return std::pair(m.distance, m.row); });
  }
  if (cost) *cost = spent;
  return out;
}

std::vector<LookAlike> look_alikes(const PortraitSearch& set, const ImageView& portrait,
                                   const std::function<Image(std::uint32_t)>& tile_of, int radius) {
  std::vector<LookAlike> found;
  const Image tile = portrait_tile(portrait);
  if (tile.empty()) return found;
  for (const CodeMatch& match : set.find(portrait_hash(tile.view()), radius)) {
    LookAlike one{match, 0, false};
    const Image other = tile_of ? tile_of(match.row) : Image{};
    if (!other.empty()) {
      one.decided = true;
      one.similarity = similarity(tile.view(), other.view());
      if (one.similarity < kLookAlikeSimilarity) continue;
    }
    found.push_back(one);
  }
  return found;
}

}  // namespace ktp::identity
