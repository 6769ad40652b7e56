// SPDX-License-Identifier: Apache-2.0
// The campaign of 2020, replayed: every order printed, sealed, handed over and followed to its end by a real
// office (ledger, pipeline, handover, a printer's driver in its worker) whose power goes at random moments.
// Afterwards the world is held against the ledger card by card. Exit 0 only if everything is explained.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "bench/campaign/audit.hpp"
#include "bench/campaign/office.hpp"
#include "bench/campaign/orders.hpp"
#include "bench/campaign/power.hpp"
#include "bench/campaign/truth.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ktp::campaign;

constexpr int kUnexplained = 70, kBadFolder = 65;

void told(const char* what, const ktp::campaign::Truth& truth, const Campaign& campaign,
          const Survived& so_far) {
  const auto u = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::fprintf(stderr,
               "%s day %llu of %llu, %llu steps, %llu cards, %llu power cuts, %llu workers killed, %.0f s\n",
               what, u(truth.day), u(campaign.days), u(truth.steps), u(truth.fed), u(so_far.power_cuts),
               u(so_far.workers_lost), so_far.seconds);
}

// An empty folder, or the campaign that was replayed in it.
bool is_fresh(const fs::path& folder) {
  std::error_code none;
  return !fs::exists(folder) || fs::is_empty(folder, none);
}

ktp::Result<Truth*> begin(const Campaign& campaign, std::uint64_t seed) {
  fs::create_directories(truth_of(campaign).parent_path());
  fs::create_directories(data_of(campaign));
  Truth* const truth = map_truth(truth_of(campaign), campaign.blanks);
  truth->seed = seed;
  truth->orders = campaign.orders;
  if (auto written = write_batches(
          campaign.folder / "batches",
          {.orders = campaign.orders, .days = campaign.print_days, .seed = seed, .twice = campaign.twice});
      !written)
    return std::unexpected(written.error());
  return truth;
}

void print_run(const Truth& truth, const Audit& found, const Survived& survived) {
  const auto u = [](const std::atomic<std::uint64_t>& n) {
    return static_cast<unsigned long long>(n.load());
  };
  const double appending = static_cast<double>(truth.appends_us.load()) / 1e6;
  std::printf(
      "%llu kills: %llu times the power (%llu of them within half a second of a start), %llu times a worker; "
      "%.0f s in all\n",
      static_cast<unsigned long long>(survived.kills()), static_cast<unsigned long long>(survived.power_cuts),
      static_cast<unsigned long long>(survived.in_recovery),
      static_cast<unsigned long long>(survived.workers_lost), survived.seconds);
  std::printf(
      "the printer refused %llu, died before the feed %llu, in the card %llu, after the card %llu; spoiled "
      "%llu, printed badly %llu\n",
      u(truth.faults.refused), u(truth.faults.crashed_before), u(truth.faults.half),
      u(truth.faults.crashed_after), u(truth.faults.spoiled), u(truth.faults.damaged));
  std::printf(
      "the office and the post: %llu files taken in twice, %llu boxes scanned short, %llu rows once more, "
      "%llu rows that "
      "contradict, %llu cards delivered that were recalled too late\n",
      u(truth.faults.double_imports), u(truth.faults.short_scans), u(truth.faults.repeated_rows),
      u(truth.faults.contradictions), u(truth.faults.too_late));
  std::printf(
      "%llu events, %.0f a second of appending with synchronous=FULL (%.0f s), %.0f a second of the whole "
      "run; the office took %.0f MB at most\n",
      static_cast<unsigned long long>(found.events), static_cast<double>(found.events) / appending, appending,
      static_cast<double>(found.events) / survived.seconds, static_cast<double>(survived.peak_kib) / 1024);
}

void print_audit(const Audit& found) {
  const auto& f = found.figures;
  std::printf(
      "balance %.2f ms, as of a past moment %.1f s, ledger verify against %llu heads the post kept %.1f s; "
      "database %.0f bytes a card\n",
      found.balance_ms, found.balance_at_s, static_cast<unsigned long long>(found.heads), found.verify_s,
      static_cast<double>(found.database_bytes) /
          static_cast<double>(std::max<std::uint64_t>(1, found.cards)));
  std::printf(
      "%llu cards, %llu print commands that fed none, %llu unknown at first and settled by evidence, %llu "
      "orders refused, %llu held\n",
      static_cast<unsigned long long>(found.cards), static_cast<unsigned long long>(found.not_started),
      static_cast<unsigned long long>(found.settled), static_cast<unsigned long long>(found.refused_rows),
      static_cast<unsigned long long>(found.held_orders));
  std::printf(
      "%lld blanks received; %lld printed: %lld damaged, %lld spoiled besides, %lld withdrawn (%llu recalled "
      "to the kecamatan), %lld destroyed; %lld handed over: %lld delivered, %lld returned, %llu under way\n",
      static_cast<long long>(f.received), static_cast<long long>(f.printed),
      static_cast<long long>(f.damaged), static_cast<long long>(f.spoiled),
      static_cast<long long>(f.withdrawn), static_cast<unsigned long long>(found.recalled),
      static_cast<long long>(f.destroyed), static_cast<long long>(f.handed_over),
      static_cast<long long>(f.delivered), static_cast<long long>(f.returned),
      static_cast<unsigned long long>(found.under_way));
  for (const std::string& words : found.words) std::fprintf(stderr, "NOT EXPLAINED: %s\n", words.c_str());
  if (found.unexplained > found.words.size())
    std::fprintf(stderr, "and %llu more\n",
                 static_cast<unsigned long long>(found.unexplained - found.words.size()));
  std::printf(
      "discrepancy=%lld unknown=%lld unexplained=%llu two-live=%llu damaged-at-post=%llu "
      "double-at-post=%llu\n",
      static_cast<long long>(found.discrepancy), static_cast<long long>(found.unknown),
      static_cast<unsigned long long>(found.unexplained), static_cast<unsigned long long>(found.two_live),
      static_cast<unsigned long long>(found.complaints.damaged),
      static_cast<unsigned long long>(found.complaints.twice));
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("The campaign of 2020 replayed with power cuts, and audited card by card");
  std::uint64_t orders = 132'289, kills = 200, seed = 2020;
  fs::path folder;
  int minutes = 180;
  bool only_audit = false;
  app.add_option("--orders", orders, "people who are ordered a card")
      ->check(CLI::Range(50, 900'000))
      ->capture_default_str();
  app.add_option("--kills", kills, "times that the power goes or a worker is killed")->capture_default_str();
  app.add_option("--seed", seed, "of people, faults, post and power cuts")->capture_default_str();
  app.add_option("--folder", folder,
                 "where everything is kept (default: a temporary folder, removed if all is explained)");
  app.add_option("--deadline", minutes, "minutes after which it is given up")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_flag("--audit", only_audit, "only audit the campaign that was replayed in --folder");
  CLI11_PARSE(app, argc, argv);

  const bool temporary = folder.empty();
  if (only_audit) {
    if (temporary || !fs::exists(folder / "world" / "truth")) {
      std::fprintf(stderr, "no campaign was replayed in '%s'; give its --folder\n", folder.c_str());
      return kBadFolder;
    }
    const Truth* const truth = map_truth(folder / "world" / "truth", 0);
    const Audit found = audit(plan(folder, truth->orders), *truth);
    print_audit(found);
    return found.clean() ? 0 : kUnexplained;
  }
  if (temporary) {
    std::string name = (fs::temp_directory_path() / "campaign-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      std::fprintf(stderr, "cannot make a folder in %s\n", fs::temp_directory_path().c_str());
      return kBadFolder;
    }
    folder = name;
  } else if (!is_fresh(folder)) {
    std::fprintf(stderr, "folder %s is not empty; name a new one, or look at it with --audit\n",
                 folder.c_str());
    return kBadFolder;
  }
  const Campaign campaign = plan(fs::absolute(folder), orders);
  std::fprintf(stderr, "%llu orders of seed %llu in %s\n", static_cast<unsigned long long>(orders),
               static_cast<unsigned long long>(seed), campaign.folder.c_str());
  const auto truth = begin(campaign, seed);
  if (!truth) {
    std::fprintf(stderr, "%s\n", truth.error().message.c_str());
    return kUnexplained;
  }
  const bool live = ::isatty(STDERR_FILENO) == 1;
  double said = 0;
  const Survived survived =
      survive(campaign, **truth, {.kills = kills, .seed = seed, .deadline = std::chrono::minutes(minutes)},
              [&](const Survived& so_far) {
                if (!live && so_far.seconds - said < 15) return;
                said = so_far.seconds;
                told("", **truth, campaign, so_far);
              });
  told("ended on", **truth, campaign, survived);
  const Audit found = audit(campaign, **truth);
  print_run(**truth, found, survived);
  bool well = found.clean();
  if (!survived.fault.empty()) {
    well = false;
    std::fprintf(stderr, "NOT FINISHED: %s\n", survived.fault.c_str());
  } else if (survived.kills() < kills) {
    well = false;
    std::fprintf(stderr, "ONLY %llu of %llu kills fell into the campaign\n",
                 static_cast<unsigned long long>(survived.kills()), static_cast<unsigned long long>(kills));
  }
  print_audit(found);
  if (temporary && well)
    fs::remove_all(folder);
  else
    std::fprintf(stderr, "kept in %s\n", campaign.folder.c_str());
  return well ? 0 : kUnexplained;
} catch (const std::exception& error) {
  std::fprintf(stderr, "campaign-replay: %s\n", error.what());
  return kUnexplained;
}
