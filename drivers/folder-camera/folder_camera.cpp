// SPDX-License-Identifier: Apache-2.0
#include "folder-camera/folder_camera.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "sim-world/files.hpp"
#include "sim-world/jpeg.hpp"
#include "sim-world/png_file.hpp"
#include "sim-world/trouble.hpp"

namespace sim {

using station::Report;

namespace {

constexpr std::uint64_t kPollNs = 20'000'000;
constexpr const char* kEndings[] = {".png", ".jpg"};

// The number in "<n>-<side>.png" or ".jpg"; 0 for any other name.
std::uint64_t number_in(std::string_view name, Side side) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || name[0] == '0') return 0;
  const std::string rest(name.substr(static_cast<std::size_t>(end - name.data())));
  for (const char* ending : kEndings)
    if (rest == std::string("-") + to_string(side) + ending) return number;
  return 0;
}

}  // namespace

FolderCamera::FolderCamera(station::Host& host, const station::Settings& settings, std::string_view)
    : host_(host),
      folder_(settings.text("folder")),
      timeout_ns_(static_cast<std::uint64_t>(settings.integer("timeout-ms")) * 1'000'000u),
      max_pixels_(static_cast<std::uint64_t>(settings.integer("max-megapixels")) * 1'000'000u) {}

Report FolderCamera::status() {
  std::error_code missing;
  const bool there = fs::is_directory(folder_, missing);
  host_.state(there ? STN_STATE_IDLE : STN_STATE_STOPPED);
  if (there) {
    host_.clear_reason("connecting-to-device");
  } else {
    host_.reason("connecting-to-device", STN_SEVERITY_ERROR,
                 "The folder of photographs is not there: " + folder_.string());
  }
  return Report::done();
}

std::optional<FolderCamera::Found> FolderCamera::look(std::uint64_t wanted, Side side) const {
  std::error_code ignored;
  if (wanted == 0) {
    if (!fs::is_directory(folder_, ignored)) return std::nullopt;
    // No number is known, so the number itself has to be new: each is given out once.
    const std::set<std::uint64_t>& served = served_[static_cast<std::size_t>(side)];
    for (const std::string& name : file_names(folder_)) {
      const std::uint64_t number = number_in(name, side);
      if (number != 0 && !served.contains(number) && (wanted == 0 || number < wanted)) wanted = number;
    }
    if (wanted == 0) return std::nullopt;
  }
  for (const char* ending : kEndings) {
    fs::path file = folder_ / (std::to_string(wanted) + "-" + to_string(side) + ending);
    if (fs::exists(file, ignored)) return Found{wanted, std::move(file)};
  }
  return std::nullopt;
}

Report FolderCamera::grab(station::Op& op, const stn_grab_request& request, stn_frame& frame) {
  if (request.view > STN_VIEW_BACK || request.pixels == nullptr)
    return Report::refused(STN_E_BAD_INPUT, "no such view, or no slot");
  const Side side = request.view == STN_VIEW_FRONT ? Side::front : Side::back;
  const std::uint64_t give_up = host_.now() + timeout_ns_;
  try {
    while (true) {
      if (op.cancelled()) return Report::refused(STN_E_CANCELLED, "cancelled");
      const std::uint64_t now = host_.now();
      if (now >= request.not_before_ns) {
        if (const auto found = look(request.card_number, side)) {
          frame.exposure_start_ns =
              now;  // the photograph may be older; its number says that it is of this card
          return serve(*found, request, frame);
        }
      }
      if (now >= give_up) break;
      host_.sleep(op.id(), std::min(kPollNs, give_up - now));
    }
  } catch (const Trouble& trouble) {
    return Report::refused(STN_E_HARDWARE, trouble.what());
  }
  const std::string which = request.card_number == 0 ? "<n>" : std::to_string(request.card_number);
  return Report::refused(STN_E_TIMEOUT,
                         "no photograph " + which + "-" + to_string(side) + ".png or .jpg came");
}

Report FolderCamera::serve(const Found& found, const stn_grab_request& request, stn_frame& frame) {
  try {
    const std::vector<std::uint8_t> file = read_file(found.file, kMaxFileBytes);
    const Place place = [&](int width, int height) {
      frame.width = static_cast<std::uint32_t>(width);
      frame.height = static_cast<std::uint32_t>(height);
      frame.stride = frame.width * 3;
      frame.bytes_used = std::uint64_t{frame.stride} * frame.height;
      if (frame.bytes_used > std::min(request.capacity, max_frame_bytes()))
        throw Trouble(Kind::bad_input, "larger than max-megapixels allows");
      return Target{request.pixels, frame.stride};
    };
    if (found.file.extension() == ".png") {
      decode_png(file, place);
    } else {
      decode_jpeg(file, place);
    }
  } catch (const Trouble& trouble) {
    const std::uint64_t seen = frame.exposure_start_ns;
    frame = {};
    frame.size = sizeof frame;
    frame.status = STN_FRAME_INCOMPLETE;
    frame.exposure_start_ns = seen;
    const bool bad = trouble.kind() == Kind::bad_input;
    return Report::refused(bad ? STN_E_BAD_INPUT : STN_E_HARDWARE,
                           found.file.filename().string() + ": " + trouble.what());
  }
  served_[request.view].insert(found.number);
  frame.status = STN_FRAME_OK;
  frame.seq = ++seq_;
  return Report::done(STN_AT_CAMERA);
}

}  // namespace sim
