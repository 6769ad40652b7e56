// SPDX-License-Identifier: Apache-2.0
#include "pcsc/answers.hpp"

#include <algorithm>

namespace pcsc {
namespace {

constexpr std::size_t kMostReaders = 64, kMostName = 128;
constexpr std::size_t kSizes[] = {4, 7, 10};  // ISO/IEC 14443-3: single, double, triple

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

bool is_size(std::size_t n) {
  return std::ranges::find(kSizes, n) != std::end(kSizes);
}

std::string listed(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "\"" : ", \"") + name + "\"";
  return text;
}

}  // namespace

std::vector<std::uint8_t> get_uid(std::uint8_t length) {
  return {0xFF, 0xCA, 0x00, 0x00, length};
}

UidAnswer uid_answer(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 2) return {{}, 0, "the answer is cut short"};
  const std::uint8_t sw1 = bytes[bytes.size() - 2], sw2 = bytes[bytes.size() - 1];
  const auto data = bytes.first(bytes.size() - 2);
  if (sw1 == 0x90 && sw2 == 0x00) {
    if (is_size(data.size())) return {hex(data), 0, {}};
    return {{}, 0, "a UID of " + std::to_string(data.size()) + " bytes; there are 4, 7 and 10"};
  }
  if (sw1 == 0x6C && is_size(sw2)) return {{}, sw2, "the reader wants the exact length"};
  if (sw1 == 0x6A && sw2 == 0x81) return {{}, 0, "the reader or chip has no UID to give (status 6A81)"};
  if (sw1 == 0x63 && sw2 == 0x00) return {{}, 0, "the reader has no information of the chip (status 6300)"};
  const std::uint8_t status[] = {sw1, sw2};
  return {{}, 0, "status " + hex(status) + " instead of a UID"};
}

std::vector<std::string> reader_names(std::span<const char> list) {
  std::vector<std::string> names;
  std::string name;
  for (const char c : list) {
    if (c != '\0') {
      if (name.size() < kMostName) name += c;
      continue;
    }
    if (name.empty() || names.size() == kMostReaders) break;
    names.push_back(std::move(name));
    name.clear();
  }
  return names;
}

std::expected<std::string, WhichReader> choose_reader(std::span<const std::string> names,
                                                      std::string_view wanted) {
  using No = WhichReader::No;
  if (names.empty()) return std::unexpected(WhichReader{No::absent, "no card reader is plugged in"});
  if (const auto same = std::ranges::find(names, wanted); same != names.end()) return *same;
  std::vector<std::string> fitting;
  for (const std::string& name : names)
    if (name.starts_with(wanted)) fitting.push_back(name);
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty()) {
    return std::unexpected(WhichReader{
        No::absent, "reader \"" + std::string(wanted) + "\" is not there; there is " + listed(names)});
  }
  return std::unexpected(
      WhichReader{No::ambiguous, "setting \"reader\" must say which one is meant of " + listed(fitting)});
}

}  // namespace pcsc
