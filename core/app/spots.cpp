// SPDX-License-Identifier: Apache-2.0
#include "app/spots.hpp"

#include <algorithm>

#include "app/open_station.hpp"
#include "app/put_away.hpp"
#include "artwork/picture.hpp"
#include "pipeline/recent_good.hpp"

namespace ktp::app {

Result<std::string> spot_of(const std::filesystem::path& data, const ledger::PersonalKey& key,
                            const std::string& card, const std::string& side, const web::PictureBox& box) {
  const auto cards = pipeline::RecentGood::read(recent_good_file(data));
  // The file's name is put together from a name on the list and one of two words: nothing else can be asked
  // for.
  if (std::ranges::find(cards, card) == cards.end() || (side != "front" && side != "back"))
    return fail(ErrorCode::input_missing, "card: none of the last good ones");
  const auto image =
      pipeline::PictureSafe(evidence_folder(data), &key).picture(pipeline::RecentGood::picture(card, side));
  if (!image)
    return fail(image.error().code, "the picture of good card " + card + ": " + image.error().message);
  if (box.x >= image->width || box.y >= image->height)
    return fail(ErrorCode::input_missing, "the spot lies outside of the picture");
  const int w = std::min(box.w, image->width - box.x), h = std::min(box.h, image->height - box.y);
  ImageView part = image->view();
  part.data += static_cast<std::size_t>(box.y) * part.stride +
               static_cast<std::size_t>(box.x) * static_cast<std::size_t>(part.channels);
  part.width = w;
  part.height = h;
  const auto bytes = artwork::encode_jpeg(part, 92);
  if (!bytes) return std::unexpected(bytes.error());
  return std::string(bytes->begin(), bytes->end());
}

}  // namespace ktp::app
