// SPDX-License-Identifier: Apache-2.0
#include "app/live_view.hpp"

#include <algorithm>

#include "artwork/picture.hpp"

namespace ktp::app {

namespace {

constexpr int kQuality = 80;
// A camera that did not answer is left alone for so long: only the run has a say in how often its worker may
// be started again.
constexpr auto kLeftAlone = std::chrono::seconds(60);
constexpr auto kSeldom = std::chrono::milliseconds(1000);

// Not one that has not been printed yet.
bool may_lie_there(CardState state) {
  return state != CardState::committed && state != CardState::printing;
}

}  // namespace

Image made_small(const ImageView& picture, int longest) {
  Image small;
  const int step = std::max(1, (std::max(picture.width, picture.height) + longest - 1) / longest);
  small.width = picture.width / step;
  small.height = picture.height / step;
  small.channels = picture.channels;
  small.pixels.reserve(small.stride() * static_cast<std::size_t>(small.height));
  const auto channels = static_cast<std::size_t>(picture.channels);
  for (int y = 0; y < small.height; ++y)
    for (int x = 0; x < small.width; ++x)
      for (std::size_t c = 0; c < channels; ++c) {
        unsigned sum = 0;
        for (int v = 0; v < step; ++v) {
          const std::uint8_t* row = picture.data + static_cast<std::size_t>(y * step + v) * picture.stride +
                                    static_cast<std::size_t>(x * step) * channels + c;
          for (int u = 0; u < step; ++u) sum += row[static_cast<std::size_t>(u) * channels];
        }
        small.pixels.push_back(static_cast<std::uint8_t>(sum / static_cast<unsigned>(step * step)));
      }
  return small;
}

LiveView::LiveView(ledger::Ledger& ledger, Looks& looks, const Config& config, const OpenLanes& lanes)
    : ledger_(ledger), looks_(looks), lanes_(lanes) {
  for (const OpenLanes::Lane& lane : lanes.lanes) {
    Eye& eye = eyes_[lane.camera->name()];
    eye.camera = lane.camera.get();
    eye.printer = lane.printer->name();
    for (const LaneEntry& entry : config.lanes)
      if (entry.device("camera") == lane.camera->name())
        eye.numbered = entry.camera.plugin == "folder-camera";
    lane.camera->show_to([this, &eye](Side, const Image& picture) { saw(eye, picture); });
  }
}

bool LiveView::watched(const Eye& eye) {
  const auto now = Clock::now();
  return std::ranges::any_of(eye.asked, [&](const auto& one) { return now - one.second < kWatching; });
}

void LiveView::saw(Eye& eye, const Image& picture) {
  {
    const std::lock_guard lock(mutex_);
    if (!watched(eye)) return;
    const bool empty = picture.empty();
    if (empty && eye.empty && eye.number > 0) return;
    if (!empty && Clock::now() - eye.taken < kBetween) return;
  }
  // Before the picture can be asked for: whoever sees it must be in the log for these cards.
  std::vector<std::string> cards;
  if (!picture.empty()) {
    const auto open = ledger_.open_cards();
    if (!open) return;  // nothing is shown that cannot be accounted for
    for (const ledger::CardRow& card : *open)
      if (card.device == eye.printer && may_lie_there(card.state)) cards.push_back(card.card);
  }
  Image small = picture.empty() ? Image{} : made_small(picture.view(), kLongest);
  const std::lock_guard lock(mutex_);
  eye.empty = picture.empty();
  eye.cards = std::move(cards);
  eye.picture = std::move(small);
  eye.jpeg = nullptr;
  eye.taken = Clock::now();
  ++eye.number;
}

Result<std::optional<web::LivePicture>> LiveView::picture(const std::string& camera, std::uint64_t after,
                                                          const std::string& user) {
  if (auto noted = looks_.note_camera(ledger_, camera, user); !noted) return std::unexpected(noted.error());
  web::LivePicture newest;
  std::vector<std::string> cards;
  {
    const std::lock_guard lock(mutex_);
    Eye& eye = eyes_.at(camera);
    eye.asked[user] = Clock::now();
    if (eye.number == 0 || eye.number == after) return std::nullopt;
    if (!eye.empty && eye.jpeg == nullptr) {
      const auto bytes = artwork::encode_jpeg(eye.picture.view(), kQuality);
      if (!bytes) return std::unexpected(bytes.error());
      eye.jpeg = std::make_shared<const std::string>(bytes->begin(), bytes->end());
      eye.picture = {};
    }
    newest = {.number = eye.number, .jpeg = eye.jpeg};
    if (!eye.empty) cards = eye.cards;
  }
  for (const std::string& card : cards)
    if (auto noted = looks_.note_card(ledger_, card, user); !noted) return std::unexpected(noted.error());
  return newest;
}

web::CameraCommands LiveView::commands() {
  return {.picture = [this](const std::string& camera, std::uint64_t after,
                            const std::string& user) -> Result<std::optional<web::LivePicture>> {
    {
      const std::lock_guard lock(mutex_);
      if (!eyes_.contains(camera)) return fail(ErrorCode::input_missing, "camera: there is none called so");
    }
    return picture(camera, after, user);
  }};
}

std::chrono::milliseconds LiveView::grab_for_watchers() {
  bool any = false;
  for (const OpenLanes::Lane& lane : lanes_.lanes) {
    {
      const std::lock_guard lock(mutex_);
      const Eye& eye = eyes_.at(lane.camera->name());
      if (eye.numbered || !watched(eye) || Clock::now() - eye.failed < kLeftAlone) continue;
    }
    any = true;
    devices::Frame frame;
    const auto grabbed = lane.camera->grab(Side::front, 0, devices::monotonic_ns(), frame);
    if (grabbed.ok() || grabbed.no_picture_yet()) continue;
    const std::lock_guard lock(mutex_);
    eyes_.at(lane.camera->name()).failed = Clock::now();
  }
  return any ? std::chrono::duration_cast<std::chrono::milliseconds>(kBetween) : kSeldom;
}

std::vector<std::string> LiveView::watchers(const std::string& camera) const {
  std::vector<std::string> users;
  const std::lock_guard lock(mutex_);
  const auto eye = eyes_.find(camera);
  if (eye == eyes_.end()) return users;
  const auto now = Clock::now();
  for (const auto& [user, at] : eye->second.asked)
    if (now - at < kWatching) users.push_back(user);
  return users;
}

void LiveView::sweep() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, eye] : eyes_) {
    if (watched(eye)) continue;
    eye.asked.clear();
    if (eye.empty) continue;
    eye.empty = true;
    eye.picture = {};
    eye.jpeg = nullptr;
    eye.cards.clear();
    ++eye.number;
  }
}

}  // namespace ktp::app
