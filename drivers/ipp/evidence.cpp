// SPDX-License-Identifier: Apache-2.0
#include "ipp/evidence.hpp"

namespace ipp {
namespace {

/// What is missing to believe that every side was printed; "" = nothing.
std::string missing(const Evidence& evidence) {
  const JobFacts& job = *evidence.job;
  if (job.state == IPP_JSTATE_CANCELED) return "the job was cancelled";
  if (job.state == IPP_JSTATE_ABORTED) return "the printer gave the job up";
  if (job.state != IPP_JSTATE_COMPLETED) return "the job has not ended";
  if (job.reasons.contains("job-completed-with-errors")) return "the job completed with errors";
  // PAPPL, for one, completes a job of which half the lines never came.
  if (evidence.sent != Sent::all && evidence.sent != Sent::unknown)
    return "the picture did not reach the printer whole";
  if (evidence.sent == Sent::unknown && !(evidence.camera_decides && evidence.output_seen.value_or(false)))
    return "the job completed, and the printer never said that its picture came whole";
  if (!evidence.count_is_believed)
    return "a queue says that it passed the job on, which is not a card printed";
  if (!job.sheets && !job.impressions) return "the job completed without a count of what was printed";
  if (job.sheets && *job.sheets != 1)
    return "the job completed with " + std::to_string(*job.sheets) + " cards";
  if (job.impressions && *job.impressions < evidence.sides)
    return "the job completed with " + std::to_string(*job.impressions) + " of " +
           std::to_string(evidence.sides) + " sides";
  if (evidence.output_seen && !*evidence.output_seen)
    return "the job completed, and the output does not see the card";
  if (evidence.hopper_before && evidence.hopper_after && *evidence.hopper_after >= *evidence.hopper_before)
    return "the job completed, and the hopper holds as many blanks as before";
  return "";
}

}  // namespace

Fed was_fed(const Evidence& evidence) {
  if (evidence.sent == Sent::nothing) return Fed::no;
  const bool counted = evidence.hopper_before && evidence.hopper_after;
  if (evidence.output_seen.value_or(false) || evidence.jammed) return Fed::yes;
  if (counted && *evidence.hopper_after < *evidence.hopper_before) return Fed::yes;
  if (evidence.job && evidence.job->sheets.value_or(0) > 0) return Fed::yes;
  // A printer that never began a job has fed nothing for it. Only its own word counts, not that we missed it.
  if (evidence.job && evidence.job->ended() && evidence.job->state != IPP_JSTATE_COMPLETED &&
      evidence.job->processed == false && !evidence.was_processing)
    return Fed::no;
  if (counted && evidence.job && evidence.job->ended() && evidence.job->state != IPP_JSTATE_COMPLETED &&
      *evidence.hopper_after == *evidence.hopper_before)
    return Fed::no;
  return Fed::unknown;
}

Judgement judge(const Evidence& evidence) {
  const Fed fed = was_fed(evidence);
  if (evidence.sent == Sent::nothing)
    return {STN_CARD_NOT_STARTED, STN_AT_UNKNOWN, "nothing of the picture was sent"};
  if (!evidence.job) return {STN_CARD_UNKNOWN, STN_AT_UNKNOWN, "the printer does not know the job"};
  const std::string why = missing(evidence);
  const std::uint32_t at = evidence.output_seen.value_or(false) ? STN_AT_CAMERA
                           : evidence.jammed                    ? STN_AT_INSIDE
                                                                : STN_AT_UNKNOWN;
  if (why.empty())
    return {STN_CARD_PRINTED,
            at == STN_AT_CAMERA ? std::uint32_t{STN_AT_CAMERA} : std::uint32_t{STN_AT_OUTPUT}, ""};
  if (!evidence.job->ended()) return {STN_CARD_UNKNOWN, at, why};
  if (fed == Fed::no) return {STN_CARD_NOT_STARTED, STN_AT_UNKNOWN, why};
  // Completed, but something is missing: whether it is a good card nobody knows, unless sides are missing by
  // the printer's own count or ours.
  const bool short_of_sides =
      evidence.sent == Sent::part || evidence.job->impressions.value_or(evidence.sides) < evidence.sides;
  if (evidence.job->state == IPP_JSTATE_COMPLETED && !short_of_sides) return {STN_CARD_UNKNOWN, at, why};
  if (fed == Fed::yes) return {STN_CARD_SPOILED, at, why};
  return {STN_CARD_UNKNOWN, at, why};
}

}  // namespace ipp
