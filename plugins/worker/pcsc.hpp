// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/draft-pcsc.h>

#include <string>

namespace ktp::worker {

/// The way to the smart card service (pcscd) for a driver that may use it: a context established before the
/// process gives up connecting to anything (isolation.hpp). What the host service station.draft.pcsc/1 hands
/// out. The service's answer has no deadline of its own; the core ends a worker that does not come up.
class Pcsc {
 public:
  /// Never throws: what went wrong is in `problem`.
  Pcsc();

  /// STN_OK; REMOVED: the service does not run; HARDWARE: it refuses.
  [[nodiscard]] stn_code problem() const { return problem_; }
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] const stn_draft_pcsc_v1& table() const { return table_; }

 private:
  stn_draft_pcsc_v1 table_{};
  stn_code problem_ = STN_OK;
  std::string why_;
};

}  // namespace ktp::worker
