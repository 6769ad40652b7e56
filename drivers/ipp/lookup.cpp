// SPDX-License-Identifier: Apache-2.0
// What became of a job: of this process's last one with all that was seen of it, of any other one by its name
// in the printer's own list.
#include <algorithm>

#include "ipp/ipp.hpp"

namespace ipp {

using station::Report;

namespace {
constexpr std::uint32_t kLookMs = 1'200;  // each of up to four questions; the station waits 5 s
constexpr std::uint64_t kOutputMs = 500;
}  // namespace

/// True when the job has ended, also when the printer no longer knows it.
bool Ipp::observe(Task& task, std::uint32_t timeout_ms) {
  const auto job = look_at_job(task.id, timeout_ms);
  if (!job) {
    // Forgotten: an end that was seen before still stands.
    if (!task.evidence.job || !task.evidence.job->ended()) task.evidence.job.reset();
    return true;
  }
  task.evidence.job = job;
  if (job->state == IPP_JSTATE_PROCESSING || job->state == IPP_JSTATE_STOPPED ||
      job->processed.value_or(false))
    task.evidence.was_processing = true;
  return job->ended();
}

Report Ipp::lookup(std::string_view token, stn_card& card) {
  line_.begin();
  interrupted_ = false;
  try {
    card.outcome = STN_CARD_UNKNOWN;
    if (task_ && task_->token == token) {
      if (!observe(*task_, std::min(answer_ms_, kLookMs))) return Report::done();
      task_->evidence.camera_decides = true;
      return found(conclude(*task_, kOutputMs), card);
    }
    return lookup_stranger(std::string(token), card);
  } catch (const Trouble& trouble) {
    return Report::refused(trouble.code(), trouble.what());
  }
}

Report Ipp::found(const Judgement& judgement, stn_card& card) const {
  if (judgement.outcome == STN_CARD_NOT_STARTED)
    return Report::refused(STN_E_NOT_FOUND, "No blank was fed: " + judgement.why);
  card.outcome = judgement.outcome;
  card.card_at = judgement.card_at;
  return Report::done(judgement.card_at);
}

Report Ipp::lookup_stranger(const std::string& token, stn_card& card) {
  const auto note = notes_.read(token);
  if (notes_.kept() && !note)
    return Report::refused(STN_E_NOT_FOUND, "No picture was ever sent for this card.");
  const std::uint32_t each = std::min(answer_ms_, kLookMs);
  std::vector<JobFacts> jobs = look_at_jobs("completed", each);
  for (JobFacts& job : look_at_jobs("not-completed", each)) jobs.push_back(std::move(job));
  const auto job = std::ranges::find(jobs, token, &JobFacts::name);
  if (job != jobs.end() && !job->ended() && job->processed == false) {
    // Its sender is dead: what has not begun will not, and cancelled it never can.
    cancel_job(job->id);
    if (const auto now = look_at_job(job->id, each)) *job = *now;
  }
  // Printers forget: that a job is not in the list says nothing.
  if (job == jobs.end()) return Report::done();
  if (!job->ended()) return Report::done();
  Evidence evidence;
  evidence.sent = note && note->whole ? Sent::all : Sent::unknown;
  evidence.camera_decides = true;
  evidence.sides = one_sided_ ? 1 : 2;
  evidence.job = *job;
  evidence.count_is_believed = !is_queue_ || trust_queue_;
  // A card in the output is this one only if no other job came after it.
  const bool last = std::ranges::none_of(jobs, [&](const JobFacts& other) { return other.id > job->id; });
  const PrinterFacts facts = look(each);
  if (sees_output_) evidence.output_seen = last && facts.output_seen.value_or(false);
  return found(judge(evidence), card);
}

}  // namespace ipp
