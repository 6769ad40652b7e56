// SPDX-License-Identifier: Apache-2.0
#include "models/magicard/printer.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace model {
namespace {

constexpr std::size_t kMostText = 2000;
constexpr std::size_t kWakesOfCommand = 9, kWakesOfJob = 64;
constexpr std::size_t kDyeBytes = 512'064, kResinBytes = 85'344;

bool digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Tokens; a part that is a number alone belongs to the token before (PCT0,0,1025,641).
std::vector<std::string> tokens_of(const std::string& words) {
  std::vector<std::string> all;
  std::size_t at = 0;
  while (at < words.size()) {
    const std::size_t next = std::min(words.find(',', at + 1), words.size());
    const std::string part = words.substr(at + 1, next - at - 1);
    if (digits(part) && !all.empty())
      all.back() += "," + part;
    else
      all.push_back(part);
    at = next;
  }
  return all;
}

}  // namespace

MagicardPrinter::MagicardPrinter(Tray& tray, std::string serial, std::uint64_t cards_before,
                                 std::uint64_t film_panels, Counts counts)
    : tray_(tray), serial_(std::move(serial)), counts_(counts), cards_(cards_before), film_(film_panels) {}

std::size_t MagicardPrinter::receive(std::span<const std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (stands_still()) return i;
    take(bytes[i]);
  }
  return bytes.size();
}

std::optional<std::vector<std::uint8_t>> MagicardPrinter::reply() {
  static_cast<void>(stands_still());
  if (replies_.empty()) return std::nullopt;
  std::vector<std::uint8_t> packet(replies_.front().begin(), replies_.front().end());
  replies_.pop_front();
  return packet;
}

/// What it can do by itself before the next byte: feed, eject.
bool MagicardPrinter::stands_still() {
  if (!trouble_.empty()) return true;
  if (job_ && !job_->fed && !feed()) return true;
  if (ejecting_) {
    if (tray_.output_taken()) return true;
    eject();
  }
  return false;
}

bool MagicardPrinter::strikes(std::string_view at) {
  const std::uint64_t blank = inside_ ? inside_->number : 0;
  const auto found = std::ranges::find_if(
      plan_, [&](const Fault& f) { return f.at == at && (f.blank == 0 || f.blank == blank); });
  if (found == plan_.end()) return false;
  trouble_ = found->trouble;
  plan_.erase(found);
  return true;
}

void MagicardPrinter::take(std::uint8_t byte) {
  switch (state_) {
    case State::idle:
      if (byte == 0x05) {
        ++wakes_;
      } else if (byte == 0x01 && wakes_ >= kWakesOfCommand) {
        text_.clear();
        state_ = State::text;
      } else {
        wakes_ = 0;
      }
      return;
    case State::text:
      if (byte == 0x1C) {
        if (text_.starts_with(','))
          begin_job(text_);
        else
          state_ = State::command_end;
        return;
      }
      text_ += static_cast<char>(byte);
      if (text_.size() > kMostText) refuse("a text without end");
      return;
    case State::command_end:
      state_ = State::idle;
      wakes_ = 0;
      if (byte == 0x03) execute(text_);
      return;
    case State::plane:
      data_.push_back(byte);
      if (data_.size() == job_->planes[job_->at].second) {
        trailer_.clear();
        state_ = State::trailer;
      }
      return;
    case State::trailer:
      trailer_ += static_cast<char>(byte);
      if (trailer_.size() == 3) plane_done();
      return;
    case State::end:
      if (byte != 0x03) return refuse("the job does not end with 03");
      page_done();
      return;
  }
}

void MagicardPrinter::refuse(const std::string& why) {
  refused_.push_back(why);
  state_ = State::idle;
  wakes_ = 0;
  job_.reset();
}

void MagicardPrinter::execute(const std::string& words) {
  const auto framed = [&](const std::string& text) { replies_.push_back("\x01" + text + ",\x03"); };
  if (words.starts_with("REQ,STA,") && words.size() == 12 && words.back() == ',') {
    const std::string key = words.substr(8, 3);
    const std::map<std::string, std::string> values{{"MSR", serial_},
                                                    {"VRS", "model-1"},
                                                    {"MDL", "0"},
                                                    {"TCQ", std::to_string(cards_)},
                                                    {"TPQ", std::to_string(panels_)},
                                                    {"DFR", std::to_string(film_)}};
    const auto value = values.find(key);
    framed("STA," + key + (value == values.end() ? "" : value->second));
    return;
  }
  // The lines are this model's own.
  if (words == "SNR1") return framed("LID=0 (model)");
  if (words == "SNR2")
    return framed(std::string("OUTPUT=") + (tray_.output_taken() ? "1" : "0") + " (model)");
  if (words == "SNR3") return framed("TEMP=25 (model)");
  if (words.starts_with("SNR")) return framed("END");
  if (words == "QPR1") {
    replies_.emplace_back("MODEL OF A MAGICARD");
    return;
  }
  if (words.starts_with("QPR")) replies_.emplace_back("END OF LIST");
}

/// "" = a job that a printer of the family can be expected to take.
std::string MagicardPrinter::read_header(const std::string& words, Job& job) {
  static const std::set<std::string, std::less<>> kNames{
      "NOC", "VER", "LAN", "TDT", "REJ", "ESS", "KEE", "RT2", "DPX", "PAG", "BAC", "SLW", "IMF",
      "XCO", "YCO", "WID", "HGT", "OVR", "NNN", "USF", "PCT", "DDD", "SZB", "SZG", "SZR", "SZK"};
  std::map<std::string, std::string> said;
  std::string order;
  for (const std::string& token : tokens_of(words)) {
    if (token.size() < 3) return "token " + token;
    const std::string name = token.substr(0, 3), value = token.substr(3);
    if (!kNames.contains(name)) return "unknown token " + token;
    if (!said.emplace(name, value).second) return "token twice: " + name;
    if (name.starts_with("SZ")) {
      if (!digits(value)) return "size " + token;
      job.planes.emplace_back(name[2], std::strtoul(value.c_str(), nullptr, 10));
      order += name[2];
    }
  }
  const auto is = [&](const char* name, std::string_view value) {
    return said.contains(name) && said[name] == value;
  };
  if (!is("NOC", "1") || !is("ESS", "1") || !is("LAN", "ENG") || !is("OVR", "ON"))
    return "NOC, ESS, LAN or OVR";
  if (said["TDT"].size() != 8) return "TDT";
  if (!is("REJ", "OFF") && !is("REJ", "ON")) return "REJ";
  if (!is("WID", "642") || !is("HGT", "1016") || !is("XCO", "0") || !is("YCO", "0"))
    return "size of the picture";
  if (!is("PCT", "0,0,1025,641")) return "PCT";
  if (said["IMF"] != order || (order != "BGR" && order != "BGRK")) return "IMF and planes";
  for (const auto& [letter, size] : job.planes)
    if (size != (letter == 'K' ? kResinBytes : kDyeBytes)) return std::string("size of plane ") + letter;
  if (!is("DPX", "ON") && !is("DPX", "OFF")) return "DPX";
  if (!is("PAG", "1") && !is("PAG", "2")) return "PAG";
  job.duplex = is("DPX", "ON");
  job.page = is("PAG", "1") ? 1 : 2;
  if (job.page == 2 && !job.duplex) return "page 2 of one";
  if (said.contains("BAC") != (job.duplex && job.page == 1)) return "BAC belongs to the first page of two";
  return "";
}

void MagicardPrinter::begin_job(const std::string& words) {
  headers_.push_back(words);
  if (wakes_ != kWakesOfJob) return refuse("a job begins with 64 times 05");
  Job job;
  if (const std::string wrong = read_header(words, job); !wrong.empty()) return refuse(wrong);
  if ((job.page == 2) != expects_back_) return refuse("pages out of order");
  job.fed = job.page == 2;
  job_ = std::move(job);
  data_.clear();
  state_ = State::plane;
}

bool MagicardPrinter::feed() {
  if (!inside_) {
    if (tray_.left() == 0) return false;
    inside_ = Inside{};
    inside_->number = tray_.feed();
    if (counts_ == Counts::fed) ++cards_;
    if (strikes("feed")) return false;
  }
  job_->fed = true;
  return true;
}

void MagicardPrinter::use_up(std::size_t panels) {
  panels_ += panels;
  film_ -= std::min<std::uint64_t>(film_, panels);
}

void MagicardPrinter::plane_done() {
  const char letter = job_->planes[job_->at].first;
  if (trailer_ != std::string("\x1C") + letter + ":") return refuse(std::string("end of plane ") + letter);
  Plane plane;
  if (!decode(data_, letter == 'K' ? 1 : 6, plane)) return refuse("dots in the margin");
  data_.clear();
  job_->done[letter] = std::move(plane);
  use_up(1);
  state_ = ++job_->at == job_->planes.size() ? State::end : State::plane;
  static_cast<void>(strikes(std::string_view(&letter, 1)));
}

void MagicardPrinter::page_done() {
  Job job = *std::exchange(job_, std::nullopt);
  state_ = State::idle;
  wakes_ = 0;
  use_up(1);  // the overcoat
  inside_->sides[job.page == 1 ? 0 : 1] = std::move(job.done);
  if (job.duplex && job.page == 1) {
    inside_->has_back = true;
    expects_back_ = true;
    static_cast<void>(strikes("flip"));
    return;
  }
  expects_back_ = false;
  ejecting_ = true;
  if (!strikes("eject")) static_cast<void>(stands_still());
}

void MagicardPrinter::eject() {
  ejecting_ = false;
  const Inside card = *std::exchange(inside_, std::nullopt);
  const bool complete = whole(card.sides[0]) && (!card.has_back || whole(card.sides[1]));
  tray_.finish(card.number, face_of(card.sides[0]), face_of(card.sides[1]), complete);
  tray_.to_output(card.number);
  if (counts_ == Counts::printed) ++cards_;
}

std::uint64_t MagicardPrinter::clear() {
  std::uint64_t taken = 0;
  if (inside_) {
    const Inside card = *std::exchange(inside_, std::nullopt);
    taken = card.number;
    tray_.finish(card.number, face_of(card.sides[0]), face_of(card.sides[1]), false);
    tray_.to_reject(card.number);
    if (job_) job_->fed = false;
    if (ejecting_ || (expects_back_ && !job_)) {  // the whole page is still in its memory
      Inside again{0, card.sides, card.has_back};
      if (tray_.left() > 0) {
        again.number = tray_.feed();
        if (counts_ == Counts::fed) ++cards_;
        inside_ = std::move(again);
      } else {
        ejecting_ = expects_back_ = false;
      }
    }
  }
  if (trouble_ == "film") film_ = std::max<std::uint64_t>(film_, 1000);
  trouble_.clear();
  static_cast<void>(stands_still());
  return taken;
}

void MagicardPrinter::power_cycle() {
  const bool stuck = trouble_ == "jam";
  if (trouble_ == "film") film_ = std::max<std::uint64_t>(film_, 1000);
  trouble_.clear();
  job_.reset();
  expects_back_ = ejecting_ = false;
  state_ = State::idle;
  wakes_ = 0;
  data_.clear();
  replies_.clear();
  if (!inside_) return;
  const Inside card = *std::exchange(inside_, std::nullopt);
  tray_.finish(card.number, face_of(card.sides[0]), face_of(card.sides[1]), false);
  if (stuck || tray_.output_taken())
    tray_.to_reject(card.number);
  else
    tray_.to_output(card.number);
}

// ---- what a plane says ----

/// Stripe after stripe: bit j of every dot of the row lies in the row's j-th stripe. The row runs up the
/// landscape card's column, as it was turned clockwise.
bool MagicardPrinter::decode(const std::vector<std::uint8_t>& data, int bits, Plane& plane) {
  plane.assign(std::size_t{kRows} * kUsable, 0);
  for (std::size_t at = 0; at < data.size(); ++at) {
    if (data[at] == 0) continue;
    const std::size_t row = at / (static_cast<std::size_t>(bits) * kStripe);
    const std::size_t in_row = at % (static_cast<std::size_t>(bits) * kStripe);
    const auto bit = static_cast<int>(in_row / kStripe);
    for (int i = 0; i < 8; ++i) {
      if ((data[at] & 0x80 >> i) == 0) continue;
      const int dot = static_cast<int>(in_row % kStripe) * 8 + i - kMargin;
      if (dot < 0 || dot >= kUsable) return false;
      std::uint8_t& value = plane[static_cast<std::size_t>(kUsable - 1 - dot) * kRows + row];
      value = static_cast<std::uint8_t>(value | 1 << bit);
    }
  }
  return true;
}

bool MagicardPrinter::whole(const std::map<char, Plane>& planes) {
  return planes.contains('B') && planes.contains('G') && planes.contains('R');
}

/// White card, dye takes light away, resin covers. The card is the middle of the panel.
Face MagicardPrinter::face_of(const std::map<char, Plane>& planes) {
  constexpr int kLeft = (kRows - Face::kWidth) / 2, kTop = (kUsable - Face::kHeight) / 2;
  Face face;
  face.rgb.assign(std::size_t{Face::kWidth} * Face::kHeight * 3, 255);
  const auto plane = [&](char letter) {
    const auto found = planes.find(letter);
    return found == planes.end() ? nullptr : &found->second;
  };
  const std::array<const Plane*, 3> dyes{plane('R'), plane('G'), plane('B')};  // cyan, magenta, yellow
  const Plane* const resin = plane('K');
  for (std::size_t y = 0; y < Face::kHeight; ++y)
    for (std::size_t x = 0; x < Face::kWidth; ++x) {
      const std::size_t at = (y + kTop) * kRows + x + kLeft;
      std::uint8_t* const out = face.rgb.data() + (y * Face::kWidth + x) * 3;
      for (std::size_t channel = 0; channel < 3; ++channel) {
        if (dyes[channel] != nullptr)
          out[channel] = static_cast<std::uint8_t>(255 - ((*dyes[channel])[at] * 255 + 31) / 63);
        if (resin != nullptr && (*resin)[at] != 0) out[channel] = 0;
      }
    }
  return face;
}

}  // namespace model
