// SPDX-License-Identifier: Apache-2.0
#include "pcsc.hpp"

#include <winscard.h>

namespace ktp::worker {

Pcsc::Pcsc() {
  table_.size = sizeof table_;
  SCARDCONTEXT context = 0;
  const LONG answer = ::SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context);
  if (answer == SCARD_S_SUCCESS) {
    table_.context = context;
    return;
  }
  problem_ = answer == SCARD_E_NO_SERVICE ? STN_E_REMOVED : STN_E_HARDWARE;
  why_ = answer == SCARD_E_NO_SERVICE
             ? "the smart card service (pcscd) does not run; start it"
             : std::string("the smart card service (pcscd) refuses: ") + ::pcsc_stringify_error(answer);
}

}  // namespace ktp::worker
