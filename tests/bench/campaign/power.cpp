// SPDX-License-Identifier: Apache-2.0
#include "bench/campaign/power.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace ktp::campaign {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr auto kPoll = microseconds(2'000);
constexpr auto kStall = std::chrono::minutes(5);  // nothing moved for so long: it hangs

bool mentions(pid_t process, const std::string& word) {
  std::ifstream line("/proc/" + std::to_string(process) + "/cmdline", std::ios::binary);
  for (std::string part; std::getline(line, part, '\0');)
    if (part == word) return true;
  return false;
}

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> children;
  std::error_code gone;
  for (std::filesystem::directory_iterator task("/proc/" + std::to_string(process) + "/task", gone), end;
       !gone && task != end; task.increment(gone)) {
    std::ifstream list(task->path() / "children");
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
  return children;
}

class PowerPlant {
 public:
  PowerPlant(const Campaign& campaign, Truth& truth, const Storm& storm)
      : campaign_(campaign), truth_(truth), storm_(storm), random_(storm.seed) {
    std::uniform_int_distribution<std::uint64_t> when(1, steps_of(campaign.orders) - 1);
    for (std::uint64_t i = 0; i < storm.kills; ++i) due_.push_back(when(random_));
    std::ranges::sort(due_, std::greater<>());  // the next one last
    tell_due();
  }

  Survived run(const std::function<void(const Survived&)>& progress) {
    const auto began = Clock::now();
    auto told = began, moved = began;
    std::uint64_t ticks = 0;
    start();
    for (;;) {
      std::this_thread::sleep_for(kPoll);
      const auto now = Clock::now();
      survived_.seconds = std::chrono::duration<double>(now - began).count();
      if (const auto code = ended()) {
        if (*code != 0) survived_.fault = "the office ended with " + std::to_string(*code);
        break;
      }
      if (truth_.ticks != ticks) {
        ticks = truth_.ticks;
        moved = now;
      }
      if (now - began > storm_.deadline) survived_.fault = "the campaign was not over in time";
      if (now - moved > kStall) survived_.fault = "nothing has moved for five minutes";
      if (!survived_.fault.empty()) {
        cut_power();
        break;
      }
      strike(now);
      if (now - told > std::chrono::seconds(1)) {
        told = now;
        progress(survived_);
      }
    }
    return survived_;
  }

 private:
  void tell_due() { truth_.due = due_.empty() ? 0 : due_.back(); }

  void start() {
    started_ = Clock::now();
    office_ = ::fork();
    if (office_ == 0) {
      ::setpgid(0, 0);
      ::_exit(work(campaign_));
    }
    if (office_ < 0) survived_.fault = "cannot fork";
  }

  // The exit code, if it ended by itself.
  std::optional<int> ended() {
    int status = 0;
    rusage used{};
    if (::wait4(office_, &status, WNOHANG, &used) != office_) return std::nullopt;
    took(used);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  void took(const rusage& used) {
    survived_.peak_kib = std::max(survived_.peak_kib, static_cast<std::uint64_t>(used.ru_maxrss));
  }

  // Kills that have come due: the moment within a step is random too.
  void strike(Clock::time_point now) {
    if (due_.empty() || truth_.steps < due_.back()) return;
    if (!struck_at_) {
      // Several at once: the next one meets the office while it starts and recovers.
      const bool starting = now - started_ < std::chrono::milliseconds(500);
      const int most = starting ? 300'000 : 4'000;
      struck_at_ = now + microseconds(std::uniform_int_distribution<int>(0, most)(random_));
    }
    if (now < *struck_at_) return;
    struck_at_.reset();
    due_.pop_back();
    tell_due();
    if (random_() % 5 == 0) {
      for (const pid_t child : children_of(office_))
        if (mentions(child, truth_of(campaign_).string())) {
          if (::kill(child, SIGKILL) == 0) ++survived_.workers_lost;
          return;
        }
    }  // no worker there at this moment: the power goes
    if (now - started_ < std::chrono::milliseconds(500)) ++survived_.in_recovery;
    ++survived_.power_cuts;
    cut_power();
    start();
  }

  void cut_power() {
    auto dying = children_of(office_);
    dying.push_back(office_);
    std::ranges::shuffle(dying, random_);  // who goes first is chance
    for (const pid_t process : dying) ::kill(process, SIGKILL);
    rusage used{};
    int status = 0;
    while (::wait4(office_, &status, 0, &used) < 0 && errno == EINTR) {
    }
    took(used);
  }

  const Campaign& campaign_;
  Truth& truth_;
  const Storm& storm_;
  std::mt19937_64 random_;
  std::vector<std::uint64_t> due_;
  std::optional<Clock::time_point> struck_at_;
  Clock::time_point started_;
  pid_t office_ = -1;
  Survived survived_;
};

}  // namespace

std::uint64_t steps_of(std::uint64_t orders) {
  return orders * 9 / 2;
}

Survived survive(const Campaign& campaign, Truth& truth, const Storm& storm,
                 const std::function<void(const Survived&)>& progress) {
  return PowerPlant(campaign, truth, storm).run(progress);
}

}  // namespace ktp::campaign
