// SPDX-License-Identifier: Apache-2.0
// The driver. What to change for your printer: the match table or the options, `print`, `status`, and the
// words of replies.hpp. What to keep: nothing is "printed" unless the device said so, nothing is "not
// started" once the device was told to print and did not answer, and every wait ends.
#include <station/plugin.hpp>

#include <cstring>
#include <memory>
#include <string>

#include "connection.hpp"
#include "replies.hpp"

namespace textprint {
namespace {

using station::Report;

class TextPrint final : public station::Printer {
 public:
  static constexpr const char* kId = "textprint";
  static constexpr const char* kName = "Textprint 1 card printer";
  static constexpr stn_option kOptions[] = {
      station::path("socket", "The Unix socket on which the printer listens."),
      station::integer("answer-ms", "5000", 100, 60'000, "ms",
                       "How long the printer may take to answer a question."),
      station::integer("print-ms", "60000", 1'000, 600'000, "ms", "How long one step of a print may take."),
  };

  // = open. Everything that can be wrong with a device shows here and not in the middle of a card.
  TextPrint(station::Host& host, const station::Settings& settings, std::string_view serial)
      : host_(host),
        answer_ms_(static_cast<int>(settings.integer("answer-ms"))),
        print_ms_(static_cast<int>(settings.integer("print-ms"))) {
    try {
      link_ = std::make_unique<Connection>(settings.text("socket"));
      const auto hello = words(ask("HELLO"));
      if (hello.size() != 5 || hello[0] != "OK" || hello[1] != "textprint" || hello[2] != "1")
        throw station::Failure(STN_E_PROTOCOL, "this is no Textprint 1");
      if (!serial.empty() && hello[3] != serial)
        throw station::Failure(STN_E_REMOVED,
                               "the printer is " + hello[3] + ", wanted is " + std::string(serial));
      dpi_ = static_cast<std::uint32_t>(number(hello[4]).value_or(0));
      if (dpi_ < 100 || dpi_ > 1'200)
        throw station::Failure(STN_E_PROTOCOL, "the printer names no resolution");
    } catch (const Gone& e) {
      throw station::Failure(STN_E_REMOVED, e.what());
    } catch (const Silent& e) {
      throw station::Failure(STN_E_TIMEOUT, e.what());
    }
  }

  std::uint32_t caps() const override {
    return STN_CAP_DUPLEX | STN_CAP_COUNTER | STN_CAP_JOB_LOG | STN_CAP_MOVE_TO_CAMERA | STN_CAP_BINS;
  }
  std::uint32_t native_dpi() const override { return dpi_; }

  Report status() override {
    return carefully([&]() -> Report {
      const auto status = parse_status(ask("STATUS"));
      if (!status) return Report::refused(STN_E_PROTOCOL, "the printer's status cannot be read");
      host_.state(status->stopped ? STN_STATE_STOPPED : STN_STATE_IDLE);
      reason("cover-open", status->cover_open, "Close the cover.");
      reason("media-empty", status->hopper == 0, "Fill the hopper.");
      reason("marker-supply-empty", status->ribbon == 0, "Put in a new ribbon.");
      host_.supply("hopper", status->hopper, -2, "cards");
      host_.supply("ribbon", status->ribbon, status->ribbon_max, "panels");
      return Report::done();
    });
  }

  Report print(station::Op& op, const stn_print_job& job) override {
    bool told = false;  // from here on silence means that nobody knows
    try {
      const std::uint64_t before = count();
      if (op.cancelled())
        return Report::refused(STN_E_CANCELLED, "cancelled before it began").counted(before, before);
      if (auto wrong = load(job); !wrong.empty())
        return Report::refused(code_of(wrong), "the printer refuses the job: " + wrong)
            .counted(before, before);
      op.progress(STN_STEP_QUEUED);
      told = true;
      link_->send("PRINT " + std::string(job.token) + "\n");
      return follow(op, before);
    } catch (const Silent& e) {
      return told ? Report::unknown(STN_E_TIMEOUT, e.what()) : Report::refused(STN_E_TIMEOUT, e.what());
    } catch (const Gone& e) {
      return told ? Report::unknown(STN_E_REMOVED, e.what()) : Report::refused(STN_E_REMOVED, e.what());
    }
  }

  Report to_camera(station::Op&, std::string_view token) override { return move(token, "camera"); }
  Report route(station::Op&, std::string_view token, std::string_view bin) override {
    return move(token, "bin " + std::string(bin));
  }

  Report counter(std::uint64_t& cards) override {
    return carefully([&]() -> Report {
      cards = count();
      return Report::done();
    });
  }

  Report lookup(std::string_view token, stn_card& card) override {
    return carefully([&]() -> Report {
      const auto found = words(ask("LOOKUP " + std::string(token)));
      if (found.size() == 2 && found[0] == "ERR" && found[1] == "unknown")
        return Report::refused(STN_E_NOT_FOUND, "the printer never heard of this job");
      if (found.size() != 5 || found[0] != "OK" || found[4].size() >= sizeof card.uid)
        return Report::refused(STN_E_PROTOCOL, "the printer's job log cannot be read");
      card.outcome = found[1] == "printed"   ? STN_CARD_PRINTED
                     : found[1] == "spoiled" ? STN_CARD_SPOILED
                                             : STN_CARD_UNKNOWN;
      card.card_at = place_of(found[2]);
      card.number = number(found[3]).value_or(0);
      std::memcpy(card.uid, found[4].c_str(), found[4].size() + 1);
      return Report::done();
    });
  }

  void interrupt(std::uint64_t) noexcept override { link_->wake(); }

 private:
  /// For calls that feed no blank: whatever goes wrong, no card was touched.
  template <class F>
  Report carefully(F&& call) {
    try {
      return call();
    } catch (const Silent& e) {
      return Report::refused(STN_E_TIMEOUT, e.what());
    } catch (const Gone& e) {
      return Report::refused(STN_E_REMOVED, e.what());
    }
  }

  std::string ask(const std::string& question) {
    link_->send(question + "\n");
    return link_->line(answer_ms_);
  }

  std::uint64_t count() {
    const auto answer = words(ask("COUNTER"));
    const auto cards = answer.size() == 2 && answer[0] == "OK" ? number(answer[1]) : std::nullopt;
    if (!cards) throw station::Failure(STN_E_PROTOCOL, "the printer's counter cannot be read");
    return *cards;
  }

  void reason(const char* keyword, bool holds, const char* what_to_do) {
    if (holds)
      host_.reason(keyword, STN_SEVERITY_ERROR, what_to_do);
    else
      host_.clear_reason(keyword);
  }

  /// Sends the pictures; "" or the printer's word of refusal. Nothing moves yet.
  std::string load(const stn_print_job& job) {
    const bool back = job.back.pixels != nullptr;
    const auto refused = [](const std::string& line) {
      const auto answer = words(line);
      return !answer.empty() && answer[0] == "OK" ? std::string()
             : answer.size() > 1                  ? answer[1]
                                                  : std::string("nonsense");
    };
    std::string wrong = refused(ask("JOB " + std::string(job.token) + " " + std::to_string(job.front.width) +
                                    " " + std::to_string(job.front.height) + (back ? " 2" : " 1")));
    if (wrong.empty()) wrong = refused(side("front", job.front));
    if (wrong.empty() && back) wrong = refused(side("back", job.back));
    return wrong;
  }

  std::string side(const char* name, const stn_raster& raster) {
    const std::size_t row = std::size_t{raster.width} * 3;
    link_->send(std::string("DATA ") + name + " " + std::to_string(row * raster.height) + "\n");
    for (std::uint32_t y = 0; y < raster.height; ++y) {
      link_->send({reinterpret_cast<const char*>(raster.pixels) + std::size_t{y} * raster.stride, row});
    }
    return link_->line(answer_ms_);
  }

  /// The lines of a running print until one ends it.
  Report follow(station::Op& op, std::uint64_t before) {
    bool cancelling = false;
    const auto watch = [&] {
      if (cancelling || !op.cancelled()) return;
      cancelling = true;  // the printer decides what becomes of the card, and says so
      link_->send("CANCEL\n");
    };
    bool fed = false;
    while (true) {
      const auto said = words(link_->line(print_ms_, watch));
      const std::string word = said.empty() ? "" : said[0];
      if (word == "FED" && said.size() == 3) {
        fed = true;
        op.progress(STN_STEP_FEEDING);
        op.chip_uid(said[2]);
      } else if (word == "STEP" && said.size() == 2) {
        op.progress(said[1] == "front"      ? STN_STEP_FRONT
                    : said[1] == "flipping" ? STN_STEP_FLIPPING
                                            : STN_STEP_BACK);
      } else if (word == "DONE" && said.size() == 2) {
        op.progress(STN_STEP_DONE);
        return Report::printed(place_of(said[1])).counted(before, count());
      } else if (word == "SPOILED" && said.size() == 3) {
        return Report::spoiled(code_of(said[2]), place_of(said[1]),
                               "the printer spoiled the card: " + said[2])
            .counted(before, count());
      } else if (word == "ERR" && said.size() == 2 && !fed) {
        return Report::refused(code_of(said[1]), "the printer does not print: " + said[1])
            .counted(before, count());
      } else {
        return Report::unknown(STN_E_PROTOCOL, "the printer says \"" + word + "\" in the middle of a print");
      }
    }
  }

  Report move(std::string_view token, const std::string& where) {
    return carefully([&]() -> Report {
      const auto moved = words(ask("MOVE " + std::string(token) + " " + where));
      if (moved.size() == 2 && moved[0] == "OK") return Report::done(place_of(moved[1]));
      return Report::refused(STN_E_BAD_INPUT, "the printer cannot move that card to " + where);
    });
  }

  station::Host& host_;
  const int answer_ms_, print_ms_;
  std::unique_ptr<Connection> link_;
  std::uint32_t dpi_ = 0;
};

}  // namespace
}  // namespace textprint

STATION_PLUGIN("id.example.textprint", "1.0.0", "Example", textprint::TextPrint);
