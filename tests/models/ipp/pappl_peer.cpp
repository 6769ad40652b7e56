// SPDX-License-Identifier: Apache-2.0
// An IPP Everywhere card printer made of PAPPL: libpappl speaks IPP and decodes the raster, this file is the
// machine behind it. Shares nothing with drivers/ipp.
//
//   pappl_peer WORLD --port N --control SOCKET [--blanks N] [--faults SCRIPT] [--page-ms N] [--sides
//   both|short|long|one]
//              [--back normal|flipped|rotated|manual-tumble] [--eyes yes|no] [--history N]
//
// Says `ready`; it is ipp://127.0.0.1:N/ipp/print/card. One line a connection on the control socket, answered
// by one line:
//   take BIN             the operator takes the card from the output and puts it into BIN
//   clear                the operator mends what stands in the way, takes out what lies inside (to bin
//   damaged) fill N               N more blanks fault CARD AT KIND   at AT ("start": before the feed,
//   "front", "back") of the CARD-th blank: one of
//                        waiting for `clear`: media-empty, cover-open, door-open, marker-supply-empty, hang
//                        (no reason) ending the job: media-jam, abort, cancel (at the machine), swallow (no
//                        card comes out)
//   reason KEYWORD, mend a reason without a job; gone
//   state                "fed=N left=N output=0|1 inside=0|1 doubles=N waiting=KIND jobs=N"
// --faults is the script of drivers/sim-world (half-print@4; missing-panel@7:1): what it does to a printed
// face.
// --eyes no: it does not say what lies in its output and its hopper, as most printers do not.
#include <dlfcn.h>
#include <pappl/pappl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include "models/control_socket.hpp"
#include "models/ipp/card_tray.hpp"

// PAPPL 1.3 describes trays by itself and knows nothing of what lies in them; what it adds is left out in
// favour of what this machine says (names beginning with "model-"). With --eyes no it is PAPPL's own that the
// client gets.
static bool own_trays = false;
extern "C" ipp_attribute_t* ippAddOctetString(ipp_t* ipp, ipp_tag_t group, const char* name, const void* data,
                                              int length) {
  static const auto real =
      reinterpret_cast<decltype(&ippAddOctetString)>(::dlsym(RTLD_NEXT, "ippAddOctetString"));
  const std::string_view value(static_cast<const char*>(data), static_cast<std::size_t>(length));
  const std::string_view about(name);
  const bool tray = about == "printer-output-tray" || about == "printer-input-tray";
  if (own_trays && tray && value.find("name=model-") == std::string_view::npos) return nullptr;
  return real(ipp, group, name, data, length);
}

namespace {

using namespace std::chrono_literals;

constexpr const char* kMedia = "iso_id-1_53.98x85.6mm";

struct Options {
  int port = 0, history = 100;
  std::string control, faults, sides = "both", back = "normal";
  std::uint64_t blanks = 500;
  unsigned page_ms = 0;
  bool eyes = true;
};

pappl_preason_t reason_of(const std::string& keyword) {
  static const std::map<std::string, pappl_preason_t> kAll{
      {"media-empty", PAPPL_PREASON_MEDIA_EMPTY},
      {"media-low", PAPPL_PREASON_MEDIA_LOW},
      {"media-needed", PAPPL_PREASON_MEDIA_NEEDED},
      {"media-jam", PAPPL_PREASON_MEDIA_JAM},
      {"cover-open", PAPPL_PREASON_COVER_OPEN},
      {"door-open", PAPPL_PREASON_DOOR_OPEN},
      {"offline", PAPPL_PREASON_OFFLINE},
      {"other", PAPPL_PREASON_OTHER},
      {"input-tray-missing", PAPPL_PREASON_INPUT_TRAY_MISSING},
      {"marker-supply-empty", PAPPL_PREASON_MARKER_SUPPLY_EMPTY},
      {"marker-supply-low", PAPPL_PREASON_MARKER_SUPPLY_LOW},
      {"marker-waste-full", PAPPL_PREASON_MARKER_WASTE_FULL},
      {"spool-area-full", PAPPL_PREASON_SPOOL_AREA_FULL}};
  const auto found = kAll.find(keyword);
  return found == kAll.end() ? 0 : found->second;
}

constexpr pappl_preason_t kEveryReason = PAPPL_PREASON_DEVICE_STATUS;

/// The machine. One job at a time, as PAPPL has it.
class Machine {
 public:
  Machine(const std::string& world, const Options& options)
      : options_(options), tray_(world, options.blanks, options.faults) {}

  pappl_printer_t* printer = nullptr;

  // ---- what PAPPL calls, on the thread of the job ----

  bool start_job(pappl_job_t* job, const pappl_pr_options_t* options) {
    pages_.clear();
    sheet_ = {options->sides == PAPPL_SIDES_TWO_SIDED_LONG_EDGE    ? "two-sided-long-edge"
              : options->sides == PAPPL_SIDES_TWO_SIDED_SHORT_EDGE ? "two-sided-short-edge"
                                                                   : "one-sided",
              options_.back};
    announced_ = papplJobGetImpressions(job);
    swallow_ = false;
    if (!pass(job, "start")) return false;
    while (tray_.left() == 0)
      if (!wait_for_clear(job, "media-empty")) return false;
    return true;
  }

  bool start_page(pappl_job_t* job, const pappl_pr_options_t* options) {
    if (pages_.empty()) {
      tray_.feed(papplJobGetName(job));
      show();
    }
    model::Page page;
    page.width = static_cast<int>(options->header.cupsWidth);
    page.height = static_cast<int>(options->header.cupsHeight);
    page.rgb.assign(static_cast<std::size_t>(page.width) * static_cast<std::size_t>(page.height) * 3, 255);
    pages_.push_back(std::move(page));
    return options->header.cupsBitsPerPixel == 24 && pass(job, pages_.size() == 1 ? "front" : "back");
  }

  void line(unsigned y, const unsigned char* pixels) {
    model::Page& page = pages_.back();
    if (static_cast<int>(y) >= page.height) return;
    const auto bytes = static_cast<std::size_t>(page.width) * 3;
    std::memcpy(page.rgb.data() + y * bytes, pixels, bytes);
    ++page.lines;
  }

  bool end_page() {
    if (options_.page_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(options_.page_ms));
    return true;
  }

  bool end_job(pappl_job_t* job) {
    bool intact = !failed_ && !papplJobIsCanceled(job) && static_cast<int>(pages_.size()) >= announced_;
    for (const model::Page& page : pages_) intact = intact && page.whole();
    if (!jammed_) tray_.eject(pages_, sheet_, intact, swallow_);
    const bool good = !failed_;
    failed_ = false;
    show();
    return good;
  }

  // ---- the operator's side ----

  std::string command(const std::string& text) {
    std::istringstream in(text);
    std::string word;
    in >> word;
    if (word == "take") {
      std::string bin;
      in >> bin;
      const bool taken = tray_.take(bin);
      show();
      return taken ? "ok" : "no card, or no such bin";
    }
    if (word == "clear") {
      if (jammed_) tray_.take_out();
      jammed_ = false;
      papplPrinterSetReasons(printer, 0, kEveryReason);
      if (tray_.left() == 0) tray_.fill(10);
      ++cleared_;
      show();
      return "ok";
    }
    if (word == "fill") {
      std::uint64_t more = 0;
      in >> more;
      tray_.fill(more);
      show();
      return "ok";
    }
    if (word == "fault") {
      std::uint64_t card = 0;
      std::string at, kind;
      in >> card >> at >> kind;
      const std::lock_guard lock(mutex_);
      plans_[{card, at}] = kind;
      return "ok";
    }
    if (word == "reason") {
      std::string keyword;
      in >> keyword;
      papplPrinterSetReasons(printer, reason_of(keyword), 0);
      return reason_of(keyword) != 0 ? "ok" : "unknown reason";
    }
    if (word == "mend") return papplPrinterSetReasons(printer, 0, kEveryReason), "ok";
    if (word == "state")
      return "fed=" + std::to_string(tray_.fed()) + " left=" + std::to_string(tray_.left()) +
             " output=" + std::to_string(static_cast<int>(tray_.in_output())) +
             " inside=" + std::to_string(static_cast<int>(tray_.inside())) +
             " doubles=" + std::to_string(tray_.doubles()) + " waiting=" + waiting() +
             " jobs=" + std::to_string(papplPrinterGetNumberOfActiveJobs(printer));
    return "unknown command";
  }

  /// What the printer says of its trays, and its supplies.
  void show() {
    if (options_.eyes) {
      pappl_pr_driver_data_t data;
      papplPrinterGetDriverData(printer, &data);
      ipp_t* const attributes = ippNew();
      const auto add = [&](const char* name, const std::string& value) {
        ippAddOctetString(attributes, IPP_TAG_PRINTER, name, value.data(), static_cast<int>(value.size()));
      };
      add("printer-output-tray",
          "type=unRemovableBin;maxcapacity=1;remaining=" + std::to_string(tray_.in_output() ? 0 : 1) +
              ";status=0;name=model-output;stackingorder=lastToFirst;pagedelivery=faceUp;");
      add("printer-input-tray",
          "type=sheetFeedAutoNonRemovableTray;mediafeed=85600;mediaxfeed=53980;maxcapacity=1000;level=" +
              std::to_string(tray_.left()) + ";status=0;name=model-hopper;");
      papplPrinterSetDriverData(printer, &data, attributes);
      ippDelete(attributes);
    }
    pappl_supply_t ribbon{};
    ribbon.color = PAPPL_SUPPLY_COLOR_MULTIPLE;
    std::strncpy(ribbon.description, "YMCKO ribbon", sizeof ribbon.description - 1);
    ribbon.is_consumed = true;
    ribbon.level = 100 - static_cast<int>(tray_.fed() / 5 % 100);
    ribbon.type = PAPPL_SUPPLY_TYPE_INK_RIBBON;
    papplPrinterSetSupplies(printer, 1, &ribbon);
  }

  [[nodiscard]] const Options& options() const { return options_; }

 private:
  std::string waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

  /// What is planned for here happens. False: the job ends.
  bool pass(pappl_job_t* job, const std::string& at) {
    std::string kind;
    {
      const std::lock_guard lock(mutex_);
      const auto plan = plans_.find({tray_.fed() + (at == "start" ? 1 : 0), at});
      if (plan == plans_.end()) return true;
      kind = plan->second;
      plans_.erase(plan);
    }
    if (kind == "swallow") {
      swallow_ = true;
      return true;
    }
    if (kind == "media-jam") {
      jammed_ = failed_ = true;
      tray_.jam(pages_, sheet_);
      papplPrinterSetReasons(printer, PAPPL_PREASON_MEDIA_JAM, 0);
      return false;
    }
    if (kind == "abort") {
      failed_ = at != "start";
      return false;
    }
    if (kind == "cancel") {
      papplJobCancel(job);
      return true;
    }
    return wait_for_clear(job, kind);
  }

  bool wait_for_clear(pappl_job_t* job, const std::string& kind) {
    const int before = cleared_;
    papplPrinterSetReasons(printer, reason_of(kind), 0);
    {
      const std::lock_guard lock(mutex_);
      waiting_ = kind;
    }
    while (cleared_ == before && !papplJobIsCanceled(job) &&
           !papplSystemIsShutdown(papplPrinterGetSystem(printer)))
      std::this_thread::sleep_for(5ms);
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    return !papplJobIsCanceled(job);
  }

  const Options options_;
  model::CardTray tray_;
  std::vector<model::Page> pages_;
  model::Sheet sheet_;
  int announced_ = 0;
  bool swallow_ = false;
  std::atomic<bool> jammed_{false}, failed_{false};
  std::atomic<int> cleared_{0};
  std::mutex mutex_;
  std::map<std::pair<std::uint64_t, std::string>, std::string> plans_;
  std::string waiting_;
};

Machine* machine = nullptr;

bool fill_driver(pappl_system_t*, const char*, const char*, const char*, pappl_pr_driver_data_t* data,
                 ipp_t**, void*) {
  const Options& options = machine->options();
  data->rstartjob_cb = [](pappl_job_t* job, pappl_pr_options_t* o, pappl_device_t*) {
    return machine->start_job(job, o);
  };
  data->rstartpage_cb = [](pappl_job_t* job, pappl_pr_options_t* o, pappl_device_t*, unsigned) {
    return machine->start_page(job, o);
  };
  data->rwriteline_cb = [](pappl_job_t*, pappl_pr_options_t*, pappl_device_t*, unsigned y,
                           const unsigned char* line) {
    machine->line(y, line);
    return true;
  };
  data->rendpage_cb = [](pappl_job_t*, pappl_pr_options_t*, pappl_device_t*, unsigned) {
    return machine->end_page();
  };
  data->rendjob_cb = [](pappl_job_t* job, pappl_pr_options_t*, pappl_device_t*) {
    return machine->end_job(job);
  };
  data->printfile_cb = [](pappl_job_t*, pappl_pr_options_t*, pappl_device_t*) { return false; };
  data->status_cb = [](pappl_printer_t*) { return true; };
  std::strncpy(data->make_and_model, "Model IPP card printer", sizeof data->make_and_model - 1);
  data->format = "application/vnd.model-card";
  data->ppm = data->ppm_color = 2;
  data->has_supplies = true;
  data->color_supported = PAPPL_COLOR_MODE_AUTO | PAPPL_COLOR_MODE_COLOR | PAPPL_COLOR_MODE_MONOCHROME;
  data->color_default = PAPPL_COLOR_MODE_COLOR;
  data->raster_types = PAPPL_PWG_RASTER_TYPE_SRGB_8 | PAPPL_PWG_RASTER_TYPE_SGRAY_8;
  data->duplex = options.back == "flipped"         ? PAPPL_DUPLEX_FLIPPED
                 : options.back == "rotated"       ? PAPPL_DUPLEX_ROTATED
                 : options.back == "manual-tumble" ? PAPPL_DUPLEX_MANUAL_TUMBLE
                                                   : PAPPL_DUPLEX_NORMAL;
  data->sides_supported = PAPPL_SIDES_ONE_SIDED;
  if (options.sides == "both" || options.sides == "short")
    data->sides_supported |= PAPPL_SIDES_TWO_SIDED_SHORT_EDGE;
  if (options.sides == "both" || options.sides == "long")
    data->sides_supported |= PAPPL_SIDES_TWO_SIDED_LONG_EDGE;
  data->sides_default = PAPPL_SIDES_ONE_SIDED;
  data->quality_default = IPP_QUALITY_NORMAL;
  data->orient_default = IPP_ORIENT_NONE;
  data->scaling_default = PAPPL_SCALING_AUTO;
  data->num_resolution = 1;
  data->x_resolution[0] = data->y_resolution[0] = data->x_default = data->y_default = 300;
  data->borderless = true;
  data->num_media = 1;
  data->media[0] = kMedia;
  data->num_source = 1;
  data->source[0] = "main";
  data->num_type = 1;
  data->type[0] = "stationery";
  std::strncpy(data->media_default.size_name, kMedia, sizeof data->media_default.size_name - 1);
  data->media_default.size_width = 5398;
  data->media_default.size_length = 8560;
  std::strncpy(data->media_default.source, "main", sizeof data->media_default.source - 1);
  std::strncpy(data->media_default.type, "stationery", sizeof data->media_default.type - 1);
  data->media_ready[0] = data->media_default;
  return true;
}

void serve(int listener) {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const timeval patience{2, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string text;
    char c = 0;
    while (text.size() < 500 && ::read(fd, &c, 1) == 1 && c != '\n') text += c;
    const std::string answer = machine->command(text) + "\n";
    static_cast<void>(!::write(fd, answer.data(), answer.size()));
    ::close(fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  Options options;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string word = argv[i], value = argv[i + 1];
    if (word == "--port")
      options.port = std::stoi(value);
    else if (word == "--control")
      options.control = value;
    else if (word == "--faults")
      options.faults = value;
    else if (word == "--blanks")
      options.blanks = std::stoull(value);
    else if (word == "--page-ms")
      options.page_ms = static_cast<unsigned>(std::stoul(value));
    else if (word == "--sides")
      options.sides = value;
    else if (word == "--back")
      options.back = value;
    else if (word == "--eyes")
      options.eyes = value == "yes";
    else if (word == "--history")
      options.history = std::stoi(value);
    else
      return 64;
  }
  try {
    Machine it(argv[1], options);
    machine = &it;
    own_trays = options.eyes;
    const std::string spool = std::string(argv[1]) + "/.spool";
    pappl_system_t* const system = papplSystemCreate(
        static_cast<pappl_soptions_t>(PAPPL_SOPTIONS_MULTI_QUEUE | PAPPL_SOPTIONS_NO_TLS), "cards",
        options.port, nullptr, spool.c_str(), "-", PAPPL_LOGLEVEL_FATAL, nullptr, false);
    papplSystemAddListeners(system, "127.0.0.1");
    pappl_pr_driver_t drivers[] = {{"card", "Model IPP card printer", nullptr, nullptr}};
    papplSystemSetPrinterDrivers(system, 1, drivers, nullptr, nullptr, &fill_driver, nullptr);
    it.printer = papplPrinterCreate(system, 0, "card", "card", "MFG:Model;MDL:Card;", "file:///dev/null");
    if (it.printer == nullptr) {
      std::fprintf(stderr, "model: no printer\n");
      return 1;
    }
    papplPrinterSetMaxCompletedJobs(it.printer, options.history);
    it.show();
    const int listener = model::listen_at(options.control);
    if (listener < 0) return 1;
    std::thread(serve, listener).detach();
    std::puts("ready");
    std::fflush(stdout);
    papplSystemRun(system);
    std::_Exit(0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "model: %s\n", error.what());
    return 1;
  }
}
