// SPDX-License-Identifier: Apache-2.0
#include "card-printer/job_check.hpp"

namespace card {
namespace {

constexpr int kWidth = 1011, kHeight = 638;

std::string wrong_with(const stn_raster& raster, const char* side) {
  const auto near = [](std::uint32_t a, int b) {
    return a + 2 >= static_cast<std::uint32_t>(b) && a <= static_cast<std::uint32_t>(b) + 2;
  };
  const std::string name = std::string("the picture of the ") + side + " ";
  if (raster.pixels == nullptr) return name + "is missing";
  if (raster.dpi != 300) return name + "is for " + std::to_string(raster.dpi) + " dpi, the printer has 300";
  if (!near(raster.width, kWidth) || !near(raster.height, kHeight))
    return name + "is " + std::to_string(raster.width) + "x" + std::to_string(raster.height) +
           ", the card is 1011x638";
  if (raster.stride < raster.width * 3) return name + "has a stride shorter than a row";
  return "";
}

}  // namespace

std::string wrong_with(const stn_print_job& job) {
  if (job.reserved != 0) return "reserved field is not 0";
  if (job.token == nullptr || job.token[0] == 0) return "the job has no token";
  std::string wrong = wrong_with(job.front, "front");
  if (wrong.empty() && job.back.pixels != nullptr) wrong = wrong_with(job.back, "back");
  return wrong;
}

}  // namespace card
