// SPDX-License-Identifier: Apache-2.0
#include "pipeline/prepare.hpp"

#include "pipeline/intake.hpp"
#include "pipeline/order_store.hpp"

namespace ktp::pipeline {

Result<void> Preparer::draw(Job& job, const Order& printed, const Image& portrait, const Image& signature) {
  const auto timed = station_.clock.time(StageClock::draw);
  const double dpi = dpi_;
  auto front = station_.art->render(printed, portrait, signature, Side::front, dpi);
  if (!front) return std::unexpected(front.error());
  auto back = station_.art->render(printed, {}, {}, Side::back, dpi);
  if (!back) return std::unexpected(back.error());
  job.front = std::move(*front);
  job.back = std::move(*back);
  return {};
}

Result<std::shared_ptr<const Job>> Preparer::prepare(const std::string& order_id) {
  auto record = load_record(station_.ledger, station_.key, order_id);
  if (!record) return std::unexpected(record.error());
  auto pictures = pictures_of(station_.ledger, station_.key, station_.portraits_kept, order_id, *record);
  if (!pictures) return std::unexpected(pictures.error());
  const auto changed = [](const char* column) {
    return fail(ErrorCode::bad_data,
                std::string(column) +
                    ": the file was changed after the order was taken in; order again under a new number");
  };
  if (ledger::sha256_text(pictures->portrait) != record->portrait_sha) return changed("foto");
  if (!record->signature_sha.empty() && ledger::sha256_text(pictures->signature) != record->signature_sha)
    return changed("tanda_tangan");
  const auto decoded = decode_pictures(*pictures);
  if (!decoded) return std::unexpected(decoded.error());
  auto job = std::make_shared<Job>();
  job->order_id = order_id;
  if (auto drawn = draw(*job, as_printed(record->order), decoded->portrait, decoded->signature); !drawn)
    return std::unexpected(drawn.error());
  const auto timed = station_.clock.time(StageClock::reference);
  auto front_reference = inspection::prepare(job->front, station_.profile, &job->back);
  if (!front_reference) return std::unexpected(front_reference.error());
  job->front_reference = *front_reference;
  station_.portraits->add(order_id, inspection::printed_portrait(job->front));
  if (last_back_reference_ == nullptr || last_back_.pixels != job->back.image.pixels) {
    // Any front tells the sides apart: what is printed on all of them is enough.
    auto back_reference = inspection::prepare(job->back, station_.profile, &job->front);
    if (!back_reference) return std::unexpected(back_reference.error());
    last_back_reference_ = *back_reference;
    last_back_ = job->back.image;
  }
  job->back_reference = last_back_reference_;
  return job;
}

}  // namespace ktp::pipeline
