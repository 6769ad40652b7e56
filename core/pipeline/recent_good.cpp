// SPDX-License-Identifier: Apache-2.0
#include "pipeline/recent_good.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "artwork/picture.hpp"
#include "pipeline/private_file.hpp"

namespace ktp::pipeline {

namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 2> kSides{"front", "back"};
constexpr std::string_view kEnd = "-aligned.jpg";
constexpr std::size_t kMostList = 64 * 1024;

bool is_card_name(const std::string& name) {
  return name.size() >= 2 && name.size() <= 12 && name[0] == 'C' &&
         std::all_of(name.begin() + 1, name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::vector<std::string> RecentGood::read(const fs::path& list) {
  std::vector<std::string> cards;
  std::error_code none;
  if (const auto size = fs::file_size(list, none); none || size > kMostList) return cards;
  std::ifstream in(list, std::ios::binary);
  const auto read = nlohmann::json::parse(in, nullptr, false);
  if (!read.is_object() || !read.contains("cards") || !read.at("cards").is_array()) return cards;
  for (const auto& name : read.at("cards"))
    if (name.is_string() && is_card_name(name.get<std::string>()) && cards.size() < kMost)
      cards.push_back(name.get<std::string>());
  return cards;
}

RecentGood::RecentGood(PictureSafe evidence, fs::path list)
    : evidence_(std::move(evidence)), list_(std::move(list)) {
  for (std::string& card : read(list_)) cards_.push_back(std::move(card));
  std::vector<std::string> nameless;
  for (const std::string& name : evidence_.names()) {
    const std::string card = name.substr(0, name.find('-'));
    if (name.ends_with(kEnd) && is_card_name(card) && std::ranges::find(cards_, card) == cards_.end() &&
        !has_evidence(card))
      nameless.push_back(card);
  }
  for (const std::string& card : nameless) forget(card);
}

std::string RecentGood::picture(const std::string& card, const std::string& side) {
  return card + "-" + side + std::string(kEnd);
}

// A card that a second look cleared, or whose evidence was not finished: its pictures are evidence and stay.
bool RecentGood::has_evidence(const std::string& card) const {
  return evidence_.has(card + "-front-expected.png");  // what keep_evidence writes first
}

void RecentGood::forget(const std::string& card) const {
  if (has_evidence(card)) return;
  for (const char* side : kSides) static_cast<void>(evidence_.remove(picture(card, side)));
}

Result<void> RecentGood::keep(const std::string& card, std::int64_t record_key,
                              const std::array<const inspection::Report*, 2>& reports) {
  std::array<std::vector<std::uint8_t>, 2> pictures;
  for (const std::size_t i : {0u, 1u}) {
    if (reports[i]->rectified.empty()) continue;
    auto bytes = artwork::encode_jpeg(reports[i]->rectified.view());
    if (!bytes) return std::unexpected(bytes.error());
    pictures[i] = std::move(*bytes);
  }
  const std::lock_guard lock(mutex_);
  // Not synced: after a power cut ten pictures to compare with are no loss, and every good card comes by
  // here.
  if (!has_evidence(card))
    for (const std::size_t i : {0u, 1u})
      if (!pictures[i].empty())
        if (auto stored = evidence_.put(picture(card, kSides[i]), pictures[i], record_key, false); !stored)
          return stored;
  std::vector<std::string> old;
  if (const auto known = std::ranges::find(cards_, card); known != cards_.end()) cards_.erase(known);
  cards_.push_front(card);
  while (cards_.size() > kMost) {
    old.push_back(cards_.back());
    cards_.pop_back();
  }
  const std::string text = nlohmann::json{{"cards", cards_}}.dump() + "\n";
  if (auto written = write_private(list_, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
      !written)
    return written;
  for (const std::string& one : old) forget(one);
  return {};
}

}  // namespace ktp::pipeline
