/* SPDX-License-Identifier: Apache-2.0
 *
 * A draft (plugin ABI: drafts may change or go with any version of the station): the smart card service of
 * the machine (pcscd) for a driver that has no network.
 *
 * The worker connects to the service before it gives up its access, as it opens USB devices, and hands the
 * driver an established context of its own libpcsclite. The driver links libpcsclite dynamically, gets the
 * same library, and uses the context for SCardListReaders, SCardGetStatusChange, SCardConnect and what
 * follows from it. What needs a new connection fails: SCardEstablishContext, SCardCancel. So wait in steps of
 * at most 100 ms and ask `cancelled` in between. The context is released by the end of the process; the
 * driver never does.
 *
 * The manifest asks for it: `needs: [pcsc]`. A service that ends or is started again leaves the context dead
 * for good: answer STN_E_REMOVED, and the station starts a new worker with a new one.
 */
#ifndef STATION_DRAFT_PCSC_H
#define STATION_DRAFT_PCSC_H

#include "station/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STN_EXT_DRAFT_PCSC "station.draft.pcsc/1"

typedef struct stn_draft_pcsc_v1 {
  uint32_t size;
  uint32_t reserved;
  int64_t context; /* an SCARDCONTEXT; [device & open] */
} stn_draft_pcsc_v1;

#ifdef __cplusplus
}
#endif

#endif
