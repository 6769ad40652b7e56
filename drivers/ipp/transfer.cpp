// SPDX-License-Identifier: Apache-2.0
#include "ipp/transfer.hpp"

#include <utility>

namespace ipp {

Transfer::Transfer(station::Host& host, const Line& line, int job_id, std::vector<std::uint8_t> document,
                   std::uint32_t timeout_ms)
    : line_(host, line),
      job_id_(job_id),
      document_(std::move(document)),
      thread_([this, timeout_ms] { run(timeout_ms); }) {}

Transfer::~Transfer() {
  stop();
  thread_.join();
}

void Transfer::run(std::uint32_t timeout_ms) {
  std::optional<Trouble> trouble;
  try {
    const Message request = new_request(IPP_OP_SEND_DOCUMENT, line_.address());
    ippAddInteger(request.get(), IPP_TAG_OPERATION, IPP_TAG_INTEGER, "job-id", job_id_);
    ippAddString(request.get(), IPP_TAG_OPERATION, IPP_TAG_MIMETYPE, "document-format", nullptr,
                 "image/pwg-raster");
    ippAddBoolean(request.get(), IPP_TAG_OPERATION, "last-document", 1);
    const Message answer = line_.ask(request.get(), timeout_ms, document_, &progress_);
    if (!is_ok(answer.get()))
      trouble.emplace(ippGetStatusCode(answer.get()) == IPP_STATUS_ERROR_BUSY ? STN_E_BUSY : STN_E_HARDWARE,
                      "The printer refused the picture: " + words_of_status(answer.get()) + ".");
  } catch (const Trouble& met) {
    trouble = met;
  } catch (const std::exception& met) {
    trouble.emplace(STN_E_INTERNAL, met.what());
  }
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(trouble);
  ended_ = true;
}

std::optional<Trouble> Transfer::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

Sent Transfer::sent() const {
  if (!progress_.began) return Sent::nothing;
  if (!progress_.all_sent) return Sent::part;
  // Left here is not arrived there: only the printer's answer says so.
  return ended_ && !trouble() ? Sent::all : Sent::unknown;
}

}  // namespace ipp
