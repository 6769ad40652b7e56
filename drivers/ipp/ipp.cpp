// SPDX-License-Identifier: Apache-2.0
// A card: what is sent and what is watched. What is asked, and what the answers mean, is in questions.cpp and
// lookup.cpp.
#include "ipp/ipp.hpp"

#include <algorithm>
#include <utility>

namespace ipp {

using station::Report;

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint32_t kPollMs = 100;
constexpr std::uint32_t kCleanUpMs = 2'000;
constexpr std::uint64_t kBrokenMs = 3'000;  // until a job whose picture broke off is cancelled
constexpr std::uint64_t kCancelMs = 1'000;  // a printer that has not begun by then has something before it
constexpr std::uint64_t kReplyMs = 2'000;   // from the end of a job to the answer of its Send-Document

constexpr int kCardWidth = 8560, kCardHeight = 5398;  // hundredths of a mm

bool is_word(std::string_view word) {
  return !word.empty() && word.size() <= 64 && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string wrong_with(const stn_raster& raster, const char* side, int dpi) {
  const std::string name = std::string(side) + " picture ";
  const auto near = [&](std::uint32_t pixels, int hundredths) {
    return std::abs(static_cast<double>(pixels) - hundredths * dpi / 2540.0) <= 1.0;
  };
  if (raster.pixels == nullptr) return name + "is missing";
  if (raster.dpi != static_cast<std::uint32_t>(dpi))
    return name + "is for " + std::to_string(raster.dpi) + " dpi, the printer has " + std::to_string(dpi);
  if (!near(raster.width, kCardWidth) || !near(raster.height, kCardHeight))
    return name + "is " + std::to_string(raster.width) + "x" + std::to_string(raster.height) +
           ", which is not the whole card";
  if (raster.stride < raster.width * 3) return name + "has a stride shorter than a row";
  return "";
}

}  // namespace

std::string Ipp::wrong_with(const stn_print_job& job) const {
  if (job.reserved != 0) return "reserved field is not 0";
  if (job.token == nullptr || !is_word(job.token)) return "a token has 1 to 64 letters, digits, - or _";
  std::string wrong = ipp::wrong_with(job.front, "front", format_.dpi);
  if (!wrong.empty() || job.back.pixels == nullptr) return wrong;
  if (one_sided_) return "the printer prints one side only";
  return ipp::wrong_with(job.back, "back", format_.dpi);
}

/// What stands in the way before anything is sent.
std::optional<Report> Ipp::obstacle(const PrinterFacts& facts) const {
  for (const Reason& reason : reasons_of(facts))
    if (reason.severity == STN_SEVERITY_ERROR)
      return Report::refused(reason.code, reason.words).action(STN_ACT_OPERATOR);
  if (facts.state == IPP_PSTATE_STOPPED)
    return Report::refused(STN_E_HARDWARE, "The printer is stopped. " + facts.message)
        .action(STN_ACT_OPERATOR);
  if (!facts.accepting)
    return Report::refused(STN_E_HARDWARE, "The printer takes no jobs: allow them at the printer.")
        .action(STN_ACT_OPERATOR);
  if (facts.output_seen.value_or(false))
    return Report::refused(STN_E_MEDIA, "A card lies in the output: take it away first.");
  if (facts.state == IPP_PSTATE_PROCESSING || facts.queued.value_or(0) > 0)
    return Report::refused(STN_E_BUSY, "The printer has another job.").action(STN_ACT_RETRY_LATER);
  return std::nullopt;
}

Report Ipp::print(station::Op& op, const stn_print_job& job) {
  if (const std::string wrong = wrong_with(job); !wrong.empty())
    return Report::refused(STN_E_BAD_INPUT, wrong);
  if (!sees_output_ && !output_may_be_unseen_)
    return Report::refused(
               STN_E_UNSUPPORTED,
               "This printer does not tell whether a card lies in its output (printer-output-tray).")
        .action(STN_ACT_STOP_DEVICE);
  line_.begin();
  interrupted_ = false;
  Task next;
  next.token = job.token;
  std::vector<std::uint8_t> document;
  try {
    if (task_ && task_->transfer && !task_->transfer->ended())
      return Report::refused(STN_E_BUSY, "The card before this one is still being sent.")
          .action(STN_ACT_RETRY_LATER);
    // All of it before the printer is told anything.
    PageFormat format = format_;
    if (job.back.pixels == nullptr) format.sides = "one-sided";
    document = encode_pages(format, job.front, job.back);
    PrinterFacts facts = look(answer_ms_);
    if (facts.queued.value_or(0) > 0) {
      drop_leftovers();
      facts = look(answer_ms_);
    }
    static_cast<void>(post(facts));
    if (auto refused = obstacle(facts)) return *refused;
    if (was_sent(next.token))
      return Report::refused(STN_E_BAD_INPUT,
                             "A picture was sent for this card before; a job is printed once.");
    next.evidence.sides = job.back.pixels != nullptr ? 2 : 1;
    if (hopper_counted_) next.evidence.hopper_before = facts.hopper;
    next.evidence.count_is_believed = !is_queue_ || trust_queue_;
    if (op.cancelled()) return Report::refused(STN_E_CANCELLED, "cancelled before anything was sent");
    next.id = create_job(next.token, format.sides);
  } catch (const Trouble& trouble) {
    // A job without a picture prints nothing: whatever went wrong so far, no blank was fed.
    drop_empty_job(next.token, next.id);
    return Report::refused(trouble.code(), trouble.what());
  }
  try {
    if (op.cancelled()) throw Trouble(STN_E_CANCELLED, "cancelled before anything was sent");
    notes_.write(next.token, {next.id, false});
    next.transfer = std::make_unique<Transfer>(host_, line_, next.id, std::move(document),
                                               static_cast<std::uint32_t>(print_ms_));
  } catch (const Trouble& trouble) {
    drop_empty_job(next.token, next.id);
    return Report::refused(trouble.code(), trouble.what());
  }
  task_.emplace(std::move(next));
  host_.state(STN_STATE_PROCESSING);
  op.progress(STN_STEP_QUEUED);
  const Followed how = follow(op);
  Report report = report_of(*task_, how);
  if (report.code() == STN_OK) op.progress(STN_STEP_DONE);
  return report;
}

/// Looks at job and printer until the job has ended, or until there is no point in waiting longer. Once the
/// printer may have begun, a cancel comes too late to save the blank: the card is printed to the end.
Ipp::Followed Ipp::follow(const station::Op& op) {
  Task& task = *task_;
  const std::uint64_t started = host_.now(), until = started + print_ms_ * kMs;
  std::uint64_t reached = host_.now(), broken_since = 0, fault_since = 0;
  bool begun = false;
  while (true) {
    const std::uint64_t now = host_.now();
    try {
      const bool ended = observe(task, answer_ms_);
      if (task.evidence.was_processing && !std::exchange(begun, true)) op.progress(STN_STEP_FRONT);
      reached = host_.now();
      if (ended) return Followed::ended;
      const PrinterFacts facts = look(answer_ms_);
      reached = host_.now();
      task.fault.reset();
      for (const Reason& reason : post(facts)) {
        if (reason.keyword == "media-jam" && reason.severity == STN_SEVERITY_ERROR)
          task.evidence.jammed = true;
        if (reason.severity == STN_SEVERITY_ERROR && !task.fault) task.fault = reason;
      }
    } catch (const Trouble& trouble) {
      if (interrupted_) return Followed::late;
      if (host_.now() - reached > reach_ms_ * kMs) {
        host_.warning(std::string("ipp: ") + trouble.what());
        return Followed::unreachable;
      }
    }
    const bool untouched = is_untouched(task);
    // What the printer never began it never shall: then nothing was fed, for certain.
    if (now >= until && untouched) cancel_job(task);
    if (interrupted_ || now >= until + (untouched ? kBrokenMs * kMs : 0)) return Followed::late;
    if (op.cancelled() && untouched && now - started > kCancelMs * kMs) cancel_job(task);
    if (task.transfer->ended() && task.transfer->trouble() &&
        (task.transfer->sent() == Sent::nothing || task.transfer->sent() == Sent::part)) {
      // Never connected: the printer has a job without a picture.
      if (broken_since == 0) broken_since = now;
      if (task.transfer->sent() == Sent::nothing || now - broken_since > kBrokenMs * kMs) cancel_job(task);
    } else if (task.transfer->ended() && task.transfer->trouble() && untouched) {
      cancel_job(task);  // refused
    }
    if (!task.fault) {
      fault_since = 0;
    } else {
      if (fault_since == 0) fault_since = now;
      if (now - fault_since >= fault_ms_ * kMs) {
        if (!untouched || task.cancel_asked) return Followed::faulted;
        cancel_job(task);
      }
    }
    op.sleep_ms(kPollMs);
    if (op.cancelled()) host_.sleep_ms(0, kPollMs);  // the other sleep ends at once then
  }
}

/// The printer says that it has not begun.
bool Ipp::is_untouched(const Task& task) {
  return !task.evidence.was_processing && task.evidence.job && task.evidence.job->processed == false;
}

Report Ipp::report_of(Task& task, Followed how) {
  const std::string broken =
      task.transfer->ended() && task.transfer->trouble() ? task.transfer->trouble()->what() : "";
  switch (how) {
    case Followed::unreachable:
      return Report::unknown(STN_E_REMOVED,
                             "The printer cannot be reached any more. Check its power and its cable.");
    case Followed::late:
      return Report::unknown(STN_E_TIMEOUT, "The card did not end in time. See to the printer.");
    case Followed::faulted:
      return Report::unknown(task.fault->code, task.fault->words).action(STN_ACT_OPERATOR);
    case Followed::ended:
      break;
  }
  const Judgement judgement = conclude(task, output_ms_);
  if (judgement.outcome == STN_CARD_PRINTED) return Report::printed(judgement.card_at);
  std::string words = judgement.why;
  if (!words.empty())
    words[0] = static_cast<char>(words[0] >= 'a' && words[0] <= 'z' ? words[0] - 'a' + 'A' : words[0]);
  words += ".";
  stn_code code = STN_E_HARDWARE;
  if (task.fault) {
    code = task.fault->code;
    words = task.fault->words + " (" + words + ")";
  } else if (task.evidence.jammed) {
    code = STN_E_JAM;
    words = "A card was stuck: take it out of the printer. (" + words + ")";
  } else if (!broken.empty()) {
    code = task.transfer->trouble()->code() == STN_E_HARDWARE ? STN_E_HARDWARE
           : task.transfer->trouble()->code() == STN_E_BUSY   ? STN_E_BUSY
                                                              : STN_E_TIMEOUT;
    words = broken;
  } else if (task.cancel_asked) {
    code = STN_E_CANCELLED;
  }
  host_.warning("ipp: " + words);
  switch (judgement.outcome) {
    case STN_CARD_NOT_STARTED:
      return Report::refused(code, words);
    case STN_CARD_SPOILED:
      return Report::spoiled(code, judgement.card_at, words);
    default:
      return Report::unknown(code, words + " Look for the card in the printer and its output.")
          .at(judgement.card_at);
  }
}

/// The job has ended: what lies where, and what that means. Waits for the card to come out where it should.
Judgement Ipp::conclude(Task& task, std::uint64_t output_wait_ms) {
  const std::uint64_t reply_until = host_.now() + kReplyMs * kMs;
  while (!task.transfer->ended() && host_.now() < reply_until) host_.sleep_ms(0, 20);
  if (!task.transfer->ended()) task.transfer->stop();
  Evidence& evidence = task.evidence;
  evidence.sent = task.transfer->sent();
  const bool completed = evidence.job && evidence.job->state == IPP_JSTATE_COMPLETED;
  const std::uint64_t until = host_.now() + output_wait_ms * kMs;
  try {
    while (true) {
      const PrinterFacts facts = look(answer_ms_);
      for (const Reason& reason : post(facts))
        if (reason.keyword == "media-jam" && reason.severity == STN_SEVERITY_ERROR) evidence.jammed = true;
      evidence.output_seen = facts.output_seen;
      if (hopper_counted_) evidence.hopper_after = facts.hopper;
      const bool waits = sees_output_ && !facts.output_seen.value_or(true) &&
                         (completed || was_fed(evidence) == Fed::unknown) && !evidence.jammed;
      if (!waits || host_.now() >= until) break;
      host_.sleep_ms(0, kPollMs);
    }
  } catch (const Trouble& trouble) {
    host_.warning(std::string("ipp: ") + trouble.what());
    evidence.output_seen = std::nullopt;
    evidence.hopper_after = std::nullopt;
    if (sees_output_) return {STN_CARD_UNKNOWN, STN_AT_UNKNOWN, trouble.what()};
  }
  const Judgement judgement = judge(evidence);
  task.settled = judgement.outcome != STN_CARD_UNKNOWN;
  if (judgement.outcome == STN_CARD_PRINTED) {
    try {
      notes_.write(task.token, {task.id, true});
    } catch (const Trouble& trouble) {
      host_.warning(trouble.what());  // the note that it was begun stands; that is enough
    }
  }
  return judgement;
}

void Ipp::cancel_job(Task& task) noexcept {
  if (std::exchange(task.cancel_asked, true)) return;
  cancel_job(task.id);
}

void Ipp::drop_empty_job(const std::string& token, int id) noexcept {
  try {
    line_.begin();
    if (id != 0) return cancel_job(id);
    if (token.empty()) return;
    for (const JobFacts& job : look_at_jobs("not-completed", kCleanUpMs))
      if (job.name == token) cancel_job(job.id);
  } catch (const std::exception& failed) {
    host_.debug(std::string("ipp: an empty job may be left: ") + failed.what());
  }
}

}  // namespace ipp
