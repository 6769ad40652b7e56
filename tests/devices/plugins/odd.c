/* SPDX-License-Identifier: Apache-2.0
 * Plugins that cannot be loaded, one for each ODD_... that it is compiled with. In C, as some vendors write
 * theirs. */
#include <stdlib.h>

#include "station/abi.h"

#ifndef ODD_MAJOR
#define ODD_MAJOR STN_ABI_MAJOR
#endif
#ifndef ODD_MAGIC
#define ODD_MAGIC STN_MAGIC
#endif

#ifndef ODD_NO_INFO
STN_EXPORT const stn_module_info station_module_info = {
    ODD_MAGIC, sizeof(stn_module_info),   ODD_MAJOR, 0,      STN_ABI_MINOR,
    0,         "id.ktp-station.test.odd", "1",       "tests"};
#endif

#ifdef ODD_NO_MODULE
#define MAYBE_UNUSED __attribute__((unused))
#else
#define MAYBE_UNUSED
#endif

MAYBE_UNUSED static int32_t init(const stn_host* host, const char* folder) {
  (void)host;
  (void)folder;
#ifdef ODD_DIES_IN_INIT
  abort();
#endif
  return STN_E_INTERNAL;
}
MAYBE_UNUSED static void deinit(void) {}
MAYBE_UNUSED static uint32_t driver_count(void) {
  return 0;
}
MAYBE_UNUSED static const stn_driver* driver_at(uint32_t index) {
  (void)index;
  return 0;
}

#ifndef ODD_NO_MODULE
STN_EXPORT const stn_module station_module = {sizeof(stn_module), 0, init, deinit, driver_count, driver_at};
#endif

#ifdef ODD_DIES_AT_LOAD
__attribute__((constructor)) static void die(void) {
  abort();
}
#endif

#ifdef ODD_LACKS_A_SYMBOL
extern int symbol_that_nobody_has(void);
STN_EXPORT int use_it(void);
int use_it(void) {
  return symbol_that_nobody_has();
}
#endif
