/* SPDX-License-Identifier: Apache-2.0
 * The header alone, twice, and the sizes that drivers in the field were built with. A change here breaks
 * them. */
#include "station/abi.h"

#ifdef __cplusplus
#define SAME(what, bytes) static_assert(sizeof(what) == (bytes), #what)
#else
#define SAME(what, bytes) _Static_assert(sizeof(what) == (bytes), #what)
#endif

SAME(stn_module_info, 176);
SAME(stn_module, 40);
SAME(stn_driver, 64);
SAME(stn_host, 64);
SAME(stn_result, 200);
SAME(stn_event, 248);
SAME(stn_print_job, 64);
SAME(stn_raster, 24);
SAME(stn_card, 88);
SAME(stn_grab_request, 40);
SAME(stn_frame, 48);
SAME(stn_option, 64);
SAME(stn_printer_v1, 56);
SAME(stn_camera_v1, 24);
