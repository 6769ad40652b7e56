// SPDX-License-Identifier: Apache-2.0
// A printer that tries one thing that its worker allows or forbids; the setting `act` says which. `status`
// does it and answers with "ok" or the error's number in words. Not hostile, only curious.
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include <netinet/in.h>

#include "station/plugin.hpp"

namespace {

std::string ended(long result) {
  return result < 0 ? std::string(::strerrorname_np(errno)) : std::string("ok");
}

std::string opens(const std::string& path, int how) {
  const int fd = ::open(path.c_str(), how | O_CLOEXEC, 0600);
  const std::string end = ended(fd);
  if (fd >= 0) ::close(fd);
  return end;
}

/// One byte at this place of a file.
std::string writes_at(const std::string& path, long offset) {
  ::signal(SIGXFSZ, SIG_IGN);  // it would end the process, which proves the same less clearly
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return ended(fd);
  const std::string end = ended(::pwrite(fd, "x", 1, offset));
  ::close(fd);
  return end;
}

std::string locks(std::size_t bytes) {
  void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return at == MAP_FAILED ? ended(-1) : ended(::mlock(at, bytes));
}

/// What loading the library already could do, before anybody called it.
const std::string at_load = opens("/etc/passwd", O_RDONLY) + " " + ended(::socket(AF_INET, SOCK_STREAM, 0));

class Probe final : public station::Printer {
 public:
  static constexpr const char* kId = "probe";
  static constexpr const char* kName = "Printer that tries what it may";
  static constexpr stn_option kOptions[] = {
      station::text("act", "What to try.", ""),
      station::path("folder", "A folder that it may write to.", ""),
      station::read_only(station::path("input", "A file that it may read.", "")),
      station::path("default-folder", "A path that only the driver names.", "/tmp"),
      station::text("other", "A path that is no path setting.", ""),
  };
  Probe(station::Host&, const station::Settings& settings, std::string_view)
      : act_(settings.text("act")),
        folder_(settings.text("folder")),
        input_(settings.text("input")),
        other_(settings.text("other")) {}

  [[nodiscard]] std::uint32_t caps() const override { return STN_CAP_COUNTER; }
  [[nodiscard]] std::uint32_t native_dpi() const override { return 300; }
  station::Report print(station::Op&, const stn_print_job&) override {
    return station::Report::refused(STN_E_UNSUPPORTED, "prints nothing");
  }
  station::Report status() override {
    station::Report report = station::Report::refused(STN_E_UNSUPPORTED, "unknown act " + act_);
    if (const auto found = acts().find(act_); found != acts().end())
      report = station::Report::refused(STN_E_NOT_FOUND, found->second(*this));
    return report;
  }

 private:
  using Act = std::function<std::string(const Probe&)>;
  static const std::map<std::string, Act>& acts() {
    static const std::map<std::string, Act> table = {
        {"nothing", [](const Probe&) { return std::string("ok"); }},
        {"at-load", [](const Probe&) { return at_load; }},
        // Files.
        {"read-library", [](const Probe&) { return opens("/usr/share/zoneinfo/UTC", O_RDONLY); }},
        {"use-dev-null", [](const Probe&) { return opens("/dev/null", O_RDWR); }},
        {"read-passwd", [](const Probe&) { return opens("/etc/passwd", O_RDONLY); }},
        {"read-other", [](const Probe& p) { return opens(p.other_, O_RDONLY); }},
        {"read-input", [](const Probe& p) { return opens(p.input_, O_RDONLY); }},
        {"write-input", [](const Probe& p) { return opens(p.input_, O_RDWR); }},
        {"list-root", [](const Probe&) { return opens("/", O_RDONLY | O_DIRECTORY); }},
        {"read-core",
         [](const Probe&) { return opens("/proc/" + std::to_string(::getppid()) + "/maps", O_RDONLY); }},
        {"write-folder",
         [](const Probe& p) { return opens(p.folder_ + "/made", O_RDWR | O_CREAT | O_EXCL); }},
        {"write-default", [](const Probe&) { return opens("/tmp/.ktp-probe", O_RDWR | O_CREAT); }},
        {"write-other", [](const Probe& p) { return opens(p.other_, O_WRONLY); }},
        {"rename-between-folders",
         [](const Probe& p) {
           ::mkdir((p.folder_ + "/a").c_str(), 0700);
           ::mkdir((p.folder_ + "/b").c_str(), 0700);
           opens(p.folder_ + "/a/x", O_WRONLY | O_CREAT);
           return ended(::rename((p.folder_ + "/a/x").c_str(), (p.folder_ + "/b/x").c_str()));
         }},
        {"plant-link",
         [](const Probe& p) { return ended(::symlink("/etc", (p.folder_ + "/link").c_str())); }},
        {"remove-other", [](const Probe& p) { return ended(::unlink(p.other_.c_str())); }},
        {"truncate-other", [](const Probe& p) { return ended(::truncate(p.other_.c_str(), 0)); }},
        {"chmod-other", [](const Probe& p) { return ended(::chmod(p.other_.c_str(), 0)); }},
        // Processes.
        {"thread",
         [](const Probe&) {
           std::string end;
           std::thread([&] { end = "ok"; }).join();
           return end;
         }},
        {"fork",
         [](const Probe&) {
           const pid_t child = ::fork();
           if (child == 0) ::_exit(0);
           const std::string end = ended(child);
           if (child > 0) ::waitpid(child, nullptr, 0);
           return end;
         }},
        {"raw-vfork",
         [](const Probe&) { return ended(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, 0)); }},
        {"exec",
         [](const Probe&) {
           char name[] = "true";
           char* const words[] = {name, nullptr};
           return ended(::execv("/bin/true", words));
         }},
        {"system", [](const Probe&) { return std::string(std::system("true") == 0 ? "ok" : "EPERM"); }},
        {"signal-core", [](const Probe&) { return ended(::kill(::getppid(), 0)); }},
        {"signal-everyone", [](const Probe&) { return ended(::kill(-1, 0)); }},
        {"signal-itself", [](const Probe&) { return ended(::kill(::getpid(), 0)); }},
        {"trace", [](const Probe&) { return ended(::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr)); }},
        {"limit-core",
         [](const Probe&) {
           const rlimit none{64, 64};
           return ended(::prlimit(::getppid(), RLIMIT_NOFILE, &none, nullptr));
         }},
        {"slow-core",
         [](const Probe&) { return ended(::setpriority(PRIO_PROCESS, static_cast<id_t>(::getppid()), 10)); }},
        {"outlive-core", [](const Probe&) { return ended(::prctl(PR_SET_PDEATHSIG, 0)); }},
        // Networks.
        {"network", [](const Probe&) { return ended(::socket(AF_INET, SOCK_STREAM, 0)); }},
        {"network6", [](const Probe&) { return ended(::socket(AF_INET6, SOCK_DGRAM, 0)); }},
        {"netlink", [](const Probe&) { return ended(::socket(AF_NETLINK, SOCK_RAW, 0)); }},
        {"packet", [](const Probe&) { return ended(::socket(AF_PACKET, SOCK_RAW, 0)); }},
        {"listen",
         [](const Probe&) {
           sockaddr_in any{};
           any.sin_family = AF_INET;
           const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
           return ended(fd < 0 ? fd : ::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any));
         }},
        {"socketpair",
         [](const Probe&) {
           int pair[2];
           return ended(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
         }},
        {"local-service",
         [](const Probe&) {
           sockaddr_un at{};
           at.sun_family = AF_UNIX;
           std::strcpy(at.sun_path, "/run/no-such-service");
           const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
           return ended(fd < 0 ? fd : ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at));
         }},
        // The system.
        {"mount", [](const Probe&) { return ended(::mount("none", "/mnt", "tmpfs", 0, nullptr)); }},
        {"namespace", [](const Probe&) { return ended(::unshare(CLONE_NEWUSER)); }},
        {"bpf", [](const Probe&) { return ended(::syscall(SYS_bpf, 0, nullptr, 0)); }},
        {"kexec", [](const Probe&) { return ended(::syscall(SYS_kexec_load, 0, 0, nullptr, 0)); }},
        {"io-uring", [](const Probe&) { return ended(::syscall(SYS_io_uring_setup, 1, nullptr)); }},
        {"clock",
         [](const Probe&) {
           const timespec now{1, 0};
           return ended(::clock_settime(CLOCK_REALTIME, &now));
         }},
        {"shared-memory", [](const Probe&) { return ended(::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600)); }},
        {"root-again", [](const Probe&) { return ended(::chroot("/")); }},
        // Limits.
        {"much-memory",
         [](const Probe&) {
           void* const at = ::mmap(nullptr, std::size_t{5} << 30, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
           return ended(at == MAP_FAILED ? -1 : 0);
         }},
        {"some-memory",
         [](const Probe&) {
           void* const at = ::mmap(nullptr, std::size_t{512} << 20, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
           return ended(at == MAP_FAILED ? -1 : 0);
         }},
        {"write-far", [](const Probe& p) { return writes_at(p.folder_ + "/far", 1L << 30); }},
        {"write-near", [](const Probe& p) { return writes_at(p.folder_ + "/near", 1L << 20); }},
        {"lock-much-memory", [](const Probe&) { return locks(1 << 20); }},
        {"lock-some-memory", [](const Probe&) { return locks(16 << 10); }},
        {"many-descriptors",
         [](const Probe&) {
           for (int i = 0; i < 1'000; ++i)
             if (::dup(0) < 0) return ended(-1);
           return std::string("ok");
         }},
        {"raise-limit",
         [](const Probe&) {
           const rlimit more{4'096, 4'096};
           return ended(::setrlimit(RLIMIT_NOFILE, &more));
         }},
        // Frame memory: a slot can neither be resized nor sealed against the station (see SealTest).
    };
    return table;
  }

  std::string act_, folder_, input_, other_;
};

}  // namespace

STATION_PLUGIN("id.ktp-station.test.probe", "1", "KTP Station tests", Probe);
