// SPDX-License-Identifier: Apache-2.0
// Who looked at a person's data, when and what for: in the log before anything is shown.
#pragma once
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::handover {

struct Look {
  std::string time, by, what, reason;  ///< `what`: "record", "export", "pictures", "incident", "list S000001"
  std::string card;                    ///< "" where it was about the whole order
};

/// Logs `person-shown`. Errors: input_missing (no such order), bad_data (a name or reason that may not stand
/// in the log).
Result<void> note_look(ledger::Ledger& ledger, const std::string& order_id, const Look& look);

/// Logs `list-shown`: somebody saw the covering list of a sealed batch, and everybody on it.
Result<void> note_list(ledger::Ledger& ledger, const std::string& seal, const std::string& form,
                       const std::string& by);

/// Logs `camera-shown`: somebody began to watch the live picture of a camera.
Result<void> note_camera(ledger::Ledger& ledger, const std::string& camera, const std::string& by);

/// Every look at this order's person, covering lists that he stands on included, the oldest first. Error
/// input_missing.
Result<std::vector<Look>> looks_at(const ledger::Ledger& ledger, const std::string& order_id);

}  // namespace ktp::handover
