// SPDX-License-Identifier: Apache-2.0
// printer-state-reasons: IPP's words as they are, what they mean for the station, what the operator should
// do.
#pragma once
#include <station/abi.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ipp/facts.hpp"

namespace ipp {

struct Reason {
  std::string keyword;    ///< without -report, -warning, -error
  std::int64_t severity;  ///< STN_SEVERITY_*
  std::string words;      ///< what to do; never empty
  stn_code code;          ///< what a print that meets it comes to
};

/// RFC 8011 5.4.12: a reason without a suffix is an error. Printers hold to that badly ("media-low" while
/// they print), so an unsuffixed one that is no known fault is an error only while the printer says that it
/// is stopped.
[[nodiscard]] Reason reason_of(std::string_view reason, bool stopped);

/// All of a printer's, each keyword once. One that tells none at all, not even "none", breaks RFC 8011 and is
/// not believed to be well: PAPPL 1.3 does that while its door is open.
[[nodiscard]] std::vector<Reason> reasons_of(const PrinterFacts& facts);

}  // namespace ipp
