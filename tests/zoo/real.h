/* SPDX-License-Identifier: Apache-2.0
 * A real driver under the skin of an animal: the plugin `real.so` beside the animal's library. */
#ifndef ZOO_REAL_H
#define ZOO_REAL_H

#include "station/abi.h"

struct zoo_real {
  const stn_driver* driver; /* null: there is none, the animal plays its device itself */
  void* dev;
  const stn_printer_v1* printer; /* after real_open, where it is one */
  const stn_camera_v1* camera;
};
extern struct zoo_real real;

/* 1: loaded, or there is none; 0: there is one that cannot be used (said on stderr). */
int real_load(const stn_host* host, const char* folder);
void real_unload(void);

/* Opens it with its own settings: `after` and `fault` stay with the animal. */
int32_t real_open(const stn_host* host, const stn_open_args* args, stn_result* r);
/* Cards it ever fed. */
uint64_t real_counter(void);
/* Its options, and of the animal's `own` all but `folder`. */
const stn_config_v1* real_config(const stn_option* own, uint32_t n_own);

#endif
