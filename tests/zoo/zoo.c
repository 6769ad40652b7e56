/* SPDX-License-Identifier: Apache-2.0
 * The zoo: a small printer and a small camera that keep every rule, and many that break exactly one. Compiled
 * once for each animal with ZOO_ANIMAL set to its name (CMakeLists.txt); `is("...")` is where each goes
 * wrong. Plain C on the plain ABI, because the C++ wrapper would not let most of this through.
 *
 * Settings: `after` (0): the first so many calls of open, status, print, ... are kept straight, so that a
 * station runs a while before it goes wrong. `fault` (0): the first print finds the cover open, for so many
 * looks at the status. `folder` (""): where the printer keeps its counter; "" = in memory.
 *
 * Where a `real.so` lies beside the library, the animal is a skin over that driver (real.h): what is printed,
 * moved and photographed is real, and only what the animal says of it, or does beside it, is not. A call that
 * ends in `print` goes wrong after the real print: the card is there, and nobody was told. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "real.h"
#include "station/abi.h"

#ifndef ZOO_ANIMAL
#error "ZOO_ANIMAL: which one?"
#endif
#ifdef ZOO_CAMERA
#define ZOO_KIND STN_KIND_CAMERA
#else
#define ZOO_KIND STN_KIND_PRINTER
#endif

static const stn_host* host;
static int calls;                   /* of everything but interrupt, over the life of the process */
static int after;                   /* calls that are kept straight */
static uint64_t printed_cards = 10; /* a device that has worked before */
static char counter_file[4096];
static int dev_is_open;
static int fault_looks; /* setting `fault`: the first print finds the cover open, for so many looks */
static int fault_shown; /* looks that still show it */

static int is(const char* animal) {
  return strcmp(ZOO_ANIMAL, animal) == 0;
}
/* True in the call that goes wrong. */
static int strikes(const char* animal) {
  return is(animal) && calls > after;
}

static void crash(void) {
  volatile uintptr_t nowhere = 16;
  *(volatile int*)nowhere = 1;
}
static void hang(void) {
  while (1) {
    const struct timespec second = {1, 0};
    nanosleep(&second, NULL);
  }
}
static void* idle_thread(void* nothing) {
  (void)nothing;
  hang();
  return NULL;
}
static void start_thread(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, idle_thread, NULL) == 0) pthread_detach(thread);
}

#ifdef ZOO_THROWS
void zoo_throw(void); /* throws.cpp */
#else
static void zoo_throw(void) {}
#endif
#ifdef ZOO_LACKS_A_SYMBOL
extern int symbol_that_nobody_has(void);
#endif

/* Where an animal that dies, hangs or throws in this call does so. */
static void go_wrong(const char* call) {
  char name[64];
  snprintf(name, sizeof name, "crash-in-%s", call);
  if (strikes(name)) crash();
  snprintf(name, sizeof name, "abort-in-%s", call);
  if (strikes(name)) abort();
  snprintf(name, sizeof name, "exit-in-%s", call);
  if (strikes(name)) exit(3);
  snprintf(name, sizeof name, "hang-in-%s", call);
  if (strikes(name)) hang();
  snprintf(name, sizeof name, "throws-in-%s", call);
  if (strikes(name)) zoo_throw();
}
/* Every call comes through here first. */
static void enter(const char* call) {
  ++calls;
  if (real.driver == NULL || strcmp(call, "print") != 0) go_wrong(call);
}

static int32_t answer(stn_result* r, stn_code code, uint32_t action, uint32_t outcome, uint32_t card_at) {
  r->code = code;
  r->action = action;
  r->outcome = outcome;
  r->card_at = card_at;
  r->counter_before = r->counter_after = ZOO_KIND == STN_KIND_PRINTER ? printed_cards : 0;
  snprintf(r->message, sizeof r->message, "%s", code == STN_OK ? "" : "the zoo says no");
  return code;
}
static int32_t done(stn_result* r, uint32_t card_at) {
  return answer(r, STN_OK, STN_ACT_NONE, STN_CARD_NOT_STARTED, card_at);
}

static void post(uint32_t kind, int64_t a, int64_t b, const char* text, const char* detail) {
  stn_event event;
  memset(&event, 0, sizeof event);
  event.size = sizeof event;
  event.kind = kind;
  event.a = a;
  event.b = b;
  strncpy(event.text, text, sizeof event.text - 1);
  strncpy(event.detail, detail, sizeof event.detail - 1);
  host->post(host, &event);
}

#ifndef ZOO_CAMERA
static void keep_counter(void) {
  FILE* file = counter_file[0] != 0 ? fopen(counter_file, "w") : NULL;
  if (file == NULL) return;
  fprintf(file, "%llu", (unsigned long long)printed_cards);
  fclose(file);
}
#endif

/* What an animal does behind everybody's back. */
static void trespass(void) {
  if (strikes("forks")) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    if (child > 0) waitpid(child, NULL, 0);
  }
  if (strikes("uses-the-network")) {
    struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(9)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0) {
      (void)!connect(fd, (struct sockaddr*)&nobody, sizeof nobody);
      close(fd);
    }
  }
  if (strikes("reads-the-ledger")) {
    char path[4096];
    const char* data = getenv("KTP_STATION_DATA");
    snprintf(path, sizeof path, "%s/ledger.sqlite", data != NULL ? data : "/var/lib/ktp-station");
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) close(fd);
  }
  if (strikes("signals-the-station"))
    kill(getppid(), SIGCONT); /* SIGCONT: does no harm where it is allowed */
  if (strikes("writes-a-file")) {
    const int fd = open("/tmp/zoo-was-here", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
  }
}

static int32_t dev_open(const stn_host* h, const stn_open_args* args, void** dev, stn_result* r) {
  host = h;
  for (uint32_t i = 0; i < args->n_settings; ++i) {
    if (strcmp(args->settings[i].key, "after") == 0) after = atoi(args->settings[i].value);
    if (strcmp(args->settings[i].key, "fault") == 0) fault_looks = atoi(args->settings[i].value);
    if (strcmp(args->settings[i].key, "folder") == 0 && args->settings[i].value[0] != 0) {
      snprintf(counter_file, sizeof counter_file, "%s/count", args->settings[i].value);
      FILE* file = fopen(counter_file, "r");
      unsigned long long count = 0;
      if (file != NULL && fscanf(file, "%llu", &count) == 1) printed_cards = count;
      if (file != NULL) fclose(file);
    }
  }
  enter("open");
  trespass();
  if (strikes("leaks-memory")) memset(malloc(8192), 1, 8192);
  if (strikes("leaks-descriptors")) (void)!open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (strikes("leaves-a-thread")) start_thread();
  if (real.driver != NULL) {
    const int32_t code = real_open(h, args, r);
    if (code != STN_OK) return code;
  }
  dev_is_open = 1;
  *dev = &dev_is_open;
  return done(r, STN_AT_UNKNOWN);
}

static void dev_close(void* dev) {
  (void)dev;
  enter("close");
  if (real.driver != NULL) real.driver->close(real.dev);
  dev_is_open = 0;
}

static int32_t dev_status(void* dev, stn_result* r) {
  static int64_t ribbon = 100;
  (void)dev;
  enter("status");
  if (strikes("slow-status")) {
    const struct timespec long_time = {0, 800000000};
    nanosleep(&long_time, NULL);
  }
  if (real.driver != NULL) {
    const int32_t code = real.driver->status(real.dev, r);
    if (code != STN_OK) return code;
  } else {
    post(STN_EV_STATE, fault_shown > 0 ? STN_STATE_STOPPED : STN_STATE_IDLE, 0, "", "");
    if (fault_shown > 0) post(STN_EV_REASON, STN_SEVERITY_ERROR, 1, "cover-open", "Close the cover.");
    if (fault_shown == 0 && !is("reason-stays")) post(STN_EV_REASON, STN_SEVERITY_ERROR, 0, "cover-open", "");
    if (fault_shown > 0) --fault_shown;
  }
  if (strikes("supply-grows-by-itself")) ribbon += 5;
  if (ZOO_KIND == STN_KIND_PRINTER && (real.driver == NULL || strikes("supply-grows-by-itself")))
    post(STN_EV_SUPPLY, ribbon, 200, "ribbon", "panels");
  if (strikes("unknown-event")) post(4711, 0, 0, "", "");
  if (strikes("odd-reason")) post(STN_EV_REASON, STN_SEVERITY_ERROR, 1, "Media\nJam!", "");
  return real.driver != NULL ? STN_OK : done(r, STN_AT_UNKNOWN);
}

static void dev_interrupt(void* dev, uint64_t op) {
  (void)dev;
  if (real.driver != NULL) real.driver->interrupt(real.dev, op);
  if (is("crash-in-interrupt") && calls > after) crash();
  if (is("hang-in-interrupt") && calls > after) hang();
}

#ifndef ZOO_CAMERA
/* What a printed card's result becomes in a liar's mouth. */
static int32_t twist(stn_result* r) {
  if (strikes("changes-the-result-size")) r->size = 8;
  if (strikes("printed-but-in-the-hopper")) r->card_at = STN_AT_HOPPER;
  if (strikes("printed-but-not-seen")) r->card_at = STN_AT_UNKNOWN;
  if (strikes("says-not-started"))
    r->code = STN_E_MEDIA, r->action = STN_ACT_RETRY_NOW, r->outcome = STN_CARD_NOT_STARTED;
  if (strikes("two-answers")) return STN_E_JAM;
  if (strikes("unknown-code")) r->code = 4711;
  if (strikes("message-without-end")) memset(r->message, 'x', sizeof r->message);
  return r->code;
}

static int32_t real_print(uint64_t op, const stn_print_job* job, stn_result* r) {
  const stn_result untouched = *r;
  const uint64_t before = printed_cards = real_counter();
  if (strikes("lies-about-success")) return answer(r, STN_OK, STN_ACT_NONE, STN_CARD_PRINTED, STN_AT_INSIDE);
  const int32_t code = real.printer->print(real.dev, op, job, r);
  printed_cards = real_counter();
  go_wrong("print");
  if (strikes("nothing-filled")) {
    *r = untouched;
    return STN_OK;
  }
  if (strikes("progress-goes-back")) post(STN_EV_PROGRESS, STN_STEP_FEEDING, (int64_t)op, "", "");
  while (strikes("ignores-cancel") && host->cancelled(host, op) != 0) host->sleep_ns(host, 0, 100000000);
  if (host->cancelled(host, op) != 0 && (is("loses-the-cancelled-card") || is("hides-the-spoiled-card"))) {
    answer(r, STN_E_CANCELLED, STN_ACT_CANCELLED,
           is("hides-the-spoiled-card") ? STN_CARD_NOT_STARTED : STN_CARD_SPOILED,
           is("hides-the-spoiled-card") ? STN_AT_INSIDE : STN_AT_UNKNOWN);
    r->counter_before = before;
    return r->code;
  }
  if (strikes("counts-two")) ++r->counter_after;
  const int32_t twisted = twist(r);
  return twisted != r->code ? twisted : code == STN_OK ? r->code : code;
}

static int32_t dev_print(void* dev, uint64_t op, const stn_print_job* job, stn_result* r) {
  (void)dev;
  enter("print");
  trespass();
  if (job->reserved != 0 && !strikes("takes-the-reserved"))
    return answer(r, STN_E_BAD_INPUT, STN_ACT_REJECT_JOB, STN_CARD_NOT_STARTED, STN_AT_HOPPER);
  if (fault_looks > 0 && real.driver == NULL) {
    fault_shown = fault_looks;
    fault_looks = 0;
    return answer(r, STN_E_COVER, STN_ACT_OPERATOR, STN_CARD_NOT_STARTED, STN_AT_HOPPER);
  }
  if (strikes("sleeps-by-itself")) usleep(20000);
  if (job->front.width > 1100)
    return answer(r, STN_E_BAD_INPUT, STN_ACT_REJECT_JOB, STN_CARD_NOT_STARTED, STN_AT_HOPPER);
  if (strikes("nothing-filled")) return STN_OK;
  if (strikes("writes-to-the-picture")) ((uint8_t*)(uintptr_t)job->front.pixels)[0] = 1;
  if (strikes("reads-beyond-the-picture")) {
    volatile uint8_t sum = 0;
    for (uint32_t i = 0; i < 8192; ++i)
      sum ^= job->front.pixels[(uint64_t)job->front.stride * job->front.height + i];
  }
  if (real.driver != NULL) return real_print(op, job, r);
  post(STN_EV_PROGRESS, STN_STEP_QUEUED, (int64_t)op, "", "");
  host->sleep_ns(host, op, 5000000);
  if (!strikes("ignores-cancel") && host->cancelled(host, op) != 0)
    return answer(r, STN_E_CANCELLED, STN_ACT_CANCELLED, STN_CARD_NOT_STARTED, STN_AT_HOPPER);

  const uint64_t before = printed_cards;
  if (!strikes("lies-about-success")) ++printed_cards;
  if (strikes("counts-two")) ++printed_cards;
  keep_counter();
  post(STN_EV_PROGRESS, STN_STEP_FEEDING, (int64_t)op, "", "");
  host->sleep_ns(host, op, 5000000);
  post(STN_EV_PROGRESS, STN_STEP_FRONT, (int64_t)op, "", "");
  if (strikes("progress-goes-back")) post(STN_EV_PROGRESS, STN_STEP_FEEDING, (int64_t)op, "", "");
  while (strikes("ignores-cancel") && host->cancelled(host, op) != 0) host->sleep_ns(host, 0, 100000000);
  if (host->cancelled(host, op) != 0) {
    answer(r, STN_E_CANCELLED, STN_ACT_CANCELLED, STN_CARD_SPOILED, STN_AT_INSIDE);
    r->counter_before = before;
    if (strikes("loses-the-cancelled-card")) r->card_at = STN_AT_UNKNOWN;
    if (strikes("hides-the-spoiled-card")) r->outcome = STN_CARD_NOT_STARTED;
    return r->code;
  }
  host->sleep_ns(host, op, 5000000);
  post(STN_EV_PROGRESS, STN_STEP_DONE, (int64_t)op, "", "");

  answer(r, STN_OK, STN_ACT_NONE, STN_CARD_PRINTED, STN_AT_INSIDE);
  r->counter_before = before;
  return twist(r);
}
static int32_t dev_to_camera(void* dev, uint64_t op, const char* token, stn_result* r) {
  (void)dev;
  enter("to_camera");
  if (real.driver != NULL && !strikes("does-not-move"))
    return real.printer->to_camera(real.dev, op, token, r);
  return done(r, strikes("does-not-move") ? STN_AT_INSIDE : STN_AT_CAMERA);
}
static int32_t dev_route(void* dev, uint64_t op, const char* token, const char* bin, stn_result* r) {
  (void)dev;
  enter("route");
  if (real.driver != NULL) return real.printer->route(real.dev, op, token, bin, r);
  return done(r, STN_AT_OUTPUT);
}
static int32_t dev_counter(void* dev, uint64_t* cards, stn_result* r) {
  (void)dev;
  enter("counter");
  if (real.driver != NULL) printed_cards = real_counter();
  *cards = strikes("counter-says-other") ? printed_cards + 7 : printed_cards;
  return done(r, STN_AT_UNKNOWN);
}
/* Only over a real driver that remembers its jobs. */
static int32_t dev_lookup(void* dev, const char* token, stn_card* card, stn_result* r) {
  (void)dev;
  enter("lookup");
  return real.printer->lookup(real.dev, token, card, r);
}
#else
enum { WIDTH = 64, HEIGHT = 40, STRIDE = 192 };
static int32_t dev_grab(void* dev, uint64_t op, const stn_grab_request* request, stn_frame* frame,
                        stn_result* r) {
  static uint64_t seq;
  (void)dev;
  enter("grab");
  trespass();
  if (request->capacity < (uint64_t)STRIDE * HEIGHT && !strikes("ignores-the-capacity"))
    return answer(r, STN_E_BAD_INPUT, STN_ACT_REJECT_JOB, STN_CARD_NOT_STARTED, STN_AT_CAMERA);
  if (real.driver != NULL) {
    const int32_t code = real.camera->grab(real.dev, op, request, frame, r);
    if (code != STN_OK) return code;
    if (strikes("wrong-stride")) frame->stride = frame->width * 3 - 1;
    if (strikes("uses-more-than-the-slot")) frame->bytes_used = request->capacity + 1;
    if (strikes("frame-number-stands-still")) frame->seq = 1;
    if (strikes("stale-frame")) frame->exposure_start_ns = request->not_before_ns - 1;
    if (strikes("frame-from-the-future")) frame->exposure_start_ns += 3600000000000u;
    if (strikes("changes-the-frame-size")) frame->size = 4;
    if (strikes("scribbles-behind-the-slot")) memset(request->pixels + request->capacity, 0x5a, 64);
    if (strikes("scribbles-before-the-slot")) memset(request->pixels - 64, 0x5a, 64);
    return code;
  }
  while (!strikes("stale-frame") && host->now_ns(host) < request->not_before_ns) {
    if (host->cancelled(host, op) != 0)
      return answer(r, STN_E_CANCELLED, STN_ACT_CANCELLED, STN_CARD_NOT_STARTED, STN_AT_CAMERA);
    host->sleep_ns(host, op, 10000000);
  }
  frame->status = STN_FRAME_OK;
  frame->width = WIDTH;
  frame->height = HEIGHT;
  frame->stride = strikes("wrong-stride") ? STRIDE - 1 : STRIDE;
  frame->bytes_used = (uint64_t)STRIDE * HEIGHT;
  if (strikes("uses-more-than-the-slot")) frame->bytes_used = request->capacity + 1;
  frame->seq = strikes("frame-number-stands-still") ? 1 : ++seq;
  frame->exposure_start_ns = strikes("stale-frame") ? request->not_before_ns - 1 : host->now_ns(host);
  if (strikes("frame-from-the-future")) frame->exposure_start_ns += 3600000000000u;
  if (strikes("changes-the-frame-size")) frame->size = 4;
  memset(request->pixels, (int)(seq & 0xff), (size_t)STRIDE * HEIGHT);
  if (strikes("scribbles-behind-the-slot")) memset(request->pixels + request->capacity, 0x5a, 64);
  if (strikes("scribbles-before-the-slot")) memset(request->pixels - 64, 0x5a, 64);
  return done(r, STN_AT_CAMERA);
}
#endif

/* ---- tables ---- */

#define OWN_OPTIONS (sizeof options / sizeof options[0])
static const stn_option options[] = {
#ifdef ZOO_WRONG_DEFAULT
    {sizeof(stn_option), STN_OPT_INTEGER, "after", "", "-7", NULL, "Calls that are kept straight.", 0,
     1000000, 0, 0},
#else
    {sizeof(stn_option), STN_OPT_INTEGER, "after", "", "0", NULL, "Calls that are kept straight.", 0, 1000000,
     0, 0},
#endif
#ifdef ZOO_KEY_TWICE
    {sizeof(stn_option), STN_OPT_TEXT, "after", "", "", NULL, "The same key again.", 0, 0, 0, 0},
#endif
    {sizeof(stn_option), STN_OPT_INTEGER, "fault", "", "0", NULL,
     "The first print finds the cover open, for so many looks.", 0, 100, 0, 0},
    {sizeof(stn_option), STN_OPT_PATH, "folder", "", "", NULL, "Where the counter is kept; empty: in memory.",
     0, 0, 0, 0},
};
static const stn_config_v1 config = {sizeof(stn_config_v1), OWN_OPTIONS, options};

#ifndef ZOO_MORE_CAPS
#define ZOO_MORE_CAPS 0u
#endif
#ifndef ZOO_TABLE_SIZE
#define ZOO_TABLE_SIZE sizeof(stn_printer_v1)
#endif
#ifndef ZOO_CAMERA
static stn_printer_v1 printer = {
    ZOO_TABLE_SIZE,
    STN_CAP_COUNTER | STN_CAP_MOVE_TO_CAMERA | STN_CAP_BINS | STN_CAP_DUPLEX | ZOO_MORE_CAPS,
    300,
    0,
    dev_print,
    dev_to_camera,
    dev_route,
    dev_counter,
    NULL};
#else
static stn_camera_v1 camera = {sizeof(stn_camera_v1), STN_CAP_VIEW_FRONT | STN_CAP_VIEW_BACK, STRIDE* HEIGHT,
                               dev_grab};
#endif

static const void* dev_extension(const char* id) {
  if (is("crash-in-get_extension")) crash();
  if (is("any-extension-will-do"))
    return strstr(id, "config") != NULL ? (const void*)&config : (const void*)&options;
  if (strcmp(id, STN_EXT_CONFIG) == 0)
    return real.driver != NULL ? real_config(options, OWN_OPTIONS) : &config;
#ifndef ZOO_CAMERA
  if (strcmp(id, STN_EXT_PRINTER) == 0) {
    if (real.printer != NULL) {
      printer.caps = real.printer->caps;
      printer.native_dpi = real.printer->native_dpi;
      printer.lookup = real.printer->lookup != NULL ? dev_lookup : NULL;
    }
    return &printer;
  }
#else
  if (strcmp(id, STN_EXT_CAMERA) == 0) {
    if (real.camera != NULL) camera.max_frame_bytes = real.camera->max_frame_bytes;
    return &camera;
  }
#endif
  return NULL;
}

static const stn_driver driver = {
    sizeof(stn_driver), ZOO_KIND,  "zoo-" ZOO_ANIMAL, "Zoo: " ZOO_ANIMAL, NULL,         0, 0,
    dev_open,           dev_close, dev_status,        dev_interrupt,      dev_extension};

static int32_t init(const stn_host* h, const char* folder) {
  host = h;
  if (is("crash-in-init")) crash();
  if (!real_load(h, folder)) return STN_E_INTERNAL;
  if (is("init-fails")) return STN_E_HARDWARE;
#ifdef ZOO_LACKS_A_SYMBOL
  return symbol_that_nobody_has();
#endif
  return STN_OK;
}
static void deinit(void) {
  if (real.driver != NULL) real_unload();
  if (is("crash-in-deinit")) crash();
  if (is("posts-after-close") && calls > after) post(STN_EV_SUPPLY, 1, 2, "ribbon", "panels");
}
static uint32_t driver_count(void) {
  if (is("crash-in-driver_count")) crash();
  return is("too-many-drivers") ? 4000000 : 1;
}
static const stn_driver* driver_at(uint32_t index) {
  if (is("driver-out-of-range")) return &driver;
  return index == 0 ? &driver : NULL;
}

#ifndef ZOO_MAJOR
#define ZOO_MAJOR STN_ABI_MAJOR
#endif
#ifndef ZOO_MINOR_MIN
#define ZOO_MINOR_MIN 0
#endif
#ifndef ZOO_MAGIC
#define ZOO_MAGIC STN_MAGIC
#endif
#ifndef ZOO_RESERVED
#define ZOO_RESERVED 0
#endif
#ifndef ZOO_NO_INFO
STN_EXPORT const stn_module_info station_module_info = {
    ZOO_MAGIC, sizeof(stn_module_info),          ZOO_MAJOR, ZOO_MINOR_MIN, STN_ABI_MINOR,
    0,         "id.ktp-station.zoo." ZOO_ANIMAL, "1",       "Zoo"};
#endif
#ifdef ZOO_NO_MODULE
__attribute__((used)) static const stn_module a_table_nobody_sees
#else
STN_EXPORT const stn_module station_module
#endif
    = {sizeof(stn_module), ZOO_RESERVED, init, deinit, driver_count, driver_at};

__attribute__((constructor)) static void at_load(void) {
  if (is("crash-at-load")) crash();
  if (is("exit-in-constructor")) exit(0);
  if (is("hang-at-load")) hang();
  if (is("thread-at-load")) start_thread();
  if (is("talks-at-load")) (void)!write(STDERR_FILENO, "Vendor SDK (c) 1998\n", 20);
}

#ifdef ZOO_EXTRA_SYMBOL
STN_EXPORT int zoo_helper(void);
int zoo_helper(void) {
  return 1;
}
#endif
