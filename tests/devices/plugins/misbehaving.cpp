// SPDX-License-Identifier: Apache-2.0
// A printer and a camera that break one rule each time; the setting `fault` says which. Written on the plain
// ABI, because the wrapper would not let most of this through.
#include <dlfcn.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>

#include "station/abi.h"

namespace {

const stn_host* host = nullptr;
std::string fault;

bool is(const char* name) {
  return fault == name;
}

void crash() {
  volatile std::uintptr_t nowhere = 16;  // the compiler shall not see that this is nobody's memory
  *reinterpret_cast<volatile int*>(nowhere) = 1;
}

[[noreturn]] void hang() {
  while (true) {
    timespec second{1, 0};
    ::nanosleep(&second, nullptr);
  }
}

/// Faults that strike in the call that the setting names: "crash-in-print", "exit-in-route", ...
void strike(const char* where) {
  const std::string at = std::string("-in-") + where;
  if (fault == "crash" + at) crash();
  if (fault == "abort" + at) std::abort();
  if (fault == "exit" + at) std::exit(3);
  if (fault == "throw" + at) throw std::runtime_error("through the edge");
  if (fault == "hang" + at) hang();
  if (fault == "stubborn-hang" + at) {
    ::signal(SIGTERM, SIG_IGN);
    ::prctl(PR_SET_PDEATHSIG, 0);
    while (true) {
    }
  }
  if (fault == "freeze" + at) ::raise(SIGSTOP);
  if (fault == "garbage" + at) ::send(3, "garbage", 7, MSG_NOSIGNAL);
  if (fault == "hang-up" + at) {
    ::shutdown(3, SHUT_RDWR);
    hang();
  }
}

int32_t finish(stn_result* r, stn_code code, uint32_t outcome, uint32_t at, uint64_t before, uint64_t after) {
  r->code = code;
  r->action = code == STN_OK ? STN_ACT_NONE : STN_ACT_RETRY_NOW;
  r->outcome = outcome;
  r->card_at = at;
  r->counter_before = before;
  r->counter_after = after;
  return code;
}

void post(uint32_t kind, int64_t a, int64_t b, const char* text) {
  stn_event event{};
  event.size = sizeof event;
  event.kind = kind;
  event.a = a;
  event.b = b;
  std::strncpy(event.text, text, sizeof event.text - 1);
  host->post(host, &event);
}

int32_t open(const stn_host* h, const stn_open_args* args, void** dev, stn_result* r) {
  host = h;
  for (uint32_t i = 0; i < args->n_settings; ++i) {
    if (std::strcmp(args->settings[i].key, "fault") == 0) fault = args->settings[i].value;
  }
  strike("open");
  *dev = &fault;
  return finish(r, STN_OK, STN_CARD_NOT_STARTED, STN_AT_UNKNOWN, 0, 0);
}

void close(void*) {
  strike("close");
}

int32_t status(void*, stn_result* r) {
  strike("status");
  if (is("log-flood")) {
    for (int i = 0; i < 100'000; ++i)
      host->log(host, STN_LOG_INFO, "and another line, and another, and another");
  }
  if (is("event-flood")) {
    for (int i = 0; i < 20'000; ++i) post(STN_EV_SUPPLY, i, 100'000, "ribbon");
  }
  if (is("stderr-flood")) {
    for (int i = 0; i < 100'000; ++i) std::fputs("vendor library says something\n", stderr);
  }
  if (is("odd-text")) {
    std::fputs("caf\xE9 \x1b[31mred\n", stderr);
    post(STN_EV_REASON, STN_SEVERITY_ERROR, 1, "media-\xFFjam\n");
  }
  if (is("stopped")) {
    post(STN_EV_STATE, STN_STATE_STOPPED, 0, "");
    post(STN_EV_REASON, STN_SEVERITY_ERROR, 1, "media-jam");
  }
  if (is("unterminated-event")) {
    stn_event event{};
    event.size = sizeof event;
    event.kind = STN_EV_SUPPLY;
    std::memset(event.text, 'a', sizeof event.text);
    host->post(host, &event);
  }
  return finish(r, STN_OK, STN_CARD_NOT_STARTED, STN_AT_UNKNOWN, 0, 0);
}

void interrupt(void*, uint64_t) {
  strike("interrupt");
}

int32_t print(void*, uint64_t op, const stn_print_job* job, stn_result* r) {
  strike("print");
  if (is("hang-in-interrupt")) hang();
  if (is("write-to-raster")) const_cast<uint8_t*>(job->front.pixels)[0] = 1;
  if (is("heeds-interrupt")) {
    while (host->cancelled(host, op) == 0) host->sleep_ns(host, op, 10'000'000'000u);
    return finish(r, STN_E_CANCELLED, STN_CARD_SPOILED, STN_AT_REJECT, 10, 11);
  }
  if (is("printed-without-count")) return finish(r, STN_OK, STN_CARD_PRINTED, STN_AT_INSIDE, 10, 10);
  if (is("printed-two")) return finish(r, STN_OK, STN_CARD_PRINTED, STN_AT_INSIDE, 10, 12);
  if (is("ok-without-card")) return finish(r, STN_OK, STN_CARD_NOT_STARTED, STN_AT_HOPPER, 10, 10);
  if (is("not-started-but-counted"))
    return finish(r, STN_E_MEDIA, STN_CARD_NOT_STARTED, STN_AT_HOPPER, 10, 11);
  if (is("counter-back")) return finish(r, STN_OK, STN_CARD_PRINTED, STN_AT_INSIDE, 11, 10);
  if (is("unknown-but-retry")) return finish(r, STN_E_TIMEOUT, STN_CARD_UNKNOWN, STN_AT_UNKNOWN, 0, 0);
  if (is("nothing-filled")) return STN_OK;
  if (is("two-uids")) {
    post(STN_EV_CHIP_UID, 0, static_cast<int64_t>(op), "04AA00");
    post(STN_EV_CHIP_UID, 0, static_cast<int64_t>(op), "04BB00");
  }
  if (is("progress-back")) {
    post(STN_EV_PROGRESS, STN_STEP_BACK, static_cast<int64_t>(op), "");
    post(STN_EV_PROGRESS, STN_STEP_FRONT, static_cast<int64_t>(op), "");
  }
  finish(r, STN_OK, STN_CARD_PRINTED, STN_AT_INSIDE, 10, 11);
  if (is("unterminated-message")) std::memset(r->message, 'x', sizeof r->message);
  if (is("wrong-size")) r->size = 7;
  if (is("unknown-outcome")) r->outcome = 77;
  if (is("unknown-code")) r->code = 4711;
  if (is("two-answers")) return STN_E_JAM;
  return r->code;
}

int32_t to_camera(void*, uint64_t, const char*, stn_result* r) {
  strike("to_camera");
  return finish(r, STN_OK, STN_CARD_NOT_STARTED, is("not-moved") ? STN_AT_INSIDE : STN_AT_CAMERA, 0, 0);
}
int32_t route(void*, uint64_t, const char*, const char*, stn_result* r) {
  strike("route");
  return finish(r, STN_OK, STN_CARD_NOT_STARTED, is("not-moved") ? STN_AT_INSIDE : STN_AT_OUTPUT, 0, 0);
}
int32_t counter(void*, uint64_t* cards, stn_result* r) {
  strike("counter");
  static uint64_t count = 12;
  *cards = is("counter-falls") ? --count : 12;
  return finish(r, STN_OK, STN_CARD_NOT_STARTED, STN_AT_UNKNOWN, 0, 0);
}
int32_t lookup(void*, const char*, stn_card* card, stn_result* r) {
  strike("lookup");
  card->outcome = is("odd-card") ? 9 : STN_CARD_PRINTED;
  if (is("odd-uid")) std::strncpy(card->uid, "not hex", sizeof card->uid);
  return finish(r, STN_OK, STN_CARD_NOT_STARTED, STN_AT_UNKNOWN, 0, 0);
}

int32_t grab(void*, uint64_t, const stn_grab_request* request, stn_frame* frame, stn_result* r) {
  strike("grab");
  static uint64_t seq = 0;
  frame->status = is("startup-frame") ? STN_FRAME_STARTUP : STN_FRAME_OK;
  frame->width = 100;
  frame->height = 50;
  frame->stride = is("wrong-stride") ? 299 : 300;
  frame->bytes_used = is("too-many-bytes") ? request->capacity + 1 : is("too-few-bytes") ? 14'999 : 15'000;
  if (is("too-high")) frame->height = 0x7FFF'FFFFu;
  frame->seq = is("same-number") ? 1 : ++seq;
  frame->exposure_start_ns = is("stale-frame") ? request->not_before_ns - 1 : host->now_ns(host);
  if (is("future-frame")) frame->exposure_start_ns += 3'600'000'000'000u;
  std::memset(request->pixels, 7, 15'000);
  if (is("overrun")) {
    for (uint64_t i = request->capacity; i < request->capacity + 8'192; ++i) request->pixels[i] = 1;
  }
  return finish(r, STN_OK, STN_CARD_NOT_STARTED, STN_AT_CAMERA, 0, 0);
}

const stn_printer_v1 kPrinter = {sizeof(stn_printer_v1),
                                 STN_CAP_COUNTER | STN_CAP_JOB_LOG,
                                 300,
                                 0,
                                 print,
                                 to_camera,
                                 route,
                                 counter,
                                 lookup};
const stn_camera_v1 kCamera = {sizeof(stn_camera_v1), STN_CAP_VIEW_FRONT, 15'000, grab};
const stn_option kOptions[] = {
    {sizeof(stn_option), STN_OPT_TEXT, "fault", "", "", nullptr, "Which rule to break.", 0, 0, 0, 0}};
const stn_config_v1 kConfig = {sizeof(stn_config_v1), 1, kOptions};

const void* printer_extension(const char* id) {
  if (std::strcmp(id, STN_EXT_CONFIG) == 0) return &kConfig;
  return std::strcmp(id, STN_EXT_PRINTER) == 0 ? &kPrinter : nullptr;
}
const void* camera_extension(const char* id) {
  if (std::strcmp(id, STN_EXT_CONFIG) == 0) return &kConfig;
  return std::strcmp(id, STN_EXT_CAMERA) == 0 ? &kCamera : nullptr;
}

const stn_driver kDrivers[] = {
    {sizeof(stn_driver), STN_KIND_PRINTER, "misbehaving-printer", "Printer that breaks rules", nullptr, 0, 0,
     open, close, status, interrupt, printer_extension},
    {sizeof(stn_driver), STN_KIND_CAMERA, "misbehaving-camera", "Camera that breaks rules", nullptr, 0, 0,
     open, close, status, interrupt, camera_extension}};

int32_t init(const stn_host*, const char*) {
  return STN_OK;
}
void deinit() {
  if (is("late-event")) {
    post(STN_EV_SUPPLY, 1, 2, "ribbon");
    post(STN_EV_SUPPLY, 1, 2, "ribbon");
  }
}
uint32_t driver_count() {
  return 2;
}
const stn_driver* driver_at(uint32_t index) {
  return index < 2 ? &kDrivers[index] : nullptr;
}

}  // namespace

extern "C" {
const stn_module_info station_module_info = {
    STN_MAGIC, sizeof(stn_module_info),           STN_ABI_MAJOR, 0,      STN_ABI_MINOR,
    0,         "id.ktp-station.test.misbehaving", "1",           "tests"};
const stn_module station_module = {sizeof(stn_module), 0, init, deinit, driver_count, driver_at};
}
