// SPDX-License-Identifier: Apache-2.0
// Opening a printer, its state, and the requests about it.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "ipp/ipp.hpp"

namespace ipp {

using station::Report;

namespace {

constexpr std::uint32_t kOpenMs = 10'000, kCleanUpMs = 2'000;
constexpr std::uint32_t kStatusMs = 450;  // all questions of a status together
constexpr int kBestDpi = 300, kLowestDpi = 100, kHighestDpi = 1200;
constexpr const char* kUnfinished = "ktp-card-unfinished";

template <class F>
auto opened(F&& call) {
  try {
    return call();
  } catch (const Trouble& trouble) {
    throw station::Failure(trouble.code(), trouble.what());
  }
}

void want(ipp_t* request, const std::vector<const char*>& attributes) {
  ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes",
                static_cast<int>(attributes.size()), nullptr, attributes.data());
}

/// libcups reads the settings of the user whose process this is (~/.cups/client.conf), from its first call
/// on: none of this driver's business.
station::Host& apart(station::Host& host) {
  ::setenv("HOME", host.plugin_dir().c_str(), 1);
  return host;
}

}  // namespace

Ipp::Ipp(station::Host& host, const station::Settings& settings, std::string_view)
    : host_(apart(host)),
      trust_queue_(settings.boolean("trust-queue")),
      hopper_counted_(settings.text("hopper") == "counted"),
      output_may_be_unseen_(settings.text("output") == "unseen"),
      answer_ms_(static_cast<std::uint32_t>(settings.integer("answer-wait"))),
      reach_ms_(static_cast<std::uint64_t>(settings.integer("reach-wait"))),
      print_ms_(static_cast<std::uint64_t>(settings.integer("print-wait"))),
      fault_ms_(static_cast<std::uint64_t>(settings.integer("fault-wait"))),
      output_ms_(static_cast<std::uint64_t>(settings.integer("output-wait"))),
      wanted_sides_(settings.text("sides")),
      format_{.media = settings.text("media"), .dpi = kBestDpi},
      notes_(opened([&] { return Notes(settings.text("notes")); })),
      line_(host, opened([&] { return parse_address(settings.text("uri")); })) {
  opened([&] {
    const PrinterFacts facts = look(std::min(answer_ms_, kOpenMs), true);
    choose_format(facts);
    host_.info("ipp: " + (facts.model.empty() ? "unnamed printer" : facts.model) + ", " + format_.media +
               ", " + std::to_string(format_.dpi) + " dpi, " + format_.sides +
               (is_queue_ ? ", a CUPS queue" : "") + (sees_output_ ? "" : ", does not see its output"));
    find_orphan();
    return 0;
  });
}

Ipp::~Ipp() {
  line_.interrupt();
}

std::uint32_t Ipp::caps() const {
  std::uint32_t caps = STN_CAP_JOB_LOG;
  if (!one_sided_) caps |= STN_CAP_DUPLEX;
  if (sees_output_) caps |= STN_CAP_EJECT_SENSOR | STN_CAP_MOVE_TO_CAMERA;
  return caps;
}

void Ipp::interrupt(std::uint64_t) noexcept {
  interrupted_ = true;
  line_.interrupt();
}

void Ipp::choose_format(const PrinterFacts& facts) {
  const auto lacks = [](const std::string& what) {
    return Trouble(STN_E_UNSUPPORTED, "The printer " + what + ".");
  };
  for (const auto& [operation, name] : {std::pair{IPP_OP_CREATE_JOB, "Create-Job"},
                                        {IPP_OP_SEND_DOCUMENT, "Send-Document"},
                                        {IPP_OP_CANCEL_JOB, "Cancel-Job"},
                                        {IPP_OP_GET_JOBS, "Get-Jobs"},
                                        {IPP_OP_GET_JOB_ATTRIBUTES, "Get-Job-Attributes"}})
    if (!facts.operations.contains(operation)) throw lacks("does not know " + std::string(name));
  if (!facts.formats.contains("image/pwg-raster")) throw lacks("takes no image/pwg-raster");
  if (!facts.raster_types.empty() && !facts.raster_types.contains("srgb_8"))
    throw lacks("takes no colour raster (srgb_8)");
  if (!facts.media.contains(format_.media))
    throw lacks("has no media " + format_.media + "; set `media` to its name for a card");
  for (const int dpi : facts.resolutions)
    if (dpi >= kLowestDpi && dpi <= kHighestDpi &&
        std::ranges::find(facts.resolutions, kBestDpi) == facts.resolutions.end())
      format_.dpi = format_.dpi == kBestDpi ? dpi : std::max(format_.dpi, dpi);
  if (page_size(format_.media, format_.dpi).width == 0)
    throw Trouble(STN_E_BAD_INPUT, "media: " + format_.media + " is not the size of a card");
  const auto offers = [&](const char* sides) { return facts.sides.contains(sides); };
  if (wanted_sides_ != "auto") {
    if (wanted_sides_ != "one-sided" && !offers(wanted_sides_.c_str()))
      throw lacks("does not print " + wanted_sides_);
    format_.sides = wanted_sides_;
  } else {
    format_.sides = offers("two-sided-short-edge")  ? "two-sided-short-edge"
                    : offers("two-sided-long-edge") ? "two-sided-long-edge"
                                                    : "one-sided";
  }
  one_sided_ = format_.sides == "one-sided";
  format_.sheet_back = facts.sheet_back;
  is_queue_ = facts.is_queue;
  sees_output_ = facts.output_seen.has_value();
}

// ---- requests ----

PrinterFacts Ipp::look(std::uint32_t timeout_ms, bool all) {
  const Message request = new_request(IPP_OP_GET_PRINTER_ATTRIBUTES, line_.address());
  want(request.get(), all ? all_attributes() : state_attributes());
  const Message answer = line_.ask(request.get(), timeout_ms);
  if (!is_ok(answer.get()))
    throw Trouble(STN_E_PROTOCOL,
                  "The printer does not tell its state: " + words_of_status(answer.get()) + ".");
  PrinterFacts facts = printer_facts(answer.get());
  if (facts.state == 0) throw Trouble(STN_E_PROTOCOL, "The printer's answer has no printer-state.");
  return facts;
}

/// Empty: the printer does not know the job (any more).
std::optional<JobFacts> Ipp::look_at_job(int id, std::uint32_t timeout_ms) {
  const Message request = new_request(IPP_OP_GET_JOB_ATTRIBUTES, line_.address());
  ippAddInteger(request.get(), IPP_TAG_OPERATION, IPP_TAG_INTEGER, "job-id", id);
  want(request.get(), job_attributes());
  const Message answer = line_.ask(request.get(), timeout_ms);
  if (ippGetStatusCode(answer.get()) == IPP_STATUS_ERROR_NOT_FOUND) return std::nullopt;
  const auto jobs = is_ok(answer.get()) ? job_facts(answer.get()) : std::vector<JobFacts>();
  if (jobs.size() != 1 || jobs.front().state == 0)
    throw Trouble(STN_E_PROTOCOL,
                  "The printer does not tell the state of its job: " + words_of_status(answer.get()) + ".");
  return jobs.front();
}

std::vector<JobFacts> Ipp::look_at_jobs(const char* which, std::uint32_t timeout_ms) {
  const Message request = new_request(IPP_OP_GET_JOBS, line_.address());
  ippAddString(request.get(), IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "which-jobs", nullptr, which);
  want(request.get(), job_attributes());
  const Message answer = line_.ask(request.get(), timeout_ms);
  if (!is_ok(answer.get()))
    throw Trouble(STN_E_PROTOCOL,
                  "The printer does not list its jobs: " + words_of_status(answer.get()) + ".");
  return job_facts(answer.get());
}

/// The new job's id. The printer must keep to media and sides: a card printed at another size is waste.
int Ipp::create_job(const std::string& token, const std::string& sides) {
  const Message request = new_request(IPP_OP_CREATE_JOB, line_.address());
  ippAddString(request.get(), IPP_TAG_OPERATION, IPP_TAG_NAME, "job-name", nullptr, token.c_str());
  ippAddBoolean(request.get(), IPP_TAG_OPERATION, "ipp-attribute-fidelity", 1);
  ippAddString(request.get(), IPP_TAG_JOB, IPP_TAG_KEYWORD, "media", nullptr, format_.media.c_str());
  ippAddString(request.get(), IPP_TAG_JOB, IPP_TAG_KEYWORD, "sides", nullptr, sides.c_str());
  const Message answer = line_.ask(request.get(), answer_ms_);
  const auto jobs = job_facts(answer.get());
  const int id = jobs.empty() ? 0 : jobs.front().id;
  const ipp_status_t status = ippGetStatusCode(answer.get());
  if (status == IPP_STATUS_OK && id > 0) return id;
  drop_empty_job(token, id);
  if (status == IPP_STATUS_OK_IGNORED_OR_SUBSTITUTED || status == IPP_STATUS_OK_CONFLICTING)
    throw Trouble(STN_E_UNSUPPORTED, "The printer would not keep to " + format_.media + ", " + sides + ".");
  if (status == IPP_STATUS_ERROR_BUSY || status == IPP_STATUS_ERROR_NOT_ACCEPTING_JOBS)
    throw Trouble(STN_E_BUSY, "The printer takes no job now: " + words_of_status(answer.get()) + ".");
  throw Trouble(STN_E_HARDWARE, "The printer refused the job: " + words_of_status(answer.get()) + ".");
}

void Ipp::cancel_job(int id) noexcept {
  try {
    const Message request = new_request(IPP_OP_CANCEL_JOB, line_.address());
    ippAddInteger(request.get(), IPP_TAG_OPERATION, IPP_TAG_INTEGER, "job-id", id);
    static_cast<void>(line_.ask(request.get(), std::min(answer_ms_, kCleanUpMs)));
  } catch (const std::exception& failed) {
    host_.debug(std::string("ipp: Cancel-Job: ") + failed.what());
  }
}

/// True when a picture may have been sent for this token, as far as this driver and the printer remember.
bool Ipp::was_sent(const std::string& token) {
  if ((task_ && task_->token == token) || notes_.read(token)) return true;
  for (const char* which : {"not-completed", "completed"})
    for (const JobFacts& job : look_at_jobs(which, answer_ms_))
      if (job.name == token && !(job.ended() && job.processed == false)) return true;
  return false;
}

/// Jobs that a process before this one left behind and the printer never began.
void Ipp::drop_leftovers() {
  for (const JobFacts& job : look_at_jobs("not-completed", answer_ms_))
    if (job.user == kUser && job.processed == false) cancel_job(job.id);
}

/// A process that was killed may have left a card at the printer.
void Ipp::find_orphan() {
  for (const JobFacts& job : look_at_jobs("not-completed", answer_ms_))
    if (job.user == kUser) orphan_ = std::max(orphan_, job.id);
}

/// True while the printer is at a card that this station gave it, and nobody waits for.
bool Ipp::unfinished(std::uint32_t timeout_ms) {
  if (task_ && !task_->settled) {
    if (observe(*task_, timeout_ms)) return false;
    if (is_untouched(*task_) && task_->transfer->ended() && task_->transfer->trouble()) cancel_job(*task_);
    return true;
  }
  if (orphan_ == 0) return false;
  const auto job = look_at_job(orphan_, timeout_ms);
  // Its sender is dead: what has not begun will not.
  if (job && !job->ended() && job->processed == false) cancel_job(orphan_);
  if (!job || job->ended()) orphan_ = 0;
  return orphan_ != 0;
}

// ---- status ----

void Ipp::set_reasons(const std::set<std::string>& now) {
  for (const std::string& old : posted_)
    if (!now.contains(old)) host_.clear_reason(old);
  posted_ = now;
}

/// Tells the station; gives back what was told.
std::vector<Reason> Ipp::post(const PrinterFacts& facts) {
  std::vector<Reason> reasons = reasons_of(facts);
  std::set<std::string> now;
  for (const Reason& reason : reasons) {
    host_.reason(reason.keyword, reason.severity, reason.words);
    now.insert(reason.keyword);
  }
  set_reasons(now);
  return reasons;
}

Report Ipp::status() {
  line_.begin();
  interrupted_ = false;
  const std::uint64_t until = host_.now() + std::uint64_t{kStatusMs} * 1'000'000u;
  const auto left = [&] {
    const std::uint64_t now = host_.now();
    return now >= until ? 1u : static_cast<std::uint32_t>((until - now) / 1'000'000u) + 1u;
  };
  try {
    const PrinterFacts facts = look(left());
    std::uint32_t at = facts.output_seen.value_or(false) ? STN_AT_CAMERA : STN_AT_UNKNOWN;
    bool stopped = facts.state == IPP_PSTATE_STOPPED;
    for (const Reason& reason : post(facts)) {
      stopped = stopped || reason.severity == STN_SEVERITY_ERROR;
      if (reason.keyword == "media-jam" && reason.severity == STN_SEVERITY_ERROR && at == STN_AT_UNKNOWN)
        at = STN_AT_INSIDE;
    }
    // A card that was left to the printer while a person was called: not before it has ended can it be
    // settled.
    if (unfinished(left())) {
      host_.reason(kUnfinished, STN_SEVERITY_ERROR,
                   "The printer is still at the card before: wait until it has ended.");
      posted_.insert(kUnfinished);
    }
    for (const Supply& supply : facts.supplies) host_.supply(supply.id, supply.level, 100, "percent");
    if (hopper_counted_ && facts.hopper)
      host_.supply("hopper", *facts.hopper, -2, "cards");
    else
      host_.supply("hopper", facts.hopper.value_or(0) > 0 ? -3 : -2, -2, "cards");
    host_.state(stopped                                ? STN_STATE_STOPPED
                : facts.state == IPP_PSTATE_PROCESSING ? STN_STATE_PROCESSING
                                                       : STN_STATE_IDLE);
    return Report::done(at);
  } catch (const Trouble& trouble) {
    host_.state(STN_STATE_STOPPED);
    set_reasons({"connecting-to-device"});
    host_.reason("connecting-to-device", STN_SEVERITY_ERROR, trouble.what());
    // A printer that is slow once is not gone: the card it may be at would be lost with this process.
    return Report::refused(trouble.code(), trouble.what())
        .action(trouble.code() == STN_E_REMOVED ? STN_ACT_GONE : STN_ACT_OPERATOR);
  }
}

/// IPP counts what was completed, never what was fed, so there is no counter in the station's sense.
Report Ipp::counter(std::uint64_t& cards) {
  cards = 0;
  return Report::done();
}

Report Ipp::to_camera(station::Op&, std::string_view) {
  line_.begin();
  interrupted_ = false;
  try {
    if (!sees_output_)
      return Report::refused(
          STN_E_UNSUPPORTED,
          "This printer does not tell whether a card lies in its output (printer-output-tray).");
    if (look(answer_ms_).output_seen.value_or(false)) return Report::done(STN_AT_CAMERA);
    return Report::refused(STN_E_MEDIA, "No card lies in the printer's output; put it back there.");
  } catch (const Trouble& trouble) {
    return Report::refused(trouble.code(), trouble.what());
  }
}

}  // namespace ipp
