// SPDX-License-Identifier: Apache-2.0
// What a printer answers over IPP: libcups reads the message, drivers/ipp makes facts and reasons of it.
#include <cups/ipp.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "ipp/facts.hpp"
#include "ipp/reasons.hpp"

namespace {

struct Bytes {
  const std::uint8_t* at;
  std::size_t left;
};

ssize_t take(void* from, ipp_uchar_t* to, std::size_t length) {
  auto* const bytes = static_cast<Bytes*>(from);
  const std::size_t some = std::min(length, bytes->left);
  if (some != 0) std::memcpy(to, bytes->at, some);
  bytes->at += some;
  bytes->left -= some;
  return static_cast<ssize_t>(some);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(ipp::parse_tray({reinterpret_cast<const char*>(data), size}));
  Bytes bytes{data, size};
  ipp_t* const answer = ippNew();
  // Whatever was read before an error is looked at too.
  static_cast<void>(ippReadIO(&bytes, &take, 1, nullptr, answer));
  const ipp::PrinterFacts facts = ipp::printer_facts(answer);
  for (const ipp::Reason& reason : ipp::reasons_of(facts)) {
    if (reason.words.empty() || reason.keyword.empty() || reason.keyword.size() >= 64) std::abort();
    if (reason.severity < STN_SEVERITY_REPORT || reason.severity > STN_SEVERITY_ERROR) std::abort();
  }
  if (facts.hopper && *facts.hopper < 0) std::abort();
  for (const ipp::Supply& supply : facts.supplies)
    if (supply.id.empty() || supply.level < -3 || supply.level > 100) std::abort();
  for (const ipp::JobFacts& job : ipp::job_facts(answer)) static_cast<void>(job.ended());
  ippDelete(answer);
  return 0;
}
