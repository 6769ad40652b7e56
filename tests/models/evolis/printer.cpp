// SPDX-License-Identifier: Apache-2.0
#include "models/evolis/printer.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace model {
namespace {

constexpr std::size_t kMostText = 200;
constexpr std::size_t kMostData = 4u << 20;

std::vector<std::string> fields(const std::string& words) {
  std::vector<std::string> all{""};
  for (const char c : words)
    if (c == ';')
      all.emplace_back();
    else
      all.back() += c;
  return all;
}

}  // namespace

EvolisPrinter::EvolisPrinter(Tray& tray, std::string serial, std::uint64_t cards_before, std::uint64_t ribbon)
    : tray_(tray), serial_(std::move(serial)), cards_(cards_before), ribbon_(ribbon), full_ribbon_(ribbon) {}

std::size_t EvolisPrinter::receive(std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) take(byte);
  return bytes.size();
}

std::optional<std::vector<std::uint8_t>> EvolisPrinter::reply() {
  if (replies_.empty()) return std::nullopt;
  std::vector<std::uint8_t> packet(replies_.front().begin(), replies_.front().end());
  packet.push_back(0);
  replies_.pop_front();
  return packet;
}

void EvolisPrinter::take(std::uint8_t byte) {
  if (data_due_ != 0) {
    data_.push_back(byte);
    if (--data_due_ == 0) closing_ = true;
    return;
  }
  if (closing_) {
    closing_ = false;
    const std::string head = std::exchange(text_, {});
    if (byte == 0x0D) {
      execute(head);
    } else {
      data_.clear();
      replies_.emplace_back("ERROR PARAMETRES");
    }
    return;
  }
  if (text_.empty() && (byte == 0x00 || byte == 0x1B)) return;  // between commands
  if (byte == 0x0D) {
    const std::string words = std::exchange(text_, {});
    data_.clear();
    execute(words);
    return;
  }
  text_ += static_cast<char>(byte);
  if (text_.size() > kMostText) {
    text_.clear();
    replies_.emplace_back("ERROR CDE");
    return;
  }
  // Dbc;panel;levels;nbytes; and then nbytes that may be anything
  if (byte == ';' && text_.starts_with("Dbc;") && std::ranges::count(text_, ';') == 4) {
    data_due_ = std::strtoul(fields(text_)[3].c_str(), nullptr, 10);
    data_.clear();
    if (data_due_ == 0 || data_due_ > kMostData) {
      data_due_ = 0;
      text_.clear();
      replies_.emplace_back("ERROR PARAMETRES");
    }
  }
}

void EvolisPrinter::execute(const std::string& words) {
  history_.push_back(words);
  if (history_.size() > 20'000) history_.erase(history_.begin(), history_.begin() + 10'000);
  last_answer_ = answer(words);
  panel_answered_ = words.starts_with("Dbc;");
  replies_.push_back(last_answer_);
}

std::optional<std::string> EvolisPrinter::planned(const std::string& at) {
  const std::uint64_t card = at == "Ss" ? cards_ + 1 : cards_;
  const auto found = std::ranges::find_if(
      plan_, [&](const PlannedFault& f) { return f.at == at && (f.card == 0 || f.card == card); });
  if (found == plan_.end()) return std::nullopt;
  trouble_ = found->text;
  plan_.erase(found);
  return trouble_;
}

std::string EvolisPrinter::answer(const std::string& words) {
  const auto part = fields(words);
  const std::string& head = part[0];
  if (unknown_.contains(words)) return "ERROR CDE";
  if (head == "Rtp") return "Model of an Evolis";
  if (head == "Rsn") return serial_;
  if (head == "Rfv") return "model-1";
  if (head == "Rco" && part.size() == 2) {
    if (part[1] == "c") return std::to_string(cards_);
    if (part[1] == "p") return std::to_string(panels_);
  }
  if (head == "Rse" && part.size() == 2 && part[1].size() == 1) return sensor(part[1][0]);
  if (head == "Rlr" && part.size() == 1) return last_answer_;
  if (words == "Rlr;p") return inside_ ? "CARD" : "OK";
  if (words == "Rlr;h") return "NO CARD";
  if (words == "Rlr;r") return "OK";
  if (head == "Rcr") return trouble_ == "ERROR RIBBON" || ribbon_ == 0 ? "ERROR RIBBON" : "OK";
  if (words == "Rrt;count") return std::to_string(ribbon_);
  if (words == "Rrt;qty") return std::to_string(full_ribbon_);
  if (head == "Pem" && part.size() == 2) {
    error_mode_ = std::atoi(part[1].c_str());
    return "OK";
  }
  if (head == "Pr" && part.size() == 2) {
    ribbon_type_ = part[1];
    return ribbon_type_ == "ymcko" ? "OK" : "ERROR RIBBON TYPE";
  }
  if (words == "Ss") return start_sequence();
  if (words == "Sr") return inside_ ? planned("Sr").value_or("OK") : "ERROR";
  if (words == "Sv") return turn_over();
  if (words == "Se") return eject(false);
  if (words == "Ser") return eject(true);
  if (head == "Dbc") return download(words);
  return "ERROR CDE";
}

std::string EvolisPrinter::sensor(char which) {
  switch (which) {
    case 'o':
      return trouble_ == "COVER OPEN" ? "0,00 Volts" : "5,00 Volts";
    case 'f':
      return tray_.left() == 0 ? "0,00 Volts" : "5,00 Volts";
    case 'b':
      return tray_.output_taken() ? "4,92 Volts" : "0,21 Volts";
    default:
      return "ERROR PARAMETRES";
  }
}

std::string EvolisPrinter::start_sequence() {
  if (stands_still()) return trouble_;
  if (inside_) return "ERROR";
  if (tray_.left() == 0) return "FEEDER EMPTY";
  if (ribbon_ == 0) return trouble_ = "ERROR RIBBON";
  if (const auto fault = planned("Ss")) return *fault;
  inside_ = Inside{};
  inside_->number = tray_.feed();
  ++cards_;
  waiting_.reset();
  return "OK";
}

std::string EvolisPrinter::download(const std::string& head) {
  const auto part = fields(head);
  const std::vector<std::uint8_t> data = std::exchange(data_, {});
  if (part.size() != 5 || part[1].size() != 1) return "ERROR PARAMETRES";
  const char panel = part[1][0];
  const bool dye = panel == 'y' || panel == 'm' || panel == 'c';
  Plane plane;
  if (dye ? part[2] != "128" || !decode_dye(data, plane)
          : (panel != 'k' && panel != 'o') || part[2] != "2" || !decode_resin(data, plane))
    return "ERROR PARAMETRES";
  if (!inside_ || !inside_->sequence) return "ERROR";
  if (stands_still()) return trouble_;
  if (const auto fault = planned(std::string("Dbc;") + panel)) return *fault;
  if (std::string done = print_waiting(); done != "OK") return done;
  waiting_.emplace(panel, std::move(plane));
  return "OK";
}

/// A panel of a ribbon is used once: the same one twice on a side is a wrong job.
std::string EvolisPrinter::print_waiting() {
  if (!waiting_) return "OK";
  auto [panel, plane] = *std::exchange(waiting_, std::nullopt);
  auto& planes = inside_->sides[static_cast<std::size_t>(inside_->side)].planes;
  if (!planes.emplace(panel, std::move(plane)).second) return "ERROR PARAMETRES";
  ++panels_;
  return "OK";
}

std::string EvolisPrinter::turn_over() {
  if (!inside_) return "ERROR";
  if (stands_still()) return trouble_;
  if (const auto fault = planned("Sv")) return *fault;
  if (std::string done = print_waiting(); done != "OK") return done;
  if (inside_->side == 1) return "ERROR PARAMETRES";
  inside_->side = 1;
  inside_->has_back = true;
  return "OK";
}

std::string EvolisPrinter::eject(bool reject) {
  if (!inside_) return "OK";
  if (stands_still() && (trouble_ == "CARD JAM" || trouble_ == "COVER OPEN" || trouble_ == "ERROR TIME OUT"))
    return trouble_;
  if (const auto fault = planned(reject ? "Ser" : "Se")) return *fault;
  if (!reject)
    if (std::string done = print_waiting(); done != "OK") return done;
  waiting_.reset();
  if (!reject && tray_.output_taken()) return "HOPPER FULL";
  const Inside card = std::move(*inside_);
  inside_.reset();
  const bool complete = !reject && whole(card.sides[0]) && (!card.has_back || whole(card.sides[1]));
  tray_.finish(card.number, face_of(card.sides[0]), face_of(card.sides[1]), complete);
  if (ribbon_ > 0) --ribbon_;
  if (reject)
    tray_.to_reject(card.number);
  else
    tray_.to_output(card.number);
  return "OK";
}

std::uint64_t EvolisPrinter::clear() {
  std::uint64_t taken = 0;
  if (inside_) {
    const Inside card = std::move(*inside_);
    inside_.reset();
    waiting_.reset();
    tray_.finish(card.number, face_of(card.sides[0]), face_of(card.sides[1]), false);
    tray_.to_reject(card.number);
    taken = card.number;
  }
  if (trouble_ == "ERROR RIBBON" || ribbon_ == 0) ribbon_ = full_ribbon_;
  trouble_.clear();
  return taken;
}

// ---- what a panel says ----

/// 128 levels: 0vvvvvvv one dot; 1vvvvvvv n a run of n; 0x80 0x00 a whole line without dye. Lines of exactly
/// 648 dots, 1016 of them, nothing left over.
bool EvolisPrinter::decode_dye(std::span<const std::uint8_t> data, Plane& plane) {
  plane.assign(std::size_t{kLines} * kDots, 0);
  std::size_t at = 0;
  for (int line = 0; line < kLines; ++line) {
    int dot = 0;
    while (dot < kDots) {
      if (at == data.size()) return false;
      const std::uint8_t first = data[at++];
      int count = 1;
      if ((first & 0x80) != 0) {
        if (at == data.size()) return false;
        count = data[at++];
        if (count == 0) {
          if (first != 0x80 || dot != 0) return false;
          break;  // the whole line is blank
        }
      }
      if (dot + count > kDots) return false;
      for (int i = 0; i < count; ++i, ++dot)
        plane[static_cast<std::size_t>(kDots - 1 - dot) * kLines + static_cast<std::size_t>(line)] =
            first & 0x7F;
    }
  }
  return at == data.size();
}

bool EvolisPrinter::decode_resin(std::span<const std::uint8_t> data, Plane& plane) {
  constexpr std::size_t kBytes = 81;
  plane.assign(std::size_t{kLines} * kDots, 0);
  std::size_t at = 0;
  for (int line = 0; line < kLines; ++line) {
    if (at == data.size()) return false;
    const std::uint8_t first = data[at++];
    std::array<std::uint8_t, kBytes> row{};
    if (first == 0xFF) {
      row.fill(0xFF);
    } else if (first != 0) {
      if (first > kBytes || data.size() - at < first) return false;
      std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(at), first, row.begin());
      at += first;
    }
    for (int dot = 0; dot < kDots; ++dot)
      if ((row[static_cast<std::size_t>(dot / 8)] >> (7 - dot % 8) & 1) != 0)
        plane[static_cast<std::size_t>(kDots - 1 - dot) * kLines + static_cast<std::size_t>(line)] = 1;
  }
  return at == data.size();
}

bool EvolisPrinter::whole(const Printed& side) {
  const auto overlay = side.planes.find('o');
  return side.planes.contains('y') && side.planes.contains('m') && side.planes.contains('c') &&
         overlay != side.planes.end() &&
         std::ranges::all_of(overlay->second, [](std::uint8_t dot) { return dot != 0; });
}

/// White card, dye takes light away, resin covers. The card is the middle of the panel.
Face EvolisPrinter::face_of(const Printed& side) {
  constexpr int kLeft = (kLines - Face::kWidth) / 2, kTop = (kDots - Face::kHeight) / 2;
  Face face;
  face.rgb.resize(std::size_t{Face::kWidth} * Face::kHeight * 3);
  const auto plane = [&](char name) -> const Plane* {
    const auto found = side.planes.find(name);
    return found == side.planes.end() ? nullptr : &found->second;
  };
  const std::array<const Plane*, 3> dyes{plane('c'), plane('m'), plane('y')};
  const Plane* const resin = plane('k');
  std::uint8_t* out = face.rgb.data();
  for (int y = 0; y < Face::kHeight; ++y)
    for (int x = 0; x < Face::kWidth; ++x, out += 3) {
      const std::size_t at =
          static_cast<std::size_t>(y + kTop) * kLines + static_cast<std::size_t>(x + kLeft);
      const bool black = resin != nullptr && (*resin)[at] != 0;
      for (std::size_t channel = 0; channel < 3; ++channel) {
        const int level = dyes[channel] == nullptr ? 0 : (*dyes[channel])[at];
        out[channel] = black ? std::uint8_t{0} : static_cast<std::uint8_t>(255 - (level * 255 + 63) / 127);
      }
    }
  return face;
}

}  // namespace model
