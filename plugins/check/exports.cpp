// SPDX-License-Identifier: Apache-2.0
#include "check/exports.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

namespace ktp::check {
namespace {

template <class T>
std::optional<T> at(const std::string& file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

}  // namespace

std::expected<std::vector<std::string>, std::string> exported_symbols(const std::filesystem::path& library) {
  constexpr std::uintmax_t kMost = 512u << 20;
  std::error_code error;
  const auto size = std::filesystem::file_size(library, error);
  if (error || size > kMost) return std::unexpected("the file cannot be read");
  std::ifstream in(library, std::ios::binary);
  const std::string file((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto elf = at<Elf64_Ehdr>(file, 0);
  if (!elf || std::memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_ident[EI_CLASS] != ELFCLASS64 ||
      elf->e_shentsize != sizeof(Elf64_Shdr) || elf->e_shoff > file.size()) {
    return std::unexpected("not an ELF file of 64 bits");
  }
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < elf->e_shnum; ++i) {
    const auto section = at<Elf64_Shdr>(file, elf->e_shoff + i * sizeof(Elf64_Shdr));
    if (!section || section->sh_type != SHT_DYNSYM) continue;
    if (section->sh_offset > file.size() || section->sh_size > file.size() - section->sh_offset ||
        section->sh_link >= elf->e_shnum) {
      return std::unexpected("its symbol table lies beyond its end");
    }
    const auto strings =
        at<Elf64_Shdr>(file, elf->e_shoff + section->sh_link * std::uint64_t{sizeof(Elf64_Shdr)});
    if (!strings || strings->sh_offset > file.size()) return std::unexpected("its symbols have no names");
    for (std::uint64_t s = 0; s + sizeof(Elf64_Sym) <= section->sh_size; s += sizeof(Elf64_Sym)) {
      const auto symbol = at<Elf64_Sym>(file, section->sh_offset + s);
      const auto bind = ELF64_ST_BIND(symbol->st_info);
      if (symbol->st_shndx == SHN_UNDEF || bind == STB_LOCAL || symbol->st_name == 0) continue;
      const std::uint64_t from = strings->sh_offset + symbol->st_name;
      if (from >= file.size()) return std::unexpected("a symbol's name lies beyond the end");
      names.emplace_back(file.data() + from, ::strnlen(file.data() + from, file.size() - from));
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace ktp::check
