// SPDX-License-Identifier: Apache-2.0
// The first line is the key that signed the log's head, each further one an event that changed it, as
// somebody's exported log may have them; the last is also tried as a checkpoint.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/key_chain.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ktp::ledger;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view first = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(first.size() < rest.size() ? first.size() + 1 : first.size());
  const auto last = HeadVerifier::from_line(first);
  if (!last) {
    if (last.error().message.empty()) __builtin_trap();
    return 0;
  }
  if (HeadVerifier::from_line(last->to_line()) != *last) __builtin_trap();
  std::vector<std::string> lines;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  const auto chain = KeyChain::read(lines, *last);
  if (!chain) {
    if (chain.error().message.empty()) __builtin_trap();
    return 0;
  }
  // Whoever is in it was vouched for: one head for each change, in order.
  if (!chain->holds(*last) || chain->endorsed().size() != lines.size()) __builtin_trap();
  for (std::size_t i = 1; i < chain->endorsed().size(); ++i)
    if (chain->endorsed()[i].size <= chain->endorsed()[i - 1].size) __builtin_trap();
  (void)chain->open(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
