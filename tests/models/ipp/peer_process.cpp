// SPDX-License-Identifier: Apache-2.0
#include "models/ipp/peer_process.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "models/control_socket.hpp"

namespace model {

using namespace std::chrono_literals;

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("no free port");
  ::close(fd);
  return ntohs(address.sin_port);
}

PapplPeer::PapplPeer(const std::filesystem::path& scratch, const std::filesystem::path& world,
                     std::vector<std::string> options)
    : scratch_(scratch), world_(world), options_(std::move(options)), port_(free_port()) {
  std::filesystem::create_directories(scratch_);
  std::filesystem::create_directories(world_);
  start();
}

void PapplPeer::start() {
  std::vector<std::string> command{PAPPL_PEER,  world_.string(),          "--port", std::to_string(port_),
                                   "--control", (scratch_ / "c").string()};
  command.insert(command.end(), options_.begin(), options_.end());
  process_ = std::make_unique<ktp::test::Process>(command, scratch_);
  for (int i = 0; i < 500 && process_->running(); ++i) {
    if (!ask("state").empty()) return;
    std::this_thread::sleep_for(20ms);
  }
  throw std::runtime_error("the printer model did not start: " + process_->err_so_far());
}

void PapplPeer::stop() {
  process_->signal(SIGKILL);
  process_->wait(5s);
  ::unlink((scratch_ / "c").c_str());
}

std::string PapplPeer::ask(const std::string& line) const {
  return ask_at(scratch_ / "c", line);
}

std::string PapplPeer::state(const std::string& key) const {
  const std::string all = " " + ask("state") + " ";
  const auto at = all.find(" " + key + "=");
  if (at == std::string::npos) return "";
  const auto begin = at + key.size() + 2;
  return all.substr(begin, all.find(' ', begin) - begin);
}

}  // namespace model
