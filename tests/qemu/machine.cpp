// SPDX-License-Identifier: Apache-2.0
#include "qemu/machine.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace ktp::test {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;

constexpr const char* kQemu = "/usr/bin/qemu-system-x86_64";
constexpr std::chrono::milliseconds kMostBoot = 180s, kMostOff = 120s, kLook = 50ms;
constexpr int kMostSeconds = 3600;  // of a machine, whatever becomes of the test

fs::path kernel_folder() {
  return fs::path(KTP_BINARY_DIR) / "qemu-machine";
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// Waits until `there` holds; false: the time is over or the machine is gone.
bool until(Process& machine, std::chrono::milliseconds most, const auto& there) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!there()) {
    if (std::chrono::steady_clock::now() > end || !machine.running()) return there();
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

}  // namespace

std::string Machine::missing() {
  if (std::getenv("KTP_QEMU") == nullptr) return "slow tier, runs with: ./dev qemu";
  if (!fs::exists(kQemu)) return std::string("no ") + kQemu + ": ./dev qemu installs it";
  for (const char* const part : {"kernel", "initramfs"})
    if (!fs::exists(kernel_folder() / part))
      return "no " + (kernel_folder() / part).string() + ": ./dev qemu makes it";
  return "";
}

Machine::Machine(const StationRun& run, const std::string& redir_socket)
    : orders_(run.folder() / "orders"), data_(run.data()) {
  fs::create_directory(orders_);
  fs::create_directory(data_);
  fs::permissions(run.folder(), fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                                    fs::perms::others_read | fs::perms::others_exec);
  std::vector<std::string> words{
      "/usr/bin/timeout", std::to_string(kMostSeconds), kQemu,
      // Without a time stamp counter of its own the kernel guesses the host's wrong.
      "-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "3072", "-nodefaults",
      "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio", "-monitor", "none", "-nic",
      "none", "-kernel", (kernel_folder() / "kernel").string(), "-initrd",
      (kernel_folder() / "initramfs").string(), "-device", "qemu-xhci,id=xhci", "-chardev",
      "socket,id=cable,path=" + redir_socket, "-device", "usb-redir,chardev=cable,bus=xhci.0"};
  std::string line = "console=ttyS0 quiet panic=-1 clocksource=hpet ktp.orders=" + orders_.string() +
                     " ktp.data=" + data_.string();
  const auto share = [&](const std::string& tag, const fs::path& path, bool writable, bool changes) {
    words.insert(words.end(), {"-fsdev",
                               "local,id=" + tag + ",path=" + path.string() +
                                   ",security_model=none,multidevs=remap" + (writable ? "" : ",readonly=on"),
                               "-device", "virtio-9p-pci,fsdev=" + tag + ",mount_tag=" + tag});
    line += " ktp.mount=" + tag + ":" + path.string() + (writable ? ":rw" : ":ro") +
            (changes ? ":none" : ":loose");
  };
  share("usr", "/usr", false, false);
  share("build", KTP_BINARY_DIR, false, false);
  share("config", fs::path(KTP_SOURCE_DIR) / "config", false, false);
  share("run", run.folder(), true, true);
  // A mount of its own: Landlock knows a folder by its inode, and 9p keeps one for a mount's root alone.
  share("world", run.world(), false, true);
  words.insert(words.end(), {"-append", line});
  qemu_ = std::make_unique<Process>(words, run.folder());
  if (!until(*qemu_, kMostBoot, [&] { return fs::exists(orders_ / "ready"); }))
    throw std::runtime_error("the virtual machine does not come up:\n" + console());
}

Machine::~Machine() {
  if (qemu_->running()) qemu_->signal_group(SIGKILL);
}

Machine::Order Machine::start(const std::vector<std::string>& words, const std::string& user) {
  const int number = next_++;
  const fs::path part = orders_ / (std::to_string(number) + ".part");
  std::ofstream script(part);
  script << "exec";
  if (user != "root")
    script << " /usr/bin/setpriv --reuid=" << user << " --regid=" << user << " --init-groups";
  for (const std::string& word : words) script << ' ' << quoted(word);
  script << '\n';
  script.close();
  fs::rename(part, orders_ / (std::to_string(number) + ".order"));
  return {*this, number};
}

Ended Machine::run(const std::vector<std::string>& words, std::chrono::seconds most,
                   const std::string& user) {
  return start(words, user).wait(most);
}

fs::path Machine::Order::file(const char* what) const {
  return machine_.orders_ / (std::to_string(number_) + "." + what);
}
bool Machine::Order::running() const {
  return machine_.qemu_->running() && !fs::exists(file("code"));
}
std::string Machine::Order::err_so_far() const {
  return text_of(file("err"));
}

Ended Machine::Order::wait(std::chrono::seconds most) {
  Ended ended;
  ended.timed_out = !until(*machine_.qemu_, most, [&] { return fs::exists(file("code")); });
  if (!ended.timed_out) ended.exit_code = std::stoi("0" + text_of(file("code")));
  ended.out = text_of(file("out"));
  ended.err = err_so_far();
  if (ended.timed_out) ended.err += "\n(not ended after " + std::to_string(most.count()) + " s)";
  return ended;
}

bool Machine::off() {
  fs::create_directory(orders_ / "data");
  std::ofstream(orders_ / "off").close();
  const bool gone =
      until(*qemu_, kMostOff, [&] { return !qemu_->running(); }) && fs::exists(orders_ / "gone");
  fs::remove_all(data_);
  fs::rename(orders_ / "data", data_);
  return gone;
}

}  // namespace ktp::test
