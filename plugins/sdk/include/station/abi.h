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
 * UTF-8 and NUL-terminated. Every struct that crosses the edge by pointer begins with `size`, filled by
 * whoever allocated it; the other side touches only that many bytes and leaves `size` as it is. The structs
 * of 1.0 are frozen: no field moves, changes or goes; they grow at the tail only. Structs without a size
 * (stn_setting, stn_match, stn_raster) never change at all. In an array of sized structs the step from one
 * element to the next is the `size` of the first. Everything else that is new is an extension
 * "station.<name>/<rev>"; drafts under "station.draft.", a vendor's own under its reverse domain. An unknown
 * id gives null, and both sides cope. Reserved fields are zero, and that is checked. Whoever allocates frees;
 * all buffers are the caller's. Pointers given to a call are valid during that call only, unless said
 * otherwise; tables and texts a plugin returns stay valid until the process ends. No exception and no C++
 * type crosses.
 *
 * Versions. STN_ABI_MAJOR changes only when old binaries must be refused; STN_ABI_MINOR when a struct has
 * grown or an extension was added. A host loads a module whose abi_major is its own and whose abi_minor_min
 * is not above its own minor.
 *
 * Threads. Every function carries a tag:
 *   [device]  on the device's one thread (the one that called init), never two calls at a time
 *   [any]     from any thread, also while a [device] call runs
 * and after `&` a precondition the caller keeps:
 *   closed    between init and deinit, no device is open
 *   open      between a successful open and close
 *   idle      open, and no operation is under way
 *   alive     between init and deinit, whether a device is open or not
 *   loaded    from the moment the library is loaded; the plugin may not use the host yet
 * One process opens one device; open may come again after close.
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

#define STN_ABI_MAJOR 1u
#define STN_ABI_MINOR 0u
#define STN_MAGIC 0x314E5453u /* "STN1", little-endian */

#if defined(__GNUC__)
#define STN_EXPORT __attribute__((visibility("default")))
#else
#define STN_EXPORT
#endif

/* ==== results ==== */

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
  uint64_t counter_before; /* cards the device ever fed, before and after the call; both 0 = not counted */
  uint64_t counter_after;
  char message[160]; /* English, for the log and the operator; no personal data */
} stn_result;

/* ==== events: host->post ==== */

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

/* ==== host services ==== */

#define STN_LOG_DEBUG 0u
#define STN_LOG_INFO 1u
#define STN_LOG_WARNING 2u
#define STN_LOG_ERROR 3u
#define STN_LOG_FATAL 4u
#define STN_LOG_HOST_MISBEHAVING 5u
#define STN_LOG_PLUGIN_MISBEHAVING 6u

typedef struct stn_host { /* valid from init to deinit; the plugin keeps the pointer, never a copy */
  uint32_t size;
  uint32_t abi; /* major << 16 | minor */
  void* ctx;    /* the host's own; not for the plugin */
  /* [any & alive] A service by its id: "station.usb/1". Null: this host or this device has none. */
  const void* (*get_extension)(const struct stn_host* host, const char* id);
  /* [any & alive] One line, copied, at most 500 bytes; never blocks; floods are thinned out. */
  void (*log)(const struct stn_host* host, uint32_t level, const char* utf8);
  /* [any & open] Copied. Also allowed inside `open`. Posting after `close` has returned is a violation. */
  void (*post)(const struct stn_host* host, const stn_event* event);
  /* [any & open] 1 = stop operation `op` as soon as the card allows, else 0. Poll at least every 100 ms. */
  uint32_t (*cancelled)(const struct stn_host* host, uint64_t op);
  /* [any & alive] CLOCK_MONOTONIC in nanoseconds; virtual under test, so never ask the C library. */
  uint64_t (*now_ns)(const struct stn_host* host);
  /* [device & open] Sleeps `ns` nanoseconds, at most an hour; ends early when `op` is cancelled. */
  void (*sleep_ns)(const struct stn_host* host, uint64_t op, uint64_t ns);
} stn_host;

/* ==== host service station.usb/1: the device's USB transport ==== */

/* The driver gets its transport and never opens one: recording, replay and fault injection then work for
 * every driver, and the driver's process needs no access to the bus. Got in or after `open`; null where the
 * host has no USB transport for this device. A driver that needs it then fails `open` with STN_E_UNSUPPORTED.
 * The host has opened the device, claimed its interface and chosen its configuration.
 *
 * Rules, for every transfer:
 *   - timeout_ms is 1 to 60,000. Outside: STN_E_BAD_INPUT, nothing is sent. There is no "for ever".
 *   - length is at most 1 MiB; 0 is allowed (a zero-length packet, an empty read).
 *   - *done is set on every return, also on failure: how many bytes passed. After STN_E_TIMEOUT some may
 * have.
 *   - A short read is STN_OK with *done < length; the driver asks again or not, as its protocol says.
 *   - Cancel ends a waiting read early (STN_E_CANCELLED); a write that has begun is never torn.
 *   - STN_E_PROTOCOL: the endpoint stalled; clear_halt before the next transfer. STN_E_HARDWARE: the bus
 *     reports an error or more bytes than asked for. STN_E_REMOVED: the device is gone; every later call says
 *     so too, also when it has come back: that is a new device for a new process.
 * `endpoint` is its address (0x01, 0x82); the direction bit must fit the call, else STN_E_BAD_INPUT. */
#define STN_EXT_USB "station.usb/1"

typedef struct stn_usb_setup { /* the eight bytes of a control request, in the host's byte order */
  uint8_t request_type;
  uint8_t request;
  uint16_t value;
  uint16_t index;
  uint16_t length; /* of the data stage; its direction is bit 7 of request_type */
} stn_usb_setup;

typedef struct stn_usb_v1 {
  uint32_t size;
  uint32_t reserved;
  /* [device & open] Host to device. */
  int32_t (*bulk_out)(const stn_host* host, uint64_t op, uint32_t endpoint, const uint8_t* data,
                      uint32_t length, uint32_t timeout_ms, uint32_t* done);
  /* [device & open] Device to host. */
  int32_t (*bulk_in)(const stn_host* host, uint64_t op, uint32_t endpoint, uint8_t* data, uint32_t length,
                     uint32_t timeout_ms, uint32_t* done);
  /* [device & open] One interrupt report, device to host. */
  int32_t (*interrupt_in)(const stn_host* host, uint64_t op, uint32_t endpoint, uint8_t* data,
                          uint32_t length, uint32_t timeout_ms, uint32_t* done);
  /* [device & open] Endpoint 0. `data` has setup->length bytes; read or written as request_type says. */
  int32_t (*control)(const stn_host* host, uint64_t op, const stn_usb_setup* setup, uint8_t* data,
                     uint32_t timeout_ms, uint32_t* done);
  /* [device & open] Ends the stall of one endpoint. */
  int32_t (*clear_halt)(const stn_host* host, uint64_t op, uint32_t endpoint);
  /* [device & open] The device descriptor and the active configuration with all that follows it, as the bus
   * sends them, at most `length` bytes. */
  int32_t (*descriptors)(const stn_host* host, uint8_t* data, uint32_t length, uint32_t* done);
} stn_usb_v1;

/* ==== driver ==== */

typedef struct stn_setting { /* one configured value; the host has checked it against the declared options */
  const char* key;
  const char* value;
} stn_setting;

typedef struct stn_open_args {
  uint32_t size;
  uint32_t n_settings;
  const stn_setting* settings; /* valid during open only */
  const char* serial;          /* which device, "" = the only one */
  uint64_t quirks;             /* of the stn_match that chose this driver; 0 = none */
} stn_open_args;

typedef struct stn_match { /* one USB device a driver is for; the host finds devices, never the driver */
  uint16_t vid;
  uint16_t pid;    /* 0 = every device of this vendor that has a printer-class interface */
  uint32_t score;  /* highest wins, 50 = usual; two drivers with the same score are a configuration error */
  uint64_t quirks; /* given back in stn_open_args; the driver's own bits */
} stn_match;

#define STN_KIND_PRINTER 1u
#define STN_KIND_CAMERA 2u
#define STN_KIND_CHIP_READER 3u

typedef struct stn_driver {
  uint32_t size;
  uint32_t kind;            /* STN_KIND_* */
  const char* id;           /* "sim-printer": a-z, 0-9 and '-', at most 63 bytes, unique in the module */
  const char* name;         /* for people, English */
  const stn_match* matches; /* null when n_matches is 0: opened by configuration only */
  uint32_t n_matches;
  uint32_t reserved;
  /* [device & closed] Opens the device; on STN_OK *dev is what the other calls get (any value, also null),
   * else nothing is left open. The extension tables are asked for after it. */
  int32_t (*open)(const stn_host* host, const stn_open_args* args, void** dev, stn_result* result);
  /* [device & idle] Always succeeds. Joins every thread the driver started. */
  void (*close)(void* dev);
  /* [device & idle] Within 500 ms; posts state, reasons and supplies anew. result->card_at: where a card now
   * lies. */
  int32_t (*status)(void* dev, stn_result* result);
  /* [any & open] Only wakes blocked I/O of `op`; idempotent; may come when `op` has ended. Returns at once.
   */
  void (*interrupt)(void* dev, uint64_t op);
  /* [any & alive] The table of an extension: "station.printer/1", "station.config/1". Null: unknown. The same
   * id gives the same table; what is in it may be different once the device is open, and not again after. */
  const void* (*get_extension)(const char* id);
} stn_driver;

/* ==== extension station.config/1: the settings a driver understands ==== */

#define STN_EXT_CONFIG "station.config/1"

#define STN_OPT_TEXT 0u
#define STN_OPT_INTEGER 1u
#define STN_OPT_NUMBER 2u
#define STN_OPT_BOOLEAN 3u
#define STN_OPT_PATH 4u
#define STN_OPT_CHOICE 5u

#define STN_OPTION_NEEDS_RESTART (1u << 0) /* a new value counts only after the device was opened anew */

typedef struct stn_option {
  uint32_t size; /* the same in every element of a table */
  uint32_t type;
  const char* key;           /* a-z, 0-9, '_' and '-', at most 63 bytes, unique in the table */
  const char* unit;          /* "ms", "mm", "" */
  const char* default_value; /* itself allowed by type and limits; null: must be given */
  const char* choices;       /* STN_OPT_CHOICE: "a|b|c"; STN_OPT_PATH: "read" if it is only read; else null */
  const char* doc;           /* one English sentence */
  double min;                /* numbers: smallest and largest allowed; both 0 = no limits */
  double max;
  uint32_t flags; /* STN_OPTION_* */
  uint32_t reserved;
} stn_option;

typedef struct stn_config_v1 {
  uint32_t size;
  uint32_t n_options;
  const stn_option* options;
} stn_config_v1;

/* ==== extension station.printer/1 ==== */

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
  uint32_t reserved; /* one job is one card: there are no copies */
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

typedef struct stn_printer_v1 { /* functions without their capability may be null, print may not */
  uint32_t size;
  uint32_t caps;       /* STN_CAP_* */
  uint32_t native_dpi; /* of the pictures the device wants, 100 to 1200 */
  uint32_t reserved;
  /* [device & idle] Feeds one blank and prints it. Returns when the card is printed (inside, not yet at the
   * camera) or has failed. outcome and card_at are always filled; "printed" needs the device's own evidence.
   */
  int32_t (*print)(void* dev, uint64_t op, const stn_print_job* job, stn_result* result);
  /* [device & idle] STN_CAP_MOVE_TO_CAMERA: moves the card with this token, now inside, to the camera. */
  int32_t (*to_camera)(void* dev, uint64_t op, const char* token, stn_result* result);
  /* [device & idle] STN_CAP_BINS: moves the card with this token, now inside or at the camera, to a bin.
   * Already there: OK. */
  int32_t (*route)(void* dev, uint64_t op, const char* token, const char* bin, stn_result* result);
  /* [device & idle] STN_CAP_COUNTER: lifetime count of blanks that left the hopper. */
  int32_t (*counter)(void* dev, uint64_t* cards, stn_result* result);
  /* [device & idle] STN_CAP_JOB_LOG: what became of a job; STN_E_NOT_FOUND: no blank was ever fed for it. */
  int32_t (*lookup)(void* dev, const char* token, stn_card* card, stn_result* result);
} stn_printer_v1;

/* ==== extension station.camera/1 ==== */

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
  /* [device & idle] Photographs what lies at the camera. Blocks until there is a fresh frame, cancel, or the
   * driver's own time limit. STN_OK only with a frame of status STN_FRAME_OK or STN_FRAME_STARTUP. */
  int32_t (*grab)(void* dev, uint64_t op, const stn_grab_request* request, stn_frame* frame,
                  stn_result* result);
} stn_camera_v1;

/* ==== extension station.chip-reader/1 ==== */

#define STN_EXT_CHIP_READER "station.chip-reader/1"

typedef struct stn_chip_request {
  uint32_t size;
  uint32_t reserved;
  uint64_t card_number;   /* the printer's counter when this card was fed; 0 = not known */
  uint64_t not_before_ns; /* the chip must have been selected at or after this moment (now_ns) */
} stn_chip_request;

typedef struct stn_chip {
  uint32_t size;
  uint32_t reserved;
  uint64_t selected_ns; /* now_ns; >= not_before_ns, or the host refuses the answer as stale */
  char uid[32];         /* upper-case hex without separators, 8 to 20 digits; never read from a cache */
} stn_chip;

typedef struct stn_chip_reader_v1 {
  uint32_t size;
  uint32_t caps; /* none yet: 0 */
  /* [device & idle] Selects the chip of the card at the reader anew and reads its UID. Blocks until there is
   * one, cancel, or the driver's own time limit. STN_E_NOT_FOUND: no chip answers. STN_E_BUSY: more than one
   * does. */
  int32_t (*read_uid)(void* dev, uint64_t op, const stn_chip_request* request, stn_chip* chip,
                      stn_result* result);
} stn_chip_reader_v1;

/* ==== module ==== */

typedef struct stn_module_info { /* POD symbol `station_module_info`: read from the ELF file, without loading
                                    it */
  uint32_t magic;
  uint32_t size;
  uint16_t abi_major;
  uint16_t abi_minor_min;   /* the oldest host this plugin works with */
  uint16_t abi_minor_built; /* the header it was built with */
  uint16_t reserved;
  char id[64]; /* reverse domain: "id.ktp-station.sim-printer" */
  char version[32];
  char vendor[64];
} stn_module_info;

typedef struct stn_module {
  uint32_t size;
  uint32_t reserved;
  /* [device & loaded] Once, first; STN_OK, or an STN_E_* and the module is not used. `plugin_dir`: the folder
   * of the library, absolute. Before it the plugin starts no thread, opens no file and writes nothing. */
  int32_t (*init)(const stn_host* host, const char* plugin_dir);
  /* [device & closed] Once, last. */
  void (*deinit)(void);
  /* [device & closed] 1 to 16. */
  uint32_t (*driver_count)(void);
  /* [device & closed] Null: out of range. */
  const stn_driver* (*driver_at)(uint32_t index);
} stn_module;

extern STN_EXPORT const stn_module_info station_module_info;
extern STN_EXPORT const stn_module station_module;

#ifdef __cplusplus
}
#endif

#endif
