// SPDX-License-Identifier: Apache-2.0
// CASES.csv and what `inspect` and `calibrate` share: reading it, preparing each expected picture once, and
// working through thousands of rows on all cores with results in the order of the rows.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "app/signal_thread.hpp"
#include "artwork/artwork.hpp"
#include "domain/error.hpp"
#include "domain/face.hpp"
#include "inspection/inspection.hpp"

namespace ktp::app {

/// One row of CASES.csv (docs/contracts.md section 7).
struct Case {
  std::size_t row = 0;  ///< from 1, the header not counted
  std::string id;
  Side side = Side::front;
  std::filesystem::path expected, captured;
};

struct CaseList {
  std::vector<Case> cases;
  std::string sha256;  ///< of the file's bytes
};

/// Errors input_missing, bad_data (naming file and row).
Result<CaseList> read_cases(const std::filesystem::path& file);

/// Expected pictures made ready, each once however many rows and threads ask for it at the same time; the
/// least lately used goes first. Any thread.
class References {
 public:
  static constexpr std::size_t kKept = 16;

  /// `art` may be null: then only what the pictures themselves say is known.
  References(std::shared_ptr<const inspection::Profile> profile, std::shared_ptr<const artwork::Template> art)
      : profile_(std::move(profile)), art_(std::move(art)) {}

  using Prepared = Result<std::shared_ptr<const inspection::Reference>>;
  [[nodiscard]] Prepared of(const std::filesystem::path& expected, Side side);
  [[nodiscard]] std::size_t prepared() const { return prepared_; }

 private:
  [[nodiscard]] Prepared prepare(const std::filesystem::path& expected, Side side) const;

  struct Kept {
    std::string key;
    std::shared_future<Prepared> reference;
  };
  std::shared_ptr<const inspection::Profile> profile_;
  std::shared_ptr<const artwork::Template> art_;
  std::mutex mutex_;
  std::list<Kept> kept_;  // the latest first
  std::unordered_map<std::string, std::list<Kept>::iterator> by_key_;
  std::atomic<std::size_t> prepared_ = 0;
};

/// Ctrl-C and SIGTERM while it lives: the first asks to stop, the second ends the program at once. Make it
/// before any other thread.
class Interrupt {
 public:
  explicit Interrupt(std::function<void()> asked);
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt() = default;
  [[nodiscard]] const std::atomic<bool>& stop() const { return stop_; }
  static constexpr int kExitCode = 130;  ///< 128 + SIGINT, as shells have it

 private:
  std::function<void()> asked_;
  std::atomic<bool> stop_ = false;
  SignalThread signals_;
};

/// `work(i)` on every core for i below `count`; `take(i, result)` in the order of i, one at a time, on any of
/// the threads. No more than a few results wait at a time. Answers how many were taken: fewer than `count`
/// only where `stop` became true. An exception of `work` or `take` ends the run and comes out here.
template <class Work, class Take>
std::size_t in_order(std::size_t count, unsigned threads, const std::atomic<bool>& stop, const Work& work,
                     const Take& take) {
  using Done = std::invoke_result_t<Work, std::size_t>;
  const std::size_t window = 4 * static_cast<std::size_t>(threads);
  std::mutex mutex;
  std::condition_variable room;
  std::unordered_map<std::size_t, Done> waiting;
  std::size_t next = 0, taken = 0;
  bool taking = false;
  std::exception_ptr failed;
  const auto loop = [&] {
    std::unique_lock lock(mutex);
    while (!failed && !stop.load() && next < count) {
      if (next >= taken + window) {
        room.wait_for(lock, std::chrono::milliseconds(100));
        continue;
      }
      const std::size_t i = next++;
      lock.unlock();
      try {
        Done done = work(i);
        lock.lock();
        waiting.emplace(i, std::move(done));
        // Whoever completes the head writes; the others go on working meanwhile.
        while (!taking && !failed && waiting.contains(taken)) {
          taking = true;
          Done ready = std::move(waiting.extract(taken).mapped());
          lock.unlock();
          take(taken, std::move(ready));
          lock.lock();
          ++taken;
          taking = false;
          room.notify_all();
        }
      } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        taking = false;
        if (!failed) failed = std::current_exception();
        room.notify_all();
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    for (unsigned t = 1; t < threads; ++t) workers.emplace_back(loop);
    loop();
  }
  // A thread that came with its result while another was writing left it behind.
  while (!failed && waiting.contains(taken)) {
    take(taken, std::move(waiting.extract(taken).mapped()));
    ++taken;
  }
  if (failed) std::rethrow_exception(failed);
  return taken;
}

[[nodiscard]] unsigned cores();

/// "512/4000 pictures  12.3/s  ETA 4:43": for lines of progress.
class Pace {
 public:
  [[nodiscard]] std::string line(std::size_t done, std::size_t all, const std::string& what) const;
  [[nodiscard]] double seconds() const;

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// The station's card template, which knows the shapes of wrong digits and letters; null and a note on stderr
/// where it cannot be loaded.
std::shared_ptr<const artwork::Template> template_for_cases(const std::filesystem::path& config);

}  // namespace ktp::app
