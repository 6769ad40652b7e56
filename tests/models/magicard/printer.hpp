// SPDX-License-Identifier: Apache-2.0
// A card printer of the Magicard text protocol at byte level: jobs and questions in, answers out, cards moved
// in a tray that somebody else keeps. Written from docs/printer-protocols.md section 3 and from nothing else;
// shares no line with drivers/magicard. What is not public is marked: fault texts are not modelled, a printer
// in trouble takes no data; the lines of QPR and SNR are this model's own. Pure of I/O and clocks.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/byte_device.hpp"
#include "models/tray.hpp"

namespace model {

class MagicardPrinter final : public ByteDevice {
 public:
  /// Whether the total counts every blank that was fed, or those printed to the end: not public, so both.
  enum class Counts { fed, printed };
  MagicardPrinter(Tray& tray, std::string serial, std::uint64_t cards_before, std::uint64_t film_panels,
                  Counts counts);

  std::size_t receive(std::span<const std::uint8_t> bytes) override;
  std::optional<std::vector<std::uint8_t>> reply() override;
  void lose_replies() override { replies_.clear(); }

  /// Once, in the blank with this number (0 = any) at "feed", after the plane "B", "G", "R" or "K", at "flip"
  /// or "eject": trouble ("jam", "film", "lid"); it takes no more data until a person sees to it.
  struct Fault {
    std::uint64_t blank = 0;
    std::string at, trouble;
  };
  void plan(Fault fault) { plan_.push_back(std::move(fault)); }
  /// A person opens it, takes out the card inside (to the reject bin), mends it and closes it. It goes on
  /// with the job, with another blank: the worst that a printer may do. The blank taken out, 0 = none.
  std::uint64_t clear();
  /// Switched off, mended, switched on: whatever it had in its memory is gone. A card that is stuck was taken
  /// out by hand (to the reject bin), another one comes out by itself.
  void power_cycle();

  [[nodiscard]] std::uint64_t cards() const { return cards_; }
  [[nodiscard]] std::uint64_t panels() const { return panels_; }
  [[nodiscard]] std::uint64_t inside() const { return inside_ ? inside_->number : 0; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// Part of a job is in its memory.
  [[nodiscard]] bool has_job() const { return job_.has_value() || expects_back_; }
  /// Jobs that it could not read, and why.
  [[nodiscard]] const std::vector<std::string>& refused() const { return refused_; }
  [[nodiscard]] const std::vector<std::string>& headers() const { return headers_; }

 private:
  static constexpr int kRows = 1016, kDots = 672, kMargin = 15, kUsable = 642, kStripe = 84;
  enum class State { idle, text, command_end, plane, trailer, end };
  using Plane = std::vector<std::uint8_t>;  ///< landscape, kRows wide, kUsable high
  struct Job {
    bool duplex = false;
    int page = 1;
    std::vector<std::pair<char, std::size_t>> planes;  ///< letter, bytes
    std::size_t at = 0;                                ///< the plane that is coming
    std::map<char, Plane> done;
    bool fed = false;
  };
  struct Inside {
    std::uint64_t number = 0;
    std::array<std::map<char, Plane>, 2> sides;
    bool has_back = false;
  };

  [[nodiscard]] bool stands_still();
  void take(std::uint8_t byte);
  void execute(const std::string& words);
  void begin_job(const std::string& words);
  void refuse(const std::string& why);
  void plane_done();
  void page_done();
  bool feed();
  void eject();
  void use_up(std::size_t panels);
  [[nodiscard]] bool strikes(std::string_view at);
  [[nodiscard]] static std::string read_header(const std::string& words, Job& job);
  [[nodiscard]] static bool decode(const std::vector<std::uint8_t>& data, int bits, Plane& plane);
  [[nodiscard]] static Face face_of(const std::map<char, Plane>& planes);
  [[nodiscard]] static bool whole(const std::map<char, Plane>& planes);

  Tray& tray_;
  const std::string serial_;
  const Counts counts_;
  State state_ = State::idle;
  std::size_t wakes_ = 0;
  std::string text_;
  std::vector<std::uint8_t> data_;
  std::string trailer_;
  std::deque<std::string> replies_;
  std::vector<Fault> plan_;
  std::vector<std::string> refused_, headers_;
  std::string trouble_;
  std::uint64_t cards_, panels_ = 7000, film_;
  std::optional<Job> job_;
  std::optional<Inside> inside_;
  bool expects_back_ = false;  ///< page 1 of two is printed, the card turned over
  bool ejecting_ = false;      ///< printed, and waits for a free output
};

}  // namespace model
