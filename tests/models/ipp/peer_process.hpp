// SPDX-License-Identifier: Apache-2.0
// pappl_peer as a process of its own, and its control socket.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/station_run.hpp"

namespace model {

/// A TCP port of 127.0.0.1 that nobody listens at now.
[[nodiscard]] int free_port();

class PapplPeer {
 public:
  /// Starts the peer and waits until it is ready; throws std::runtime_error with what it said if it is not.
  /// `scratch` is made if missing and must have no other use.
  PapplPeer(const std::filesystem::path& scratch, const std::filesystem::path& world,
            std::vector<std::string> options = {});

  [[nodiscard]] std::string uri() const { return uri_of(port_); }
  [[nodiscard]] static std::string uri_of(int port) {
    return "ipp://127.0.0.1:" + std::to_string(port) + "/ipp/print/card";
  }
  [[nodiscard]] int port() const { return port_; }
  /// One line to the machine's operator, one line back; "" when it does not answer.
  std::string ask(const std::string& line) const;
  /// A value of `state`.
  [[nodiscard]] std::string state(const std::string& key) const;
  void stop();
  /// The same machine again, at the same port: what PAPPL knew of its jobs is gone.
  void start();

 private:
  std::filesystem::path scratch_, world_;
  std::vector<std::string> options_;
  int port_;
  std::unique_ptr<ktp::test::Process> process_;
};

}  // namespace model
