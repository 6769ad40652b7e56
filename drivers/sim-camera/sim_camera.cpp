// SPDX-License-Identifier: Apache-2.0
#include "sim-camera/sim_camera.hpp"

#include <unistd.h>

#include <fstream>
#include <numbers>
#include <opencv2/core/utility.hpp>
#include <string>

#include "sim-world/files.hpp"
#include "sim-world/random.hpp"
#include "sim-world/trouble.hpp"
#include "sim-world/world.hpp"

namespace sim {

using station::Failure;
using station::Report;

namespace {

Mounting read_mounting(const station::Settings& settings, std::uint64_t seed) {
  Mounting mounting;
  mounting.width = static_cast<int>(settings.integer("width"));
  mounting.height = static_cast<int>(settings.integer("height"));
  mounting.scale = settings.number("scale");
  mounting.rotation_deg = settings.number("rotation");
  mounting.perspective = settings.number("perspective");
  mounting.perspective_angle = Random(mix_all({seed, word("mount")})).between(0, 2 * std::numbers::pi);
  mounting.lens_k1 = settings.number("lens");
  return mounting;
}

Exposure read_exposure(const station::Settings& settings, const Mounting& mounting, std::uint64_t seed) {
  Exposure exposure;
  exposure.width = mounting.width;
  exposure.height = mounting.height;
  exposure.scale = mounting.scale;
  exposure.gain = settings.number("gain");
  exposure.offset = settings.number("offset");
  exposure.light = settings.number("light");
  exposure.flicker = settings.number("flicker");
  exposure.blur = settings.number("blur");
  exposure.noise = settings.number("noise");
  exposure.specks = static_cast<int>(settings.integer("dust"));
  exposure.seed = seed;
  return exposure;
}

}  // namespace

SimCamera::SimCamera(station::Host& host, const station::Settings& settings, std::string_view)
    : host_(host),
      world_(settings.text("world")),
      seed_(static_cast<std::uint64_t>(settings.integer("seed"))),
      exposure_ms_(static_cast<std::uint64_t>(settings.integer("exposure-ms"))),
      pose_shift_(settings.number("pose-shift")),
      pose_turn_(settings.number("pose-turn")),
      mounting_(read_mounting(settings, seed_)),
      desk_(seed_) {
  // One worker a device and a card at a time: more threads would only take the cores from the inspection.
  cv::setNumThreads(1);
  try {
    script_ = Script::load(settings.text("damage"), settings.text("damage-file"), card_damage_rules());
  } catch (const Trouble& trouble) {
    throw Failure(STN_E_BAD_INPUT, trouble.what());
  }
  optics_ = std::make_unique<Optics>(mounting_);
  sensor_ = std::make_unique<Sensor>(read_exposure(settings, mounting_, seed_));
}

std::uint64_t SimCamera::max_frame_bytes() const {
  return static_cast<std::uint64_t>(mounting_.width) * static_cast<std::uint64_t>(mounting_.height) * 3;
}

Report SimCamera::status() {
  host_.state(STN_STATE_IDLE);
  return Report::done();
}

std::uint64_t SimCamera::card_at_camera(std::uint64_t wanted) const {
  std::error_code missing;
  // The printer may not have made the folder yet: then nothing lies there.
  if (!std::filesystem::is_directory(world_ / kAtCamera, missing))
    throw Trouble(Kind::not_found, "no card lies at the camera");
  std::vector<std::uint64_t> there;
  for (const std::uint64_t number : cards_in(world_ / kAtCamera))
    // The json comes last and decides; pictures without it are still on their way.
    if (::access((world_ / kAtCamera / (std::to_string(number) + ".json")).c_str(), F_OK) == 0)
      there.push_back(number);
  if (there.empty()) throw Trouble(Kind::not_found, "no card lies at the camera");
  if (there.size() > 1)
    throw Trouble(Kind::not_found,
                  std::to_string(there.size()) + " cards lie at the camera, one on the other");
  if (wanted != 0 && there.front() != wanted)
    throw Trouble(Kind::not_found, "card " + std::to_string(there.front()) +
                                       " lies at the camera, not card " + std::to_string(wanted));
  return there.front();
}

Side SimCamera::seen_from(Side side, std::uint64_t number) const {
  std::ifstream in(world_ / kTurned);
  for (std::uint64_t turned = 0; in >> turned;)
    if (turned == number) return side == Side::front ? Side::back : Side::front;
  return side;
}

void SimCamera::photograph(std::uint64_t number, Side side, std::uint8_t* out) {
  const std::filesystem::path file =
      world_ / kAtCamera / (std::to_string(number) + "-" + to_string(side) + ".png");
  decode_png(read_file(file, kMaxFileBytes),
             [&](int width, int height) { return desk_.place_card(width, height); });
  if (number != last_number_) last_number_ = number, looked_at_ = {};
  bool& looked = looked_at_[side == Side::front ? 0 : 1];
  damage_card(script_.at(number, seed_), number, side, seed_, !looked, desk_);
  looked = true;
  desk_.round_corners();

  const std::uint64_t shot = mix_all({number, static_cast<std::uint64_t>(side)});
  Random random(mix_all({seed_, shot, word("pose")}));
  const Pose pose{random.between(-pose_shift_, pose_shift_), random.between(-pose_shift_, pose_shift_),
                  random.between(-pose_turn_, pose_turn_)};
  optics_->project(desk_, pose, projected_);
  sensor_->expose(projected_, shot, out);
}

Report SimCamera::grab(station::Op& op, const stn_grab_request& request, stn_frame& frame) {
  if (request.view > STN_VIEW_BACK) return Report::refused(STN_E_BAD_INPUT, "no such view");
  if (request.pixels == nullptr || request.capacity < max_frame_bytes())
    return Report::refused(STN_E_BAD_INPUT, "the slot is too small for a picture");
  const Side side = request.view == STN_VIEW_FRONT ? Side::front : Side::back;
  while (host_.now() < request.not_before_ns && !op.cancelled())
    host_.sleep(op.id(), std::min<std::uint64_t>(request.not_before_ns - host_.now(), 50'000'000));
  const std::uint64_t start = host_.now();
  if (exposure_ms_ > 0) op.sleep_ms(exposure_ms_);
  if (op.cancelled()) return Report::refused(STN_E_CANCELLED, "cancelled");
  try {
    const std::uint64_t number = card_at_camera(request.card_number);
    photograph(number, seen_from(side, number), request.pixels);
  } catch (const Trouble& trouble) {
    const bool absent = trouble.kind() == Kind::not_found;
    return Report::refused(absent ? STN_E_NOT_FOUND : STN_E_HARDWARE, trouble.what());
  }
  frame.status = STN_FRAME_OK;
  frame.width = static_cast<std::uint32_t>(mounting_.width);
  frame.height = static_cast<std::uint32_t>(mounting_.height);
  frame.stride = frame.width * 3;
  frame.seq = ++seq_;
  frame.exposure_start_ns = start;
  frame.bytes_used = max_frame_bytes();
  return Report::done(STN_AT_CAMERA);
}

}  // namespace sim
