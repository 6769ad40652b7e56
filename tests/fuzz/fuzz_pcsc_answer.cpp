// SPDX-License-Identifier: Apache-2.0
// Whatever a chip, a reader or the smart card service answers: the first byte says which parser it is for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "pcsc/answers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span<const std::uint8_t> rest(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    const pcsc::UidAnswer answer = pcsc::uid_answer(rest);
    if (answer.uid.empty() == answer.why.empty()) std::abort();
    if (!answer.uid.empty() && answer.uid.size() != 8 && answer.uid.size() != 14 && answer.uid.size() != 20)
      std::abort();
    if (answer.uid.find_first_not_of("0123456789ABCDEF") != std::string::npos) std::abort();
    if (!answer.uid.empty() && answer.ask_for != 0) std::abort();
    return 0;
  }
  const std::vector<char> list(rest.begin(), rest.end());
  const auto names = pcsc::reader_names(list);
  if (names.size() > 64) std::abort();
  for (const std::string& name : names)
    if (name.empty() || name.size() > 128 || name.find('\0') != std::string::npos) std::abort();
  const std::string wanted = names.empty() ? "" : names.back();
  if (const auto found = pcsc::choose_reader(names, wanted); found && !found->starts_with(wanted))
    std::abort();
  if (!names.empty() && !pcsc::choose_reader(names, wanted)) std::abort();
  return 0;
}
