/* SPDX-License-Identifier: Apache-2.0 */
#include "real.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct zoo_real real;
static const stn_module* module;

int real_load(const stn_host* host, const char* folder) {
  char path[4096];
  snprintf(path, sizeof path, "%s/real.so", folder);
  if (access(path, F_OK) != 0) return 1;
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "zoo: %s\n", dlerror());
    return 0;
  }
  module = (const stn_module*)dlsym(library, "station_module");
  if (module == NULL || module->init(host, folder) != STN_OK) return 0;
  real.driver = module->driver_at(0);
  return real.driver != NULL;
}

void real_unload(void) {
  module->deinit();
}

int32_t real_open(const stn_host* host, const stn_open_args* args, stn_result* r) {
  stn_setting settings[64];
  stn_open_args own = *args;
  own.n_settings = 0;
  own.settings = settings;
  for (uint32_t i = 0; i < args->n_settings && own.n_settings < 64; ++i)
    if (strcmp(args->settings[i].key, "after") != 0 && strcmp(args->settings[i].key, "fault") != 0)
      settings[own.n_settings++] = args->settings[i];
  const int32_t code = real.driver->open(host, &own, &real.dev, r);
  if (code != STN_OK) return code;
  real.printer = (const stn_printer_v1*)real.driver->get_extension(STN_EXT_PRINTER);
  real.camera = (const stn_camera_v1*)real.driver->get_extension(STN_EXT_CAMERA);
  return code;
}

uint64_t real_counter(void) {
  uint64_t cards = 0;
  stn_result r;
  memset(&r, 0, sizeof r);
  r.size = sizeof r;
  if (real.printer->counter(real.dev, &cards, &r) != STN_OK)
    fprintf(stderr, "zoo: no count: %s\n", r.message);
  return cards;
}

const stn_config_v1* real_config(const stn_option* own, uint32_t n_own) {
  static stn_option both[64];
  static stn_config_v1 config;
  const stn_config_v1* const its = (const stn_config_v1*)real.driver->get_extension(STN_EXT_CONFIG);
  uint32_t n = 0;
  for (uint32_t i = 0; its != NULL && i < its->n_options && n < 64; ++i) both[n++] = its->options[i];
  for (uint32_t i = 0; i < n_own && n < 64; ++i)
    if (strcmp(own[i].key, "folder") != 0) both[n++] = own[i];
  config.size = sizeof config;
  config.n_options = n;
  config.options = both;
  return &config;
}
