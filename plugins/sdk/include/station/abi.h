/* SPDX-License-Identifier: Apache-2.0
 *
 * The plugin ABI of the KTP print station: plain C, the only thing a driver and the station share.
 *
 * A plugin is a shared library that exports exactly two symbols:
 *   station_module_info   what it is: read from the file before the library is loaded
 *   station_module        what it can do: the table of entry points
 * The station never loads it into its own process. One worker process per device loads it, calls it, and can
 * be killed.
 *
 * Shapes. Fixed-width integers only; no bool, bit-field or enum-typed field; no implicit padding; text is
 * UTF-8 and NUL-terminated. Every struct that crosses the edge begins with `size`, filled by whoever
 * allocated it; the other side touches only that many bytes. Core structs grow at the tail only; everything
 * new is an extension "station.<name>/<rev>". Reserved fields are zero. Whoever allocates frees; all buffers
 * are the caller's. No exception and no C++ type crosses.
 *
 * Threads. Every function carries a tag:
 *   [device]  on the device's one thread, never two calls at a time
 *   [any]     from any thread, at any time between open and close (or init and deinit)
 * and after `&` a precondition: `closed` = not open, `open` = open, `idle` = open and no operation under way.
 *
 * Time. Every blocking call has a deadline known to the host. When it passes, the host calls `interrupt`,
 * then ends the process. Poll `cancelled` at least every 100 ms; take time and sleep from the host, never
 * from the C library.
 */
#ifndef STATION_ABI_H
#define STATION_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STN_ABI_MAJOR 0u /* 0: first form, still moving; 1.0 freezes it */
#define STN_ABI_MINOR 1u
#define STN_MAGIC 0x314E5453u /* "STN1", little-endian */

#if defined(__GNUC__)
#define STN_EXPORT __attribute__((visibility("default")))
#else
#define STN_EXPORT
#endif

/* ---- results
 * ------------------------------------------------------------------------------------------------------ */

typedef int32_t stn_code; /* what happened */
#define STN_OK 0
#define STN_E_BUSY 1          /* device or world in use by someone else */
#define STN_E_TIMEOUT 2       /* deadline passed inside the driver */
#define STN_E_WARMING 3       /* not yet ready, will be by itself */
#define STN_E_MEDIA 10        /* blanks: none, wrong, not picked */
#define STN_E_SUPPLY 11       /* ribbon, film, cleaning roller */
#define STN_E_COVER 12        /* cover or door open */
#define STN_E_JAM 13          /* card stuck in the path */
#define STN_E_BAD_INPUT 20    /* the host's arguments are wrong */
#define STN_E_UNSUPPORTED 21  /* this device cannot do it */
#define STN_E_PROTOCOL 30     /* the device answered nonsense */
#define STN_E_HARDWARE 31     /* the device reports a fault of its own */
#define STN_E_INTERNAL 32     /* the driver's own mistake (the wrapper sets it for an escaped exception) */
#define STN_E_NOT_FOUND 40    /* lookup: never heard of that token; grab: no such picture */
#define STN_E_REMOVED 0x100   /* the device is gone */
#define STN_E_CANCELLED 0x101 /* `cancelled` was true; `outcome` says what became of the card */

/* What the station should do next (stn_result.action). */
#define STN_ACT_NONE 0u
#define STN_ACT_RETRY_NOW 1u   /* only if outcome = not-started; at most twice */
#define STN_ACT_RETRY_LATER 2u /* warming, cooling */
#define STN_ACT_OPERATOR 3u    /* pause and tell the operator; poll `status` until the reasons clear */
#define STN_ACT_REJECT_JOB 4u
#define STN_ACT_STOP_DEVICE 5u
#define STN_ACT_GONE 6u
#define STN_ACT_CANCELLED 7u

/* What became of the card (stn_result.outcome). Success needs evidence; when in doubt say unknown. */
#define STN_CARD_NOT_STARTED 0u /* no blank left the hopper for this job */
#define STN_CARD_PRINTED 1u     /* fed, printed to the end, intact as far as the device can tell */
#define STN_CARD_SPOILED 2u     /* fed, but not printed to the end */
#define STN_CARD_UNKNOWN 3u

/* Where the card is (stn_result.card_at). */
#define STN_AT_UNKNOWN 0u
#define STN_AT_HOPPER 1u
#define STN_AT_INSIDE 2u
#define STN_AT_CAMERA 3u
#define STN_AT_OUTPUT 4u /* in a bin; stn_card.bin names it where the device knows */
#define STN_AT_REJECT 5u

typedef struct stn_result { /* caller-owned; filled on every return, success too */
  uint32_t size;
  stn_code code;
  uint32_t action;
  uint32_t outcome;
  uint32_t card_at;
  int32_t vendor_code;     /* the device's own number, 0 = none */
  uint64_t counter_before; /* cards the device ever fed, before and after the call; 0 = the device has no
                              counter */
  uint64_t counter_after;
  char message[160]; /* English, for the log and the operator; no personal data */
} stn_result;

/* ---- events: host->post
 * ------------------------------------------------------------------------------------------ */

#define STN_EV_PROGRESS 1u /* a = one of STN_STEP_*, b = operation */
#define STN_EV_STATE 2u    /* a = STN_STATE_* */
#define STN_EV_REASON 3u   /* a = STN_SEVERITY_*, b = 1 set / 0 cleared, text = IPP keyword, detail = words */
#define STN_EV_SUPPLY                                                                                 \
  4u /* text = supply id ("ribbon", "hopper"), a = level, b = max, detail = unit: "cards", "percent", \
        "panels" */
#define STN_EV_CHIP_UID \
  5u /* text = UID of the blank just fed, upper-case hex without separators, b = operation */

#define STN_STATE_IDLE 0
#define STN_STATE_PROCESSING 1
#define STN_STATE_STOPPED 2

#define STN_SEVERITY_REPORT 0
#define STN_SEVERITY_WARNING 1
#define STN_SEVERITY_ERROR 2

/* Steps of a print, in this order; a driver may leave some out but never goes back. */
#define STN_STEP_QUEUED 0
#define STN_STEP_FEEDING 1
#define STN_STEP_FRONT 2
#define STN_STEP_FLIPPING 3
#define STN_STEP_BACK 4
#define STN_STEP_EJECTING 5
#define STN_STEP_DONE 6

typedef struct stn_event {
  uint32_t size;
  uint32_t kind;
  int64_t a;
  int64_t b;
  char text[64];
  char detail[160];
} stn_event;

/* ---- host services
 * ------------------------------------------------------------------------------------------------ */

#define STN_LOG_DEBUG 0u
#define STN_LOG_INFO 1u
#define STN_LOG_WARNING 2u
#define STN_LOG_ERROR 3u
#define STN_LOG_FATAL 4u
#define STN_LOG_HOST_MISBEHAVING 5u
#define STN_LOG_PLUGIN_MISBEHAVING 6u

typedef struct stn_host { /* valid from init to deinit */
  uint32_t size;
  uint32_t abi; /* major << 16 | minor */
  void* ctx;
  const void* (*get_extension)(const struct stn_host* host, const char* id);  /* [any] null: unknown */
  void (*log)(const struct stn_host* host, uint32_t level, const char* utf8); /* [any] copies; never blocks */
  void (*post)(const struct stn_host* host, const stn_event* event);          /* [any] copies */
  uint32_t (*cancelled)(const struct stn_host* host,
                        uint64_t op);              /* [any] 1 = stop as soon as the card allows */
  uint64_t (*now_ns)(const struct stn_host* host); /* [any] CLOCK_MONOTONIC; virtual under test */
  void (*sleep_ns)(const struct stn_host* host, uint64_t op,
                   uint64_t ns); /* [device] ends early when op is cancelled */
} stn_host;

/* ---- driver
 * ------------------------------------------------------------------------------------------------------- */

typedef struct stn_setting { /* one configured value, already checked against the declared options */
  const char* key;
  const char* value;
} stn_setting;

typedef struct stn_open_args {
  uint32_t size;
  uint32_t n_settings;
  const stn_setting* settings; /* valid during open only */
  const char* serial;          /* which device, "" = the only one */
} stn_open_args;

#define STN_KIND_PRINTER 1u
#define STN_KIND_CAMERA 2u
#define STN_KIND_CHIP_READER 3u

typedef struct stn_driver {
  uint32_t size;
  uint32_t kind;
  const char* id;   /* "sim-printer" */
  const char* name; /* for people */
  int32_t (*open)(const stn_host* host, const stn_open_args* args, void** dev,
                  stn_result* result); /* [device & closed] */
  void (*close)(void* dev);            /* [device & idle] always succeeds */
  int32_t (*status)(
      void* dev, stn_result* result); /* [device & idle] <= 500 ms; posts state, reasons and supplies anew */
  void (*interrupt)(void* dev, uint64_t op); /* [any] only wakes blocked I/O; idempotent */
  const void* (*get_extension)(
      const char* id); /* [any] "station.printer/1", "station.camera/1", "station.config/1"; null: unknown */
} stn_driver;

/* ---- extension station.config/1: the settings a driver understands
 * ------------------------------------------------- */

#define STN_EXT_CONFIG "station.config/1"

#define STN_OPT_TEXT 0u
#define STN_OPT_INTEGER 1u
#define STN_OPT_NUMBER 2u
#define STN_OPT_BOOLEAN 3u
#define STN_OPT_PATH 4u
#define STN_OPT_CHOICE 5u

typedef struct stn_option {
  uint32_t size;
  uint32_t type;
  const char* key;
  const char* unit;          /* "ms", "mm", "" */
  const char* default_value; /* null: must be given */
  const char* choices;       /* "a|b|c" for STN_OPT_CHOICE, else null */
  const char* doc;           /* one English sentence */
  double min;                /* numbers: smallest and largest allowed */
  double max;
} stn_option;

typedef struct stn_config_v1 {
  uint32_t size;
  uint32_t n_options;
  const stn_option* options;
} stn_config_v1;

/* ---- extension station.printer/1
 * ----------------------------------------------------------------------------------- */

#define STN_EXT_PRINTER "station.printer/1"

#define STN_CAP_DUPLEX (1u << 0)
#define STN_CAP_COUNTER (1u << 1)      /* counts every blank that leaves the hopper, for life */
#define STN_CAP_EJECT_SENSOR (1u << 2) /* sees the card come out */
#define STN_CAP_MOVE_TO_CAMERA (1u << 3)
#define STN_CAP_BINS (1u << 4)    /* can route to a named bin by itself */
#define STN_CAP_JOB_LOG (1u << 5) /* `lookup` works: the device remembers what became of a job */

typedef struct stn_raster { /* RGB, 8 bit a channel, row by row from the top left */
  const uint8_t* pixels;
  uint32_t width;
  uint32_t height;
  uint32_t stride; /* bytes from one row to the next */
  uint32_t dpi;
} stn_raster;

typedef struct stn_print_job {
  uint32_t size;
  uint32_t copies_reserved; /* must be 0: one job is one card */
  const char* token; /* opaque, unique for ever, 32 letters; the only name of the card a driver ever sees */
  stn_raster front;
  stn_raster back; /* pixels = null: leave the back alone */
} stn_print_job;

typedef struct stn_card { /* what a device knows of one card */
  uint32_t size;
  uint32_t outcome; /* STN_CARD_* */
  uint32_t card_at; /* STN_AT_* */
  uint32_t reserved;
  uint64_t number; /* the device's counter when the card was fed; 0 = unknown */
  char uid[32];    /* chip UID, upper-case hex, "" = unknown */
  char bin[32];    /* "good", "damaged", ... where card_at = output; "" = unknown */
} stn_card;

typedef struct stn_printer_v1 {
  uint32_t size;
  uint32_t caps;
  uint32_t native_dpi;
  uint32_t reserved;
  /* Feeds one blank and prints it. Returns when the card is printed (inside, not yet at the camera) or has
   * failed. */
  int32_t (*print)(void* dev, uint64_t op, const stn_print_job* job,
                   stn_result* result); /* [device & idle] */
  /* Moves the card with this token, now inside, to the camera. */
  int32_t (*to_camera)(void* dev, uint64_t op, const char* token, stn_result* result); /* [device & idle] */
  /* Moves the card with this token, now inside or at the camera, to a bin. Already there: OK. */
  int32_t (*route)(void* dev, uint64_t op, const char* token, const char* bin,
                   stn_result* result); /* [device & idle] */
  /* Lifetime count of blanks that left the hopper. */
  int32_t (*counter)(void* dev, uint64_t* cards, stn_result* result); /* [device & idle] */
  /* What became of a job; STN_E_NOT_FOUND: no blank was ever fed for it. With STN_CAP_JOB_LOG only, else
   * null. */
  int32_t (*lookup)(void* dev, const char* token, stn_card* card, stn_result* result); /* [device & idle] */
} stn_printer_v1;

/* ---- extension station.camera/1
 * ------------------------------------------------------------------------------------ */

#define STN_EXT_CAMERA "station.camera/1"

#define STN_CAP_VIEW_FRONT (1u << 0)
#define STN_CAP_VIEW_BACK (1u << 1)

#define STN_VIEW_FRONT 0u
#define STN_VIEW_BACK 1u

#define STN_FRAME_OK 0u
#define STN_FRAME_STARTUP 1u
#define STN_FRAME_INCOMPLETE 2u
#define STN_FRAME_CANCELLED 3u

typedef struct stn_grab_request {
  uint32_t size;
  uint32_t view;          /* STN_VIEW_* */
  uint64_t card_number;   /* the printer's counter when this card was fed; 0 = not known */
  uint64_t not_before_ns; /* exposure must begin at or after this moment (now_ns) */
  uint8_t* pixels;        /* the slot: the driver writes here and nowhere else */
  uint64_t capacity;      /* bytes */
} stn_grab_request;

typedef struct stn_frame { /* RGB, 8 bit a channel */
  uint32_t size;
  uint32_t status; /* STN_FRAME_* */
  uint32_t width;
  uint32_t height;
  uint32_t stride;
  uint32_t reserved;
  uint64_t seq;               /* grows by at least one with every frame */
  uint64_t exposure_start_ns; /* now_ns; >= not_before_ns, or the host refuses the frame as stale */
  uint64_t bytes_used;        /* <= capacity */
} stn_frame;

typedef struct stn_camera_v1 {
  uint32_t size;
  uint32_t caps;
  uint64_t max_frame_bytes; /* how large a slot the host must provide; read after open */
  /* Photographs what lies at the camera. Blocks until there is a fresh frame, cancel, or the driver's own
   * time limit. */
  int32_t (*grab)(void* dev, uint64_t op, const stn_grab_request* request, stn_frame* frame,
                  stn_result* result); /* [device & idle] */
} stn_camera_v1;

/* ---- module
 * ------------------------------------------------------------------------------------------------------- */

typedef struct stn_module_info { /* POD symbol `station_module_info`: read from the ELF file, without loading
                                    it */
  uint32_t magic;
  uint32_t size;
  uint16_t abi_major;
  uint16_t abi_minor_min;   /* the oldest host this plugin works with */
  uint16_t abi_minor_built; /* the header it was built with */
  uint16_t reserved;
  char id[64]; /* "id.ktp-station.sim-printer" */
  char version[32];
  char vendor[64];
} stn_module_info;

typedef struct stn_module {
  uint32_t size;
  uint32_t reserved;
  int32_t (*init)(const stn_host* host, const char* plugin_dir); /* [device & closed] once, first */
  void (*deinit)(void);                                          /* [device & closed] once, last */
  uint32_t (*driver_count)(void);                                /* [device] */
  const stn_driver* (*driver_at)(uint32_t index);                /* [device] null: out of range */
} stn_module;

extern STN_EXPORT const stn_module_info station_module_info;
extern STN_EXPORT const stn_module station_module;

#ifdef __cplusplus
}
#endif

#endif
