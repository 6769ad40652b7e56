// SPDX-License-Identifier: Apache-2.0
// Card printers that speak IPP: IPP Everywhere printers, printer applications, queues of cupsd. What IPP lets
// a driver know of a card, and what it does not, is in README.md; no card printer was ever on this driver's
// line.
#pragma once
#include <station/plugin.hpp>

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "ipp/evidence.hpp"
#include "ipp/line.hpp"
#include "ipp/notes.hpp"
#include "ipp/pages.hpp"
#include "ipp/reasons.hpp"
#include "ipp/transfer.hpp"

namespace ipp {

class Ipp final : public station::Printer {
 public:
  static constexpr const char* kId = "ipp";
  static constexpr const char* kName =
      "Card printer over IPP (IPP Everywhere, printer application, CUPS queue)";
  static constexpr stn_option kOptions[] = {
      station::text("uri", "Address of the printer or queue: ipp://HOST[:PORT]/PATH."),
      station::text("media", "Name of the card's size as the printer has it (PWG 5101.1).",
                    "iso_id-1_53.98x85.6mm"),
      station::choice("sides", "auto", "auto|two-sided-short-edge|two-sided-long-edge|one-sided",
                      "How both sides are printed; auto takes what the printer offers."),
      station::choice(
          "output", "seen", "seen|unseen",
          "seen: the printer tells whether a card lies in its output (printer-output-tray), and is not "
          "used if it does not; unseen: it prints without that."),
      station::choice(
          "hopper", "uncounted", "uncounted|counted",
          "counted: the number of blanks that the printer gives (printer-input-tray) is exact, and is "
          "taken for evidence."),
      station::boolean(
          "trust-queue", "false",
          "A CUPS queue counts what its filters sent, not what was printed; true takes that for evidence."),
      station::path("notes", "Folder where the driver notes which jobs it has sent; empty: it notes nothing.",
                    ""),
      station::integer("answer-wait", "10000", 50, 60'000, "ms",
                       "How long an answer of the printer may take."),
      station::integer("reach-wait", "20000", 0, 600'000, "ms",
                       "How long a printer that is lost during a card is looked for."),
      station::integer("print-wait", "100000", 1'000, 3'600'000, "ms",
                       "How long a card may take; below the station's own deadline."),
      station::integer("fault-wait", "3000", 0, 600'000, "ms",
                       "How long a fault may last during a card until the operator is called."),
      station::integer("output-wait", "5000", 0, 60'000, "ms",
                       "How long a printed card may take until the output sees it."),
  };

  Ipp(station::Host& host, const station::Settings& settings, std::string_view serial);
  ~Ipp() override;

  [[nodiscard]] std::uint32_t caps() const override;
  [[nodiscard]] std::uint32_t native_dpi() const override { return static_cast<std::uint32_t>(format_.dpi); }
  station::Report status() override;
  station::Report print(station::Op& op, const stn_print_job& job) override;
  station::Report to_camera(station::Op& op, std::string_view token) override;
  station::Report counter(std::uint64_t& cards) override;
  station::Report lookup(std::string_view token, stn_card& card) override;
  void interrupt(std::uint64_t op) noexcept override;

 private:
  /// The card that the printer was last told to print.
  struct Task {
    std::string token;
    int id = 0;
    Evidence evidence;
    std::unique_ptr<Transfer> transfer;
    std::optional<Reason> fault;  ///< the last that stood in the way
    bool cancel_asked = false;
    bool settled = false;  ///< judged for good
  };
  enum class Followed : std::uint8_t { ended, faulted, unreachable, late };

  void choose_format(const PrinterFacts& facts);
  [[nodiscard]] PrinterFacts look(std::uint32_t timeout_ms, bool all = false);
  [[nodiscard]] std::optional<JobFacts> look_at_job(int id, std::uint32_t timeout_ms);
  [[nodiscard]] std::vector<JobFacts> look_at_jobs(const char* which, std::uint32_t timeout_ms);
  [[nodiscard]] std::string wrong_with(const stn_print_job& job) const;
  [[nodiscard]] std::optional<station::Report> obstacle(const PrinterFacts& facts) const;
  [[nodiscard]] int create_job(const std::string& token, const std::string& sides);
  void drop_empty_job(const std::string& token, int id) noexcept;
  void drop_leftovers();
  [[nodiscard]] bool was_sent(const std::string& token);
  void find_orphan();
  [[nodiscard]] static bool is_untouched(const Task& task);
  [[nodiscard]] bool unfinished(std::uint32_t timeout_ms);
  void cancel_job(int id) noexcept;
  void cancel_job(Task& task) noexcept;

  Followed follow(const station::Op& op);
  bool observe(Task& task, std::uint32_t timeout_ms);
  [[nodiscard]] Judgement conclude(Task& task, std::uint64_t output_wait_ms);
  [[nodiscard]] station::Report report_of(Task& task, Followed how);
  [[nodiscard]] station::Report found(const Judgement& judgement, stn_card& card) const;
  station::Report lookup_stranger(const std::string& token, stn_card& card);

  std::vector<Reason> post(const PrinterFacts& facts);
  void set_reasons(const std::set<std::string>& now);

  station::Host& host_;
  const bool trust_queue_, hopper_counted_, output_may_be_unseen_;
  const std::uint32_t answer_ms_;
  const std::uint64_t reach_ms_, print_ms_, fault_ms_, output_ms_;
  const std::string wanted_sides_;
  PageFormat format_;
  bool one_sided_ = false, is_queue_ = false, sees_output_ = false;
  Notes notes_;
  Line line_;
  std::optional<Task> task_;
  int orphan_ = 0;  ///< job of a process before this one that had not ended when this one opened the printer
  std::set<std::string> posted_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace ipp
