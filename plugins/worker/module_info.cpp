// SPDX-License-Identifier: Apache-2.0
#include "module_info.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include "devices/wire/fd.hpp"

namespace ktp::worker {
namespace {

constexpr std::uint64_t kMaxFile = 512ull << 20;
constexpr std::string_view kSymbol = "station_module_info";
#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "which ELF machine is this?"
#endif

using Bytes = std::span<const std::uint8_t>;

/// The part [offset, offset + size) of the file, if it has one.
std::optional<Bytes> part(Bytes file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.size() || size > file.size() - offset) return std::nullopt;
  return file.subspan(offset, size);
}

template <class T>
std::optional<T> read(Bytes file, std::uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto bytes = part(file, offset, sizeof(T));
  if (!bytes) return std::nullopt;
  T value;
  std::memcpy(&value, bytes->data(), sizeof value);  // files need not be aligned
  return value;
}

/// True when the name at `offset` of the string table is exactly `name`.
bool is_name(Bytes strings, std::uint64_t offset, std::string_view name) {
  const auto found = part(strings, offset, name.size() + 1);
  return found && std::memcmp(found->data(), name.data(), name.size()) == 0 && (*found)[name.size()] == 0;
}

/// Where in the file the bytes of a virtual address lie, if all `size` of them come from the file.
std::optional<std::uint64_t> file_offset(Bytes file, const Elf64_Ehdr& elf, std::uint64_t address,
                                         std::uint64_t size) {
  for (std::uint64_t i = 0; i < elf.e_phnum; ++i) {
    const auto segment = read<Elf64_Phdr>(file, elf.e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return std::nullopt;
    if (segment->p_type != PT_LOAD || address < segment->p_vaddr) continue;
    const std::uint64_t inside = address - segment->p_vaddr;
    if (inside > segment->p_filesz || size > segment->p_filesz - inside) continue;
    if (segment->p_offset > file.size() || inside > file.size() - segment->p_offset) return std::nullopt;
    return segment->p_offset + inside;
  }
  return std::nullopt;
}

bool terminated(const char* field, std::size_t size) {
  return std::memchr(field, 0, size) != nullptr;
}

}  // namespace

std::expected<stn_module_info, std::string> parse_module_info(std::span<const std::uint8_t> file) {
  const auto elf = read<Elf64_Ehdr>(file, 0);
  if (!elf || std::memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0) return std::unexpected("not an ELF file");
  if (elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_ident[EI_DATA] != ELFDATA2LSB ||
      elf->e_machine != kMachine || elf->e_type != ET_DYN) {
    return std::unexpected("not a shared library for this machine");
  }
  if (elf->e_shentsize != sizeof(Elf64_Shdr) || elf->e_phentsize != sizeof(Elf64_Phdr)) {
    return std::unexpected("its ELF tables have entries of an unknown size");
  }
  // Tables that begin beyond the file end here; later sums of offset and index can then not overflow.
  if (elf->e_shoff > file.size() || elf->e_phoff > file.size())
    return std::unexpected("its ELF tables lie beyond its end");

  for (std::uint64_t i = 0; i < elf->e_shnum; ++i) {
    const auto section = read<Elf64_Shdr>(file, elf->e_shoff + i * sizeof(Elf64_Shdr));
    if (!section) return std::unexpected("its section table is cut");
    if (section->sh_type != SHT_DYNSYM) continue;
    if (section->sh_link >= elf->e_shnum) return std::unexpected("its dynamic symbols have no names");
    const auto names =
        read<Elf64_Shdr>(file, elf->e_shoff + section->sh_link * std::uint64_t{sizeof(Elf64_Shdr)});
    const auto symbols = part(file, section->sh_offset, section->sh_size);
    const auto strings = names ? part(file, names->sh_offset, names->sh_size) : std::nullopt;
    if (!symbols || !strings) return std::unexpected("its dynamic symbols lie beyond its end");
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= symbols->size(); at += sizeof(Elf64_Sym)) {
      const auto symbol = read<Elf64_Sym>(*symbols, at);
      if (symbol->st_shndx == SHN_UNDEF || !is_name(*strings, symbol->st_name, kSymbol)) continue;
      if (symbol->st_size < sizeof(stn_module_info)) {
        return std::unexpected("its station_module_info has " + std::to_string(symbol->st_size) +
                               " bytes, needed are " + std::to_string(sizeof(stn_module_info)));
      }
      const auto offset = file_offset(file, *elf, symbol->st_value, sizeof(stn_module_info));
      const auto info = offset ? read<stn_module_info>(file, *offset) : std::nullopt;
      if (!info) return std::unexpected("its station_module_info is not in the file");
      return *info;
    }
  }
  return std::unexpected("it exports no station_module_info");
}

std::string refuse_module_info(const stn_module_info& info) {
  if (info.magic != STN_MAGIC) return "its station_module_info has a wrong magic number";
  if (info.size < sizeof(stn_module_info)) return "its station_module_info is too small";
  const auto version = [](unsigned major, unsigned minor) {
    return std::to_string(major) + "." + std::to_string(minor);
  };
  if (info.abi_major != STN_ABI_MAJOR || info.abi_minor_min > STN_ABI_MINOR) {
    return "it needs plugin ABI " + version(info.abi_major, info.abi_minor_min) + ", this station has " +
           version(STN_ABI_MAJOR, STN_ABI_MINOR);
  }
  if (info.reserved != 0) return "a reserved field of its station_module_info is not zero";
  if (!terminated(info.id, sizeof info.id) || !terminated(info.version, sizeof info.version) ||
      !terminated(info.vendor, sizeof info.vendor)) {
    return "a text of its station_module_info is not terminated";
  }
  if (info.id[0] == 0) return "its station_module_info has no id";
  return {};
}

std::expected<stn_module_info, std::string> read_module_info(const std::filesystem::path& path) {
  if (!path.is_absolute()) return std::unexpected("the path is not absolute");
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  if (error) return std::unexpected("the file cannot be found: " + error.message());
  const auto folder = std::filesystem::canonical(path.parent_path(), error);
  if (error || real.parent_path() != folder) return std::unexpected("it is a link that leaves its folder");

  const Fd file(::open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat about{};
  if (!file.valid() || ::fstat(file.get(), &about) != 0) {
    return std::unexpected(std::string("the file cannot be read: ") + std::strerror(errno));
  }
  if (!S_ISREG(about.st_mode) || about.st_size <= 0 || static_cast<std::uint64_t>(about.st_size) > kMaxFile) {
    return std::unexpected("not a regular file of 1 byte to 512 MiB");
  }
  const auto size = static_cast<std::size_t>(about.st_size);
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (bytes == MAP_FAILED) return std::unexpected("the file cannot be mapped");
  auto info = parse_module_info({static_cast<const std::uint8_t*>(bytes), size});
  ::munmap(bytes, size);
  if (!info) return info;
  if (std::string why = refuse_module_info(*info); !why.empty()) return std::unexpected(std::move(why));
  return info;
}

}  // namespace ktp::worker
