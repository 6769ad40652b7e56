// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/station_run.hpp"

namespace ktp::test {

/// A virtual machine with a Debian kernel, in which the station of this build runs (README.md): QEMU without
/// hardware help, no network, /usr, the build and config/ of this machine to be read, the run's folder to be
/// written. One xhci controller; the usbredir peer at a socket is the device on it. Off with the object.
class Machine {
 public:
  /// A program that runs in there.
  class Order {
   public:
    [[nodiscard]] bool running() const;
    [[nodiscard]] std::string err_so_far() const;
    /// What came of it; `timed_out` where it did not end within the time, or the machine went away.
    Ended wait(std::chrono::seconds most);

   private:
    friend class Machine;
    Order(Machine& machine, int number) : machine_(machine), number_(number) {}
    [[nodiscard]] std::filesystem::path file(const char* what) const;
    Machine& machine_;
    int number_;
  };

  /// Boots it. Throws std::runtime_error where that takes longer than three minutes.
  Machine(const StationRun& run, const std::string& redir_socket);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// `user`: "petugas" is in the group ktp-station, "tamu" is not, "root". One order at a time.
  Order start(const std::vector<std::string>& words, const std::string& user = "petugas");
  Ended run(const std::vector<std::string>& words, std::chrono::seconds most = std::chrono::seconds(180),
            const std::string& user = "petugas");
  /// Shuts it down; its data folder is the run's from then on. False: it did not go by itself.
  bool off();
  [[nodiscard]] std::string console() const { return qemu_->out_so_far() + qemu_->err_so_far(); }

  /// Why there is no such machine here, to skip a test with; "" = there is one.
  static std::string missing();

 private:
  std::filesystem::path orders_, data_;
  int next_ = 1;
  std::unique_ptr<Process> qemu_;
};

}  // namespace ktp::test
