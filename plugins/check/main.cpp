// SPDX-License-Identifier: Apache-2.0
// station-plugin-check: tests a plugin as the station will use it. Belongs to the SDK, needs no station;
// `ktp-station plugin check` is the same program.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <set>

#include "check/forms.hpp"
#include "check/model.hpp"
#include "check/run_case.hpp"
#include "module_info.hpp"
#include "plugins/check_report.hpp"
#include "plugins/manifest.hpp"
#include "plugins/plugin_file.hpp"

namespace {

namespace fs = std::filesystem;
using ktp::plugins::CheckReport;
using ktp::plugins::CheckResult;
using ktp::plugins::CheckStatus;

struct Wishes {
  fs::path library;
  std::vector<std::string> only, without, set, fault_set, model;
  std::string driver, serial;
  int deadline_ms = 10'000;
  unsigned fuzz = 0;
  std::uint64_t seed = 1;
  bool only_failed = false, json = false, junit = false, in_process = false, no_report = false, list = false,
       real_time = false;
};

/// A fresh folder that goes with the object.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "plugin-check-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code none;
    if (!path_.empty()) fs::remove_all(path_, none);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

bool begins(const std::string& name, const std::vector<std::string>& prefixes) {
  return std::ranges::any_of(prefixes, [&](const std::string& prefix) { return name.starts_with(prefix); });
}

CheckResult manifest_result(const ktp::Result<ktp::plugins::Manifest>& manifest, const CheckReport& report) {
  CheckResult result{"library.manifest",
                     "the manifest beside the library is readable and says the same as the library",
                     CheckStatus::pass,
                     {},
                     0};
  if (!manifest) {
    result.status =
        manifest.error().code == ktp::ErrorCode::input_missing ? CheckStatus::warn : CheckStatus::fail;
    result.message = manifest.error().code == ktp::ErrorCode::input_missing
                         ? "there is no manifest; a station uses a plugin only with one"
                         : manifest.error().message;
  } else if (manifest->id != report.id || manifest->version != report.version) {
    result.status = CheckStatus::fail;
    result.message = "the manifest says " + manifest->id + " " + manifest->version + ", the library " +
                     report.id + " " + report.version;
  }
  return result;
}

class Check {
 public:
  Check(const Wishes& wishes, ktp::Result<ktp::plugins::Manifest> manifest)
      : wishes_(wishes), manifest_(std::move(manifest)) {}

  CheckReport run() {
    report_.plugin = wishes_.library.filename().string();
    report_.sha256 = ktp::plugins::sha256_of(wishes_.library).value_or("");
    report_.checked = utc_now();
    report_.abi_major = STN_ABI_MAJOR;
    report_.abi_minor = STN_ABI_MINOR;
    report_.checker = KTP_STATION_VERSION;
    if (const auto info = ktp::worker::read_module_info(wishes_.library)) {
      report_.id = info->id;
      report_.version = info->version;
      report_.plugin_abi_major = info->abi_major;
      report_.plugin_abi_minor = info->abi_minor_built;
    }
    if (wanted("library.manifest")) report_.results.push_back(manifest_result(manifest_, report_));

    // What the library is, then each driver's own tests. A library that cannot be loaded has no drivers.
    for (const auto* test : ktp::check::all_cases()) {
      if (std::string_view(test->name).starts_with("library.") && !per_driver(test->name)) one(*test, 0, "");
    }
    if (drivers_.empty()) survey();
    for (std::size_t i = 0; i < drivers_.size(); ++i) {
      const auto& [kind, id] = drivers_[i];
      if (!wishes_.driver.empty() && id != wishes_.driver) continue;
      for (const auto* test : ktp::check::all_cases()) {
        const std::string name = test->name;
        const bool of_kind = (!name.starts_with("printer.") || kind == "1") &&
                             (!name.starts_with("camera.") || kind == "2") &&
                             (!name.starts_with("reader.") || kind == "3");
        if (of_kind && (per_driver(name) || !name.starts_with("library.")))
          one(*test, static_cast<std::uint32_t>(i), drivers_.size() > 1 ? id : "");
      }
      fuzz(static_cast<std::uint32_t>(i), drivers_.size() > 1 ? id : "");
    }
    trespass_results();
    return std::move(report_);
  }

 private:
  static bool per_driver(const std::string& name) {
    return name == "library.extensions" || name == "library.newer-host";
  }
  bool wanted(const std::string& name) const {
    return (wishes_.only.empty() || begins(name, wishes_.only)) && !begins(name, wishes_.without);
  }

  ktp::check::Ended run_one(const ktp::check::Case& test, std::uint32_t driver, std::uint64_t seed) {
    const TempFolder temp;
    ktp::check::Subject subject;
    subject.library = wishes_.library;
    subject.driver = driver;
    subject.serial = wishes_.serial;
    subject.temp = temp.path();
    subject.seed = seed;
    ktp::check::Manner manner;
    manner.deadline = std::chrono::milliseconds(wishes_.deadline_ms);
    manner.in_process = wishes_.in_process;
    if (manifest_) {
      subject.needs_network = manifest_->needs_network;
      subject.settings = manifest_->check_settings;
      manner.model = manifest_->check_model;
    }
    if (!wishes_.model.empty()) manner.model = wishes_.model;
    for (const std::string& pair : wishes_.set) {
      const auto equals = pair.find('=');
      subject.settings[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    if (std::string_view(test.name) == ktp::check::fault_cases().front().name) provoke(subject, manner);
    for (auto& [key, value] : subject.settings) value = ktp::check::with_temp(value, temp.path());
    subject.real_time = wishes_.real_time || !manner.model.empty();
    return ktp::check::run_case(test, subject, manner);
  }

  /// What the manifest, or --fault-set, says of how to bring about a fault.
  void provoke(ktp::check::Subject& subject, ktp::check::Manner& manner) const {
    if (manifest_) {
      subject.fault = !manifest_->fault_model.empty() || !manifest_->fault_settings.empty();
      manner.model.insert(manner.model.end(), manifest_->fault_model.begin(), manifest_->fault_model.end());
      for (const auto& [key, value] : manifest_->fault_settings) subject.settings[key] = value;
    }
    for (const std::string& pair : wishes_.fault_set) {
      const auto equals = pair.find('=');
      subject.settings[pair.substr(0, equals)] = pair.substr(equals + 1);
      subject.fault = true;
    }
  }

  void keep(ktp::check::Ended ended, const std::string& driver) {
    if (!driver.empty()) ended.result.test += "[" + driver + "]";
    for (const std::string& what : ended.trespasses) {
      if (trespasses_.size() < 20) trespasses_.insert(what);
    }
    watched_ = watched_ && ended.watched;
    if (!ended.drivers.empty()) read_drivers(ended.drivers);
    report_.results.push_back(std::move(ended.result));
  }

  void one(const ktp::check::Case& test, std::uint32_t driver, const std::string& id) {
    if (wanted(test.name)) keep(run_one(test, driver, wishes_.seed), id);
  }

  /// Which drivers there are, when library.tables was not wanted.
  void survey() {
    for (const auto* test : ktp::check::all_cases()) {
      if (std::string_view(test->name) == "library.tables" && !wanted(test->name))
        read_drivers(run_one(*test, 0, wishes_.seed).drivers);
    }
  }
  void read_drivers(const std::string& lines) {
    drivers_.clear();
    for (std::size_t from = 0; from < lines.size();) {
      const std::size_t end = std::min(lines.find('\n', from), lines.size());
      const std::string line = lines.substr(from, end - from);
      const auto space = line.find(' ');
      if (space != std::string::npos) drivers_.emplace_back(line.substr(0, space), line.substr(space + 1));
      from = end + 1;
    }
  }

  void fuzz(std::uint32_t driver, const std::string& id) {
    CheckResult sum{"fuzz", "", CheckStatus::pass, {}, 0};
    for (unsigned i = 0; i < wishes_.fuzz; ++i) {
      const std::uint64_t seed = wishes_.seed + i;
      auto ended = run_one(ktp::check::fuzz_case(), driver, seed);
      if (ended.result.status == CheckStatus::pass || ended.result.status == CheckStatus::skip) {
        sum.milliseconds += ended.result.milliseconds;
        if (ended.result.status == CheckStatus::skip)
          sum.status = CheckStatus::skip, sum.message = ended.result.message;
        continue;
      }
      ended.result.message += " (again: --only fuzz --fuzz 1 --seed " + std::to_string(seed) + ")";
      keep(std::move(ended), id);
      return;
    }
    if (wishes_.fuzz == 0) return;
    sum.about = std::to_string(wishes_.fuzz) + " random sequences of 40 allowed calls, seeds " +
                std::to_string(wishes_.seed) + " to " + std::to_string(wishes_.seed + wishes_.fuzz - 1);
    if (!id.empty()) sum.test += "[" + id + "]";
    report_.results.push_back(std::move(sum));
  }

  void trespass_results() {
    const std::pair<const char*, const char*> kinds[] = {
        {"sandbox.processes", "starts no process, signals none"},
        {"sandbox.network", "opens no network connection its manifest does not ask for"},
        {"sandbox.files", "touches no file but its own folder and what its settings name"}};
    for (const auto& [name, about] : kinds) {
      if (!wanted(name)) continue;
      CheckResult result{name, about, CheckStatus::pass, {}, 0};
      if (!watched_) {
        result.status = CheckStatus::skip;
        result.message = wishes_.in_process
                             ? "not watched with --in-process"
                             : "this kernel cannot watch system calls (seccomp user notification, Linux 5.5)";
      }
      for (const std::string& what : trespasses_) {
        const bool process =
            what.starts_with("started ") || what.starts_with("sent ") || what.starts_with("used ");
        const bool network = what.starts_with("opened a socket");
        const bool mine = std::string_view(name) == (process   ? "sandbox.processes"
                                                     : network ? "sandbox.network"
                                                               : "sandbox.files");
        if (!mine) continue;
        result.status = CheckStatus::fail;
        result.message += (result.message.empty() ? "" : "; ") + what;
      }
      report_.results.push_back(std::move(result));
    }
  }

  const Wishes& wishes_;
  const ktp::Result<ktp::plugins::Manifest> manifest_;
  CheckReport report_;
  std::vector<std::pair<std::string, std::string>> drivers_;  // kind, id
  std::set<std::string> trespasses_;
  bool watched_ = true;
};

int complain(const ktp::Error& error) {
  std::cerr << "error: " << error.message << '\n';
  return static_cast<int>(error.code);
}

int run(Wishes& wishes) {
  if (wishes.list) {
    for (const auto* test : ktp::check::all_cases()) std::cout << test->name << "\t" << test->about << '\n';
    return 0;
  }
  std::error_code error;
  const fs::path library = fs::canonical(wishes.library, error);
  if (error || !fs::is_regular_file(library))
    return complain({ktp::ErrorCode::input_missing, wishes.library.string() + ": there is no such file"});
  wishes.library = library;
  for (const auto& [option, pairs] : {std::pair{"--set", &wishes.set}, {"--fault-set", &wishes.fault_set}}) {
    for (const std::string& pair : *pairs) {
      if (pair.find('=') == std::string::npos || pair[0] == '=')
        return complain(
            {ktp::ErrorCode::usage, std::string(option) + " \"" + pair + "\": must be KEY=VALUE"});
    }
  }
  auto manifest = ktp::plugins::read_manifest(library);
  const CheckReport report = Check(wishes, std::move(manifest)).run();

  if (wishes.json)
    std::cout << to_json(report);
  else if (wishes.junit)
    std::cout << ktp::check::junit(report, wishes.only_failed);
  else
    std::cout << ktp::check::human(report, wishes.only_failed);
  const bool whole =
      wishes.only.empty() && wishes.without.empty() && wishes.driver.empty() && !wishes.in_process;
  if (!wishes.no_report && whole) {
    const auto stored = ktp::plugins::store_check_report(library, report);
    if (!stored) return complain(stored.error());
    std::cerr << "report: " << stored->string() << '\n';
  }
  return report.clean() ? 0 : static_cast<int>(ktp::ErrorCode::bad_data);
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{
      "Tests a plugin as the station will use it, each test in a process of its own. Printer tests print "
      "about 30 cards: give "
      "the device blanks, or a model of it in the manifest. Exit 0: nothing failed; 65: something did."};
  app.set_version_flag("--version", KTP_STATION_VERSION);
  Wishes wishes;
  auto* const file = app.add_option("plugin", wishes.library, "The plugin's library (FILE.so)");
  app.add_option("--only", wishes.only, "Only tests whose name begins so (no report is stored)")
      ->allow_extra_args(false);
  app.add_option("--without", wishes.without, "Leave out tests whose name begins so (no report is stored)")
      ->allow_extra_args(false);
  app.add_option("--set", wishes.set, "KEY=VALUE: a setting for open; @TEMP@ is a fresh folder")
      ->allow_extra_args(false);
  app.add_option("--fault-set", wishes.fault_set,
                 "KEY=VALUE: a setting with which the first print meets a fault (printer.fault)")
      ->allow_extra_args(false);
  app.add_option("--driver", wishes.driver, "Only this driver of the plugin (its id)");
  app.add_option("--serial", wishes.serial, "Serial number of the device to open");
  app.add_option("--deadline-ms", wishes.deadline_ms, "A test that takes longer hangs")
      ->check(CLI::Range(100, 3'600'000))
      ->capture_default_str();
  app.add_option("--fuzz", wishes.fuzz, "Also so many random sequences of calls")
      ->check(CLI::Range(0u, 1'000'000u));
  app.add_option("--seed", wishes.seed, "Seed of the first random sequence")->capture_default_str();
  app.add_flag("--only-failed", wishes.only_failed, "Show only what warned, failed or crashed");
  auto* const json = app.add_flag("--json", wishes.json, "The report as JSON");
  app.add_flag("--junit", wishes.junit, "The report as JUnit XML")->excludes(json);
  app.add_flag("--real-time", wishes.real_time, "Do not shorten sleeps (always so with a device model)");
  app.add_flag("--in-process", wishes.in_process, "Everything in this process, for a debugger");
  app.add_flag("--no-report", wishes.no_report, "Do not store the report beside the library");
  app.add_flag("--list", wishes.list, "Print the tests and what each asserts");
  try {
    app.parse(argc, argv);
    if (!wishes.list && file->count() == 0) throw CLI::RequiredError("plugin");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ktp::ErrorCode::usage);
  }
  return run(wishes);
} catch (const std::exception& error) {
  std::cerr << "station-plugin-check: internal error: " << error.what() << '\n';
  return 70;
}
